"""Logboek: who did what, when, to which rows; newest first, and whether the chain is sound."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.pages import base
from app.pages.assessment.committee import PERIODS
from app.pages.trail import entries
from app.pages.trail.words import object_label
from app.permissions import Permission, may
from app.queries.trail import trail as rows
from app.theme import widgets

STUDENTS_PAGE = "studenten"  # the page number of an entry's students, in the URL


class TrailPage(base.ListPage):
    under = "planning"
    datamodel = SQLAInterface(models.AuditEntry)
    include_route_methods = {"index", "show", "choose", "check"}
    route_base = "/logboek"
    permission = Permission.TRAIL_READ
    title = _l("Logboek")
    intro = _l("Alles wat er is gewijzigd, door wie en wanneer. Aan het logboek verandert niemand iets.")
    columns = tuple(base.ListColumn(key, label, cell) for key, label, cell in entries.ENTRY_CELLS)
    filters = (
        base.ListFilter("who", _l("Wie"), rows.of_actor),
        base.ListFilter("student", _l("Student"), rows.of_student),
        base.ListFilter(
            "action",
            _l("Actie"),
            rows.of_action,
            lambda: sorted(((n, actions.entry_label(n)) for n in rows.actions_present()), key=lambda c: c[1]),
        ),
        base.ListFilter(
            "object",
            _l("Betreft"),
            rows.of_type,
            lambda: sorted(((n, object_label(n)) for n in rows.types_present() if n), key=lambda c: c[1]),
        ),
        base.ListFilter("period", _l("Periode"), rows.of_period, lambda: [(k, str(v)) for k, v in PERIODS]),
    )
    default_order = (models.AuditEntry.id.desc(),)
    page_size = 50

    def list_model(self) -> widgets.ListModel:
        """The list, with the students and users behind all its entries looked up together."""
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
        return entries.entry_name(row)

    def show_model(self, row: Any) -> widgets.ShowModel:
        entry, students = entries.Told(row), rows.students_behind([row.id]).get(row.id, [])
        user = rows.users_behind([row.id]).get(row.id)
        facts = [
            widgets.Fact(_("Moment"), entry.when),
            widgets.Fact(_("Wie"), entry.who),
            widgets.Fact(_("Betreft"), entry.about),
            *(
                [widgets.Fact(_("Student"), cells=[_student_cell(one) for one in students])]
                if students
                else []
            ),
            *([widgets.Fact(_("Gebruiker"), cells=[_user_cell(user)])] if user else []),
            widgets.Fact(_("Nummer in het logboek"), str(row.id)),
        ]
        lines = [
            widgets.Row(number, name, [widgets.Cell(name), widgets.Cell(text)])
            for number, (name, text) in enumerate(entry.changes, start=1)
        ]
        return widgets.ShowModel(
            title=entry.what,
            sections=[
                widgets.Section(_("Algemeen"), facts=facts),
                widgets.Section(
                    _("Wat er wijzigde"),
                    columns=[widgets.Column("name", _("Gegeven")), widgets.Column("change", _("Wijziging"))],
                    rows=lines,
                    empty=_("Bij deze actie is niets bijzonders vastgelegd."),
                ),
                *([] if students else self._students(row)),
            ],
            back_href=self.back_href(),
            back_label=_("Terug") if self.back_href() != self.list_href() else _("Logboek"),
        )

    def _students(self, row: Any) -> list[widgets.Section]:
        """All students that the entry is about, page by page; none when they stand among the facts."""
        found = rows.students_of(base.current_actor(), row.id)
        wanted = base.Wanted(found, found, [models.Student.id], down=False, load=(), size=self.page_size)
        address = self.href("show", pk=row.id)
        order: Sequence[Any] = (models.Student.name_key, models.Student.id)
        students, pager = base.numbered(
            wanted, order, lambda place: base.href_with(address, [*self.list_pairs(), *place]), STUDENTS_PAGE
        )
        if not pager.count:
            return []
        lines = [widgets.Row(one.id, one.full_name, [_student_cell(one)]) for one in students]
        return [
            widgets.Section(
                _("Studenten"), columns=[widgets.Column("name", _("Naam"))], rows=lines, pager=pager
            )
        ]

    @base.expose("/controle")
    @base.needs()
    def check(self) -> str:
        """Reads the whole trail. Does each entry fit the one before, and is the last one the anchor's?"""
        checked = actions.check_trail()
        return self.render_template(
            "trail/check.html",
            checked=checked,
            held=actions.anchor_words.held(checked.end),
            wrong=actions.anchor_words.wrong(checked.end),
        )


def _check_button() -> widgets.Button:
    return widgets.Button(_("Controleer het logboek"), "/logboek/controle", "shield-check")


def _user_cell(user: models.User) -> widgets.Cell:
    href = f"/gebruikers/{user.id}" if may(base.current_actor(), Permission.USERS_SEE) else ""
    return widgets.Cell(user.full_name, href)


def _student_cell(student: models.Student) -> widgets.Cell:
    href = f"/studenten/{student.id}" if may(base.current_actor(), Permission.STUDENTS_SEE) else ""
    return widgets.Cell(student.full_name, href, muted=student.number)


def _students_cell(cell: widgets.Cell, students: Sequence[models.Student]) -> widgets.Cell:
    """One student: the name as a link; two: both names."""
    if len(students) == 1:
        return replace(_student_cell(students[0]), muted=cell.text)
    return widgets.Cell(", ".join(one.full_name for one in students), muted=cell.text)
