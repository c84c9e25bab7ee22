"""Uitnodiging: lets in a company examiner without an account, by a typed code or by the token of a link.

The token stands after the # of the link, which browsers do not send. A script puts it in a form, and the
guest presses the button that sends the form. Nothing opens on GET, so a mail scanner opens nothing.
"""

from typing import Any

from flask_babel import gettext as _

from app import models
from app.actions import base as actions
from app.actions.access import sign_in as sign_in_actions
from app.actions.planning.guests import use_invitation
from app.errors import RuleBroken
from app.mail.invitation import INVITATION_PATH
from app.pages import base
from app.pages.access import sign_in as sign_in_pages
from app.pages.assessment import todo
from app.permissions import SYSTEM
from app.queries.assessment import assessment as assessments
from app.queries.planning import invitation_codes, invitations
from app.rules.code_format import normal_form
from app.rules.invitations import WHY_ENDED
from app.rules.text import N_
from app.rules.tokens import new_token
from app.rules.tries import Kind, invitation_part

MOMENTS_PATH = f"{INVITATION_PATH}/examen"
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
            right = invitation_codes.is_code(typed)
            base.counted(Kind.INVITATION, invitation_part(normal_form(typed)), right=right)
            return _let_in(invitation_codes.by_code(typed), WRONG_CODE)
        except RuleBroken as error:
            return _page(form, actions.say(error))

    @base.expose("/link", methods=["POST"])
    @base.public
    def exchange(self) -> Any:
        """The button: exchange the link's token for a session on the guest's own moments."""
        token = base.posted_fields().get("token", "")
        try:
            key = invitation_codes.by_token(token)
            base.counted(Kind.INVITATION, invitation_part(token), right=key is not None)
            return _let_in(key, WRONG_LINK)
        except RuleBroken as error:
            return _page(sign_in_actions.MailedCodeOnlyForm(), actions.say(error))

    @base.expose("/examen")
    @base.public
    def own(self) -> Any:
        """Uw examenmomenten; a guest with one moment goes there, one with none is told why."""
        guest = base.current_actor()
        if guest.id is None or not guest.guest:
            return base.go(INVITATION_PATH + "/")
        if why := invitations.why_ended(guest.id):
            return self.page("access/invitation_ended.html", why=_(WHY_ENDED[why]))
        moments = invitations.open_sittings(guest.id)
        if len(moments) == 1:
            return base.go(sitting_href(moments[0]))
        model = todo.todo_page(assessments.guest_moments(guest), guest, sitting_href)
        return self.page("assessment/todo.html", model=model, title=_("Uw examenmomenten"))


def sitting_href(sitting_id: int) -> str:
    return f"/te-beoordelen/{sitting_id}"


def _let_in(key: models.GuestKey | None, unknown: str) -> Any:
    if key is None:
        base.failed()
        raise RuleBroken(unknown)
    if why := invitations.why_ended(key.user_id):
        raise RuleBroken(WHY_ENDED[why])
    token, moments = new_token(), invitations.open_sittings(key.user_id)
    actions.run(use_invitation, SYSTEM, key_id=key.id, opening=base.opening(token))
    base.enter(token, shared=True)  # a guest is no user of the school: their browser stays unknown
    return base.go(base.onward(sitting_href(moments[0]) if len(moments) == 1 else MOMENTS_PATH))


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
