"""Logboek: who did what, when, to which rows; newest first, and whether the chain is sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.actions.base.action import entry_label
from app.actions.base.trail import broken_at
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.pages.assessment.committee import PERIODS
from app.pages.base.guards import needs
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.request import current_actor
from app.pages.base.screens import expose
from app.pages.trail.entries import ENTRY_CELLS, entry_name, told
from app.pages.trail.words import object_label
from app.permissions import Permission, may
from app.queries.trail import trail as rows
from app.theme.widgets import Button, Cell, Column, Fact, ListModel, Row, Section, ShowModel


class TrailPage(ListPage):
    under = "planning"
    datamodel = SQLAInterface(AuditEntry)
    include_route_methods = {"index", "show", "choose", "check"}
    route_base = "/logboek"
    permission = Permission.TRAIL_READ
    title = _l("Logboek")
    intro = _l("Alles wat er is gewijzigd, door wie en wanneer. Aan het logboek verandert niemand iets.")
    columns = tuple(ListColumn(key, label, cell) for key, label, cell in ENTRY_CELLS)
    filters = (
        ListFilter("who", _l("Wie"), rows.of_actor),
        ListFilter("student", _l("Student"), rows.of_student),
        ListFilter(
            "action",
            _l("Actie"),
            rows.of_action,
            lambda: sorted(((n, entry_label(n)) for n in rows.actions_present()), key=lambda c: c[1]),
        ),
        ListFilter(
            "object",
            _l("Betreft"),
            rows.of_type,
            lambda: sorted(((n, object_label(n)) for n in rows.types_present() if n), key=lambda c: c[1]),
        ),
        ListFilter("period", _l("Periode"), rows.of_period, lambda: [(k, str(v)) for k, v in PERIODS]),
    )
    default_order = (AuditEntry.id.desc(),)
    page_size = 50

    def list_model(self) -> ListModel:
        """The students behind the entries of this page are looked up together."""
        model = super().list_model()
        ids = [row.id for row in model.rows]
        students, users = rows.students_behind(ids), rows.users_behind(ids)
        at = [column.key for column in self.columns].index("object")
        shown = []
        for row in model.rows:
            cells = list(row.cells)
            if row.id in users:
                cells[at] = replace(_user_cell(users[row.id]), muted=cells[at].text)
            elif students.get(row.id):
                cells[at] = _students_cell(cells[at], students[row.id])
            shown.append(replace(row, cells=cells))
        return replace(model, rows=shown, buttons=[_check_button()], empty_button=None)

    def row_label(self, row: Any) -> str:
        return entry_name(row)

    def show_model(self, row: Any) -> ShowModel:
        entry, students = told(row), rows.students_behind([row.id]).get(row.id, [])
        user = rows.users_behind([row.id]).get(row.id)
        facts = [
            Fact(_("Moment"), entry.when),
            Fact(_("Wie"), entry.who),
            Fact(_("Betreft"), entry.about),
            *([Fact(_("Student"), cells=[_student_cell(one) for one in students])] if students else []),
            *([Fact(_("Gebruiker"), cells=[_user_cell(user)])] if user else []),
            Fact(_("Nummer in het logboek"), str(row.id)),
        ]
        lines = [
            Row(number, name, [Cell(name), Cell(text)])
            for number, (name, text) in enumerate(entry.changes, start=1)
        ]
        return ShowModel(
            title=entry.what,
            sections=[
                Section(_("Algemeen"), facts=facts),
                Section(
                    _("Wat er wijzigde"),
                    columns=[Column("name", _("Gegeven")), Column("change", _("Wijziging"))],
                    rows=lines,
                    empty=_("Bij deze actie is niets bijzonders vastgelegd."),
                ),
            ],
            back_href=self.href("index"),
            back_label=_("Logboek"),
        )

    @expose("/controle")
    @needs()
    def check(self) -> str:
        """Reads the whole trail and says whether each entry still fits the one before."""
        broken = broken_at()
        return self.render_template("trail/check.html", broken=broken, length=rows.length())


def _check_button() -> Button:
    return Button(_("Controleer het logboek"), "/logboek/controle", "shield-check")


def _user_cell(user: User) -> Cell:
    href = f"/gebruikers/{user.id}" if may(current_actor(), Permission.USERS_SEE) else ""
    return Cell(user.full_name, href)


def _student_cell(student: Student) -> Cell:
    href = f"/studenten/{student.id}" if may(current_actor(), Permission.STUDENTS_SEE) else ""
    return Cell(student.full_name, href, muted=student.number)


def _students_cell(cell: Cell, students: Sequence[Student]) -> Cell:
    """One student: the name as a link; two: both names."""
    if len(students) == 1:
        return replace(_student_cell(students[0]), muted=cell.text)
    return Cell(", ".join(one.full_name for one in students), muted=cell.text)
