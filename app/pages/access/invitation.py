"""Uitnodiging: a company examiner without an account comes in, by a typed code or by the link's token.

The token stands behind the # of the link, which no browser sends; a script puts it in a form, and the
guest's own press of the button sends that. Nothing opens on GET, so a program that reads mail opens nothing.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.actions.access.sign_in import MailedCodeOnlyForm, count_try, record_failed_sign_in
from app.actions.base.action import ActionForm, run
from app.actions.base.wording import say
from app.actions.planning.invitations import use_invitation
from app.entities.invitations import Invitation
from app.errors import RuleBroken
from app.mail.invitation import INVITATION_PATH
from app.pages.access.sessions import enter, opening
from app.pages.access.sign_in import SIGN_IN_PATH, sign_in_page
from app.pages.base.guards import public
from app.pages.base.request import address, current_actor, posted, posted_fields, sent
from app.pages.base.screens import Screen, expose, go
from app.permissions import SYSTEM
from app.queries.planning.invitation_codes import by_code, by_token
from app.queries.planning.invitations import open_sitting, why_ended
from app.rules.code_format import normal_form
from app.rules.invitations import WHY_ENDED
from app.rules.text import N_
from app.rules.tokens import new_token
from app.rules.tries import invitation_key

WRONG_CODE = N_("Deze code kennen we niet. Controleer hem, of vraag de school om een nieuwe mail.")
WRONG_LINK = N_(
    "Deze link kennen we niet; misschien kreeg u later een nieuwe mail. Vul de code uit de laatste mail in."
)


class InvitationPage(Screen):
    route_base = INVITATION_PATH
    default_view = "enter"

    @expose("/", methods=["GET", "POST"])
    @public
    def enter(self) -> Any:
        """The page of the mail: a box for the code; with a link's token behind the # also the button."""
        form = MailedCodeOnlyForm(sent())
        if not posted() or not form.validate():
            return _page(form)
        typed = form.code.data or ""
        try:
            _count(invitation_key(normal_form(typed)))
            return _let_in(by_code(typed), WRONG_CODE)
        except RuleBroken as error:
            return _page(form, say(error))

    @expose("/link", methods=["POST"])
    @public
    def exchange(self) -> Any:
        """The button: the link's token for a session on one sitting."""
        token = posted_fields().get("token", "")
        try:
            _count(invitation_key(token))
            return _let_in(by_token(token), WRONG_LINK)
        except RuleBroken as error:
            return _page(MailedCodeOnlyForm(), say(error))

    @expose("/examen")
    @public
    def own(self) -> Any:
        """Where a guest belongs: his sitting; once the invitation works no more, the page that says why."""
        guest = current_actor()
        if guest.id is None or not guest.guest:
            return go(INVITATION_PATH + "/")
        why = why_ended(guest.id)
        if not why:
            return go(sitting_href(open_sitting(guest.id)))
        return self.page("access/invitation_ended.html", why=_(WHY_ENDED[why]))


def sitting_href(sitting_id: int | None) -> str:
    return f"/te-beoordelen/{sitting_id}"


def _count(key: str) -> None:
    run(count_try, SYSTEM, username=key, address=address())


def _let_in(invitation: Invitation | None, unknown: str) -> Any:
    if invitation is None:
        run(record_failed_sign_in, SYSTEM, address=address())
        raise RuleBroken(unknown)
    why = why_ended(invitation.user_id)
    if why:
        raise RuleBroken(WHY_ENDED[why])
    token, sitting_id = new_token(), invitation.sitting_id
    run(use_invitation, SYSTEM, invitation_id=invitation.id, opening=opening(token))
    enter(token)
    return go(sitting_href(sitting_id))


def _page(form: ActionForm, problem: str = "") -> Any:
    return sign_in_page(
        form,
        problem,
        template="access/invitation.html",
        link_href=f"{INVITATION_PATH}/link",
        code_href=f"{INVITATION_PATH}/",
        account_href=SIGN_IN_PATH,
        back=f"{INVITATION_PATH}/",
    )
