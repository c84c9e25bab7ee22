"""Aanmelden en afmelden: our own pages, nothing signs in or out on GET (traps 14 to 19)."""

from typing import Any

import flask
from flask_babel import gettext as _
from flask_login import current_user

from app import errors
from app.actions import base as actions
from app.actions.access import sign_in as sign_in_actions
from app.actions.access.sessions import record_sign_out
from app.mail.invitation import INVITATION_PATH
from app.mail.texts import CODE_PATH
from app.pages import base
from app.permissions import SYSTEM
from app.queries.access import recognising
from app.rules.tokens import new_token
from app.rules.tries import Kind
from app.theme.widgets import Button

SIGN_IN_PATH = "/aanmelden"
ASK_PATH = "/aanmelden/stuur-code"
FORGOTTEN_PATH = "/aanmelden/wachtwoord-vergeten"
NEW_PASSWORD_PATH = "/aanmelden/nieuw-wachtwoord"  # noqa: S105 - an address


class SignInPage(base.View):
    route_base = ""
    default_view = "sign_in"

    @base.expose(SIGN_IN_PATH, methods=["GET", "POST"])
    @base.public
    def sign_in(self) -> Any:
        target = base.onward()
        if current_user.is_authenticated:
            return flask.redirect(target)
        form = sign_in_actions.SignInForm(base.sent())
        if not base.posted() or not form.validate():
            return self._sign_in_page(form)
        try:
            self._let_in(form)
        except errors.RuleBroken as error:
            return self._sign_in_page(form, actions.say(error))
        return flask.redirect(target)

    @base.expose(CODE_PATH, methods=["GET", "POST"])
    @base.public
    def sign_in_with_code(self) -> Any:
        """First sign-in, with the inlogcode. The next page offers to choose a password."""
        if current_user.is_authenticated:
            return flask.redirect(base.onward())
        form = sign_in_actions.CodeForm(base.sent())
        if not base.posted() or not form.validate():
            return self._code_page(form)
        try:
            self._let_in_with_code(form)
        except errors.RuleBroken as error:
            return self._code_page(form, actions.say(error))
        return flask.redirect(NEW_PASSWORD_PATH)

    @base.expose("/afmelden", methods=["POST"])
    @base.public
    def sign_out(self) -> Any:
        here = base.present()
        if here is not None:
            actions.run(record_sign_out, SYSTEM, user_id=here.user_id, session_id=here.id)
        base.leave()
        flask.flash(_("U bent afgemeld."), "info")
        return flask.redirect(SIGN_IN_PATH)

    @base.expose("/taal", methods=["POST"])
    @base.public
    def choose_language(self) -> Any:
        """Choose the language before signing in; after that the profile decides."""
        language = flask.request.form.get("language", "")
        if language not in flask.current_app.config["LANGUAGES"]:
            raise errors.NotFound
        flask.session["locale"] = language
        return flask.redirect(base.safe_path(flask.request.form.get("back", ""), SIGN_IN_PATH))

    # -- inside

    def _let_in(self, form: sign_in_actions.SignInForm) -> None:
        account = base.counted(Kind.PASSWORD, form.username.data or "").account
        user = recognising.check_sign_in(account, form.password.data or "")
        if user is None:
            base.failed()
            raise errors.RuleBroken(recognising.WRONG_PASSWORD)
        token, shared = new_token(), bool(form.shared.data)
        actions.run(
            sign_in_actions.record_sign_in,
            SYSTEM,
            user_id=user.id,
            fits=user.password or "",
            opening=base.opening(token, shared=shared),
        )
        base.enter(token, shared=shared)

    def _let_in_with_code(self, form: sign_in_actions.CodeForm) -> None:
        name, code = form.username.data or "", form.code.data or ""
        right = recognising.is_code_of(name, code)
        user = recognising.check_code(base.counted(Kind.CODE, name, right=right).account, code)
        if user is None:
            base.failed()
            raise errors.RuleBroken(recognising.WRONG_CODE)
        token, shared = new_token(), bool(form.shared.data)
        begun = base.opening(token, shared=shared)
        actions.run(sign_in_actions.use_code, SYSTEM, user_id=user.id, code=code, opening=begun)
        base.enter(token, shared=shared)

    def _sign_in_page(self, form: actions.ActionForm, problem: str = "") -> Any:
        target = flask.request.args.get("next", "")
        links = [
            Button(_("Stuur mij een code"), with_next(ASK_PATH, target)),
            Button(_("Ik heb een inlogcode"), CODE_PATH),
            Button(_("Wachtwoord vergeten"), FORGOTTEN_PATH),
            Button(_("Ik ben uitgenodigd als examinator"), f"{INVITATION_PATH}/"),
        ]
        passkey = base.href_with("/aanmelden/passkey", [("next", flask.request.args.get("next", ""))])
        return sign_in_page(form, problem, links=links, passkey_href=passkey if base.site_here() else "")

    def _code_page(self, form: actions.ActionForm, problem: str = "") -> Any:
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
    form: actions.ActionForm | None,
    problem: str = "",
    *,
    template: str = "access/sign_in.html",
    **values: Any,
) -> Any:
    """A page before sign-in: one form, its problem (then status 422), and links to other ways in."""
    wrong = problem or (form is not None and form.errors)
    page = flask.render_template(
        template,
        form=form,
        problems=[problem] if problem else [],
        languages=flask.current_app.config["LANGUAGES"],
        **{"back": flask.request.full_path.rstrip("?"), **values},
    )
    return page, 422 if wrong else 200


def with_next(path: str, target: str) -> str:
    """The address of a sign-in page that remembers where the user was going."""
    known = base.safe_path(target, "/")
    return base.href_with(path, [("next", known)]) if known != "/" else path
