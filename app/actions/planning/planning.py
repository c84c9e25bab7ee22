"""Planning examenmomenten: plan an exam or change its planning (manual, step 6a). The red bin: removal.py."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import errors, models
from app.actions import base
from app.actions.planning import invitations
from app.actions.planning.clashes import Wanted, moment_label, refuse_clashes
from app.actions.planning.ended import ended_details, ended_told
from app.actions.planning.form import CHANGED_MEANWHILE, PlanExamForm, told_meanwhile
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.permissions import Actor, Permission
from app.queries.planning import facts
from app.queries.planning import plan as plan_queries
from app.queries.planning.invitations import Guests
from app.queries.planning.moments import PlannedMoment, StudentPlan, changes
from app.queries.planning.persons import lock_people, same_person
from app.queries.planning.when import when_label


class PlanOutcome(base.Outcome):
    """An Outcome with the plan, for the confirmation page. The plan itself is not kept."""

    plan: plan_queries.Plan | None = None


@base.action(
    _l("Examenaanmelding toevoegen/wijzigen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Student,
    changes=models.Registration,
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
    registration_id: int = 0,
) -> base.Outcome:
    """Plan an exam for these students, or change its planning: for all of them, or for none.

    `seen` is the fingerprint of the planning that the form showed; RuleBroken when it has changed since.
    `registration_id`: this attempt only.
    Raises RuleBroken when a student or examiner would be in two places at once.
    """
    _lock(targets.ids, _examiners_in(wish))
    exam = facts.exam_to_plan(exam_id)
    if exam is None:
        raise errors.NotFound
    candidates = facts.load_candidates(exam, targets.ids, registration_id)
    if not facts.is_known(actor, exam, candidates):
        raise errors.NotFound
    if seen and seen != facts.fingerprint(candidates):
        raise errors.RuleBroken(CHANGED_MEANWHILE, field="seen", told=told_meanwhile(actor, exam, candidates))
    people = _people(exam, candidates, wish)
    plan = plan_queries.make_plan(exam, candidates, people, wish, around=plan_queries.circumstances())
    _refuse_clashes(actor, plan)
    return _written(plan)


def _examiners_in(wish: plan_queries.Wish) -> set[int]:
    return {u for _k, s in wish.slots() for u in (s.school_examiner_id, s.company_examiner_id) if u}


def _people(
    exam: models.Exam, candidates: Sequence[facts.Candidate], wish: plan_queries.Wish
) -> plan_queries.Examining:
    there = facts.examining(candidates)
    ids = {*_examiners_in(wish), *there}
    known = facts.examiners_among(ids, facts.programmes_that_count(exam, candidates))
    names = {key: user.full_name for key, user in there.items()} | {one.id: one.name for one in known}
    return plan_queries.Examining({one.id: one for one in known}, names, same_person(ids))


def _lock(students: Sequence[int], chosen: Collection[int]) -> None:
    """Lock users, registrations and sittings, each by id, after the students: planners of one take turns.

    The users are those chosen and those who are there now, as a moment that moves takes them along, and
    whoever is the same person: nobody is invited elsewhere meanwhile. Only once the students are locked is it
    sure who these are.
    """
    of_students = sa.select(models.Registration.id).where(
        models.Registration.student_id.in_(id_set(students))
    )
    theirs = sa.select(models.Sitting.id).where(models.Sitting.registration_id.in_(of_students))
    there = sa.select(models.SittingExaminer.user_id).where(models.SittingExaminer.sitting_id.in_(theirs))
    examine = models.User.id.in_(there) | models.User.id.in_(id_set(sorted(chosen)))
    lock_people(sa.select(models.User.id).where(examine))
    # Before the sittings, as whoever makes an assessment definitive does: else the two wait for each other.
    db.session.execute(of_students.order_by(models.Registration.id).with_for_update(key_share=True)).all()
    db.session.execute(theirs.order_by(models.Sitting.id).with_for_update()).all()


# -- nobody in two places at once


def _refuse_clashes(actor: Actor, plan: plan_queries.Plan) -> None:
    """Refuse what overlaps with a moment that gets another time or other people; the rest stands already."""
    changed = [(one, m) for one in plan.students for m in one.moments if m.retimed or m.recrewed]
    wanted = [
        Wanted(
            m.starts_at,
            m.ends_at,
            moment_label(m.starts_at, m.ends_at, plan.exam.code, m.task.title, one.student.label),
            students={one.student.id: one.student.label},
            examiners={user: plan.names[user] for user in m.people},
        )
        for one, m in changed
    ]
    refuse_clashes(actor, wanted, leaving_out={m.present.id for _one, m in changed if m.present is not None})


# -- writing


def _written(plan: plan_queries.Plan) -> base.Outcome:
    changed = [one for one in plan.students if not one.same]
    registrations = _registrations(plan, changed)
    guests = _write_sittings(changed, registrations)
    outcome = PlanOutcome(
        done=len(changed),
        unchanged=len(plan.students) - len(changed),
        refused=[base.Refused(one.label, base.say(why)) for one, why in plan.refused],
        summary=f"{_summary(plan, changed)} {ended_told(guests)}".strip(),
        names=[f"{one.student.label}: {_when(one)}" for one in changed[:10]],
        ids=sorted(registrations.values()),
        object_type="Registration",
        details=_details(plan, changed, registrations) | ended_details(guests),
        rests_on=[plan.mark, list(guests)],
    )
    outcome.plan = plan
    return outcome


def _summary(plan: plan_queries.Plan, changed: Sequence[StudentPlan]) -> str:
    if not changed:
        return _("De planning was al zo; er is niets veranderd.")
    code, moved = plan.exam.code, sum(one.changing for one in changed)
    planned, told = len(changed) - moved, []
    if planned:
        told.append(
            ngettext(
                "%(exam)s is ingepland voor %(num)s student.",
                "%(exam)s is ingepland voor %(num)s studenten.",
                planned,
                exam=code,
            )
        )
    if moved:
        told.append(
            ngettext(
                "De planning van %(exam)s is gewijzigd voor %(num)s student.",
                "De planning van %(exam)s is gewijzigd voor %(num)s studenten.",
                moved,
                exam=code,
            )
        )
    return " ".join(told)


def _when(one: StudentPlan) -> str:
    start = min(m.starts_at for m in one.moments)
    return when_label(start, max(m.ends_at for m in one.moments))


def _details(
    plan: plan_queries.Plan, changed: Sequence[StudentPlan], registrations: Mapping[int, int]
) -> dict[str, Any]:
    """Of every registration, each field of each moment that changes: old and new."""
    return {
        "exam": f"{plan.exam.code} {plan.exam.title}",
        "registrations": [
            {
                "id": registrations[one.student.id],
                "student": one.student.label,
                **({} if one.changing else {"attempt": [None, one.attempt]}),
                "moments": [
                    {
                        "task": f"{moment.task.position}. {moment.task.title}",
                        **{c.field: [c.old, c.new] for c in changes(moment, plan.names)},
                    }
                    for moment in one.moments
                    if not moment.same
                ],
            }
            for one in changed
        ],
    }


def _registrations(plan: plan_queries.Plan, changed: Sequence[StudentPlan]) -> dict[int, int]:
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


def _write_sittings(changed: Sequence[StudentPlan], registrations: Mapping[int, int]) -> Guests:
    """Write every moment that changes. Returns the guests who were replaced."""
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
    return _tell_guests(moments)


def _tell_guests(moments: Sequence[tuple[int, PlannedMoment]]) -> Guests:
    """Mail the guests: who is replaced is no longer expected, the others get the new time or place.

    Returns those who are replaced.
    """
    invited = [m for _r, m in moments if m.present is not None and m.present.guest_id]
    replaced = invitations.end_invitations(
        [m.present.id for m in invited if m.present and m.company_examiner_id]
    )
    invitations.moments_moved([m.present.id for m in invited if m.present and m.moved])
    return replaced


def _values(moment: PlannedMoment) -> dict[str, Any]:
    return {
        "starts_at": moment.starts_at,
        "ends_at": moment.ends_at,
        "location": moment.location,
        "note": moment.note,
    }


def _examiner_rows(sitting_id: int, moment: PlannedMoment) -> Iterable[dict[str, Any]]:
    company = moment.company_examiner_id or moment.guest_id
    for role, user_id in ((facts.SCHOOL, moment.school_examiner_id), (facts.COMPANY, company)):
        if user_id:
            yield {"sitting_id": sitting_id, "role": role, "user_id": user_id}
