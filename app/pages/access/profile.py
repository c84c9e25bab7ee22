"""Tab Mijn profiel (manual, step 8): own data."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.actions.access.calendar import LinkOutcome, drop_calendar_link, make_calendar_link
from app.actions.access.email_change import cancel_email_change, change_email, confirm_email
from app.actions.access.profile import change_password, save_profile
from app.actions.access.sessions import end_own_session, end_own_sessions
from app.actions.base.action import Action, Outcome
from app.entities.base import db
from app.entities.sessions import UserSession
from app.entities.users import User
from app.pages.access.calendar import CALENDAR_PATH
from app.pages.access.own_data import OwnDataPage
from app.pages.access.second_factor import factor_text
from app.pages.access.sessions import SET_UP_PATH, leave, present, renew
from app.pages.access.sign_in import SIGN_IN_PATH
from app.pages.base.guards import needs
from app.pages.base.render import show_datetime
from app.pages.base.request import current_actor, ids_arg
from app.pages.base.screens import ActionScreen, expose, go, tell
from app.permissions import Permission
from app.queries.access.calendar import link_made_at
from app.queries.access.factors import factors_of
from app.queries.access.profile import address_awaiting
from app.queries.access.sessions import own_sessions
from app.queries.users.users import last_sign_in, own_user, roles_of
from app.rules.people import mail_of
from app.school import LANGUAGES, current_school, site_address
from app.theme.widgets import Badge, Button, Cell, Column, Fact, Row, Section, ShowModel


class ProfilePage(ActionScreen):
    route_base = "/mijn-profiel"
    default_view = "index"
    permission = Permission.PROFILE
    other_actions = (
        save_profile,
        change_password,
        end_own_session,
        end_own_sessions,
        change_email,
        confirm_email,
        cancel_email_change,
        make_calendar_link,
        drop_calendar_link,
    )

    @expose("/")
    @needs()
    def index(self) -> Any:
        user = own_user(current_actor().id)
        return self.page("access/profile.html", model=self._model(user))

    def given(self, act: Action) -> dict[str, Any]:
        here = present()
        return {"staying": here.id} if act in (change_password, confirm_email) and here is not None else {}

    def after(self, act: Action, outcome: Outcome) -> Any:
        if act is change_password:
            renew(password=True)
        if act is change_email:
            tell(outcome.summary)
            return go(self.href("do", name=confirm_email.name))
        if act is make_calendar_link:
            token = outcome.token if isinstance(outcome, LinkOutcome) else ""
            address = site_address(f"{CALENDAR_PATH}/{token}.ics") if token else ""
            return self.page("access/calendar_link.html", address=address, back_href=self.back_href())
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
                *self.button(save_profile, icon="pencil", label=_("Wijzigen"), style="primary"),
                *self.button(change_password, icon="key"),
                Button(
                    _("Wat het systeem over mij bewaart"), f"{OwnDataPage.route_base}/", icon="file-person"
                ),
            ],
            sections=[
                self._own_data(user),
                _rights(user),
                _second_step(user),
                self._devices(),
                self._calendar(user),
            ],
        )

    def _own_data(self, user: User) -> Section:
        awaiting = address_awaiting(user.id)
        acts = (confirm_email, cancel_email_change) if awaiting else (change_email,)
        return _own_data(user, awaiting, self.buttons(None, *((act, "", "envelope") for act in acts)))

    def _calendar(self, user: User) -> Section:
        made_at = link_made_at(user.id)
        acts = [(make_calendar_link, "", "calendar-plus")]
        if made_at is not None:
            acts.append((drop_calendar_link, "", "calendar-x"))
        told = _("Uw eigen agenda kan uw examenmomenten tonen. U hebt daarvoor nog geen link.")
        if made_at is not None:
            told = _("Gemaakt op %(when)s. De link zelf is niet meer te zien.", when=show_datetime(made_at))
        return Section(
            _("Kalenderlink"),
            facts=[Fact(_("Kalenderlink"), told)],
            buttons=self.buttons(None, *acts),
        )

    def _devices(self) -> Section:
        here = present()
        rows = db.session.scalars(own_sessions(current_actor().id)).all()
        labels = [
            ("device", _("Apparaat")),
            ("began", _("Aangemeld")),
            ("seen", _("Laatst gezien")),
            ("address", _("Adres")),
        ]
        return Section(
            _("Waar u bent aangemeld"),
            columns=[Column(key, label) for key, label in labels],
            rows=[self._device(row, here is not None and row.id == here.id) for row in rows],
            buttons=self.button(end_own_sessions, icon="power"),
        )

    def _device(self, row: UserSession, here: bool) -> Row:
        name = row.device or _("Onbekend apparaat")
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
            [] if here else self.button(end_own_session, row, "box-arrow-right", about=name),
        )


def _own_data(user: User, awaiting: str, buttons: list[Button]) -> Section:
    language = LANGUAGES[user.language or current_school().language]
    return Section(
        _("Persoonsgegevens"),
        facts=[
            Fact(_("Voornaam"), user.first_name),
            Fact(_("Tussenvoegsel"), user.infix),
            Fact(_("Achternaam"), user.last_name),
            Fact(_("E-mailadres"), cells=[Cell(mail_of(user.email), muted=_awaiting(awaiting))]),
            Fact(_("Telefoon"), user.phone),
            Fact(_("Taal"), language),
            Fact(_("Gebruikersnaam"), user.username),
            Fact(_("Laatst aangemeld"), show_datetime(last_sign_in(user))),
        ],
        buttons=buttons,
    )


def _awaiting(address: str) -> str:
    return _("%(email)s wacht op bevestiging", email=address) if address else ""


def _second_step(user: User) -> Section:
    return Section(
        _("Tweede stap"),
        facts=[Fact(_("Ingesteld"), factor_text(factors_of(user.id)))],
        buttons=[Button(_("Tweede stap beheren"), SET_UP_PATH, icon="shield-lock")],
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
