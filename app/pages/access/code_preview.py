"""The preview before inlogcodes are mailed: who gets which mail, what it looks like, and a sample."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import school
from app.actions import base as actions
from app.mail import sample, texts
from app.pages import base
from app.permissions import Role


@dataclass(frozen=True)
class MailPreview:
    """One text of a mail, and how many readers get it."""

    readers: str
    count: str
    subject: str
    body: str
    role: str = ""
    language: str = ""
    paragraphs: list[list[str]] = field(default_factory=list)
    token: str = field(default_factory=base.new_token)  # of the form that sends this text as a sample


def preview_of(role: str, language: str, count: int = 0) -> MailPreview:
    """The mail with an inlogcode in this language for this role, for a made-up reader; `count`: of mails."""
    subject, body = sample.sample_text(_("[naam van de lezer]"), _("[gebruikersnaam]"), role, language)
    filled = texts.filled_in(body, code=sample.SAMPLE_CODE, address=school.site_address(texts.CODE_PATH))
    label = _(Role(role).label) if role else _("Nog geen rol")
    return MailPreview(
        readers=f"{label}, {school.LANGUAGES[language]}",
        count=ngettext("%(num)s mail", "%(num)s mails", count) if count else "",
        subject=subject,
        body=filled,
        role=role,
        language=language,
        paragraphs=texts.paragraphs_of(filled),
    )


def previews_of(written: Iterable[tuple[str, str, int]]) -> list[MailPreview]:
    """The previews of (role, language, count of mails), most mails first."""
    return [preview_of(*kind) for kind in sorted(written, key=lambda kind: (-kind[2], kind))]


class MailsCodes(base.ActionPage):
    """A page with an action that mails inlogcodes, `mailing`, and one that sends a sample, `sample`."""

    mailing: actions.Action
    sample: actions.Action

    def template_for(self, act: actions.Action) -> str:
        return "access/mail_codes.html" if act is self.mailing else super().template_for(act)

    def extras(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
        outcome: actions.Outcome | None,
    ) -> dict[str, Any]:
        extras = super().extras(act, targets, form, outcome)
        if act is not self.mailing:
            return extras
        written = outcome.shown.get("mails", []) if outcome else []
        return extras | {
            "previews": previews_of(written),
            "sample_href": base.href_elsewhere(str(self.route_base), self.sample)
            if base.offers(self.sample)
            else "",
        }
