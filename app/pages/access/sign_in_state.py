"""How far a user is with signing in: the last time, the inlogcode, and the state of its mail."""

from flask_babel import gettext as _

from app import models
from app.pages import base
from app.pages.mail import outbox
from app.permissions import Permission, may
from app.queries.users import users
from app.theme import widgets


def sign_in_facts(user: models.User, code: users.CodeState) -> list[widgets.Fact]:
    return [
        widgets.Fact(_("Laatst aangemeld"), sign_in_cell(user).text),
        widgets.Fact(_("Inlogcode"), cells=[_code_cell(code)]),
    ]


def sign_in_cell(user: models.User) -> widgets.Cell:
    return widgets.Cell(base.show_datetime(users.last_sign_in(user)) or _("nooit"))


def _code_cell(state: users.CodeState) -> widgets.Cell:
    """Whether the code works, the state of its mail and, with the permission, a link to that mail."""
    if state.mail is None:
        return widgets.Cell(_code_text(state))
    href = (
        f"{outbox.OutboxPage.route_base}/{state.mail.id}"
        if may(base.current_actor(), Permission.OUTBOX_SEE)
        else ""
    )
    return widgets.Cell(_code_text(state), href=href, muted=outbox.progress_text(state.mail))


def _code_text(state: users.CodeState) -> str:
    if state.expires_at is None:
        return _("Er is geen inlogcode die nu werkt.")
    told = {
        "": _("Geldig tot %(until)s, nog niet gemaild."),
        "waiting": _("Geldig tot %(until)s, de mail staat in Postvak uit."),
        "sending": _("Geldig tot %(until)s, de mail gaat nu weg."),
        "sent": _("Geldig tot %(until)s, gemaild."),
    }
    sentence = told.get(state.mail_state, _("Geldig tot %(until)s, de mail kwam niet aan."))
    return sentence % {"until": base.show_datetime(state.expires_at)}
