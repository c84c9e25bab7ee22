"""The page of one group: its properties, who is in it and why, and the trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from app.actions.access.code_sheet import print_student_codes
from app.actions.base.action import Action
from app.actions.base.wording import say
from app.actions.groups.groups import change_group, remove_group
from app.actions.groups.members import add_members, remove_members
from app.actions.groups.rule import drop_rule, set_rule
from app.actions.students.export import export_students
from app.entities.students import Student, StudentGroup
from app.pages.base.buttons import action_button, href_elsewhere
from app.pages.base.lists import ListPage
from app.pages.base.paging import Wanted, numbered
from app.pages.base.request import current_actor, href_with
from app.pages.groups.badges import group_badge
from app.pages.students.students import student_rows
from app.pages.trail.entries import trail_section
from app.permissions import Permission, may
from app.queries.groups.groups import members_seen
from app.queries.trail.trail import entries_about
from app.rules.groups import GROUP_COLOURS, rule_in_words
from app.theme.widgets import Badge, Button, Cell, Column, Fact, Pager, Section, ShowModel

PAGE_SIZE = 25
OWN_PAGE = "ledenpagina"  # in the address: of the members; "page" is the page of the list one came from
Offered = tuple[Action, str, str]


def group_model(page: ListPage, group: StudentGroup) -> ShowModel:
    sections = [_properties(group), _members(page, group)]
    if may(current_actor(), Permission.TRAIL_READ):
        entries = entries_about(current_actor(), "StudentGroup", group.id)
        sections.append(trail_section(_("Logboek"), entries, _("Er is nog niets gewijzigd.")))
    return ShowModel(
        title=group.name,
        sections=sections,
        back_href=page.list_href(),
        back_label=_("Studentgroepen"),
        buttons=page.buttons(
            group, (change_group, _("Wijzigen"), "pencil"), (remove_group, _("Verwijderen"), "trash")
        ),
    )


def _properties(group: StudentGroup) -> Section:
    return Section(
        _("Eigenschappen"),
        [
            Fact(_("Cohort"), str(group.cohort or "")),
            Fact(_("Schooljaar"), group.school_year),
            Fact(_("Locatie"), group.location),
            Fact(_("Mentor"), cells=[_mentor_cell(group)]),
            Fact(_("Kleur"), cells=[Cell(badges=colour_badges(group))]),
            Fact(
                _("Leden"),
                say(rule_in_words([str(one) for one in group.rule]))
                if group.rule
                else _("Met de hand toegevoegd"),
            ),
        ],
    )


def colour_badges(group: StudentGroup) -> list[Badge]:
    """The colour by name, in that colour and with its shape."""
    label = GROUP_COLOURS.get(group.colour)
    return [group_badge(_(label), group.colour)] if label else []


def _mentor_cell(group: StudentGroup) -> Cell:
    mentor = group.mentor
    if mentor is None:
        return Cell()
    return Cell(mentor.full_name, badges=[] if mentor.active else [Badge(_("Niet actief"))])


def _members(page: ListPage, group: StudentGroup) -> Section:
    students, pager = _page_of_members(page, group)
    return Section(
        _("Studenten (%(count)s)", count=format_decimal(pager.count)),
        columns=[
            Column("name", _("Naam")),
            Column("number", _("Studentnummer")),
            Column("programme", _("Opleiding")),
            Column("supervisor", _("Praktijkbegeleider")),
        ],
        rows=student_rows(students),
        pager=pager,
        empty=_("Geen student past nu bij de regel.")
        if group.rule
        else _("Nog niemand. Voeg studenten toe, of laat een regel de groep vullen."),
        buttons=[*_filling(page, group, pager.count), *_onward(group, pager.count)],
    )


def _page_of_members(page: ListPage, group: StudentGroup) -> tuple[Sequence[Student], Pager]:
    seen = members_seen(current_actor(), group.id)
    wanted = Wanted(seen, seen, [Student.id], down=False, load=(), size=PAGE_SIZE)
    here = page.href("show", pk=group.id)
    order: Sequence[Any] = (Student.name_key, Student.id)
    return numbered(wanted, order, lambda place: href_with(here, [*page.list_pairs(), *place]), OWN_PAGE)


def _filling(page: ListPage, group: StudentGroup, count: int) -> list[Button]:
    """By hand: put in and take out; by a rule: change it or let it go."""
    if group.rule:
        return page.buttons(
            group, (set_rule, _("Regel wijzigen"), "funnel"), (drop_rule, _("Regel loslaten"), "unlock")
        )
    offered: list[Offered] = [(add_members, _("Studenten toevoegen"), "plus-lg")]
    if count:
        offered.append((remove_members, _("Studenten eruit halen"), "dash-lg"))
    return page.buttons(group, *offered, (set_rule, _("Leden door een regel"), "funnel"))


def _onward(group: StudentGroup, count: int) -> list[Button]:
    """What the list of students does with all of them: show, export, a sheet of codes for the whole class."""
    if not count:
        return []
    whole = [("all", "1"), ("groep", str(group.id))]
    buttons = [Button(_("Toon in Studenten"), href_with("/studenten/", whole[1:]), icon="list-check")]
    for act, label, icon in (
        (export_students, _("Leden exporteren"), "download"),
        (print_student_codes, "", "printer"),
    ):
        buttons += action_button(act, href_elsewhere("/studenten", act, whole), icon, label=label)
    return buttons
