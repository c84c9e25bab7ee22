"""Planning examenmomenten: plan an exam or change its planning (manual, step 6a). The red bin: removal.py."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import errors, models
from app.actions import base
from app.actions.planning import invitations
from app.actions.planning.clashes import Wanted, moment_label, refuse_clashes
from app.actions.planning.form import PlanExamForm
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.permissions import Actor, Permission
from app.queries.planning import facts
from app.queries.planning import plan as plan_queries
from app.queries.planning.persons import same_person
from app.rules.text import N_

TRAIL_LINES = 50


class PlanOutcome(base.Outcome):
    """An Outcome with the plan, for the confirmation page. The plan itself is not kept."""

    plan: plan_queries.Plan | None = None


@base.action(
    _l("Examenaanmelding toevoegen/wijzigen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Student,
    form=PlanExamForm,
    confirm=True,
    noun=_l("studenten"),
)
def plan_exam(
    actor: Actor,
    targets: base.Targets[models.Student],
    *,
    exam_id: int,
    wish: plan_queries.Wish,
    seen: str = "",
    announced: str = "",
) -> base.Outcome:
    """Plan an exam for these students, or change its planning: for all of them, or for none.

    `seen` is the fingerprint of the planning that the form showed. `announced` is the mark of the plan that
    the user confirmed. RuleBroken when either has changed since.
    Raises RuleBroken when a student or examiner would be in two places at once.
    """
    _lock(targets.ids, wish)
    exam = facts.exam_to_plan(exam_id)
    if exam is None:
        raise errors.NotFound
    candidates = facts.load_candidates(exam, targets.ids)
    if not facts.is_known(actor, exam, candidates):
        raise errors.NotFound
    if seen and seen != facts.fingerprint(candidates):
        raise errors.RuleBroken(
            N_("Iemand anders heeft de planning intussen gewijzigd. Bekijk die en probeer het opnieuw."),
            field="seen",
        )
    examiners = facts.examiners_among(_examiners_in(wish), facts.programmes_that_count(exam, candidates))
    examiners = [*examiners, *facts.guests_of(candidates)]
    plan = plan_queries.make_plan(exam, candidates, examiners, wish, around=plan_queries.circumstances())
    if announced and announced != plan.mark:
        raise errors.RuleBroken(
            N_("Intussen is er iets veranderd. Controleer de planning opnieuw."), field="seen"
        )
    present = {m.present.id for one in plan.students for m in one.moments if m.present is not None}
    refuse_clashes(actor, _wanted(plan), leaving_out=present)
    return _written(plan)


def _examiners_in(wish: plan_queries.Wish) -> set[int]:
    return {u for _k, s in wish.slots() for u in (s.school_examiner_id, s.company_examiner_id) if u}


def _guests_of(students: Sequence[int]) -> set[int]:
    """The guests who are invited for any exam of these students now."""
    invited = (
        sa.select(models.Invitation.user_id)
        .join(models.Sitting, models.Sitting.id == models.Invitation.sitting_id)
        .join(models.Registration, models.Registration.id == models.Sitting.registration_id)
        .where(models.Registration.student_id.in_(id_set(students)), models.Invitation.withdrawn_at.is_(None))
    )
    return set(db.session.scalars(invited))


def _lock(students: Sequence[int], wish: plan_queries.Wish) -> None:
    """Lock users, students and sittings, each by id, so that two plannings of the same people take turns.

    Guests too, and who is the same person as one of these: nobody is invited elsewhere in the meantime.
    """
    people = same_person(_examiners_in(wish) | _guests_of(students))
    db.session.execute(
        sa.select(models.User.id)
        .where(models.User.id.in_(id_set(sorted(people))))
        .order_by(models.User.id)
        .with_for_update(key_share=True)
    ).all()
    db.session.execute(
        sa.select(models.Student.id)
        .where(models.Student.id.in_(id_set(students)))
        .order_by(models.Student.id)
        .with_for_update(key_share=True)
    ).all()
    of_students = sa.select(models.Registration.id).where(
        models.Registration.student_id.in_(id_set(students))
    )
    db.session.execute(
        sa.select(models.Sitting.id)
        .where(models.Sitting.registration_id.in_(of_students))
        .order_by(models.Sitting.id)
        .with_for_update()
    ).all()


# -- nobody in two places at once


def _wanted(plan: plan_queries.Plan) -> Sequence[Wanted]:
    """The moments of this plan, each with its student and its examiners, guests among them."""
    return [
        Wanted(
            m.starts_at,
            m.ends_at,
            moment_label(m.starts_at, m.ends_at, plan.exam.code, m.task.title, one.student.label),
            students={one.student.id: one.student.label},
            examiners={user: plan.examiners[user].name for user in m.people},
        )
        for one in plan.students
        for m in one.moments
    ]


# -- writing


def _written(plan: plan_queries.Plan) -> base.Outcome:
    changed = [one for one in plan.students if not one.same]
    details = _details(plan, changed)
    registrations = _registrations(plan, changed)
    _write_sittings(changed, registrations)
    outcome = PlanOutcome(
        done=len(changed),
        unchanged=len(plan.students) - len(changed),
        refused=[base.Refused(one.label, base.say(why)) for one, why in plan.refused],
        summary=_summary(plan, len(changed)),
        names=[f"{one.student.label}: {_when(one)}" for one in changed[:10]],
        ids=sorted(registrations.values()),
        object_type="Registration",
        details=details,
    )
    outcome.plan = plan
    return outcome


def _summary(plan: plan_queries.Plan, count: int) -> str:
    return (
        ngettext(
            "%(exam)s is ingepland voor %(num)s student.",
            "%(exam)s is ingepland voor %(num)s studenten.",
            count,
            exam=plan.exam.code,
        )
        if count
        else _("De planning was al zo; er is niets veranderd.")
    )


def _when(one: plan_queries.StudentPlan) -> str:
    start = min(m.starts_at for m in one.moments)
    return facts.when_label(start, max(m.ends_at for m in one.moments))


def _details(plan: plan_queries.Plan, changed: Sequence[plan_queries.StudentPlan]) -> dict[str, Any]:
    details: dict[str, Any] = {"examen": [None, f"{plan.exam.code} {plan.exam.title}"]}
    for one in changed[:TRAIL_LINES]:
        for moment in one.moments:
            now = moment.present
            old = facts.when_label(now.starts_at, now.ends_at) if now is not None else None
            details[f"{one.student.label}, {moment.task.title}"] = [
                old,
                facts.when_label(moment.starts_at, moment.ends_at),
            ]
    return details


def _registrations(plan: plan_queries.Plan, changed: Sequence[plan_queries.StudentPlan]) -> dict[int, int]:
    """Student id -> registration id. Raises the version of present registrations and makes the others."""
    found = {one.student.id: one.student.pending.id for one in changed if one.student.pending is not None}
    if found:
        db.session.execute(
            sa.update(models.Registration)
            .where(models.Registration.id.in_(id_set(sorted(found.values()))))
            .values(version=models.Registration.version + 1)
            .execution_options(**QUIETLY)
        )
    fresh = [
        {"student_id": one.student.id, "exam_id": plan.exam.id, "attempt": one.attempt}
        for one in changed
        if one.student.pending is None
    ]
    if fresh:
        rows = db.session.execute(
            sa.insert(models.Registration).returning(models.Registration.student_id, models.Registration.id),
            fresh,
        )
        found.update({row.student_id: row.id for row in rows})
    return found


def _write_sittings(changed: Sequence[plan_queries.StudentPlan], registrations: Mapping[int, int]) -> None:
    moments = [(registrations[one.student.id], m) for one in changed for m in one.moments if not m.same]
    sittings = {m.present.id: m for _r, m in moments if m.present is not None}
    if sittings:
        db.session.execute(
            sa.update(models.Sitting), [{"id": key, **_values(m)} for key, m in sittings.items()]
        )
        db.session.execute(
            sa.delete(models.SittingExaminer)
            .where(models.SittingExaminer.sitting_id.in_(id_set(sorted(sittings))))
            .execution_options(**QUIETLY)
        )
    fresh = {(r, m.task.id): m for r, m in moments if m.present is None}
    if fresh:
        rows = db.session.execute(
            sa.insert(models.Sitting).returning(
                models.Sitting.id, models.Sitting.registration_id, models.Sitting.exam_task_id
            ),
            [{"registration_id": r, "exam_task_id": task, **_values(m)} for (r, task), m in fresh.items()],
        )
        sittings.update({row.id: fresh[row.registration_id, row.exam_task_id] for row in rows})
    people = [row for key, m in sittings.items() for row in _examiner_rows(key, m)]
    if people:
        db.session.execute(sa.insert(models.SittingExaminer), people)
    _tell_guests(moments)


def _tell_guests(moments: Sequence[tuple[int, plan_queries.PlannedMoment]]) -> None:
    """Mail the guests: who is replaced is no longer expected, the others get the new time or place."""
    invited = [m for _r, m in moments if m.present is not None and m.present.guest_id]
    invitations.end_invitations([m.present.id for m in invited if m.present and m.slot.company_examiner_id])
    invitations.moments_moved([m.present.id for m in invited if m.present and m.moved])


def _values(moment: plan_queries.PlannedMoment) -> dict[str, Any]:
    return {
        "starts_at": moment.starts_at,
        "ends_at": moment.ends_at,
        "location": moment.slot.location,
        "note": moment.slot.note,
    }


def _examiner_rows(sitting_id: int, moment: plan_queries.PlannedMoment) -> Iterable[dict[str, Any]]:
    for role, user_id in zip((facts.SCHOOL, facts.COMPANY), moment.people, strict=False):
        yield {"sitting_id": sitting_id, "role": role, "user_id": user_id}
