"""The texts of our mails, in the reader's language. A row in the outbox holds placeholders for what
must not be kept (the code) or is known at sending only (the address of this site)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

CODE = "{{inlogcode}}"
ADDRESS = "{{adres}}"
CODE_PATH = "/aanmelden/code"

LOGIN_CODE = "login_code"  # OutboxMail.purpose


@dataclass(frozen=True)
class Text:
    """Subject and body; %(name)s, %(username)s and %(until)s of the body are still to be filled in."""

    subject: str
    body: str

    def body_for(self, *, name: str, username: str, until: datetime) -> str:
        """`until`: the last moment of the code, on the school's clock."""
        return self.body % {"name": name, "username": username, "until": until.strftime("%d-%m-%Y")}


def login_code_text(language: str, school: str) -> Text:
    """The mail with an inlogcode, made once per language: a thousand mails are a thousand fillings-in."""
    literal = school.replace("%", "%%")
    with force_locale(language):
        paragraphs = (
            _("Beste %(name)s,"),
            _("Hierbij uw inlogcode voor de examens van %(school)s.", school=literal),
            _("Uw gebruikersnaam: %(username)s") + "\n" + _("Uw inlogcode: %(code)s", code=CODE),
            _("Ga naar %(address)s en vul beide in. U kiest daar zelf een wachtwoord.", address=ADDRESS),
            _("De code werkt één keer, tot en met %(until)s. Geef hem aan niemand door."),
            _("Met vriendelijke groet,") + "\n" + literal,
        )
        subject = _("Uw inlogcode voor %(school)s", school=school)
    return Text(subject, "\n\n".join(paragraphs) + "\n")


def filled_in(body: str, *, code: str, address: str) -> str:
    """The body as it is sent, or shown."""
    return body.replace(CODE, code).replace(ADDRESS, address)
