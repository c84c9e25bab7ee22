"""Studentgroepen (manual, step 4f): the list of groups and its actions. The page of one: group.py."""

from collections.abc import Sequence
from dataclasses import replace

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import orm

from app import models
from app.actions import base as actions
from app.actions.groups import groups, members
from app.actions.groups import rule as rule_actions
from app.actions.groups.copying import copy_groups
from app.actions.groups.export import export_groups
from app.pages import base
from app.pages.groups import group as group_pages
from app.pages.groups.export import ExportsGroups
from app.permissions import Permission, may
from app.queries.groups import groups as queries
from app.rules import groups as rules
from app.theme import widgets

FILLED = ((queries.BY_HAND, _l("Met de hand")), (queries.BY_RULE, _l("Door een regel")))


def name_cell(group: models.StudentGroup) -> widgets.Cell:
    """The name, and under it the rule that fills the group."""
    rule = actions.say(rules.rule_in_words([str(one) for one in group.rule])) if group.rule else ""
    return widgets.Cell(group.name, f"/studentgroepen/{group.id}", muted=rule)


def _choices() -> queries.GroupChoices:
    return base.once("group choices", lambda: queries.group_choices(base.current_actor()))


def _colour_choices() -> Sequence[tuple[str, str]]:
    return [(key, _(label)) for key, label in rules.GROUP_COLOURS.items() if key in _choices().colours]


class GroupsPage(ExportsGroups, base.ListPage):
    under = "students"
    datamodel = SQLAInterface(models.StudentGroup)
    route_base = "/studentgroepen"
    permission = Permission.STUDENTS_SEE
    title = _l("Studentgroepen")
    columns = (
        base.ListColumn("name", _l("Naam"), name_cell, order=models.StudentGroup.name),
        base.ListColumn("students", _l("Studenten"), lambda g: widgets.Cell(""), numeric=True),
        base.ListColumn(
            "cohort",
            _l("Cohort"),
            lambda g: widgets.Cell(str(g.cohort or "")),
            order=models.StudentGroup.cohort,
        ),
        base.ListColumn(
            "school_year",
            _l("Schooljaar"),
            lambda g: widgets.Cell(g.school_year),
            order=models.StudentGroup.school_year,
        ),
        base.ListColumn(
            "location", _l("Locatie"), lambda g: widgets.Cell(g.location), order=models.StudentGroup.location
        ),
        base.ListColumn(
            "mentor",
            _l("Mentor"),
            lambda g: widgets.Cell(g.mentor.full_name if g.mentor else ""),
            order=queries.mentor_order(),
        ),
        base.ListColumn(
            "colour",
            _l("Kleur"),
            lambda g: widgets.Cell(badges=group_pages.colour_badges(g)),
            order=models.StudentGroup.colour,
        ),
    )
    filters = (
        base.ListFilter("q", _l("Zoek op naam"), queries.by_name),
        base.ListFilter(
            "schooljaar", _l("Schooljaar"), queries.by_school_year, lambda: _choices().school_years
        ),
        base.ListFilter("cohort", _l("Cohort"), queries.by_cohort, lambda: _choices().cohorts),
        base.ListFilter("locatie", _l("Locatie"), queries.by_location, lambda: _choices().locations),
        base.ListFilter("mentor", _l("Mentor"), queries.by_mentor, lambda: _choices().mentors),
        base.ListFilter("kleur", _l("Kleur"), queries.by_colour, _colour_choices),
        base.ListFilter(
            "leden", _l("Leden"), queries.by_filling, lambda: [(key, str(label)) for key, label in FILLED]
        ),
    )
    default_order = (models.StudentGroup.name,)
    load = (orm.joinedload(models.StudentGroup.mentor), orm.selectinload(models.StudentGroup.rule))
    show_load = load
    bulk = (export_groups, copy_groups, groups.remove_group)
    page_actions = ((groups.add_group, "plus-lg"),)
    row_actions = ((groups.change_group, "pencil"), (groups.remove_group, "trash"))
    other_actions = (
        members.add_members,
        members.remove_members,
        rule_actions.set_rule,
        rule_actions.drop_rule,
    )
    empty_title = _l("Nog geen studentgroepen")
    empty_hint = _l("Maak een groep. Daarna voegt u er studenten aan toe, of laat u een regel dat doen.")

    def list_model(self) -> widgets.ListModel:
        """The list, with the number of students per group (one query for all)."""
        model = super().list_model()
        counts = queries.member_counts(base.current_actor(), [row.id for row in model.rows])
        at = [column.key for column in model.columns].index("students")
        rows = []
        for row in model.rows:
            cells = list(row.cells)
            cells[at] = widgets.Cell(format_decimal(counts.get(row.id, 0)), numeric=True)
            rows.append(replace(row, cells=cells))
        return replace(model, rows=rows)

    def page_buttons(self) -> Sequence[widgets.Button]:
        buttons = list(super().page_buttons())
        if may(base.current_actor(), Permission.GROUPS_IMPORT):
            buttons.append(widgets.Button(_("Importeren"), "/studentgroepen/importeren/", icon="upload"))
        return [*buttons, widgets.Button(_("Studenten"), "/studenten/", icon="person-vcard")]

    def show_model(self, row: models.StudentGroup) -> widgets.ShowModel:
        return group_pages.group_model(self, row)
