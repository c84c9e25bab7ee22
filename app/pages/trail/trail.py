"""Logboek: who did what, when, to which rows; newest first, and whether the chain is sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.actions.base.action import entry_label, own_word
from app.actions.base.trail import broken_at
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.pages.assessment.committee import PERIODS
from app.pages.base.guards import needs
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.request import current_actor
from app.pages.base.screens import expose
from app.pages.trail.words import (
    change_text,
    field_label,
    object_label,
    object_text,
    remark_text,
    users_text,
    way_text,
)
from app.permissions import Permission, may
from app.queries.trail import trail as rows
from app.school import current_school
from app.theme.widgets import Button, Cell, Column, Fact, ListModel, Row, Section, ShowModel

CHANGES_SHOWN = 3  # in the list; all of them on the page of the entry


def moment_text(entry: AuditEntry) -> str:
    return f"{current_school().local(entry.at):%d-%m-%Y %H:%M:%S}"


def changes(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    """Field and what happened to it: "O -> V", or the value alone."""
    for name, value in entry.details.items():
        label = own_word(entry.action, name) or field_label(name)
        if name == "way":
            yield label, way_text(value)
        elif name == "users":
            yield label, users_text(value)
        else:
            yield label, remark_text(value) if name.endswith("remark") else change_text(value)


def _action_cell(entry: AuditEntry) -> Cell:
    return Cell(entry_label(entry.action), f"/logboek/{entry.id}")


def _changes_cell(entry: AuditEntry) -> Cell:
    found = [f"{name}: {text}" if name else text for name, text in changes(entry)]
    rest = len(found) - CHANGES_SHOWN
    more = _("en nog %(count)s", count=rest) if rest > 0 else ""
    return Cell("; ".join(found[:CHANGES_SHOWN]), muted=more)


class TrailPage(ListPage):
    under = "planning"
    datamodel = SQLAInterface(AuditEntry)
    include_route_methods = {"index", "show", "choose", "check"}
    route_base = "/logboek"
    permission = Permission.TRAIL_READ
    title = _l("Logboek")
    intro = _l("Alles wat er is gewijzigd, door wie en wanneer. Aan het logboek verandert niemand iets.")
    columns = (
        ListColumn("action", _l("Actie"), _action_cell),
        ListColumn("at", _l("Moment"), lambda e: Cell(moment_text(e))),
        ListColumn("actor", _l("Wie"), lambda e: Cell(e.actor_name)),
        ListColumn("object", _l("Betreft"), lambda e: Cell(object_text(e.object_type, e.object_count))),
        ListColumn("changes", _l("Wijziging"), _changes_cell),
    )
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
        return f"{entry_label(row.action)}, {moment_text(row)}"

    def show_model(self, row: Any) -> ShowModel:
        students = rows.students_behind([row.id]).get(row.id, [])
        user = rows.users_behind([row.id]).get(row.id)
        facts = [
            Fact(_("Moment"), moment_text(row)),
            Fact(_("Wie"), row.actor_name),
            Fact(_("Betreft"), object_text(row.object_type, row.object_count)),
            *([Fact(_("Student"), cells=[_student_cell(one) for one in students])] if students else []),
            *([Fact(_("Gebruiker"), cells=[_user_cell(user)])] if user else []),
            Fact(_("Nummer in het logboek"), str(row.id)),
        ]
        lines = [
            Row(number, name, [Cell(name), Cell(text)])
            for number, (name, text) in enumerate(changes(row), start=1)
        ]
        return ShowModel(
            title=entry_label(row.action),
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
