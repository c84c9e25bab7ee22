"""Uitnodiging: lets in a company examiner without an account, by a typed code or by the token of a link.

The token stands after the # of the link, which browsers do not send. A script puts it in a form, and the
guest presses the button that sends the form. Nothing opens on GET, so a mail scanner opens nothing.
"""

from typing import Any

from flask_babel import gettext as _

from app import models
from app.actions import base as actions
from app.actions.access import sign_in as sign_in_actions
from app.actions.planning.invitations import use_invitation
from app.errors import RuleBroken
from app.mail.invitation import INVITATION_PATH
from app.pages import base
from app.pages.access import sign_in as sign_in_pages
from app.permissions import SYSTEM
from app.queries.planning import invitation_codes, invitations
from app.rules.code_format import normal_form
from app.rules.invitations import WHY_ENDED
from app.rules.text import N_
from app.rules.tokens import new_token
from app.rules.tries import invitation_key

WRONG_CODE = N_("Deze code kennen we niet. Controleer hem, of vraag de school om een nieuwe mail.")
WRONG_LINK = N_(
    "Deze link kennen we niet; misschien kreeg u later een nieuwe mail. Vul de code uit de laatste mail in."
)


class InvitationPage(base.Screen):
    route_base = INVITATION_PATH
    default_view = "enter"

    @base.expose("/", methods=["GET", "POST"])
    @base.public
    def enter(self) -> Any:
        """The page that the mail links to: a box for the code, and a button when the link holds a token."""
        form = sign_in_actions.MailedCodeOnlyForm(base.sent())
        if not base.posted() or not form.validate():
            return _page(form)
        typed = form.code.data or ""
        try:
            _count(invitation_key(normal_form(typed)))
            return _let_in(invitation_codes.by_code(typed), WRONG_CODE)
        except RuleBroken as error:
            return _page(form, actions.say(error))

    @base.expose("/link", methods=["POST"])
    @base.public
    def exchange(self) -> Any:
        """The button: exchange the link's token for a session on one sitting."""
        token = base.posted_fields().get("token", "")
        try:
            _count(invitation_key(token))
            return _let_in(invitation_codes.by_token(token), WRONG_LINK)
        except RuleBroken as error:
            return _page(sign_in_actions.MailedCodeOnlyForm(), actions.say(error))

    @base.expose("/examen")
    @base.public
    def own(self) -> Any:
        """Send guests to their sitting, or show why their invitation no longer works."""
        guest = base.current_actor()
        if guest.id is None or not guest.guest:
            return base.go(INVITATION_PATH + "/")
        why = invitations.why_ended(guest.id)
        if not why:
            return base.go(sitting_href(invitations.open_sitting(guest.id)))
        return self.page("access/invitation_ended.html", why=_(WHY_ENDED[why]))


def sitting_href(sitting_id: int | None) -> str:
    return f"/te-beoordelen/{sitting_id}"


def _count(key: str) -> None:
    actions.run(sign_in_actions.count_try, SYSTEM, username=key, address=base.address())


def _let_in(invitation: models.Invitation | None, unknown: str) -> Any:
    if invitation is None:
        actions.run(sign_in_actions.record_failed_sign_in, SYSTEM, address=base.address())
        raise RuleBroken(unknown)
    why = invitations.why_ended(invitation.user_id)
    if why:
        raise RuleBroken(WHY_ENDED[why])
    token, sitting_id = new_token(), invitation.sitting_id
    actions.run(use_invitation, SYSTEM, invitation_id=invitation.id, opening=base.opening(token))
    base.enter(token)
    return base.go(base.onward(sitting_href(sitting_id)))


def _page(form: actions.ActionForm, problem: str = "") -> Any:
    return sign_in_pages.sign_in_page(
        form,
        problem,
        template="access/invitation.html",
        link_href=f"{INVITATION_PATH}/link",
        code_href=f"{INVITATION_PATH}/",
        account_href=sign_in_pages.SIGN_IN_PATH,
        back=f"{INVITATION_PATH}/",
    )
