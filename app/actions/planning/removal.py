"""The red bin: what was planned and not scored goes, what was scored stays (manual, step 6a; decision 34)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.planning.ended import ended_details, ended_told
from app.actions.planning.invitations import end_invitations
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.permissions import Actor, Permission
from app.queries.planning import present as queries
from app.queries.planning.invitations import Guests
from app.rules.steps import why_not_remove_planning


@base.action(
    _l("Planning verwijderen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Registration,
    changes=models.Registration,
    confirm=True,
    danger=True,
    noun=_l("examenaanmeldingen"),
    submit=_l("Verwijderen"),
    intro=_l(
        "Examenmomenten zonder scores vervallen; een moment met scores blijft staan. Blijft er niets over, "
        "dan verdwijnt de hele aanmelding."
    ),
)
def remove_planning(actor: Actor, targets: base.Targets[models.Registration]) -> base.Outcome:
    """Delete the sittings without scores. A registration of which none is left goes too."""
    queries.lock_exams(targets.ids)
    found, names = queries.planned_in(targets.ids), queries.labels_of(targets.ids)
    gone = [one for one in found if one.goes]
    stay = {one.registration_id for one in found} | queries.decided_among(targets.ids)
    held = sorted(stay - {one.registration_id for one in gone})
    changed = sorted(set(names) - set(held))
    left = [one.registration_id for one in found if not one.goes]
    stops = queries.stops_of(set(changed) - set(left))
    guests = remove(gone, changed, left=left)
    summary = ngettext(
        "De planning van %(num)s examen is verwijderd.",
        "De planning van %(num)s examens is verwijderd.",
        len(changed),
    )
    return base.Outcome(
        done=len(changed),
        refused=[base.Refused(names[id_], _why_held(id_, found)) for id_ in held],
        summary=" ".join(filter(None, (summary, _stopped_too(stops), ended_told(guests)))),
        names=_told(found, {one.id for one in gone}, {id_: names[id_] for id_ in changed}, stops),
        ids=changed,
        details=_details(gone, {id_: names[id_] for id_ in changed}, stops) | ended_details(guests),
        rests_on=[*((one.id, one.goes) for one in found), list(guests), *stops.items()],
        also=_about(gone),
    )


@base.action(
    _l("Examenmoment verwijderen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Sitting,
    changes=models.Registration,
    confirm=True,
    danger=True,
    noun=_l("examenmoment"),
    submit=_l("Verwijderen"),
    intro=_l(
        "Alleen dit moment vervalt. Is het het enige van de aanmelding, dan verdwijnt de aanmelding ook."
    ),
)
def remove_moments(actor: Actor, targets: base.Targets[models.Sitting]) -> base.Outcome:
    """Delete these sittings, but for those with scores. A registration of which none is left goes too."""
    registrations = queries.registrations_of(targets.ids)
    queries.lock_exams(registrations)
    found, names = queries.planned_in(registrations), queries.labels_of(registrations)
    chosen = [one for one in found if one.id in set(targets.ids)]
    gone = [one for one in chosen if one.goes]
    changed = sorted({one.registration_id for one in gone})
    left = [one.registration_id for one in found if one not in gone]
    stops = queries.stops_of(set(changed) - set(left))
    guests = remove(gone, changed, left=left)
    summary = ngettext(
        "%(num)s examenmoment is verwijderd.", "%(num)s examenmomenten zijn verwijderd.", len(gone)
    )
    return base.Outcome(
        done=len(gone),
        refused=[
            base.Refused(f"{names[one.registration_id]}, {one.task}", base.say(one.why_not))
            for one in chosen
            if one.why_not is not None
        ],
        summary=" ".join(filter(None, (summary, _stopped_too(stops), ended_told(guests)))),
        names=_told(found, {one.id for one in gone}, {id_: names[id_] for id_ in changed}, stops),
        ids=changed,
        object_type="Registration",
        details=_details(gone, {id_: names[id_] for id_ in changed}, stops) | ended_details(guests),
        rests_on=[*(one.id for one in gone), list(guests), *stops.items()],
        also=_about(gone),
    )


# -- for these actions and for stopping; plain functions inside the caller's transaction


def remove(gone: Sequence[queries.Planned], changed: Collection[int], *, left: Collection[int]) -> Guests:
    """Delete these sittings, and the changed registrations that are not among those with something `left`.

    Returns the guests whose invitation ended.
    """
    guests = delete_moments([one.id for one in gone])
    empty = sorted(set(changed) - set(left))
    for statement in (
        sa.delete(models.Registration).where(models.Registration.id.in_(id_set(empty))),
        sa.update(models.Registration)
        .where(models.Registration.id.in_(id_set(sorted(set(changed) & set(left)))))
        .values(version=models.Registration.version + 1),
    ):
        db.session.execute(statement, execution_options=QUIETLY)
    return guests


def delete_moments(sittings: Sequence[int]) -> Guests:
    """Delete these sittings, which nobody scored. Returns the guests whose invitation ended, who are told."""
    guests = end_invitations(sittings, removed=True)
    chosen = id_set(sittings)
    for statement in (
        sa.delete(models.Assessment).where(models.Assessment.sitting_id.in_(chosen)),
        sa.delete(models.SittingExaminer).where(models.SittingExaminer.sitting_id.in_(chosen)),
        sa.delete(models.Sitting).where(models.Sitting.id.in_(chosen)),
    ):
        db.session.execute(statement, execution_options=QUIETLY)
    return guests


# -- what is told


def _about(gone: Sequence[queries.Planned]) -> Mapping[str, Sequence[int]]:
    """The rows beside the registrations that the entry is about."""
    return {"Student": sorted({one.student_id for one in gone}), "Sitting": [one.id for one in gone]}


def _why_held(registration_id: int, found: Sequence[queries.Planned]) -> str:
    own = [one for one in found if one.registration_id == registration_id]
    why = why_not_remove_planning(scored=True, definitive=not own or any(one.definitive for one in own))
    return base.say(why) if why is not None else ""


def _stopped_too(stops: Mapping[int, str]) -> str:
    """That registrations go of exams that were stopped; `stops`: since when and why, by registration."""
    if not stops:
        return ""
    return ngettext(
        "De aanmelding van %(num)s gestopt examen verdwijnt, met de reden van het stoppen.",
        "De aanmeldingen van %(num)s gestopte examens verdwijnen, met de reden van het stoppen.",
        len(stops),
    )


def _told(
    found: Sequence[queries.Planned],
    gone: Collection[int],
    names: Mapping[int, str],
    stops: Mapping[int, str],
) -> list[str]:
    """What goes and what stays: moment by moment, or in numbers when there are several registrations.

    Of an exam that was stopped, and of which the registration goes: since when, and why.
    """
    if len(names) == 1:
        own = [one for one in found if one.registration_id in names]
        lines = [_("Verdwijnt: %(what)s.", what=stop) for stop in stops.values()]
        return [*names.values(), *lines, *(_line(one, one.id in gone) for one in own)]
    return [
        _counted([one for one in found if one.registration_id == id_], gone, name, stops.get(id_, ""))
        for id_, name in names.items()
    ]


def _counted(own: Sequence[queries.Planned], gone: Collection[int], name: str, stop: str) -> str:
    goes = sum(one.id in gone for one in own)
    told = ngettext("%(num)s moment vervalt", "%(num)s momenten vervallen", goes)
    about = f"{name}, {stop}" if stop else name
    if goes == len(own):
        return f"{about}: {told}"
    stays = ngettext("%(num)s moment blijft", "%(num)s momenten blijven", len(own) - goes)
    return f"{about}: {told}, {stays}"


def _line(one: queries.Planned, goes: bool) -> str:
    about = {"task": one.task, "when": one.when}
    if goes:
        return _("Vervalt: %(task)s, %(when)s.", **about)
    if one.goes:
        return _("Blijft: %(task)s, %(when)s.", **about)
    return _("Blijft, met de scores: %(task)s, %(when)s.", **about)


def _details(
    gone: Sequence[queries.Planned], names: Mapping[int, str], stops: Mapping[int, str]
) -> dict[str, Any]:
    """For the trail: all that was planned. A registration without any moment has a line too.

    So has one that goes and was stopped: since when, and why.
    """
    details: dict[str, Any] = {f"{names[one.registration_id]}, {one.task}": [one.told, None] for one in gone}
    named = {one.registration_id for one in gone}
    bare = {name: [_("aangemeld"), None] for id_, name in names.items() if id_ not in named}
    return details | bare | {names[id_]: [stop, None] for id_, stop in stops.items()}
