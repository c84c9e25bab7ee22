"""Signing in with a mailed code, and choosing a new password. One question a page; GET changes nothing."""

from typing import Any

import flask
from flask_babel import gettext as _
from flask_login import current_user

from app.actions import base as actions
from app.actions.access import mailed_codes, own_password
from app.errors import RuleBroken
from app.mail.texts import CODE_PATH
from app.pages import base
from app.pages.access import sign_in as sign_in_pages
from app.permissions import SYSTEM, Permission
from app.queries.access import recognising
from app.queries.access.sessions import may_choose_password
from app.rules import code_format
from app.rules.people import mail_of
from app.rules.text import N_
from app.rules.tokens import fingerprint, new_token
from app.rules.tries import TOO_OFTEN, Kind, typed_name
from app.theme.widgets import Button

ENTER_PATH = "/aanmelden/gemailde-code"
BROWSER = "code_browser"  # in the cookie: binds a code to the browser that asked for it
FOR, ASKED = "code_for", "code_asked"  # a mark of the name that was typed, and by what tries are counted
PURPOSE, NEXT = "code_purpose", "code_next"
TRIED_TOO_OFTEN = N_("Te vaak geprobeerd. Vraag een nieuwe code.")


class CodesPage(base.View):
    route_base = ""
    default_view = "ask"
    permission = Permission.PROFILE

    @base.expose(sign_in_pages.ASK_PATH, methods=["GET", "POST"])
    @base.public
    def ask(self) -> Any:
        """The page "Stuur mij een code": asks for the user name, and mails a code to sign in with."""
        return self._ask(
            code_format.SIGN_IN,
            title=_("Stuur mij een code"),
            intro=_("U krijgt een code per mail. Daarmee meldt u zich aan, zonder wachtwoord."),
        )

    @base.expose(sign_in_pages.FORGOTTEN_PATH, methods=["GET", "POST"])
    @base.public
    def forgotten(self) -> Any:
        """The page "Wachtwoord vergeten": asks for the user name, and mails a code for a new password."""
        return self._ask(
            code_format.RESET,
            title=_("Wachtwoord vergeten"),
            intro=_("U krijgt een code per mail. Daarmee kiest u een nieuw wachtwoord."),
        )

    @base.expose(ENTER_PATH, methods=["GET", "POST"])
    @base.public
    def enter_code(self) -> Any:
        """Ask for the mailed code, and sign its user in."""
        if current_user.is_authenticated:
            return flask.redirect(base.onward())
        if BROWSER not in flask.session:
            return flask.redirect(sign_in_pages.ASK_PATH)
        form = mailed_codes.MailedCodeForm(base.sent())
        if not base.posted() or not form.validate():
            return self._code_page(form)
        resets, target = (
            flask.session.get(PURPOSE) == code_format.RESET,
            base.onward(base.safe_path(flask.session.get(NEXT, "/"), "/")),
        )
        try:
            self._let_in(form)
        except RuleBroken as error:
            return self._code_page(form, actions.say(error))
        return flask.redirect(sign_in_pages.NEW_PASSWORD_PATH if resets else target)

    @base.expose(sign_in_pages.NEW_PASSWORD_PATH, methods=["GET", "POST"])
    @base.needs()
    def new_password(self) -> Any:
        """Let a user who signed in with a code choose a password."""
        here = base.present()
        if not may_choose_password(here.id if here is not None else None):
            return flask.redirect("/mijn-profiel/")
        form = own_password.ChoosePasswordForm(base.sent())
        if not base.posted() or not form.validate():
            return self._password_page(form)
        try:
            outcome = actions.run(
                own_password.choose_password,
                base.current_actor(),
                session_id=here.id if here is not None else 0,
                password=form.password.data or "",
                browser=base.browser(shared=True),
            )
        except RuleBroken as error:
            if error.field not in form:
                return self._password_page(form, actions.say(error))
            form[error.field].errors = [actions.say(error)]
            return self._password_page(form)
        base.renew()
        flask.flash(outcome.summary, "success")
        return flask.redirect(base.onward())

    # -- inside

    def _ask(self, purpose: str, *, title: str, intro: str) -> Any:
        if current_user.is_authenticated:
            return flask.redirect(base.onward())
        form = mailed_codes.AskForm(base.sent())
        problem = ""
        if base.posted() and form.validate():
            try:
                self._request(form.username.data or "", purpose)
            except RuleBroken as error:
                problem = actions.say(error)
            else:
                return flask.redirect(ENTER_PATH)
        return sign_in_pages.sign_in_page(
            form,
            problem,
            title=title,
            intro=intro,
            submit_label=_("Stuur mij een code"),
            links=[
                Button(_("Aanmelden met een wachtwoord"), sign_in_pages.SIGN_IN_PATH),
                Button(_("Ik heb een inlogcode"), CODE_PATH),
            ],
        )

    def _request(self, username: str, purpose: str) -> None:
        """Ask for a code. Who asks again by the same name keeps the code of before when no new one comes."""
        account = base.counted(Kind.MAIL_REQUEST, username).account
        browser = flask.session.get(BROWSER, "")
        if flask.session.get(FOR) != _mark(browser, username):
            browser = new_token()
        actions.run(mailed_codes.request_code, SYSTEM, account=account, purpose=purpose, browser=browser)
        flask.session[BROWSER], flask.session[PURPOSE] = browser, purpose
        flask.session[FOR], flask.session[ASKED] = _mark(browser, username), new_token()
        flask.session[NEXT] = base.onward()

    def _let_in(self, form: mailed_codes.MailedCodeForm) -> None:
        browser = flask.session[BROWSER]
        try:
            base.counted(Kind.MAILED_CODE, flask.session.get(ASKED, browser))
        except RuleBroken as error:
            raise RuleBroken(TRIED_TOO_OFTEN) if error.message == TOO_OFTEN else error from error
        code_id = actions.run(mailed_codes.count_code_try, SYSTEM, browser=browser).goto
        if not recognising.is_right(code_id, form.code.data or ""):
            base.failed()
            raise RuleBroken(recognising.WRONG_MAILED_CODE)
        token, shared = new_token(), bool(form.shared.data)
        begun = base.opening(token, shared=shared)
        actions.run(mailed_codes.use_mailed_code, SYSTEM, code_id=code_id, opening=begun)
        base.enter(token, shared=shared)

    def _code_page(self, form: actions.ActionForm, problem: str = "") -> Any:
        resets = flask.session.get(PURPOSE) == code_format.RESET
        return sign_in_pages.sign_in_page(
            form,
            problem,
            title=_("Kijk in uw mail"),
            intro=_(
                "Als dit account bestaat, is er een code gemaild. Hij werkt tien minuten, alleen in "
                "deze browser. Geen mail? Kijk ook bij de ongewenste mail."
            ),
            submit_label=_("Verder"),
            links=[
                Button(
                    _("Stuur een nieuwe code"),
                    sign_in_pages.FORGOTTEN_PATH if resets else sign_in_pages.ASK_PATH,
                ),
                Button(_("Aanmelden met een wachtwoord"), sign_in_pages.SIGN_IN_PATH),
            ],
        )

    def _password_page(self, form: actions.ActionForm, problem: str = "") -> Any:
        """Ask for a password. Without a mail address there is no other way back in, so no link to skip it."""
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
        return sign_in_pages.sign_in_page(
            form,
            problem,
            title=_("Kies een wachtwoord"),
            intro=told,
            submit_label=_("Opslaan"),
            links=[Button(_("Verder zonder wachtwoord"), base.onward())] if has_mail else [],
        )


def _mark(browser: str, username: str) -> str:
    """By what this browser knows the name that it asked for; nobody reads the name out of it."""
    return fingerprint(f"{browser}|{typed_name(username)}")
