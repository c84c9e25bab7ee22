"""Stops exams that do not go on, and takes them up again (decision 34).

What was planned stays on record and counts for nobody: not for Te beoordelen, not in a calendar, not as a
clash. Scores stay where they are.
"""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.planning.clashes import Wanted, find_clashes
from app.actions.planning.ended import ended_details, ended_told, not_back_details, not_back_told
from app.actions.planning.invitations import end_invitations
from app.actions.planning.later_attempts import tell_later
from app.actions.planning.removal import delete_moments
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.permissions import Actor, Permission
from app.queries.planning import present as queries
from app.queries.planning.invitations import Guests, ended_by_stopping
from app.rules import steps
from app.rules.text import Reason

Details = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What becomes of exams: for the page, for the trail, and what the announcement rests on besides."""

    summary: str  # "" when it is about none
    lines: Sequence[str]
    details: Details
    rests_on: Sequence[Any]
    registrations: Sequence[int]  # in whose history it stands


@dataclass(frozen=True)
class Left:
    """Who leaves moments of stopped exams: `places` as (sitting id, user id), and whose invitation ends."""

    places: Set[tuple[int, int]]
    guests: Guests


class StopForm(base.ActionForm):
    reason = base.reason_field(_l("Minstens 10 tekens. De reden staat bij de aanmelding en in het logboek."))


@base.action(
    _l("Examen stoppen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Registration,
    changes=models.Registration,
    form=StopForm,
    confirm=True,
    danger=True,
    noun=_l("examenaanmeldingen"),
    submit=_l("Stoppen"),
    intro=_l(
        "Voor een examen dat niet doorgaat. De momenten vervallen: ze verdwijnen uit Te beoordelen en uit "
        "agenda's, en examinatoren zijn weer vrij. Scores blijven staan. Met “Weer oppakken” gaat het examen "
        "verder."
    ),
)
def stop_exams(actor: Actor, targets: base.Targets[models.Registration], *, reason: str) -> base.Outcome:
    """Stop these attempts, with a reason. One that has a result, or was stopped already, is left alone."""
    reason = base.given_reason(reason)
    queries.lock_exams(targets.ids)
    names, refused = _sorted_out(
        targets.ids,
        lambda row, decided: steps.why_not_stop(decided=decided, stopped=row.stopped_at is not None),
    )
    found = queries.planned_in(names)
    left = stop(list(names), found, reason)
    summary = ngettext("%(num)s examen is gestopt.", "%(num)s examens zijn gestopt.", len(names))
    return base.Outcome(
        done=len(names),
        refused=refused,
        ids=sorted(names),
        names=_told(found, names),
        details={"reason": [None, reason], **_stopped(names, found, left)},
        rests_on=_per_moment(found, left),
        summary=f"{summary} {ended_told(left.guests)}".strip(),
    )


@base.action(
    _l("Weer oppakken"),
    permission=Permission.PLANNING_EDIT,
    on=models.Registration,
    changes=models.Registration,
    confirm=True,
    noun=_l("examenaanmeldingen"),
    submit=_l("Weer oppakken"),
    intro=_l(
        "Het examen gaat verder waar het was. Een moment dat intussen voorbij is, of waarop iemand intussen "
        "iets anders heeft, vervalt: dat plant u opnieuw in. Wie zonder account was uitgenodigd, nodigt u "
        "opnieuw uit."
    ),
)
def resume_exams(actor: Actor, targets: base.Targets[models.Registration]) -> base.Outcome:
    """Take stopped attempts up again. Moments that passed meanwhile, or that clash now, are deleted."""
    queries.lock_exams(targets.ids)
    active, not_theirs = _active_among(targets.ids), queries.not_theirs(targets.ids)
    names, refused = _sorted_out(
        targets.ids,
        lambda row, _decided: steps.why_not_resume(
            stopped=row.stopped_at is not None, active=row.id in active, not_theirs=not_theirs.get(row.id)
        ),
    )
    told = _go_on(actor, names)
    return base.Outcome(
        done=len(names),
        refused=refused,
        ids=sorted(names),
        names=list(told.lines),
        details=told.details,
        rests_on=told.rests_on,
        summary=told.summary,
    )


# -- for these actions and for students who leave and return; plain functions inside the caller's transaction


def stop(registrations: Collection[int], found: Sequence[queries.Planned], reason: str = "") -> Left:
    """Mark these registrations, of which `found` are the moments. Their guests are told, and may go.

    A guest who scored something keeps their place beside those scores.
    """
    chosen, going_on = id_set(sorted(registrations)), [one.id for one in found if not one.definitive]
    now = utc_now()  # one moment for both, by which resuming knows which invitations ended with it
    ended = end_invitations(going_on, at=now)
    guests = sa.select(models.User.id).where(models.User.guest.is_(True))
    scored = sa.exists().where(
        models.Assessment.sitting_id == models.SittingExaminer.sitting_id,
        models.ScoreSheet.assessment_id == models.Assessment.id,
        models.ScoreSheet.examiner_id == models.SittingExaminer.user_id,
    )
    left = db.session.execute(
        sa.delete(models.SittingExaminer)
        .where(
            models.SittingExaminer.sitting_id.in_(id_set(going_on)),
            models.SittingExaminer.user_id.in_(guests),
            ~scored,
        )
        .returning(models.SittingExaminer.sitting_id, models.SittingExaminer.user_id),
        execution_options=QUIETLY,
    ).all()
    db.session.execute(
        sa.update(models.Registration)
        .where(models.Registration.id.in_(chosen))
        .values(stopped_at=now, stop_reason=reason, version=models.Registration.version + 1),
        execution_options=QUIETLY,
    )
    return Left({(sitting, user) for sitting, user in left}, ended)


def resume(actor: Actor, registrations: Sequence[int]) -> Sequence[queries.Planned]:
    """Let these go on. Returns the moments that could not stay, and are deleted."""
    chosen = id_set(sorted(registrations))
    now, waiting = utc_now(), [one for one in queries.planned_in(registrations) if one.goes]
    passed = [one for one in waiting if one.stopped_at is not None and one.stopped_at <= one.starts_at <= now]
    expired = [*passed, *_clashing(actor, [one for one in waiting if one.starts_at > now])]
    delete_moments([one.id for one in expired])
    db.session.execute(
        sa.update(models.Registration)
        .where(models.Registration.id.in_(chosen))
        .values(stopped_at=None, stop_reason="", version=models.Registration.version + 1),
        execution_options=QUIETLY,
    )
    return expired


def stop_of_students(students: Sequence[int]) -> Told:
    """Stop the exams of these students of which a part is still to come."""
    ids = queries.unfinished_of(students)
    queries.lock_exams(ids)
    names, found = queries.labels_of(ids), queries.planned_in(ids)
    left = stop(ids, found)
    summary = ngettext("%(num)s examen stopt daarmee.", "%(num)s examens stoppen daarmee.", len(ids))
    return Told(
        f"{summary} {ended_told(left.guests)}".strip() if ids else "",
        list(names.values()),
        _stopped(names, found, left),
        _per_moment(found, left),
        list(names),
    )


def resume_of_students(actor: Actor, students: Sequence[int]) -> Told:
    """Let the exams go on that were stopped as these students left, if they still have them."""
    ids = queries.stopped_by_leaving(students)
    queries.lock_exams(ids)
    names, not_theirs = queries.labels_of(ids), queries.not_theirs(ids)
    going = {id_: name for id_, name in names.items() if id_ not in not_theirs}
    told = _go_on(actor, going)
    stay = ngettext("%(num)s examen blijft gestopt.", "%(num)s examens blijven gestopt.", len(not_theirs))
    said = [told.summary if going else "", stay if not_theirs else ""]
    lines = [
        _("Blijft gestopt: %(exam)s. %(why)s", exam=names[id_], why=base.say(why))
        for id_, why in not_theirs.items()
    ]
    return replace(told, summary=" ".join(filter(None, said)), lines=[*told.lines, *lines])


def _go_on(actor: Actor, names: Mapping[int, str]) -> Told:
    """Let these registrations go on."""
    was, guests = queries.stops_of(names), ended_by_stopping(names)
    expired, later = resume(actor, list(names)), tell_later(list(names))
    summary = ngettext("%(num)s examen gaat verder.", "%(num)s examens gaan verder.", len(names))
    return Told(
        f"{summary} {not_back_told(guests)}".strip(),
        [*names.values(), *(_expires(one, names) for one in expired), *later],
        _resumed(names, was, expired) | not_back_details(guests),
        [*(one.id for one in expired), list(guests)],
        list(names),
    )


# -- what the trail tells


def _stopped(names: Mapping[int, str], found: Sequence[queries.Planned], left: Left) -> Details:
    """Each registration, all that was planned of the moments that go, and who leaves a moment that stays."""
    lines: Details = {name: [_("loopt"), _("gestopt")] for name in names.values()}
    for one in found:
        guests = [person for person in one.people if (one.id, person[0]) in left.places]
        line = f"{names[one.registration_id]}, {one.task}"
        if one.goes:
            lines[line] = [one.told, _("vervallen")]
        elif guests:
            lines[line] = [", ".join(one.told_of(guests)), None]
    return lines | ended_details(left.guests)


def _resumed(names: Mapping[int, str], was: Mapping[int, str], expired: Sequence[queries.Planned]) -> Details:
    """Each registration with when and why it was stopped, and all that was planned of the moments that go."""
    lines: Details = {name: [was[id_], _("loopt")] for id_, name in names.items()}
    return lines | {f"{names[one.registration_id]}, {one.task}": [one.told, None] for one in expired}


# -- inside


def _expires(one: queries.Planned, names: Mapping[int, str]) -> str:
    """The line of a moment that goes; with its exam when there are several."""
    about = [names[one.registration_id]] if len(names) > 1 else []
    return _("Vervalt: %(what)s", what=", ".join((*about, one.task, one.when)))


def _per_moment(found: Sequence[queries.Planned], left: Left) -> Sequence[Any]:
    """Of each moment whether it goes or stays, and who leaves. A page may only count them."""
    return [*((one.id, one.goes) for one in found), *sorted(left.places), list(left.guests)]


def _sorted_out(
    ids: Sequence[int], why_not: Callable[[models.Registration, bool], Reason | None]
) -> tuple[dict[int, str], list[base.Refused]]:
    """The names of the registrations that the rule allows, and the refusals of the others."""
    names, decided = queries.labels_of(ids), queries.decided_among(ids)
    rows = db.session.scalars(
        sa.select(models.Registration)
        .where(models.Registration.id.in_(id_set(ids)))
        .order_by(models.Registration.id)
        .execution_options(populate_existing=True)
    ).all()
    reasons = {row.id: why_not(row, row.id in decided) for row in rows}
    allowed = {id_: names[id_] for id_, why in reasons.items() if why is None}
    return allowed, [
        base.Refused(names[id_], base.say(why)) for id_, why in reasons.items() if why is not None
    ]


def _active_among(registrations: Sequence[int]) -> set[int]:
    """The registrations whose students are at the school. One query."""
    rows = db.session.scalars(
        sa.select(models.Registration.id)
        .join(models.Student, models.Student.id == models.Registration.student_id)
        .where(models.Registration.id.in_(id_set(registrations)), models.Student.active)
    )
    return set(rows)


def _clashing(actor: Actor, coming: Sequence[queries.Planned]) -> Sequence[queries.Planned]:
    """Those whose student or examiner is somewhere else at that time by now."""
    wanted = [
        Wanted(
            one.starts_at,
            one.ends_at,
            str(one.id),
            students={one.student_id: ""},
            examiners={user: name for user, _role, _guest, name in one.people},
        )
        for one in coming
    ]
    clashing = find_clashes(actor, wanted).in_the_way
    return [one for one in coming if str(one.id) in clashing]


def _told(found: Sequence[queries.Planned], names: Mapping[int, str]) -> list[str]:
    """What becomes of each moment; of each registration when there are several."""
    if len(names) != 1:
        return list(names.values())
    lines = []
    for one in found:
        about = {"task": one.task, "when": one.when}
        if one.goes:
            lines.append(_("Vervalt: %(task)s, %(when)s.", **about))
        else:
            lines.append(_("Blijft, met de scores: %(task)s, %(when)s.", **about))
    return [*names.values(), *lines]
