"""The second step of signing in, and signing in by a passkey alone."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.actions.access.passkeys import ask_passkey, sign_in_by_passkey
from app.actions.access.second_factor import CodeProofForm
from app.actions.access.sign_in import complete_sign_in, count_try, record_failed_sign_in
from app.actions.base.action import run
from app.actions.base.wording import say
from app.errors import NotFound, RuleBroken
from app.pages.access.proving import given_answer, keep_challenge, prove, site_here
from app.pages.access.sessions import STEP_PATH, enter, opening, owed_now, present
from app.pages.access.sign_in import SIGN_IN_PATH
from app.pages.base.guards import public
from app.pages.base.request import address, current_actor, posted, posted_fields, safe_path, sent, text_arg
from app.pages.base.screens import Screen, expose, go, json_answer, new_challenge
from app.permissions import SYSTEM
from app.queries.access.factors import factors_of
from app.queries.access.passkeys import showing_options
from app.rules.second_factor import Owed
from app.rules.tokens import fingerprint, new_token


class SecondStepPage(Screen):
    route_base = ""
    default_view = "second_step"

    @expose(STEP_PATH, methods=["GET", "POST"])
    @public
    def second_step(self) -> Any:
        """For who showed a password and has a second factor; nothing else opens before it is shown."""
        target = safe_path(text_arg("next", "/"), "/")
        here = present()
        if here is None or owed_now() is not Owed.SHOW:
            return go(target)
        problem = ""
        if posted():
            try:
                prove()
                run(complete_sign_in, current_actor())
                return go(target)
            except RuleBroken as error:
                problem = say(error)
        page = self.page(
            "access/second_step.html",
            title=_("Tweede stap"),
            form=CodeProofForm(sent()),
            factors=factors_of(here.user_id),
            passkeys_work=site_here() is not None,
            problems=[problem] if problem else [],
        )
        return page, 422 if problem else 200

    @expose("/aanmelden/passkey/vraag", methods=["POST"])
    @public
    def ask(self) -> Any:
        """A challenge for the browser: of the user that is signed in, or of whoever it turns out to be."""
        site, here = site_here(), present()
        if site is None:
            raise NotFound
        user_id = here.user_id if here is not None else None
        challenge = new_challenge()
        asked = run(
            ask_passkey,
            SYSTEM,
            purpose="sign_in" if here is None else "show",
            challenge=challenge,
            user_id=user_id,
            address=address(),
        )
        keep_challenge(asked.goto)
        return json_answer(showing_options(user_id, site, challenge))

    @expose("/aanmelden/passkey", methods=["POST"])
    @public
    def sign_in(self) -> Any:
        """Signing in by a passkey alone: the device has asked for a finger, a face or a PIN."""
        target = safe_path(text_arg("next", "/"), "/")
        if present() is not None:
            return go(target)
        credential = posted_fields().get("credential", "")
        token = new_token()
        try:
            tried = f"passkey {fingerprint(credential)}"
            run(count_try, SYSTEM, username=tried, address=address())
            run(sign_in_by_passkey, SYSTEM, answer=given_answer(credential), opening=opening(token))
        except RuleBroken as error:
            run(record_failed_sign_in, SYSTEM, address=address())
            return self._refused(say(error)), 422
        enter(token)
        return go(target)

    def _refused(self, problem: str) -> str:
        return self.page("access/passkey_refused.html", problem=problem, sign_in_href=SIGN_IN_PATH)
