"""Postvak uit: the mails that were made, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Select
from sqlalchemy.orm import joinedload

from app.actions.mail.outbox import send_again
from app.entities.mail import OutboxMail
from app.mail.purposes import PURPOSES
from app.mail.texts import paragraphs_of
from app.pages.base.buttons import action_button, href_elsewhere
from app.pages.base.lists import ListColumn, ListFilter, ListPage
from app.pages.base.render import show_datetime
from app.pages.base.request import current_actor
from app.permissions import Permission
from app.queries.mail.mail_bodies import body_with, has_code, ready_body
from app.queries.mail.outbox import WITH_SECRETS, mails_with, state_counts
from app.rules.delivery import AGAIN, FAILURES
from app.school import current_school
from app.theme.widgets import Badge, Button, Cell, ShowModel, Tone

STATES: dict[str, tuple[Any, Tone]] = {
    "waiting": (_l("Wacht op verzending"), "info"),
    "sending": (_l("Wordt verzonden"), "info"),
    "sent": (_l("Verzonden"), "good"),
    "failed": (_l("Niet verzonden"), "bad"),
    "cancelled": (_l("Vervallen"), "neutral"),
}


def state_badge(mail: OutboxMail) -> Badge:
    text, tone = STATES[mail.state]
    return Badge(str(text), tone)


def purpose_text(mail: OutboxMail) -> str:
    return _(PURPOSES[mail.purpose]) if mail.purpose in PURPOSES else mail.purpose


def by_words(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(mails_with(value))


def _subject_cell(mail: OutboxMail) -> Cell:
    return Cell(mail.subject, href=f"{OutboxPage.route_base}/{mail.id}")


def state_cell(mail: OutboxMail) -> Cell:
    """The state, and under it what stands in the way or when the next try comes."""
    return Cell(badges=[state_badge(mail)], muted=progress_text(mail))


def progress_text(mail: OutboxMail) -> str:
    """Why it did not go, how often it was tried and when it is tried again; nothing for what went well."""
    if mail.state not in {"waiting", "failed"} or not mail.tries:
        return ""
    why = _(FAILURES[mail.failure]) if mail.failure in FAILURES else ""
    often = ngettext("%(num)s keer geprobeerd.", "%(num)s keer geprobeerd.", mail.tries)
    again = (
        _("Volgende poging: %(when)s.", when=show_datetime(mail.next_try_at))
        if mail.state == "waiting"
        else ""
    )
    return " ".join(part for part in (why, often, again) if part)


def send_again_buttons(mail: OutboxMail | None, label: str = "") -> list[Button]:
    """`Opnieuw versturen` for this mail, when it went or failed; it comes back to the page it stands on."""
    if mail is None or mail.state not in AGAIN:
        return []
    href = href_elsewhere(OutboxPage.route_base, send_again, [("id", str(mail.id))])
    return action_button(send_again, href, "arrow-repeat", label=label)


def state_choices() -> list[tuple[str, str]]:
    """The states, each with how many mails it holds."""
    counts = state_counts(current_actor())
    return [(key, f"{text} ({counts.get(key, 0)})") for key, (text, _tone) in STATES.items()]


def _made_cell(mail: OutboxMail) -> Cell:
    return Cell(show_datetime(mail.created_at))


@dataclass(frozen=True)
class MailModel(ShowModel):
    """One mail as its reader will see it."""

    to: str = ""
    subject: str = ""
    purpose: str = ""
    made_at: datetime | None = None
    sent_at: datetime | None = None
    body: str = ""
    paragraphs: Sequence[Sequence[str]] = ()
    language: str = ""
    note: str = ""
    progress: str = ""
    said: str = ""  # by the mail server


class OutboxPage(ListPage):
    under = "users"
    datamodel = SQLAInterface(OutboxMail)
    route_base = "/postvak-uit"
    permission = Permission.OUTBOX_SEE
    title = _l("Postvak uit")
    intro = _l("Mails die voor gebruikers en studenten zijn gemaakt, de nieuwste eerst.")
    show_template = "access/mail.html"
    columns = (
        ListColumn("subject", _l("Onderwerp"), _subject_cell),
        ListColumn(
            "to",
            _l("Aan"),
            lambda m: Cell(m.to_address, muted=m.to_user.full_name if m.to_user else ""),
            order=OutboxMail.to_address,
        ),
        ListColumn("purpose", _l("Doel"), lambda m: Cell(purpose_text(m)), wide_only=True),
        ListColumn("state", _l("Status"), state_cell, order=OutboxMail.state),
        ListColumn("at", _l("Gemaakt"), _made_cell, order=OutboxMail.created_at),
    )
    filters = (
        ListFilter("q", _l("Zoeken"), by_words),
        ListFilter(
            "staat",
            _l("Status"),
            lambda s, v: s.where(OutboxMail.state == v),
            state_choices,
        ),
        ListFilter(
            "doel",
            _l("Doel"),
            lambda s, v: s.where(OutboxMail.purpose == v),
            lambda: sorted(((key, _(label)) for key, label in PURPOSES.items()), key=lambda c: c[1]),
        ),
    )
    bulk = (send_again,)
    default_order = (OutboxMail.created_at.desc(), OutboxMail.id.desc())
    load = (joinedload(OutboxMail.to_user),)
    show_load = (*load, *WITH_SECRETS)
    empty_title = _l("Er zijn nog geen mails")
    empty_hint = _l("Zodra u een inlogcode verstuurt, staat de mail hier.")

    def show_model(self, row: OutboxMail) -> MailModel:
        note, body = _as_shown(row)
        return MailModel(
            title=row.subject,
            sections=(),
            back_href=self.list_href(),
            back_label=str(self.title),
            badges=[state_badge(row)],
            buttons=send_again_buttons(row),
            to=f"{row.to_user.full_name} <{row.to_address}>" if row.to_user else row.to_address,
            subject=row.subject,
            purpose=purpose_text(row),
            made_at=row.created_at,
            sent_at=row.sent_at,
            body=body,
            paragraphs=paragraphs_of(body),
            language=row.language or current_school().language,
            note=note,
            progress=progress_text(row),
            said=row.failure_detail,
        )


def _as_shown(mail: OutboxMail) -> tuple[str, str]:
    """A sentence about the code, and the body. Only a demo school, which mails nothing, shows the code
    itself: elsewhere not even an administrator may know another's."""
    hidden = _("[wordt bij het verzenden ingevuld]")
    if not has_code(mail):
        return "", body_with(mail, hidden)
    if not current_school().demo:
        told = _("De inlogcode wordt bij het verzenden ingevuld en is hier niet te lezen.")
        return told, body_with(mail, hidden)
    body = ready_body(mail)
    if body is None:
        told = _("Deze inlogcode is gebruikt, vervangen of verlopen.")
        return told, body_with(mail, _("[werkt niet meer]"))
    told = _(
        "Een demoschool verstuurt geen mail. De inlogcode staat hier ingevuld, zodat u hem kunt proberen."
    )
    return told, body
