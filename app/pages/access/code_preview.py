"""Before inlogcodes are mailed: who gets which mail, what it looks like, and a sample to oneself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.actions.base.action import Action, ActionForm, Outcome, Targets
from app.mail.sample import SAMPLE_CODE, sample_text
from app.mail.texts import CODE_PATH, filled_in, paragraphs_of
from app.pages.base.buttons import href_elsewhere, offers
from app.pages.base.doing import ActionPage
from app.pages.base.screens import new_token
from app.permissions import Role
from app.school import LANGUAGES, site_address


@dataclass(frozen=True)
class MailPreview:
    """One text of a mail, and how many readers it has (0: not known yet)."""

    readers: str
    count: str
    subject: str
    body: str
    role: str = ""
    language: str = ""
    paragraphs: list[list[str]] = field(default_factory=list)
    token: str = field(default_factory=new_token)  # of the form that sends this one as a sample


def preview_of(role: str, language: str, count: int = 0) -> MailPreview:
    """The mail with an inlogcode for readers with this role and language, with a made-up reader."""
    subject, body = sample_text(_("[naam van de lezer]"), _("[gebruikersnaam]"), role, language)
    filled = filled_in(body, code=SAMPLE_CODE, address=site_address(CODE_PATH))
    label = _(Role(role).label) if role else _("Nog geen rol")
    return MailPreview(
        readers=f"{label}, {LANGUAGES[language]}",
        count=ngettext("%(num)s mail", "%(num)s mails", count) if count else "",
        subject=subject,
        body=filled,
        role=role,
        language=language,
        paragraphs=paragraphs_of(filled),
    )


def previews_of(written: Iterable[tuple[str, str, int]]) -> list[MailPreview]:
    """Most readers first."""
    return [preview_of(*kind) for kind in sorted(written, key=lambda kind: (-kind[2], kind))]


class MailsCodes(ActionPage):
    """A page with an action that mails inlogcodes, `mailing`, and one that sends a sample, `sample`."""

    mailing: Action
    sample: Action

    def template_for(self, act: Action) -> str:
        return "access/mail_codes.html" if act is self.mailing else super().template_for(act)

    def extras(
        self, act: Action, targets: Targets[Any] | None, form: ActionForm | None, outcome: Outcome | None
    ) -> dict[str, Any]:
        extras = super().extras(act, targets, form, outcome)
        if act is not self.mailing:
            return extras
        written = outcome.shown.get("mails", []) if outcome else []
        return extras | {
            "previews": previews_of(written),
            "sample_href": href_elsewhere(str(self.route_base), self.sample) if offers(self.sample) else "",
        }
