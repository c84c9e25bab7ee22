"""Mijn profiel: managing one's second step. Users who must have one are sent here at first sign-in."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import models
from app.actions import base as actions
from app.actions.access import passkeys, second_factor
from app.errors import NotFound, Outdated
from app.pages import base
from app.permissions import Permission
from app.queries.access import factors as queries
from app.queries.access.passkeys import registration_options
from app.queries.users.users import own_user
from app.rules import code_format, recovery, totp
from app.rules.text import N_
from app.school import current_school
from app.theme import widgets
from app.theme.qr import qr_code

PROFILE_PATH = "/mijn-profiel/"
CODES_ARE_MADE = N_(
    "Uw herstelcodes zijn al gemaakt. Hebt u ze bewaard, dan is het klaar. Zo niet, maak dan hier nieuwe."
)
SHOWN = "shown"  # the field that holds which recovery codes there were
TEMPLATES = {
    second_factor.set_up_app: "access/authenticator.html",
    passkeys.register_passkey: "access/passkey.html",
}


class SecondFactorPage(base.ActionScreen):
    route_base = base.SET_UP_PATH.rstrip("/")
    default_view = "index"
    permission = Permission.PROFILE
    under = "profile"
    while_setting_up = True
    other_actions = (
        second_factor.set_up_app,
        second_factor.remove_app,
        passkeys.register_passkey,
        passkeys.remove_passkey,
    )

    @base.expose("/")
    @base.needs()
    def index(self) -> Any:
        factors = queries.factors_of(base.current_actor().id)
        return self.page(
            "access/second_factor.html",
            model=self._model(factors),
            must=bool(base.owed_now()),
            onward=_onward(),
        )

    @base.expose("/herstelcodes", methods=["GET", "POST"])
    @base.needs()
    def codes(self) -> Any:
        """Recovery codes: a button asks for them, and the answer shows them once and never again."""
        return base.with_proof(
            str(second_factor.make_recovery_codes.label),
            second_factor.make_recovery_codes.proof,
            lambda: self.href("index"),
            self._codes,
        )

    @base.expose("/passkey/vraag", methods=["POST"])
    @base.needs()
    def ask(self) -> Any:
        """A challenge to make a passkey with, as JSON; NotFound where passkeys do not work."""
        site, actor = base.site_here(), base.current_actor()
        if site is None:
            raise NotFound
        challenge = base.new_challenge("register", actor.id)
        return base.json_answer(registration_options(own_user(actor.id), site, challenge))

    def template_for(self, act: actions.Action) -> str:
        return TEMPLATES.get(act, super().template_for(act))

    def extras(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
        outcome: actions.Outcome | None,
    ) -> dict[str, Any]:
        """The QR code, and the secret to type over; neither counts until the user enters a code."""
        if act is passkeys.register_passkey:
            return {"ask_href": self.href("ask")}
        if act is not second_factor.set_up_app or form is None:
            return {}
        user = own_user(base.current_actor().id)
        secret = queries.secret_behind(form["setup"].data, user.id) or ""
        shown = totp.address_of(secret, account=user.username, school=current_school().name)
        return {"qr": qr_code(shown), "secret": totp.grouped(secret)}

    def given(self, act: actions.Action) -> dict[str, Any]:
        here = base.present()
        browser = base.browser(shared=here is None or here.shared)
        if act in {second_factor.remove_app, passkeys.remove_passkey}:
            return {"browser": browser}
        shown_in = {"session_id": here.id if here is not None else None, "browser": browser}
        if act is second_factor.set_up_app:
            return shown_in
        answer = base.given_answer("")
        return {"challenge": answer.challenge, "site": answer.site, **shown_in}

    def after(self, act: actions.Action, outcome: actions.Outcome) -> Any:
        """Renew the session after a new factor; the first factor comes with recovery codes."""
        base.tell(outcome.summary, "success" if outcome.done else "info")
        if act not in {second_factor.set_up_app, passkeys.register_passkey}:
            return base.go(self.back_href())
        here = base.present()
        if here is not None and not here.shared:
            base.keep_cookie()
        base.renew()
        seen = queries.sheet_mark(base.current_actor().id)
        factors = queries.factors_of(base.current_actor().id)
        if not factors.codes_left:
            return self._codes_page(seen)
        if outcome.again and factors.count == 1:  # pressed twice, or the page with the codes was loaded anew
            base.tell(_(CODES_ARE_MADE), "warning")
            return base.go(self.href("codes"))
        return base.go(_onward() or self.href("index"))

    # -- inside

    def _codes(self) -> Any:
        if base.posted():
            return self._codes_page(base.posted_fields().get(SHOWN, ""))
        return self._ask_for_codes(queries.sheet_mark(base.current_actor().id))

    def _ask_for_codes(self, seen: str, problem: str = "") -> str:
        return self.page("access/recovery_codes.html", codes=(), hidden=[(SHOWN, seen)], problem=problem)

    def _codes_page(self, seen: str) -> Any:
        """New codes, shown this once; the page with the button again when another tab made some meanwhile."""
        codes = recovery.new_codes()
        try:
            actions.run(second_factor.make_recovery_codes, base.current_actor(), codes=codes, seen=seen)
        except Outdated as error:
            return self._ask_for_codes(str(error.now), actions.say(error)), error.status
        return self.page(
            "access/recovery_codes.html",
            codes=[code_format.grouped(code) for code in codes],
            username=own_user(base.current_actor().id).username,
            onward=_onward() or self.href("index"),
        )

    def _model(self, factors: queries.Factors) -> widgets.ShowModel:
        sections = [self._app(factors), self._passkeys(factors)]
        if factors.count:
            sections.append(self._recovery(factors))
        back = "" if base.owed_now() else PROFILE_PATH
        return widgets.ShowModel(_("Tweede stap"), sections, back_href=back, back_label=_("Mijn profiel"))

    def filter_pairs(self) -> list[tuple[str, str]]:
        """Where the user was going; every link of this page keeps it."""
        return [("next", base.text_arg("next"))]

    def _app(self, factors: queries.Factors) -> widgets.Section:
        app = factors.app
        if app is None:
            buttons = self.button(
                second_factor.set_up_app, icon="phone", label=_("App instellen"), style="primary"
            )
            return widgets.Section(
                _("Authenticator-app"),
                buttons=buttons,
                empty=_("Een app op uw telefoon die elke halve minuut een nieuwe code laat zien."),
            )
        return widgets.Section(
            _("Authenticator-app"),
            facts=[
                widgets.Fact(_("Ingesteld"), base.show_date(app.created_at)),
                widgets.Fact(_("Laatst gebruikt"), base.show_datetime(app.last_used_at)),
            ],
            buttons=[
                *self.button(second_factor.set_up_app, icon="phone", label=_("Andere app instellen")),
                *self.button(second_factor.remove_app, icon="trash", label=_("App verwijderen")),
            ],
        )

    def _passkeys(self, factors: queries.Factors) -> widgets.Section:
        works = base.site_here() is not None
        none_yet = _("Aanmelden met uw vinger, uw gezicht of de pincode van uw toestel, zonder wachtwoord.")
        elsewhere = _("Op dit adres kan dat niet: een passkey vraagt een adres met een naam en een slotje.")
        labels = (("name", _("Naam")), ("made", _("Gemaakt")), ("used", _("Laatst gebruikt")))
        style = "secondary" if factors.app else "primary"
        label = _("Passkey toevoegen")
        buttons = self.button(passkeys.register_passkey, icon="fingerprint", label=label, style=style)
        return widgets.Section(
            _("Passkeys"),
            columns=[widgets.Column(key, label) for key, label in labels],
            rows=[self._passkey(one) for one in factors.passkeys],
            empty=none_yet if works else elsewhere,
            buttons=buttons if works else [],
        )

    def _passkey(self, one: models.Passkey) -> widgets.Row:
        button = self.button(
            passkeys.remove_passkey, one, "trash", label=_("Verwijderen"), style="icon", about=one.name
        )
        cells = [
            widgets.Cell(one.name),
            widgets.Cell(base.show_date(one.created_at)),
            widgets.Cell(base.show_datetime(one.last_used_at) or _("nog niet")),
        ]
        return widgets.Row(one.id, one.name, cells, button)

    def _recovery(self, factors: queries.Factors) -> widgets.Section:
        left = _("%(left)s van %(all)s", left=factors.codes_left, all=recovery.COUNT)
        return widgets.Section(
            _("Herstelcodes"),
            facts=[widgets.Fact(_("Nog te gebruiken"), left)],
            buttons=[widgets.Button(str(second_factor.make_recovery_codes.label), self.href("codes"), "key")],
        )


def factor_text(factors: queries.Factors) -> str:
    """The factors in words: "authenticator-app, 2 passkeys", or "geen"."""
    count = len(factors.passkeys)
    parts: Sequence[str] = [
        _("authenticator-app") if factors.app else "",
        ngettext("%(num)s passkey", "%(num)s passkeys", count) if count else "",
    ]
    return ", ".join(filter(None, parts)) or _("geen")


def _onward() -> str:
    """Where the user was going before they had to set up a second step; empty when not known."""
    return base.safe_path(base.text_arg("next"), "")
