"""Tab Mijn profiel (manual, step 8): the user's own data, rights, second step, devices, calendar link."""

from typing import Any

from flask_babel import gettext as _

from app import models, school
from app.actions import base as actions
from app.actions.access import calendar, email_change, profile, sessions
from app.actions.users.users import edit_user
from app.entities.base import db
from app.pages import base
from app.pages.access.calendar import CALENDAR_PATH
from app.pages.access.own_data import OwnDataPage
from app.pages.access.second_factor import factor_text
from app.pages.access.sign_in import SIGN_IN_PATH
from app.permissions import Permission
from app.queries.access.calendar import link_made_at
from app.queries.access.factors import factors_of
from app.queries.access.profile import address_awaiting
from app.queries.access.sessions import own_sessions
from app.queries.users import users
from app.rules.people import mail_of
from app.theme import widgets


class ProfilePage(base.ActionScreen):
    route_base = "/mijn-profiel"
    default_view = "index"
    permission = Permission.PROFILE
    other_actions = (
        profile.save_profile,
        profile.change_password,
        sessions.end_own_session,
        sessions.end_own_sessions,
        email_change.change_email,
        email_change.confirm_email,
        email_change.cancel_email_change,
        calendar.make_calendar_link,
        calendar.drop_calendar_link,
    )

    @base.expose("/")
    @base.needs()
    def index(self) -> Any:
        user = users.own_user(base.current_actor().id)
        return self.page("access/profile.html", model=self._model(user), edits_users=base.offers(edit_user))

    def given(self, act: actions.Action) -> dict[str, Any]:
        here = base.present()
        return (
            {"staying": here.id, "browser": base.browser(shared=here.shared)}
            if act in (profile.change_password, email_change.confirm_email) and here is not None
            else {}
        )

    def after(self, act: actions.Action, outcome: actions.Outcome) -> Any:
        if act is profile.change_password:
            base.renew()
        if act is email_change.change_email:
            base.tell(outcome.summary)
            return base.go(self.href("do", name=email_change.confirm_email.name))
        if act is calendar.make_calendar_link:
            token = outcome.token if isinstance(outcome, calendar.LinkOutcome) else ""
            address = school.site_address(f"{CALENDAR_PATH}/{token}.ics") if token else ""
            return self.page("access/calendar_link.html", address=address, back_href=self.back_href())
        here = base.present()
        if act is sessions.end_own_sessions or (
            act is sessions.end_own_session and here is not None and here.id in base.ids_arg()
        ):
            base.leave()
            base.tell(outcome.summary)
            return base.go(SIGN_IN_PATH)
        return super().after(act, outcome)

    def _model(self, user: models.User) -> widgets.ShowModel:
        return widgets.ShowModel(
            title=_("Mijn profiel"),
            buttons=[
                *self.button(profile.save_profile, icon="pencil", label=_("Wijzigen"), style="primary"),
                *self.button(profile.change_password, icon="key"),
                widgets.Button(
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

    def _own_data(self, user: models.User) -> widgets.Section:
        awaiting = address_awaiting(user.id)
        acts = (
            (email_change.confirm_email, email_change.cancel_email_change)
            if awaiting
            else (email_change.change_email,)
        )
        return _own_data(user, awaiting, self.buttons(None, *((act, "", "envelope") for act in acts)))

    def _calendar(self, user: models.User) -> widgets.Section:
        made_at = link_made_at(user.id)
        acts = [(calendar.make_calendar_link, "", "calendar-plus")]
        if made_at is not None:
            acts.append((calendar.drop_calendar_link, "", "calendar-x"))
        told = _("Uw eigen agenda kan uw examenmomenten tonen. U hebt daarvoor nog geen link.")
        if made_at is not None:
            told = _(
                "Gemaakt op %(when)s. De link zelf is niet meer te zien.", when=base.show_datetime(made_at)
            )
        return widgets.Section(
            _("Kalenderlink"),
            facts=[widgets.Fact(_("Kalenderlink"), told)],
            buttons=self.buttons(None, *acts),
        )

    def _devices(self) -> widgets.Section:
        here = base.present()
        rows = db.session.scalars(own_sessions(base.current_actor().id)).all()
        labels = [
            ("device", _("Apparaat")),
            ("began", _("Aangemeld")),
            ("seen", _("Laatst gezien")),
            ("address", _("Adres")),
        ]
        return widgets.Section(
            _("Waar u bent aangemeld"),
            columns=[widgets.Column(key, label) for key, label in labels],
            rows=[self._device(row, here is not None and row.id == here.id) for row in rows],
            buttons=self.button(sessions.end_own_sessions, icon="power"),
        )

    def _device(self, row: models.UserSession, here: bool) -> widgets.Row:
        name = row.device or _("Onbekend apparaat")
        badges = [widgets.Badge(_("Dit apparaat"), "good")] if here else []
        shared = _("gedeelde computer") if row.shared else ""
        return widgets.Row(
            row.id,
            name,
            [
                widgets.Cell(name, badges=badges, muted=shared),
                widgets.Cell(base.show_datetime(row.created_at)),
                widgets.Cell(base.show_datetime(row.last_seen_at)),
                widgets.Cell(row.address),
            ],
            [] if here else self.button(sessions.end_own_session, row, "box-arrow-right", about=name),
        )


def _own_data(user: models.User, awaiting: str, buttons: list[widgets.Button]) -> widgets.Section:
    language = school.LANGUAGES[user.language or school.current_school().language]
    return widgets.Section(
        _("Persoonsgegevens"),
        facts=[
            widgets.Fact(_("Voornaam"), user.first_name),
            widgets.Fact(_("Tussenvoegsel"), user.infix),
            widgets.Fact(_("Achternaam"), user.last_name),
            widgets.Fact(
                _("E-mailadres"), cells=[widgets.Cell(mail_of(user.email), muted=_awaiting(awaiting))]
            ),
            widgets.Fact(_("Telefoon"), user.phone),
            widgets.Fact(_("Taal"), language),
            widgets.Fact(_("Gebruikersnaam"), user.username),
            widgets.Fact(_("Laatst aangemeld"), base.show_datetime(users.last_sign_in(user))),
        ],
        buttons=buttons,
    )


def _awaiting(address: str) -> str:
    return _("%(email)s wacht op bevestiging", email=address) if address else ""


def _second_step(user: models.User) -> widgets.Section:
    return widgets.Section(
        _("Tweede stap"),
        facts=[widgets.Fact(_("Ingesteld"), factor_text(factors_of(user.id)))],
        buttons=[widgets.Button(_("Tweede stap beheren"), base.SET_UP_PATH, icon="shield-lock")],
    )


def _rights(user: models.User) -> widgets.Section:
    """The roles and programmes of the user, read-only: the administrator gives them."""
    return widgets.Section(
        _("Rollen en opleidingen"),
        facts=[
            widgets.Fact(
                _("Rollen"),
                cells=[
                    widgets.Cell(
                        badges=[widgets.Badge(_(role.label), "info") for role in users.roles_of(user)]
                    )
                ],
            )
        ],
        columns=[
            widgets.Column("name", _("Opleiding")),
            widgets.Column("crebo", _("Crebo")),
            widgets.Column("cohort", _("Cohort")),
        ],
        rows=[
            widgets.Row(
                p.id, str(p), [widgets.Cell(p.name), widgets.Cell(p.crebo), widgets.Cell(str(p.cohort))]
            )
            for p in user.programmes
        ],
    )
