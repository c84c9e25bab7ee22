"""How far somebody is with signing in: the last time, the inlogcode, and what became of its mail."""

from __future__ import annotations

from flask_babel import gettext as _

from app.entities.users import User
from app.pages.base.render import show_datetime
from app.pages.base.request import current_actor
from app.pages.mail.outbox import OutboxPage, progress_text
from app.permissions import Permission, may
from app.queries.users.users import CodeState, last_sign_in
from app.theme.widgets import Cell, Fact


def sign_in_facts(user: User, code: CodeState) -> list[Fact]:
    return [
        Fact(_("Laatst aangemeld"), sign_in_cell(user).text),
        Fact(_("Inlogcode"), cells=[_code_cell(code)]),
    ]


def sign_in_cell(user: User) -> Cell:
    return Cell(show_datetime(last_sign_in(user)) or _("nooit"))


def _code_cell(state: CodeState) -> Cell:
    """Whether a code works, what became of its mail and, for who may, the way to that mail."""
    if state.mail is None:
        return Cell(_code_text(state))
    href = f"{OutboxPage.route_base}/{state.mail.id}" if may(current_actor(), Permission.OUTBOX_SEE) else ""
    return Cell(_code_text(state), href=href, muted=progress_text(state.mail))


def _code_text(state: CodeState) -> str:
    if state.expires_at is None:
        return _("Er is geen inlogcode die nu werkt.")
    told = {
        "": _("Geldig tot %(until)s, nog niet gemaild."),
        "waiting": _("Geldig tot %(until)s, de mail staat in Postvak uit."),
        "sending": _("Geldig tot %(until)s, de mail gaat nu weg."),
        "sent": _("Geldig tot %(until)s, gemaild."),
    }
    sentence = told.get(state.mail_state, _("Geldig tot %(until)s, de mail kwam niet aan."))
    return sentence % {"until": show_datetime(state.expires_at)}
