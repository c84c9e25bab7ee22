"""Tab Mijn profiel (manual, step 8): own data."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.actions.base import Action, Outcome
from app.actions.profile import LANGUAGES, change_password, save_profile
from app.entities.users import User
from app.pages.base.guards import needs
from app.pages.base.render import show_datetime
from app.pages.base.request import current_actor
from app.pages.base.screens import ActionScreen, expose
from app.pages.base.sign_in import keep_session
from app.permissions import Permission
from app.queries.users import last_sign_in, own_user, roles_of
from app.school import current_school
from app.theme.widgets import Badge, Button, Cell, Column, Fact, Row, Section, ShowModel


class ProfilePage(ActionScreen):
    route_base = "/mijn-profiel"
    default_view = "index"
    permission = Permission.PROFILE
    other_actions = (save_profile, change_password)

    @expose("/")
    @needs()
    def index(self) -> Any:
        user = own_user(current_actor().id)
        return self.page("profile/profile.html", model=self._model(user))

    def after(self, act: Action, outcome: Outcome) -> Any:
        if act is change_password:
            keep_session(current_actor().id)
        return super().after(act, outcome)

    def _model(self, user: User) -> ShowModel:
        return ShowModel(
            title=_("Mijn profiel"),
            buttons=[
                Button(
                    _("Wijzigen"), self.href("do", name=save_profile.name), icon="pencil", style="primary"
                ),
                Button(str(change_password.label), self.href("do", name=change_password.name), icon="key"),
            ],
            sections=[_own_data(user), _rights(user)],
        )


def _own_data(user: User) -> Section:
    language = dict(LANGUAGES)[user.language or current_school().language]
    return Section(
        _("Persoonsgegevens"),
        facts=[
            Fact(_("Voornaam"), user.first_name),
            Fact(_("Tussenvoegsel"), user.infix),
            Fact(_("Achternaam"), user.last_name),
            Fact(_("E-mailadres"), user.email),
            Fact(_("Telefoon"), user.phone),
            Fact(_("Taal"), language),
            Fact(_("Gebruikersnaam"), user.username),
            Fact(_("Laatst aangemeld"), show_datetime(last_sign_in(user))),
        ],
    )


def _rights(user: User) -> Section:
    """Read-only: roles and programmes are given by the administrator."""
    return Section(
        _("Rollen en opleidingen"),
        facts=[
            Fact(_("Rollen"), cells=[Cell(badges=[Badge(_(role.label), "info") for role in roles_of(user)])])
        ],
        columns=[Column("name", _("Opleiding")), Column("crebo", _("Crebo")), Column("cohort", _("Cohort"))],
        rows=[Row(p.id, str(p), [Cell(p.name), Cell(p.crebo), Cell(str(p.cohort))]) for p in user.programmes],
    )
