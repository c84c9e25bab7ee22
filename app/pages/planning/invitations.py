"""How an invitation shows in the planning screen, an examenaanmelding and a sitting."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from app.actions.base.action import Action
from app.actions.planning.invitations import invite_company_examiner, resend_invitation, withdraw_invitation
from app.entities.planning import Sitting
from app.pages.base.buttons import action_button, offers
from app.pages.base.render import show_datetime
from app.pages.base.request import href_with
from app.permissions import Role
from app.queries.planning.invitations import InvitationState, invitations_of
from app.rules.invitations import DEFINITIVE, WITHDRAWN
from app.theme.widgets import Button, Cell, Fact

INVITATION_ACTIONS = (invite_company_examiner, resend_invitation, withdraw_invitation)


def invitation_line(state: InvitationState) -> str:
    """ "Uitgenodigd (a@bedrijf.nl), de mail staat in Postvak uit, nog niet geopend"."""
    if not state.email:
        return _("Uitnodiging afgelopen; het e-mailadres is verwijderd")
    if state.ended == WITHDRAWN:
        return _("Uitnodiging ingetrokken")
    mail = {
        "waiting": _("de mail staat in Postvak uit"),
        "sending": _("de mail wordt verzonden"),
        "sent": _("mail verzonden op %(when)s", when=show_datetime(state.mailed_at)),
        "failed": _("de mail is niet aangekomen"),
    }.get(state.mail_state, _("geen mail"))
    opened = _("nog niet geopend")
    if state.opened_at is not None:
        opened = _("geopend op %(when)s", when=show_datetime(state.opened_at))
    line = _("Uitgenodigd (%(email)s), %(mail)s, %(opened)s", email=state.email, mail=mail, opened=opened)
    return line if state.ended in {"", DEFINITIVE} else _("%(line)s; verlopen", line=line)


def invitation_buttons(
    sitting_id: int, registration_id: int, state: InvitationState | None, *, company: bool, name: str
) -> Sequence[Button]:
    """What who plans can do about the company examiner of a sitting. `company`: there is one already."""

    def button(act: Action, label: str, icon: str) -> list[Button]:
        pairs = [("id", str(sitting_id)), ("aanmelding", str(registration_id))]
        return action_button(act, href_with(f"/examens/do/{act.name}", pairs), icon, label=label, about=name)

    if state is not None and not state.ended:
        return [
            *button(resend_invitation, _("Opnieuw versturen"), "envelope"),
            *button(withdraw_invitation, _("Intrekken"), "x-lg"),
        ]
    if company or (state is not None and state.ended == DEFINITIVE):
        return ()
    return button(invite_company_examiner, "", "person-plus")


def for_sitting(sitting: Sitting, *, definitive: bool) -> tuple[list[Fact], list[Button]]:
    """What the page of a sitting adds for who plans."""
    if not offers(invite_company_examiner, sitting):
        return [], []
    state = invitations_of([sitting.id]).get(sitting.id)
    company = any(one.role == Role.COMPANY_EXAMINER for one in sitting.examiners)
    facts = [Fact(_("Uitnodiging"), cells=[Cell(state.name, muted=invitation_line(state))])] if state else []
    if definitive:
        return facts, []
    buttons = invitation_buttons(
        sitting.id, sitting.registration_id, state, company=company, name=sitting.task.title
    )
    return facts, list(buttons)
