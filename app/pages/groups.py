"""Studentgroepen (manual, step 4f): the groups, and one group with its students."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.actions.base import Action, Outcome
from app.actions.code_sheet import print_student_codes
from app.actions.groups import add_group, change_group, remove_group
from app.entities.students import StudentGroup
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.request import current_actor, href_with, ids_arg, text_arg
from app.pages.student_page import trail_section
from app.pages.students import group_badge, student_rows
from app.permissions import Permission, may
from app.queries import groups as queries
from app.rules.groups import GROUP_COLOURS
from app.theme.widgets import Badge, Button, Cell, Column, Fact, ListModel, Row, Section, ShowModel


class GroupsPage(ListPage):
    under = "students"
    datamodel = SQLAInterface(StudentGroup)
    route_base = "/studentgroepen"
    permission = Permission.STUDENTS_SEE
    title = _l("Studentgroepen")
    columns = (
        ListColumn(
            "name", _l("Naam"), lambda g: Cell(g.name, f"/studentgroepen/{g.id}"), order=StudentGroup.name
        ),
        ListColumn("students", _l("Studenten"), lambda g: Cell(""), numeric=True),
        ListColumn("cohort", _l("Cohort"), lambda g: Cell(str(g.cohort or "")), order=StudentGroup.cohort),
        ListColumn(
            "school_year", _l("Schooljaar"), lambda g: Cell(g.school_year), order=StudentGroup.school_year
        ),
        ListColumn("location", _l("Locatie"), lambda g: Cell(g.location), order=StudentGroup.location),
        ListColumn("colour", _l("Kleur"), lambda g: Cell(badges=_colour(g)), wide_only=True),
    )
    filters = (
        ListFilter("q", _l("Zoek op naam"), queries.by_name),
        ListFilter(
            "schooljaar",
            _l("Schooljaar"),
            queries.by_school_year,
            lambda: queries.school_year_choices(current_actor()),
        ),
    )
    default_order = (StudentGroup.name,)
    bulk = (remove_group,)
    page_actions = ((add_group, "plus-lg"),)
    row_actions = ((change_group, "pencil"), (remove_group, "trash"))
    empty_title = _l("Nog geen studentgroepen")
    empty_hint = _l("Maak een groep, en voeg er daarna in het tabblad Studenten studenten aan toe.")

    def list_model(self) -> ListModel:
        """The list, with the number of students per group (one query for all)."""
        model = super().list_model()
        counts = queries.member_counts(current_actor(), [row.id for row in model.rows])
        at = [column.key for column in model.columns].index("students")
        rows = []
        for row in model.rows:
            cells = list(row.cells)
            cells[at] = Cell(str(counts.get(row.id, 0)), numeric=True)
            rows.append(replace(row, cells=cells))
        return replace(model, rows=rows)

    def page_buttons(self) -> Sequence[Button]:
        buttons = list(super().page_buttons())
        if may(current_actor(), Permission.GROUPS_IMPORT):
            buttons.append(Button(_("Importeren"), "/studentgroepen/importeren/", icon="upload"))
        return [*buttons, Button(_("Studenten"), "/studenten/", icon="person-vcard")]

    def show_model(self, row: StudentGroup) -> ShowModel:
        actor = current_actor()
        members = queries.members_of(actor, row)
        sections = [self._properties(row), self._members(row, student_rows(members))]
        if may(actor, Permission.TRAIL_READ):
            sections.append(trail_section("StudentGroup", row.id))
        return ShowModel(
            title=row.name,
            sections=sections,
            back_href=self.href("index"),
            back_label=_("Studentgroepen"),
            buttons=[
                Button(label, self._action_href(act, row), icon=icon)
                for act, label, icon in (
                    (change_group, _("Wijzigen"), "pencil"),
                    (remove_group, _("Verwijderen"), "trash"),
                )
                if may(actor, act.permission)
            ],
        )

    def _properties(self, row: StudentGroup) -> Section:
        return Section(
            _("Eigenschappen"),
            [
                Fact(_("Cohort"), str(row.cohort or "")),
                Fact(_("Schooljaar"), row.school_year),
                Fact(_("Locatie"), row.location),
                Fact(_("Kleur"), cells=[Cell(badges=_colour(row))]),
            ],
        )

    def _members(self, row: StudentGroup, rows: Sequence[Row]) -> Section:
        return Section(
            _("Studenten (%(count)s)", count=len(rows)),
            columns=[
                Column("name", _("Naam")),
                Column("number", _("Studentnummer")),
                Column("programme", _("Opleiding")),
                Column("supervisor", _("Praktijkbegeleider")),
            ],
            rows=rows,
            empty=_("Selecteer studenten in het tabblad Studenten en kies “Toevoegen aan studentgroepen”."),
            buttons=[
                Button(
                    _("Toon in Studenten") if rows else _("Kies studenten"),
                    href_with("/studenten/", [("groep", str(row.id))] if rows else []),
                    icon="list-check",
                ),
                *self._print_button(row, rows),
            ],
        )

    def _print_button(self, row: StudentGroup, rows: Sequence[Row]) -> list[Button]:
        """A sheet of codes for the whole class: the list's action on all students of this group."""
        if not rows or not may(current_actor(), print_student_codes.permission):
            return []
        href = href_with(f"/studenten/do/{print_student_codes.name}", [("all", "1"), ("groep", str(row.id))])
        return [Button(str(print_student_codes.label), href, icon="printer")]

    def _action_href(self, act: Action, row: StudentGroup) -> str:
        return href_with(self.href("do", name=act.name), [("id", str(row.id)), ("back", "group")])

    def back_href(self) -> str:
        if text_arg("back") == "group" and len(ids_arg()) == 1:
            return self.href("show", pk=ids_arg()[0])
        return super().back_href()

    def after_href(self, act: Action, outcome: Outcome) -> str:
        if act is add_group and outcome.goto is not None:
            return self.href("show", pk=outcome.goto)
        if act is remove_group:
            return super().back_href()
        return self.back_href()


def _colour(group: StudentGroup) -> list[Badge]:
    label = GROUP_COLOURS.get(group.colour)
    return [replace(group_badge(group), text=_(label))] if label else []
