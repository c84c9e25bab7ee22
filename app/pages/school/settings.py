"""Tab Instellingen (manual, step 7): the updates of the system, newest first, and what the school has set."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from app.actions import base as actions
from app.actions.school import updates as update_actions
from app.catalogue import CATALOGUE, read_updates
from app.pages import base
from app.permissions import Permission, may
from app.queries.school.updates import UpdatePage, updates
from app.queries.students.field_words import misfit_text
from app.queries.students.fields import OTHER, Misfit, misfits
from app.school import LANGUAGES, School, current_school
from app.theme.widgets import Cell, Fact


@cache
def english_texts() -> Mapping[tuple[str, str], tuple[str, str]]:
    """The Dutch title and text of the catalogue's updates -> the same in English."""
    return {(one.title, one.body): (one.title_en, one.body_en) for one in read_updates(CATALOGUE)}


def in_readers_language(page: UpdatePage) -> UpdatePage:
    """The updates in English for whoever reads that; one that the supplier wrote here stays as it is."""
    if str(get_locale()) != "en":
        return page
    lines = [
        replace(one, english=english_texts().get((one.update.title, one.update.body))) for one in page.lines
    ]
    return replace(page, lines=lines)


class UpdatesPage(base.ActionScreen):
    route_base = "/instellingen"
    default_view = "index"
    permission = Permission.SETTINGS_READ
    other_actions = (
        update_actions.mark_update_read,
        update_actions.mark_all_updates_read,
        update_actions.add_update,
        update_actions.change_update,
    )

    @base.expose("/")
    @base.needs()
    def index(self) -> Any:
        return self.page(
            "school/updates.html",
            model=in_readers_language(updates(base.current_actor(), base.number_arg("page", 1))),
            add_href=self._href_of(update_actions.add_update),
            read_all_href=self._href_of(update_actions.mark_all_updates_read),
            read_href=partial(self._href_of, update_actions.mark_update_read),
            change_href=partial(self._href_of, update_actions.change_update),
            facts=[*school_facts(current_school()), *_misfits()],
        )

    def _href_of(self, act: actions.Action, row: Any = None) -> str:
        """The address of an action; empty when this user may not do it."""
        return self.action_href(act, row) if base.offers(act) else ""

    def place_pairs(self) -> list[tuple[str, str]]:
        return [("page", base.text_arg("page"))]


def school_facts(school: School) -> list[Fact]:
    """What the school has set, to read only."""
    supplier = ", ".join(filter(None, (school.supplier.name, school.supplier.email, school.supplier.phone)))
    return [
        Fact(_("Naam van de school"), school.name),
        Fact(_("Taal"), LANGUAGES[school.language]),
        Fact(_("Tijdzone"), school.timezone),
        Fact(_("Kansen per examen"), str(school.max_attempts)),
        Fact(_("Verbeteren na een voldoende"), _("Ja") if school.improve_allowed else _("Nee")),
        Fact(
            _("Geldigheid van een inlogcode"),
            ngettext("%(num)s dag", "%(num)s dagen", school.login_code_days),
        ),
        Fact(_("Leverancier"), supplier),
    ]


def _misfits() -> list[Fact]:
    """The own fields that changed in school.toml and no longer fit what is kept of students."""
    if not may(base.current_actor(), Permission.STUDENTS_EDIT):
        return []
    return [
        Fact(_("Veld “%(field)s”", field=one.label), cells=[Cell(misfit_text(one), _students_with(one))])
        for one in misfits()
    ]


def _students_with(one: Misfit) -> str:
    """The list of the students with such a value; "" where no filter finds them."""
    return base.href_with("/studenten/", [(one.found_by, OTHER)]) if one.found_by else ""
