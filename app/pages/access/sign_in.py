"""Aanmelden en afmelden: our own pages, nothing signs in or out on GET (traps 14 to 19)."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, render_template, request, session
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_login import current_user

from app.actions.access.sessions import record_sign_out
from app.actions.access.sign_in import (
    CodeForm,
    SignInForm,
    count_try,
    record_failed_sign_in,
    record_sign_in,
    use_code,
)
from app.actions.base.action import ActionForm, run
from app.actions.base.wording import say
from app.errors import NotFound, RuleBroken
from app.mail.invitation import INVITATION_PATH
from app.mail.texts import CODE_PATH
from app.pages.access.proving import site_here
from app.pages.access.sessions import enter, leave, opening, present
from app.pages.base.guards import public
from app.pages.base.request import address, href_with, posted, safe_path, sent
from app.pages.base.view import View
from app.permissions import SYSTEM
from app.queries.access.recognising import WRONG_CODE, check_code, check_sign_in
from app.rules.text import N_
from app.rules.tokens import new_token
from app.theme.widgets import Button

SIGN_IN_PATH = "/aanmelden"
ASK_PATH = "/aanmelden/stuur-code"
FORGOTTEN_PATH = "/aanmelden/wachtwoord-vergeten"
NEW_PASSWORD_PATH = "/aanmelden/nieuw-wachtwoord"  # noqa: S105 - an address
WRONG = N_(
    "Deze gebruikersnaam en dit wachtwoord horen niet bij elkaar. Controleer beide en probeer het opnieuw."
)


class SignInPage(View):
    route_base = ""
    default_view = "sign_in"

    @expose(SIGN_IN_PATH, methods=["GET", "POST"])
    @public
    def sign_in(self) -> Any:
        target = safe_path(request.args.get("next", "/"), "/")
        if current_user.is_authenticated:
            return redirect(target)
        form = SignInForm(sent())
        if not posted() or not form.validate():
            return self._sign_in_page(form)
        try:
            self._let_in(form)
        except RuleBroken as error:
            return self._sign_in_page(form, say(error))
        return redirect(target)

    @expose(CODE_PATH, methods=["GET", "POST"])
    @public
    def sign_in_with_code(self) -> Any:
        """First sign-in, with the inlogcode; a password is chosen on the next page, or not."""
        if current_user.is_authenticated:
            return redirect("/")
        form = CodeForm(sent())
        if not posted() or not form.validate():
            return self._code_page(form)
        try:
            self._let_in_with_code(form)
        except RuleBroken as error:
            return self._code_page(form, say(error))
        return redirect(NEW_PASSWORD_PATH)

    @expose("/afmelden", methods=["POST"])
    @public
    def sign_out(self) -> Any:
        here = present()
        if here is not None:
            run(record_sign_out, SYSTEM, user_id=here.user_id, session_id=here.id)
        leave()
        return redirect(SIGN_IN_PATH)

    @expose("/taal", methods=["POST"])
    @public
    def choose_language(self) -> Any:
        """The language for who is not signed in yet; afterwards the profile says it."""
        language = request.form.get("language", "")
        if language not in current_app.config["LANGUAGES"]:
            raise NotFound
        session["locale"] = language
        return redirect(safe_path(request.form.get("back", ""), SIGN_IN_PATH))

    # -- inside

    def _let_in(self, form: SignInForm) -> None:
        name = form.username.data or ""
        run(count_try, SYSTEM, username=name, address=address())
        user = check_sign_in(name, form.password.data or "")
        if user is None:
            run(record_failed_sign_in, SYSTEM, address=address())
            raise RuleBroken(WRONG)
        token = new_token()
        run(record_sign_in, SYSTEM, user_id=user.id, opening=opening(token, shared=bool(form.shared.data)))
        enter(token)

    def _let_in_with_code(self, form: CodeForm) -> None:
        name, code = form.username.data or "", form.code.data or ""
        run(count_try, SYSTEM, username=name, address=address())
        user = check_code(name, code)
        if user is None:
            run(record_failed_sign_in, SYSTEM, address=address())
            raise RuleBroken(WRONG_CODE)
        token = new_token()
        begun = opening(token, shared=bool(form.shared.data))
        run(use_code, SYSTEM, user_id=user.id, code=code, opening=begun)
        enter(token)

    def _sign_in_page(self, form: ActionForm, problem: str = "") -> Any:
        target = request.args.get("next", "")
        links = [
            Button(_("Stuur mij een code"), with_next(ASK_PATH, target)),
            Button(_("Ik heb een inlogcode"), CODE_PATH),
            Button(_("Wachtwoord vergeten"), FORGOTTEN_PATH),
            Button(_("Ik ben uitgenodigd als examinator"), f"{INVITATION_PATH}/"),
        ]
        passkey = href_with("/aanmelden/passkey", [("next", request.args.get("next", ""))])
        return sign_in_page(form, problem, links=links, passkey_href=passkey if site_here() else "")

    def _code_page(self, form: ActionForm, problem: str = "") -> Any:
        return sign_in_page(
            form,
            problem,
            title=_("Aanmelden met een inlogcode"),
            intro=_(
                "Vul beide in: een code werkt alleen met de naam waarvoor hij gemaakt is, en één keer. "
                "Daarna kiest u zelf een wachtwoord of gaat u verder met codes per mail."
            ),
            links=[Button(_("Ik heb al een wachtwoord"), SIGN_IN_PATH)],
        )


def sign_in_page(
    form: ActionForm | None, problem: str = "", *, template: str = "access/sign_in.html", **values: Any
) -> Any:
    """A page for who is not signed in yet: one form, what is wrong with it, and where else to go."""
    wrong = problem or (form is not None and form.errors)
    page = render_template(
        template,
        form=form,
        problems=[problem] if problem else [],
        languages=current_app.config["LANGUAGES"],
        **{"back": request.full_path.rstrip("?"), **values},
    )
    return page, 422 if wrong else 200


def with_next(path: str, target: str) -> str:
    """A page of the door, that remembers where somebody was going."""
    known = safe_path(target, "/")
    return href_with(path, [("next", known)]) if known != "/" else path
