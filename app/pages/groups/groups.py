"""Studentgroepen (manual, step 4f): the groups and the actions on them. One group: group.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload

from app.actions.base.wording import say
from app.actions.groups.copying import copy_groups
from app.actions.groups.export import export_groups
from app.actions.groups.groups import add_group, change_group, remove_group
from app.actions.groups.members import add_members, remove_members
from app.actions.groups.rule import drop_rule, set_rule
from app.entities.students import StudentGroup
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.request import current_actor, once
from app.pages.groups.export import ExportsGroups
from app.pages.groups.group import colour_badges, group_model
from app.permissions import Permission, may
from app.queries.groups import groups as queries
from app.rules.groups import GROUP_COLOURS, rule_in_words
from app.theme.widgets import Button, Cell, ListModel, ShowModel

FILLED = ((queries.BY_HAND, _l("Met de hand")), (queries.BY_RULE, _l("Door een regel")))


def name_cell(group: StudentGroup) -> Cell:
    """The name, and under it the rule that fills the group."""
    rule = say(rule_in_words([str(one) for one in group.rule])) if group.rule else ""
    return Cell(group.name, f"/studentgroepen/{group.id}", muted=rule)


def _choices() -> queries.GroupChoices:
    return once("group choices", lambda: queries.group_choices(current_actor()))


def _colour_choices() -> Sequence[tuple[str, str]]:
    return [(key, _(label)) for key, label in GROUP_COLOURS.items() if key in _choices().colours]


class GroupsPage(ExportsGroups, ListPage):
    under = "students"
    datamodel = SQLAInterface(StudentGroup)
    route_base = "/studentgroepen"
    permission = Permission.STUDENTS_SEE
    title = _l("Studentgroepen")
    columns = (
        ListColumn("name", _l("Naam"), name_cell, order=StudentGroup.name),
        ListColumn("students", _l("Studenten"), lambda g: Cell(""), numeric=True),
        ListColumn("cohort", _l("Cohort"), lambda g: Cell(str(g.cohort or "")), order=StudentGroup.cohort),
        ListColumn(
            "school_year", _l("Schooljaar"), lambda g: Cell(g.school_year), order=StudentGroup.school_year
        ),
        ListColumn("location", _l("Locatie"), lambda g: Cell(g.location), order=StudentGroup.location),
        ListColumn(
            "mentor",
            _l("Mentor"),
            lambda g: Cell(g.mentor.full_name if g.mentor else ""),
            order=queries.mentor_order(),
        ),
        ListColumn("colour", _l("Kleur"), lambda g: Cell(badges=colour_badges(g)), order=StudentGroup.colour),
    )
    filters = (
        ListFilter("q", _l("Zoek op naam"), queries.by_name),
        ListFilter("schooljaar", _l("Schooljaar"), queries.by_school_year, lambda: _choices().school_years),
        ListFilter("cohort", _l("Cohort"), queries.by_cohort, lambda: _choices().cohorts),
        ListFilter("locatie", _l("Locatie"), queries.by_location, lambda: _choices().locations),
        ListFilter("mentor", _l("Mentor"), queries.by_mentor, lambda: _choices().mentors),
        ListFilter("kleur", _l("Kleur"), queries.by_colour, _colour_choices),
        ListFilter(
            "leden", _l("Leden"), queries.by_filling, lambda: [(key, str(label)) for key, label in FILLED]
        ),
    )
    default_order = (StudentGroup.name,)
    load = (joinedload(StudentGroup.mentor), selectinload(StudentGroup.rule))
    show_load = load
    bulk = (export_groups, copy_groups, remove_group)
    page_actions = ((add_group, "plus-lg"),)
    row_actions = ((change_group, "pencil"), (remove_group, "trash"))
    other_actions = (add_members, remove_members, set_rule, drop_rule)
    empty_title = _l("Nog geen studentgroepen")
    empty_hint = _l("Maak een groep. Daarna voegt u er studenten aan toe, of laat u een regel dat doen.")

    def list_model(self) -> ListModel:
        """The list, with the number of students per group (one query for all)."""
        model = super().list_model()
        counts = queries.member_counts(current_actor(), [row.id for row in model.rows])
        at = [column.key for column in model.columns].index("students")
        rows = []
        for row in model.rows:
            cells = list(row.cells)
            cells[at] = Cell(format_decimal(counts.get(row.id, 0)), numeric=True)
            rows.append(replace(row, cells=cells))
        return replace(model, rows=rows)

    def page_buttons(self) -> Sequence[Button]:
        buttons = list(super().page_buttons())
        if may(current_actor(), Permission.GROUPS_IMPORT):
            buttons.append(Button(_("Importeren"), "/studentgroepen/importeren/", icon="upload"))
        return [*buttons, Button(_("Studenten"), "/studenten/", icon="person-vcard")]

    def show_model(self, row: StudentGroup) -> ShowModel:
        return group_model(self, row)
