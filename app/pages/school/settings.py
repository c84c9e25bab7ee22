"""Tab Instellingen (manual, step 7): the updates of the system, newest first, and what the school has set."""

from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.actions import base as actions
from app.actions.school import updates as update_actions
from app.pages import base
from app.permissions import Permission, may
from app.queries.school.updates import updates
from app.queries.students.field_words import misfit_text
from app.queries.students.fields import OTHER, Misfit, misfits
from app.school import LANGUAGES, School, current_school
from app.theme.widgets import Cell, Fact


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
            model=updates(base.current_actor(), base.number_arg("page", 1)),
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
