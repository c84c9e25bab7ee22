"""Tab Mijn profiel (manual, step 8): own data."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.actions.base import Action, Outcome
from app.actions.profile import LANGUAGES, change_password, save_profile
from app.actions.sessions import end_own_session, end_own_sessions
from app.entities.base import db
from app.entities.sessions import UserSession
from app.entities.users import User
from app.pages.base.guards import needs
from app.pages.base.render import show_datetime
from app.pages.base.request import current_actor, href_with, ids_arg
from app.pages.base.screens import ActionScreen, expose, go, tell
from app.pages.base.sessions import leave, present, renew
from app.pages.base.sign_in import SIGN_IN_PATH
from app.permissions import Permission
from app.queries.sessions import own_sessions
from app.queries.users import last_sign_in, own_user, roles_of
from app.school import current_school
from app.theme.widgets import Badge, Button, Cell, Column, Fact, Row, Section, ShowModel


class ProfilePage(ActionScreen):
    route_base = "/mijn-profiel"
    default_view = "index"
    permission = Permission.PROFILE
    other_actions = (save_profile, change_password, end_own_session, end_own_sessions)

    @expose("/")
    @needs()
    def index(self) -> Any:
        user = own_user(current_actor().id)
        return self.page("profile/profile.html", model=self._model(user))

    def given(self, act: Action) -> dict[str, Any]:
        here = present()
        return {"staying": here.id} if act is change_password and here is not None else {}

    def after(self, act: Action, outcome: Outcome) -> Any:
        if act is change_password:
            renew(password=True)
        here = present()
        if act is end_own_sessions or (act is end_own_session and here is not None and here.id in ids_arg()):
            leave()
            tell(outcome.summary)
            return go(SIGN_IN_PATH)
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
            sections=[_own_data(user), _rights(user), self._devices()],
        )

    def _devices(self) -> Section:
        here = present()
        rows = db.session.scalars(own_sessions(current_actor().id)).all()
        labels = [
            ("device", _("Apparaat")), ("began", _("Aangemeld")), ("seen", _("Laatst gezien")),
            ("address", _("Adres")),
        ]  # fmt: skip
        return Section(
            _("Waar u bent aangemeld"),
            columns=[Column(key, label) for key, label in labels],
            rows=[self._device(row, here is not None and row.id == here.id) for row in rows],
            buttons=[
                Button(str(end_own_sessions.label), self.href("do", name=end_own_sessions.name), "power")
            ],
        )

    def _device(self, row: UserSession, here: bool) -> Row:
        name = row.device or _("Onbekend apparaat")
        href = href_with(self.href("do", name=end_own_session.name), [("id", str(row.id))])
        label = str(end_own_session.label)
        badges = [Badge(_("Dit apparaat"), "good")] if here else []
        shared = _("gedeelde computer") if row.shared else ""
        return Row(
            row.id,
            name,
            [
                Cell(name, badges=badges, muted=shared),
                Cell(show_datetime(row.created_at)),
                Cell(show_datetime(row.last_seen_at)),
                Cell(row.address),
            ],
            [] if here else [Button(label, href, icon="box-arrow-right", name=f"{label}: {name}")],
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
