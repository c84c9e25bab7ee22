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
TO_ADOPT = "adopted=no"


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
        # `assess` already shows examiners their today.
        period = "morgen" if _is_examiner_alone(actor) else "week"
        today = school.today()
        manages = Role.ADMINISTRATOR in actor.roles
        counts = queries.school_counts(actor) if manages or Role.SUPPLIER in actor.roles else {}
        steps = eight_steps(counts) if manages else []
        return self.page(
            "school/start.html",
            steps=steps,
            steps_done=sum(step.state == "done" for step in steps),
            tiles=tiles(actor, counts),
            week=queries.planned_in(actor, period) if may(actor, Permission.PLANNING_SEE) else None,
            week_href=f"/examens/momenten/?wanneer={period}",
            week_from_today=period == "week",
            supplies=Role.SUPPLIER in actor.roles,
            assess=assess(actor, school, today),
            waiting=queries.waiting_results(actor) if may(actor, Permission.COMMITTEE_SEE) else None,
            waiting_href=f"/examencommissie/?{TO_ADOPT}",
            student=queries.own_progress(actor) if Role.STUDENT in actor.roles else None,
            coming=queries.own_moments(actor, utc_now()) if Role.STUDENT in actor.roles else None,
            state=block_badge,
            day_label=lambda moment: day_label(school.local(moment), today),
            is_today=lambda moment: school.local(moment).date() == today,
            is_past=lambda moment: moment < utc_now(),
        )


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
        Tile(counts["coming"], _("komende examenmomenten"), "/examens/momenten/?wanneer=komend"),
        Tile(counts["to_adopt"], _("uitslagen nog niet vastgesteld"), f"/uitslagen/?{TO_ADOPT}"),
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
        Tile(
            counts["users"],
            _("begeleiders en examinatoren"),
            "/gebruikers/?rol=begeleiders-en-examinatoren",
        ),
    ]


def supervisor_tiles(actor: Actor) -> list[Tile]:
    counts = queries.own_students_counts(actor)
    return [
        Tile(counts["students"], _("eigen studenten"), "/studenten/"),
        Tile(
            counts["unplanned"],
            _("studenten met nog niets ingepland"),
            "/studenten/?state=nothing-planned",
            urgent=counts["unplanned"] > 0,
        ),
        Tile(
            counts["overdue"],
            _("examenmomenten afgenomen, nog niet definitief"),
            "/examens/momenten/?stand=te-beoordelen",
        ),
    ]


def day_label(moment: dt.datetime, today: dt.date) -> str:
    """Vandaag, Morgen, or "wo 25 nov"."""
    day = moment.date()
    if day == today:
        return _("Vandaag")
    if day == today + dt.timedelta(days=1):
        return _("Morgen")
    return str(format_date(day, "EEE d MMM" if day.year == today.year else "d MMM yyyy"))
