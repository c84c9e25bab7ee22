"""The start page: what waits for each role."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _

from app.clock import utc_now
from app.pages import base
from app.pages.planning.blocks import block_badge
from app.pages.school.start_steps import eight_steps
from app.permissions import EXAMINERS, Actor, Permission, Role, may, only_examines
from app.queries.school import start as queries
from app.school import School, current_school

SUPERVISORS = frozenset({Role.SCHOOL_SUPERVISOR, Role.COMPANY_SUPERVISOR})
DAYS_AHEAD = 7


@dataclass(frozen=True)
class Tile:
    """A number with what it counts, and where to find it; `urgent`: something to do."""

    count: int
    label: str
    href: str
    urgent: bool = False


class StartPage(base.Screen):
    route_base = ""
    default_view = "start"

    @base.expose("/")
    @base.needs(Permission.START)
    def start(self) -> Any:
        actor, school = base.current_actor(), current_school()
        today = school.today()
        manages = Role.ADMINISTRATOR in actor.roles
        counts = queries.school_counts(actor) if manages or Role.SUPPLIER in actor.roles else {}
        steps = eight_steps(counts) if manages else []
        return self.page(
            "school/start.html",
            steps=steps,
            steps_done=sum(step.state == "done" for step in steps),
            tiles=tiles(actor, counts),
            week=week(actor, school, today),
            week_from_today=not _is_examiner_alone(actor),
            supplies=Role.SUPPLIER in actor.roles,
            assess=assess(actor, school, today),
            waiting=queries.waiting_results(actor) if may(actor, Permission.COMMITTEE_SEE) else None,
            student=queries.own_progress(actor) if Role.STUDENT in actor.roles else None,
            coming=queries.own_moments(actor, utc_now()) if Role.STUDENT in actor.roles else None,
            state=block_badge,
            day_label=lambda moment: day_label(school.local(moment), today),
            is_today=lambda moment: school.local(moment).date() == today,
            is_past=lambda moment: moment < utc_now(),
        )


def week(actor: Actor, school: School, today: dt.date) -> queries.Agenda | None:
    """What is planned in the coming days; None for users who may not see the planning."""
    if not may(actor, Permission.PLANNING_SEE):
        return None
    from_day = 1 if _is_examiner_alone(actor) else 0  # `assess` already shows examiners their today
    first, until = (school.day_begins(today + dt.timedelta(days=n)) for n in (from_day, DAYS_AHEAD))
    return queries.planned_between(actor, first, until)


def assess(actor: Actor, school: School, today: dt.date) -> queries.Agenda | None:
    """What an examiner has today, and what is still open from before; None for other users."""
    if not may(actor, Permission.ASSESSMENT_TODO):
        return None
    first, until = (school.day_begins(today + dt.timedelta(days=n)) for n in (0, 1))
    return queries.to_assess(actor, first, until)


def _is_examiner_alone(actor: Actor) -> bool:
    return bool(EXAMINERS & actor.roles) and only_examines(actor)


def tiles(actor: Actor, counts: Mapping[str, int]) -> list[Tile]:
    if Role.ADMINISTRATOR in actor.roles:
        return administrator_tiles(counts)
    if Role.SUPPLIER in actor.roles:
        return supplier_tiles(counts)
    return supervisor_tiles(actor) if SUPERVISORS & actor.roles else []


def administrator_tiles(counts: Mapping[str, int]) -> list[Tile]:
    loose, incomplete = counts["loose_students"], counts["incomplete_users"]
    shown = [
        Tile(counts["students"], _("studenten"), "/studenten/"),
        Tile(counts["planned"], _("ingeplande examens"), "/examens/"),
        Tile(counts["to_adopt"], _("uitslagen nog niet vastgesteld"), "/uitslagen/?adopted=no"),
    ]
    if loose:
        href = "/studenten/?state=no-programme"
        shown.append(Tile(loose, _("studenten zonder opleiding"), href, urgent=True))
    if incomplete:
        href = "/gebruikers/?staat=onvolledig"
        shown.append(Tile(incomplete, _("gebruikers onvolledig"), href, urgent=True))
    return shown


def supplier_tiles(counts: Mapping[str, int]) -> list[Tile]:
    return [
        Tile(counts["programmes"], _("opleidingen"), "/opleidingen/", urgent=not counts["programmes"]),
        Tile(counts["electives"], _("keuzedelen"), "/opleidingen/keuzedelen/"),
        Tile(counts["exams"], _("examens"), "/examenbeheer/"),
        Tile(counts["users"], _("begeleiders en examinatoren"), "/gebruikers/"),
    ]


def supervisor_tiles(actor: Actor) -> list[Tile]:
    counts = queries.own_students_counts(actor, utc_now())
    unplanned = "/studenten/?state=nothing-planned" if may(actor, Permission.STUDENTS_EDIT) else "/studenten/"
    return [
        Tile(counts["students"], _("eigen studenten"), "/studenten/"),
        Tile(
            counts["unplanned"],
            _("studenten met nog niets ingepland"),
            unplanned,
            urgent=counts["unplanned"] > 0,
        ),
        Tile(counts["overdue"], _("afgenomen, nog niet definitief beoordeeld"), "/examens/"),
    ]


def day_label(moment: dt.datetime, today: dt.date) -> str:
    """Vandaag, Morgen, or "wo 25 nov"."""
    day = moment.date()
    if day == today:
        return _("Vandaag")
    if day == today + dt.timedelta(days=1):
        return _("Morgen")
    return str(format_date(day, "EEE d MMM" if day.year == today.year else "d MMM yyyy"))
