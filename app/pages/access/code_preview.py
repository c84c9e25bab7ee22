"""Before inlogcodes are mailed: who gets which mail, what it looks like, and a sample to oneself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.actions.base.action import Action, ActionForm, Outcome, Targets
from app.actions.mail.sample_mail import send_student_sample, send_user_sample
from app.mail.sample import SAMPLE_CODE, sample_text
from app.mail.texts import CODE_PATH, filled_in, paragraphs_of
from app.pages.base.doing import ActionPage
from app.pages.base.request import current_actor, href_with, ids_arg, safe_path, text_arg
from app.pages.base.screens import new_token
from app.permissions import Role, may
from app.school import LANGUAGES, site_address

SAMPLES = (send_user_sample, send_student_sample)


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
        offered = may(current_actor(), self.sample.permission)
        return extras | {
            "previews": previews_of(written),
            "sample_href": self._here(self.sample.name, then=act.name) if offered else "",
        }

    def after_href(self, act: Action, outcome: Outcome) -> str:
        """A sample that was asked for on the way comes back to where it was asked: `then`."""
        after = super().after_href(act, outcome)
        if act not in SAMPLES:
            return after
        then = text_arg("then")
        return self._here(then) if then == self.mailing.name else safe_path(then, after)

    def _here(self, name: str, **more: str) -> str:
        """An action with the selection that is in the address now."""
        pairs = [("id", str(one)) for one in ids_arg()]
        pairs += [("all", text_arg("all")), ("back", text_arg("back")), *self.filter_pairs(), *more.items()]
        return href_with(self.href("do", name=name), pairs)
