"""Invitations as the pages show them: planning screen, examenaanmelding and sitting."""

from collections.abc import Sequence

from flask_babel import gettext as _

from app import models
from app.actions import base as actions
from app.actions.planning import invitations
from app.pages import base
from app.pages.planning.place import from_registration
from app.permissions import Role
from app.queries.planning import invitations as queries
from app.rules import invitations as rules
from app.theme import widgets

INVITATION_ACTIONS = (
    invitations.invite_company_examiner,
    invitations.resend_invitation,
    invitations.withdraw_invitation,
)


def invitation_line(state: queries.InvitationState) -> str:
    """The state in words: "Uitgenodigd (a@bedrijf.nl), de mail staat in Postvak uit, nog niet geopend"."""
    if not state.email:
        return _("Uitnodiging afgelopen; het e-mailadres is verwijderd")
    if state.ended == rules.WITHDRAWN:
        return _("Uitnodiging ingetrokken")
    mail = {
        "waiting": _("de mail staat in Postvak uit"),
        "sending": _("de mail wordt verzonden"),
        "sent": _("mail verzonden op %(when)s", when=base.show_datetime(state.mailed_at)),
        "failed": _("de mail is niet aangekomen"),
    }.get(state.mail_state, _("geen mail"))
    opened = _("nog niet geopend")
    if state.opened_at is not None:
        opened = _("geopend op %(when)s", when=base.show_datetime(state.opened_at))
    line = _("Uitgenodigd (%(email)s), %(mail)s, %(opened)s", email=state.email, mail=mail, opened=opened)
    return line if state.ended in {"", rules.DEFINITIVE} else _("%(line)s; verlopen", line=line)


def invitation_buttons(
    sitting_id: int, registration_id: int, state: queries.InvitationState | None, *, company: bool, name: str
) -> Sequence[widgets.Button]:
    """The planner's buttons for the company examiner of a sitting. `company`: one has an account."""

    def button(act: actions.Action, label: str, icon: str) -> list[widgets.Button]:
        pairs = [("id", str(sitting_id)), *from_registration(registration_id)]
        return base.action_button(
            act, base.href_with(f"/examens/do/{act.name}", pairs), icon, label=label, about=name
        )

    if state is not None and not state.ended:
        return [
            *button(invitations.resend_invitation, _("Opnieuw versturen"), "envelope"),
            *button(invitations.withdraw_invitation, _("Intrekken"), "x-lg"),
        ]
    if company or (state is not None and state.ended == rules.DEFINITIVE):
        return ()
    return button(invitations.invite_company_examiner, "", "person-plus")


def for_sitting(
    sitting: models.Sitting, *, definitive: bool
) -> tuple[list[widgets.Fact], list[widgets.Button]]:
    """The facts and buttons that the page of a sitting adds for a planner; both empty for others."""
    if not base.offers(invitations.invite_company_examiner, sitting):
        return [], []
    state = queries.invitations_of([sitting.id]).get(sitting.id)
    company = any(one.role == Role.COMPANY_EXAMINER and not one.user.guest for one in sitting.examiners)
    facts = (
        [widgets.Fact(_("Uitnodiging"), cells=[widgets.Cell(state.name, muted=invitation_line(state))])]
        if state
        else []
    )
    if definitive or sitting.registration.stopped_at is not None:
        return facts, []
    buttons = invitation_buttons(
        sitting.id, sitting.registration_id, state, company=company, name=sitting.task.title
    )
    return facts, list(buttons)
