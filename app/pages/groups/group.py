"""The page of one group: its properties, who is in it and why, and the trail."""

from collections.abc import Sequence
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from app import models
from app.actions import base as actions
from app.actions.access.code_sheet import print_student_codes
from app.actions.groups import groups as group_actions
from app.actions.groups import members, rule
from app.actions.students.export import export_students
from app.pages import base
from app.pages.groups.badges import group_badge
from app.pages.students.students import student_rows
from app.pages.trail.entries import trail_section
from app.permissions import Permission, may
from app.queries.groups.groups import members_seen
from app.queries.trail.trail import entries_about
from app.rules import groups as rules
from app.theme import widgets

PAGE_SIZE = 25
OWN_PAGE = "ledenpagina"  # in the URL: the page of the members; "page" is that of the list behind it
Offered = tuple[actions.Action, str, str]


def group_model(page: base.ListPage, group: models.StudentGroup) -> widgets.ShowModel:
    sections = [_properties(group), _members(page, group)]
    if may(base.current_actor(), Permission.TRAIL_READ):
        entries = entries_about(base.current_actor(), "StudentGroup", group.id)
        sections.append(trail_section(_("Logboek"), entries, _("Er is nog niets gewijzigd.")))
    return widgets.ShowModel(
        title=group.name,
        sections=sections,
        back_href=page.list_href(),
        back_label=_("Studentgroepen"),
        buttons=page.buttons(
            group,
            (group_actions.change_group, _("Wijzigen"), "pencil"),
            (group_actions.remove_group, _("Verwijderen"), "trash"),
        ),
    )


def _properties(group: models.StudentGroup) -> widgets.Section:
    return widgets.Section(
        _("Eigenschappen"),
        [
            widgets.Fact(_("Cohort"), str(group.cohort or "")),
            widgets.Fact(_("Schooljaar"), group.school_year),
            widgets.Fact(_("Locatie"), group.location),
            widgets.Fact(_("Mentor"), cells=[_mentor_cell(group)]),
            widgets.Fact(_("Kleur"), cells=[widgets.Cell(badges=colour_badges(group))]),
            widgets.Fact(
                _("Leden"),
                actions.say(rules.rule_in_words([str(one) for one in group.rule]))
                if group.rule
                else _("Met de hand toegevoegd"),
            ),
        ],
    )


def colour_badges(group: models.StudentGroup) -> list[widgets.Badge]:
    """The colour by name, in that colour and with its shape."""
    label = rules.GROUP_COLOURS.get(group.colour)
    return [group_badge(_(label), group.colour)] if label else []


def _mentor_cell(group: models.StudentGroup) -> widgets.Cell:
    mentor = group.mentor
    if mentor is None:
        return widgets.Cell()
    return widgets.Cell(mentor.full_name, badges=[] if mentor.active else [widgets.Badge(_("Niet actief"))])


def _members(page: base.ListPage, group: models.StudentGroup) -> widgets.Section:
    students, pager = _page_of_members(page, group)
    return widgets.Section(
        _("Studenten (%(count)s)", count=format_decimal(pager.count)),
        columns=[
            widgets.Column("name", _("Naam")),
            widgets.Column("number", _("Studentnummer")),
            widgets.Column("programme", _("Opleiding")),
            widgets.Column("supervisor", _("Praktijkbegeleider")),
        ],
        rows=student_rows(students),
        pager=pager,
        empty=_("Geen student past nu bij de regel.")
        if group.rule
        else _("Nog niemand. Voeg studenten toe, of laat een regel de groep vullen."),
        buttons=[*_filling(page, group, pager.count), *_onward(group, pager.count)],
    )


def _page_of_members(
    page: base.ListPage, group: models.StudentGroup
) -> tuple[Sequence[models.Student], widgets.Pager]:
    seen = members_seen(base.current_actor(), group.id)
    wanted = base.Wanted(seen, seen, [models.Student.id], down=False, load=(), size=PAGE_SIZE)
    here = page.href("show", pk=group.id)
    order: Sequence[Any] = (models.Student.name_key, models.Student.id)
    return base.numbered(
        wanted, order, lambda place: base.href_with(here, [*page.list_pairs(), *place]), OWN_PAGE
    )


def _filling(page: base.ListPage, group: models.StudentGroup, count: int) -> list[widgets.Button]:
    """Buttons for the members: add and remove them by hand, or change and drop the rule."""
    if group.rule:
        return page.buttons(
            group,
            (rule.set_rule, _("Regel wijzigen"), "funnel"),
            (rule.drop_rule, _("Regel loslaten"), "unlock"),
        )
    offered: list[Offered] = [(members.add_members, _("Studenten toevoegen"), "plus-lg")]
    if count:
        offered.append((members.remove_members, _("Studenten eruit halen"), "dash-lg"))
    return page.buttons(group, *offered, (rule.set_rule, _("Leden door een regel"), "funnel"))


def _onward(group: models.StudentGroup, count: int) -> list[widgets.Button]:
    """Buttons that hand the whole group to the list of students: show, export, print a sheet of codes."""
    if not count:
        return []
    whole = [("all", "1"), ("groep", str(group.id))]
    buttons = [
        widgets.Button(_("Toon in Studenten"), base.href_with("/studenten/", whole[1:]), icon="list-check")
    ]
    for act, label, icon in (
        (export_students, _("Leden exporteren"), "download"),
        (print_student_codes, "", "printer"),
    ):
        buttons += base.action_button(act, base.href_elsewhere("/studenten", act, whole), icon, label=label)
    return buttons
