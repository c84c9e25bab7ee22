"""The examenmomenten of all programmes in one list: what is planned, and what was not made definitive yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.pages import base
from app.pages.base.buttons import BACK
from app.pages.planning.blocks import moment_badge
from app.permissions import Permission
from app.queries.planning import listed
from app.queries.planning import planning as planning_queries
from app.queries.planning.when import when_label
from app.queries.students.search import found_by
from app.theme import widgets


@dataclass(frozen=True)
class MomentLine:
    """A row of the list: an examenmoment, and how far its assessment is."""

    sitting: models.Sitting
    progress: listed.Progress


def of_student(statement: sa.Select[Any], words: str) -> sa.Select[Any]:
    found = sa.select(models.Registration.id).where(
        models.Registration.student_id.in_(sa.select(models.Student.id).where(found_by(words)))
    )
    return statement.where(models.Sitting.registration_id.in_(found))


def when_cell(line: MomentLine) -> widgets.Cell:
    """The moment; the student's examenaanmelding, to which it leads, leads back to this list."""
    sitting = line.sitting
    href = f"/examens/aanmelding/{sitting.registration_id}"
    return widgets.Cell(when_label(sitting.starts_at, sitting.ends_at), href)


def student_cell(line: MomentLine) -> widgets.Cell:
    student = line.sitting.registration.student
    return widgets.Cell(student.sort_name, muted=student.number)


def exam_cell(line: MomentLine) -> widgets.Cell:
    exam, task = line.sitting.registration.exam, line.sitting.task
    return widgets.Cell(exam.title, muted=f"{task.position}. {task.title}")


def people_cell(line: MomentLine) -> widgets.Cell:
    return widgets.Cell(", ".join(one.user.full_name for one in line.sitting.examiners))


def state_cell(line: MomentLine) -> widgets.Cell:
    progress = line.progress
    badge = moment_badge(
        line.sitting.ends_at, scored=progress.scored, definitive=progress.definitive, stopped=False
    )
    return widgets.Cell(badges=[badge])


class MomentsPage(base.ListPage):
    """Read-only: planning is done from the overview, or from the page of an examenaanmelding."""

    under = "planning"
    datamodel = SQLAInterface(models.Sitting)
    include_route_methods = {"index", "choose"}
    route_base = "/examens/momenten"
    permission = Permission.PLANNING_SEE
    title = _l("Examenmomenten")
    intro = _l("Alle opleidingen bij elkaar. Elke examenopdracht met een datum staat op een eigen regel.")
    has_show = False
    columns = (
        base.ListColumn("when", _l("Wanneer"), when_cell, order=models.Sitting.starts_at),
        base.ListColumn("student", _l("Student"), student_cell),
        base.ListColumn("exam", _l("Examen"), exam_cell),
        base.ListColumn(
            "where",
            _l("Locatie"),
            lambda line: widgets.Cell(line.sitting.location),
            order=models.Sitting.location,
        ),
        base.ListColumn("who", _l("Examinatoren"), people_cell, wide_only=True),
        base.ListColumn("state", _l("Beoordeling"), state_cell),
    )
    filters = (
        base.ListFilter(
            "wanneer",
            _l("Wanneer"),
            listed.in_period,
            lambda: [(key, _(label)) for key, label in listed.PERIODS.items()],
        ),
        base.ListFilter(
            "stand",
            _l("Beoordeling"),
            listed.in_state,
            lambda: [(key, _(label)) for key, label in listed.STATES.items()],
        ),
        base.ListFilter(
            "opleiding",
            _l("Opleiding"),
            listed.of_programme,
            lambda: [
                (str(key), name) for key, name in planning_queries.choosable_programmes(base.current_actor())
            ],
        ),
        base.ListFilter("q", _l("Student"), of_student),
    )
    default_order = (models.Sitting.starts_at,)
    load = listed.ROWS
    empty_title = _l("Nog geen examenmomenten")
    empty_hint = _l("Een examenmoment staat hier zodra het is ingepland, en voor u te zien is.")

    def base_statement(self) -> sa.Select[Any]:
        return listed.all_moments(base.current_actor())

    def lines(self, rows: Sequence[models.Sitting]) -> Sequence[MomentLine]:
        progress = listed.progress_of([row.id for row in rows])
        return [MomentLine(row, progress.get(row.id, listed.Progress())) for row in rows]

    def page_buttons(self) -> Sequence[widgets.Button]:
        return [widgets.Button(_("Per opleiding"), "/examens/", icon="calendar3")]

    def _from_here(self, row: Any, cell: widgets.Cell) -> widgets.Cell:
        """A link to an examenaanmelding leads back to this place in the list."""
        if not cell.href:
            return cell
        return widgets.Cell(
            cell.text, base.href_with(cell.href, [(BACK, self.list_href())]), muted=cell.muted
        )
