"""Postvak uit: the mails that were made, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import joinedload

from app import models
from app.actions.mail.outbox import send_again
from app.mail.purposes import PURPOSES
from app.mail.texts import paragraphs_of
from app.pages import base
from app.permissions import Permission
from app.queries.mail import mail_bodies, outbox
from app.rules import delivery
from app.school import current_school
from app.theme import widgets

STATES: dict[str, tuple[Any, widgets.Tone]] = {
    "waiting": (_l("Wacht op verzending"), "info"),
    "sending": (_l("Wordt verzonden"), "info"),
    "sent": (_l("Verzonden"), "good"),
    "failed": (_l("Niet verzonden"), "bad"),
    "cancelled": (_l("Vervallen"), "neutral"),
}


def state_badge(mail: models.OutboxMail) -> widgets.Badge:
    text, tone = STATES[mail.state]
    return widgets.Badge(str(text), tone)


def purpose_text(mail: models.OutboxMail) -> str:
    return _(PURPOSES[mail.purpose]) if mail.purpose in PURPOSES else mail.purpose


def by_words(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(outbox.mails_with(value))


def _subject_cell(mail: models.OutboxMail) -> widgets.Cell:
    return widgets.Cell(mail.subject, href=f"{OutboxPage.route_base}/{mail.id}")


def state_cell(mail: models.OutboxMail) -> widgets.Cell:
    """The state, and below it why the mail was not sent and when the next try comes."""
    return widgets.Cell(badges=[state_badge(mail)], muted=progress_text(mail))


def progress_text(mail: models.OutboxMail) -> str:
    """Why a mail was not sent, how often it was tried and when the next try comes; else empty."""
    if mail.state not in {"waiting", "failed"} or not mail.tries:
        return ""
    why = _(delivery.FAILURES[mail.failure]) if mail.failure in delivery.FAILURES else ""
    often = ngettext("%(num)s keer geprobeerd.", "%(num)s keer geprobeerd.", mail.tries)
    again = (
        _("Volgende poging: %(when)s.", when=base.show_datetime(mail.next_try_at))
        if mail.state == "waiting"
        else ""
    )
    return " ".join(part for part in (why, often, again) if part)


def send_again_buttons(mail: models.OutboxMail | None, label: str = "") -> list[widgets.Button]:
    """The button to send a sent or failed mail again; it returns to the page that it stands on."""
    if mail is None or mail.state not in delivery.AGAIN:
        return []
    href = base.href_elsewhere(OutboxPage.route_base, send_again, [("id", str(mail.id))])
    return base.action_button(send_again, href, "arrow-repeat", label=label)


def state_choices() -> list[tuple[str, str]]:
    """The states, each with how many mails it holds."""
    counts = outbox.state_counts(base.current_actor())
    return [(key, f"{text} ({counts.get(key, 0)})") for key, (text, _tone) in STATES.items()]


def _made_cell(mail: models.OutboxMail) -> widgets.Cell:
    return widgets.Cell(base.show_datetime(mail.created_at))


@dataclass(frozen=True)
class MailModel(widgets.ShowModel):
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
    said: str = ""  # what the mail server said


class OutboxPage(base.ListPage):
    under = "users"
    datamodel = SQLAInterface(models.OutboxMail)
    route_base = "/postvak-uit"
    permission = Permission.OUTBOX_SEE
    title = _l("Postvak uit")
    intro = _l("Mails die voor gebruikers en studenten zijn gemaakt, de nieuwste eerst.")
    show_template = "access/mail.html"
    columns = (
        base.ListColumn("subject", _l("Onderwerp"), _subject_cell),
        base.ListColumn(
            "to",
            _l("Aan"),
            lambda m: widgets.Cell(m.to_address, muted=m.to_user.full_name if m.to_user else ""),
            order=models.OutboxMail.to_address,
        ),
        base.ListColumn("purpose", _l("Doel"), lambda m: widgets.Cell(purpose_text(m)), wide_only=True),
        base.ListColumn("state", _l("Status"), state_cell, order=models.OutboxMail.state),
        base.ListColumn("at", _l("Gemaakt"), _made_cell, order=models.OutboxMail.created_at),
    )
    filters = (
        base.ListFilter("q", _l("Zoeken"), by_words),
        base.ListFilter(
            "staat",
            _l("Status"),
            lambda s, v: s.where(models.OutboxMail.state == v),
            state_choices,
        ),
        base.ListFilter(
            "doel",
            _l("Doel"),
            lambda s, v: s.where(models.OutboxMail.purpose == v),
            lambda: sorted(((key, _(label)) for key, label in PURPOSES.items()), key=lambda c: c[1]),
        ),
    )
    bulk = (send_again,)
    default_order = (models.OutboxMail.created_at.desc(), models.OutboxMail.id.desc())
    load = (joinedload(models.OutboxMail.to_user),)
    show_load = (*load, *outbox.WITH_SECRETS)
    empty_title = _l("Er zijn nog geen mails")
    empty_hint = _l("Zodra u een inlogcode verstuurt, staat de mail hier.")

    def show_model(self, row: models.OutboxMail) -> MailModel:
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


def _as_shown(mail: models.OutboxMail) -> tuple[str, str]:
    """A sentence about the code in the mail, and the body to show.

    Only a demo school, which mails nothing, shows the code itself. Elsewhere nobody may know the code of
    somebody else, not even an administrator.
    """
    hidden = _("[wordt bij het verzenden ingevuld]")
    if not mail_bodies.has_code(mail):
        return "", mail_bodies.body_with(mail, hidden)
    if not current_school().demo:
        told = _("De inlogcode wordt bij het verzenden ingevuld en is hier niet te lezen.")
        return told, mail_bodies.body_with(mail, hidden)
    body = mail_bodies.ready_body(mail)
    if body is None:
        told = _("Deze inlogcode is gebruikt, vervangen of verlopen.")
        return told, mail_bodies.body_with(mail, _("[werkt niet meer]"))
    told = _(
        "Een demoschool verstuurt geen mail. De inlogcode staat hier ingevuld, zodat u hem kunt proberen."
    )
    return told, body
