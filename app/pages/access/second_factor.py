"""Mijn profiel: the own second step. Also where who needs one is led at the first sign-in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.actions.access.passkeys import ask_passkey, register_passkey, remove_passkey
from app.actions.access.second_factor import make_recovery_codes, remove_app, set_up_app
from app.actions.base.action import Action, ActionForm, Outcome, Targets, run
from app.entities.factors import Passkey
from app.errors import NotFound
from app.pages.access.proving import given_answer, keep_challenge, site_here, with_proof
from app.pages.access.sessions import SET_UP_PATH, owed_now, renew
from app.pages.base.guards import needs
from app.pages.base.render import show_date, show_datetime
from app.pages.base.request import address, current_actor, posted, safe_path, text_arg
from app.pages.base.screens import ActionScreen, expose, go, json_answer, new_challenge, tell
from app.permissions import SYSTEM, Permission
from app.queries.access.factors import Factors, factors_of, secret_behind
from app.queries.access.passkeys import registration_options
from app.queries.users.users import own_user
from app.rules import code_format, totp
from app.rules.recovery import COUNT, new_codes
from app.school import current_school
from app.theme.qr import qr_code
from app.theme.widgets import Button, Cell, Column, Fact, Row, Section, ShowModel

PROFILE_PATH = "/mijn-profiel/"
TEMPLATES = {set_up_app: "access/authenticator.html", register_passkey: "access/passkey.html"}


class SecondFactorPage(ActionScreen):
    route_base = SET_UP_PATH.rstrip("/")
    default_view = "index"
    permission = Permission.PROFILE
    under = "profile"
    while_setting_up = True
    other_actions = (set_up_app, remove_app, register_passkey, remove_passkey)

    @expose("/")
    @needs()
    def index(self) -> Any:
        factors = factors_of(current_actor().id)
        return self.page(
            "access/second_factor.html", model=self._model(factors), must=bool(owed_now()), onward=_onward()
        )

    @expose("/herstelcodes", methods=["GET", "POST"])
    @needs()
    def codes(self) -> Any:
        """Recovery codes: asked for by a button, shown in the answer to it and never again."""
        return with_proof(str(make_recovery_codes.label), lambda: self.href("index"), self._codes)

    @expose("/passkey/vraag", methods=["POST"])
    @needs()
    def ask(self) -> Any:
        """A challenge for the browser to make a passkey with."""
        site, actor = site_here(), current_actor()
        if site is None:
            raise NotFound
        challenge = new_challenge()
        asked = run(
            ask_passkey, SYSTEM, purpose="register", challenge=challenge, user_id=actor.id, address=address()
        )
        keep_challenge(asked.goto)
        return json_answer(registration_options(own_user(actor.id), site, challenge))

    def template_for(self, act: Action) -> str:
        return TEMPLATES.get(act, super().template_for(act))

    def extras(
        self, act: Action, targets: Targets[Any] | None, form: ActionForm | None, outcome: Outcome | None
    ) -> dict[str, Any]:
        """The QR code and the secret to type over; both are worth nothing until a code was shown."""
        if act is register_passkey:
            return {"ask_href": self.href("ask")}
        if act is not set_up_app or form is None:
            return {}
        user = own_user(current_actor().id)
        secret = secret_behind(form["setup"].data, user.id) or ""
        shown = totp.address_of(secret, account=user.username, school=current_school().name)
        return {"qr": qr_code(shown), "secret": totp.grouped(secret)}

    def given(self, act: Action) -> dict[str, Any]:
        if act is not register_passkey:
            return {}
        answer = given_answer("")
        return {"challenge_id": answer.challenge_id, "site": answer.site}

    def after(self, act: Action, outcome: Outcome) -> Any:
        """A factor was just shown; the first one comes with recovery codes."""
        tell(outcome.summary, "success" if outcome.done else "info")
        if act not in {set_up_app, register_passkey}:
            return go(self.back_href())
        renew(strong=True)
        if factors_of(current_actor().id).codes_left:
            return go(_onward() or self.href("index"))
        return self._codes_page()

    # -- inside

    def _codes(self) -> Any:
        return self._codes_page() if posted() else self.page("access/recovery_codes.html", codes=())

    def _codes_page(self) -> Any:
        codes = new_codes()
        run(make_recovery_codes, current_actor(), codes=codes)
        return self.page(
            "access/recovery_codes.html",
            codes=[code_format.grouped(code) for code in codes],
            username=own_user(current_actor().id).username,
            onward=_onward() or self.href("index"),
        )

    def _model(self, factors: Factors) -> ShowModel:
        sections = [self._app(factors), self._passkeys(factors)]
        if factors.count:
            sections.append(self._recovery(factors))
        back = "" if owed_now() else PROFILE_PATH
        return ShowModel(_("Tweede stap"), sections, back_href=back, back_label=_("Mijn profiel"))

    def filter_pairs(self) -> list[tuple[str, str]]:
        """Every address of this page keeps where the user was going."""
        return [("next", text_arg("next"))]

    def _app(self, factors: Factors) -> Section:
        app = factors.app
        if app is None:
            buttons = self.button(set_up_app, icon="phone", label=_("App instellen"), style="primary")
            return Section(
                _("Authenticator-app"),
                buttons=buttons,
                empty=_("Een app op uw telefoon die elke halve minuut een nieuwe code laat zien."),
            )
        return Section(
            _("Authenticator-app"),
            facts=[
                Fact(_("Ingesteld"), show_date(app.created_at)),
                Fact(_("Laatst gebruikt"), show_datetime(app.last_used_at)),
            ],
            buttons=[
                *self.button(set_up_app, icon="phone", label=_("Andere app instellen")),
                *self.button(remove_app, icon="trash", label=_("App verwijderen")),
            ],
        )

    def _passkeys(self, factors: Factors) -> Section:
        works = site_here() is not None
        none_yet = _("Aanmelden met uw vinger, uw gezicht of de pincode van uw toestel, zonder wachtwoord.")
        elsewhere = _("Op dit adres kan dat niet: een passkey vraagt een adres met een naam en een slotje.")
        labels = (("name", _("Naam")), ("made", _("Gemaakt")), ("used", _("Laatst gebruikt")))
        style = "secondary" if factors.app else "primary"
        label = _("Passkey toevoegen")
        buttons = self.button(register_passkey, icon="fingerprint", label=label, style=style)
        return Section(
            _("Passkeys"),
            columns=[Column(key, label) for key, label in labels],
            rows=[self._passkey(one) for one in factors.passkeys],
            empty=none_yet if works else elsewhere,
            buttons=buttons if works else [],
        )

    def _passkey(self, one: Passkey) -> Row:
        button = self.button(
            remove_passkey, one, "trash", label=_("Verwijderen"), style="icon", about=one.name
        )
        cells = [
            Cell(one.name),
            Cell(show_date(one.created_at)),
            Cell(show_datetime(one.last_used_at) or _("nog niet")),
        ]
        return Row(one.id, one.name, cells, button)

    def _recovery(self, factors: Factors) -> Section:
        left = _("%(left)s van %(all)s", left=factors.codes_left, all=COUNT)
        return Section(
            _("Herstelcodes"),
            facts=[Fact(_("Nog te gebruiken"), left)],
            buttons=[Button(str(make_recovery_codes.label), self.href("codes"), "key")],
        )


def factor_text(factors: Factors) -> str:
    """ "Authenticator-app, 2 passkeys", or that there is none."""
    count = len(factors.passkeys)
    parts: Sequence[str] = [
        _("authenticator-app") if factors.app else "",
        ngettext("%(num)s passkey", "%(num)s passkeys", count) if count else "",
    ]
    return ", ".join(filter(None, parts)) or _("geen")


def _onward() -> str:
    """Where the user was going before a second step was needed; empty: nowhere in particular."""
    return safe_path(text_arg("next"), "")
