"""The second step of signing in, and signing in by a passkey alone."""

from typing import Any

from flask_babel import gettext as _

from app import errors
from app.actions import base as actions
from app.actions.access import passkeys, sign_in
from app.actions.access.second_factor import CodeProofForm
from app.pages import base
from app.pages.access.sign_in import SIGN_IN_PATH
from app.permissions import SYSTEM
from app.queries.access.factors import factors_of
from app.queries.access.passkeys import showing_options
from app.rules import tokens
from app.rules.second_factor import Owed


class SecondStepPage(base.Screen):
    route_base = ""
    default_view = "second_step"

    @base.expose(base.STEP_PATH, methods=["GET", "POST"])
    @base.public
    def second_step(self) -> Any:
        """Ask for the second factor after the password; until it is shown, no other page opens."""
        target = base.onward()
        here = base.present()
        if here is None or base.owed_now() is not Owed.SHOW:
            return base.go(target)
        problem = ""
        if base.posted():
            try:
                base.prove()
                actions.run(sign_in.complete_sign_in, base.current_actor())
                return base.go(target)
            except errors.RuleBroken as error:
                problem = actions.say(error)
        page = self.page(
            "access/second_step.html",
            title=_("Tweede stap"),
            form=CodeProofForm(base.sent()),
            factors=factors_of(here.user_id),
            passkeys_work=base.site_here() is not None,
            problems=[problem] if problem else [],
        )
        return page, 422 if problem else 200

    @base.expose("/aanmelden/passkey/vraag", methods=["POST"])
    @base.public
    def ask(self) -> Any:
        """A challenge for the browser, as JSON: for the signed-in user, or for any user before sign-in."""
        site, here = base.site_here(), base.present()
        if site is None:
            raise errors.NotFound
        user_id = here.user_id if here is not None else None
        challenge = base.new_challenge()
        asked = actions.run(
            passkeys.ask_passkey,
            SYSTEM,
            purpose="sign_in" if here is None else "show",
            challenge=challenge,
            user_id=user_id,
            address=base.address(),
        )
        base.keep_challenge(asked.goto)
        return base.json_answer(showing_options(user_id, site, challenge))

    @base.expose("/aanmelden/passkey", methods=["POST"])
    @base.public
    def sign_in(self) -> Any:
        """Sign in with a passkey alone: the device itself asks for a finger, a face or a PIN."""
        target = base.onward()
        if base.present() is not None:
            return base.go(target)
        credential = base.posted_fields().get("credential", "")
        token = tokens.new_token()
        try:
            tried = f"passkey {tokens.fingerprint(credential)}"
            actions.run(sign_in.count_try, SYSTEM, username=tried, address=base.address())
            actions.run(
                passkeys.sign_in_by_passkey,
                SYSTEM,
                answer=base.given_answer(credential),
                opening=base.opening(token),
            )
        except errors.RuleBroken as error:
            actions.run(sign_in.record_failed_sign_in, SYSTEM, address=base.address())
            return self._refused(actions.say(error)), 422
        base.enter(token)
        return base.go(target)

    def _refused(self, problem: str) -> str:
        return self.page("access/passkey_refused.html", problem=problem, sign_in_href=SIGN_IN_PATH)
