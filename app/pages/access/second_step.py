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
from app.queries.access.passkeys import is_recognised, showing_options
from app.rules import tokens
from app.rules.passkeys import Answer
from app.rules.second_factor import Owed, Way
from app.rules.tries import Kind


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
                base.prove(Way.FACTOR)
                actor, browser = base.current_actor(), base.browser(shared=here.shared)
                actions.run(sign_in.complete_sign_in, actor, session_id=here.id, browser=browser)
                if not here.shared:
                    base.keep_cookie()
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
        asked = ("sign_in", None) if here is None else ("show", here.user_id)
        return base.json_answer(showing_options(site, base.new_challenge(*asked)))

    @base.expose("/aanmelden/passkey", methods=["POST"])
    @base.public
    def sign_in(self) -> Any:
        """Sign in with a passkey alone: the device itself asks for a finger, a face or a PIN."""
        target = base.onward()
        if base.present() is not None:
            return base.go(target)
        try:
            answer = base.given_answer(base.posted_fields().get("credential", ""))
            base.counted(Kind.PASSKEY, right=is_recognised(answer, "sign_in"))
            self._let_in(answer)
        except errors.RuleBroken as error:
            return self._refused(actions.say(error)), 422
        return base.go(target)

    def _let_in(self, answer: Answer) -> None:
        token = tokens.new_token()
        opening = base.opening(token)
        try:
            actions.run(passkeys.sign_in_by_passkey, SYSTEM, answer=answer, opening=opening)
        except errors.RuleBroken:
            base.failed()
            raise
        base.enter(token)

    def _refused(self, problem: str) -> str:
        return self.page("access/passkey_refused.html", problem=problem, sign_in_href=SIGN_IN_PATH)
