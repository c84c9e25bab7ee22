"""Signing in with a code out of a mail, and a new password: one question on each page, nothing on GET."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_login import current_user

from app.actions.access.mailed_codes import (
    AskForm,
    MailedCodeForm,
    count_code_try,
    request_code,
    use_mailed_code,
)
from app.actions.access.own_password import ChoosePasswordForm, choose_password
from app.actions.access.sign_in import count_try, record_failed_sign_in
from app.actions.base.action import ActionForm, run
from app.actions.base.wording import say
from app.errors import RuleBroken
from app.mail.texts import CODE_PATH
from app.pages.access.sessions import enter, opening, present, renew
from app.pages.access.sign_in import (
    ASK_PATH,
    FORGOTTEN_PATH,
    NEW_PASSWORD_PATH,
    SIGN_IN_PATH,
    sign_in_page,
)
from app.pages.base.guards import needs, public
from app.pages.base.request import address, current_actor, posted, safe_path, sent
from app.pages.base.view import View
from app.permissions import SYSTEM, Permission
from app.queries.access.recognising import WRONG_MAILED_CODE, is_right
from app.queries.access.sessions import may_choose_password
from app.rules.code_format import RESET, SIGN_IN
from app.rules.people import mail_of
from app.rules.text import N_
from app.rules.tokens import new_token
from app.theme.widgets import Button

ENTER_PATH = "/aanmelden/gemailde-code"
BROWSER = "code_browser"  # in the cookie: binds a code to the browser that asked for it
PURPOSE, NEXT = "code_purpose", "code_next"
TRIED_TOO_OFTEN = N_("Te vaak geprobeerd. Vraag een nieuwe code.")


class CodesPage(View):
    route_base = ""
    default_view = "ask"
    permission = Permission.PROFILE

    @expose(ASK_PATH, methods=["GET", "POST"])
    @public
    def ask(self) -> Any:
        """ "Stuur mij een code": to whom."""
        return self._ask(
            SIGN_IN,
            title=_("Stuur mij een code"),
            intro=_("U krijgt een code per mail. Daarmee meldt u zich aan, zonder wachtwoord."),
        )

    @expose(FORGOTTEN_PATH, methods=["GET", "POST"])
    @public
    def forgotten(self) -> Any:
        """ "Wachtwoord vergeten": to whom."""
        return self._ask(
            RESET,
            title=_("Wachtwoord vergeten"),
            intro=_("U krijgt een code per mail. Daarmee kiest u een nieuw wachtwoord."),
        )

    @expose(ENTER_PATH, methods=["GET", "POST"])
    @public
    def enter_code(self) -> Any:
        """The code out of the mail."""
        if current_user.is_authenticated:
            return redirect("/")
        if BROWSER not in session:
            return redirect(ASK_PATH)
        form = MailedCodeForm(sent())
        if not posted() or not form.validate():
            return self._code_page(form)
        resets, target = session.get(PURPOSE) == RESET, safe_path(session.get(NEXT, "/"), "/")
        try:
            self._let_in(form)
        except RuleBroken as error:
            return self._code_page(form, say(error))
        return redirect(NEW_PASSWORD_PATH if resets else target)

    @expose(NEW_PASSWORD_PATH, methods=["GET", "POST"])
    @needs()
    def new_password(self) -> Any:
        """A password of one's own, for who got in with a code; nobody has to."""
        here = present()
        if not may_choose_password(here.id if here is not None else None):
            return redirect("/mijn-profiel/")
        form = ChoosePasswordForm(sent())
        if not posted() or not form.validate():
            return self._password_page(form)
        try:
            outcome = run(
                choose_password,
                current_actor(),
                session_id=here.id if here is not None else 0,
                password=form.password.data or "",
            )
        except RuleBroken as error:
            if error.field not in form:
                return self._password_page(form, say(error))
            form[error.field].errors = [say(error)]
            return self._password_page(form)
        renew()
        flash(outcome.summary, "success")
        return redirect("/")

    # -- inside

    def _ask(self, purpose: str, *, title: str, intro: str) -> Any:
        if current_user.is_authenticated:
            return redirect("/")
        form = AskForm(sent())
        problem = ""
        if posted() and form.validate():
            try:
                self._request(form.username.data or "", purpose)
            except RuleBroken as error:
                problem = say(error)
            else:
                return redirect(ENTER_PATH)
        return sign_in_page(
            form,
            problem,
            title=title,
            intro=intro,
            submit_label=_("Stuur mij een code"),
            links=[
                Button(_("Aanmelden met een wachtwoord"), SIGN_IN_PATH),
                Button(_("Ik heb een inlogcode"), CODE_PATH),
            ],
        )

    def _request(self, username: str, purpose: str) -> None:
        run(count_try, SYSTEM, username=username, address=address(), mail=True)
        browser = new_token()
        run(request_code, SYSTEM, username=username, purpose=purpose, browser=browser)
        session[BROWSER], session[PURPOSE] = browser, purpose
        session[NEXT] = safe_path(request.args.get("next", "/"), "/")

    def _let_in(self, form: MailedCodeForm) -> None:
        browser, place = session[BROWSER], address()
        try:
            run(count_try, SYSTEM, username=f"code {browser}", address=place)
        except RuleBroken as error:
            raise RuleBroken(TRIED_TOO_OFTEN) from error
        code_id = run(count_code_try, SYSTEM, browser=browser).goto
        if not is_right(code_id, form.code.data or ""):
            run(record_failed_sign_in, SYSTEM, address=place)
            raise RuleBroken(WRONG_MAILED_CODE)
        token = new_token()
        begun = opening(token, shared=bool(form.shared.data))
        run(use_mailed_code, SYSTEM, code_id=code_id, opening=begun)
        enter(token)

    def _code_page(self, form: ActionForm, problem: str = "") -> Any:
        resets = session.get(PURPOSE) == RESET
        return sign_in_page(
            form,
            problem,
            title=_("Kijk in uw mail"),
            intro=_(
                "Als dit account bestaat, is er een code gemaild. Hij werkt tien minuten, alleen in "
                "deze browser. Geen mail? Kijk ook bij de ongewenste mail."
            ),
            submit_label=_("Verder"),
            links=[
                Button(_("Stuur een nieuwe code"), FORGOTTEN_PATH if resets else ASK_PATH),
                Button(_("Aanmelden met een wachtwoord"), SIGN_IN_PATH),
            ],
        )

    def _password_page(self, form: ActionForm, problem: str = "") -> Any:
        """Who has no mail needs a password: there is no other way back in."""
        has_mail = bool(mail_of(current_user.email))
        told = (
            _(
                "U bent aangemeld. Uw gebruikersnaam is %(username)s. Met een wachtwoord bent u de "
                "volgende keer sneller binnen; zonder vraagt u dan weer een code per mail.",
                username=current_user.username,
            )
            if has_mail
            else _(
                "U bent aangemeld. Uw gebruikersnaam is %(username)s. Kies nu een wachtwoord: bij uw account "
                "staat geen e-mailadres, dus een code per mail kunt u niet krijgen.",
                username=current_user.username,
            )
        )
        return sign_in_page(
            form,
            problem,
            title=_("Kies een wachtwoord"),
            intro=told,
            submit_label=_("Opslaan"),
            links=[Button(_("Verder zonder wachtwoord"), "/")] if has_mail else [],
        )
