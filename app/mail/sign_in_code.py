"""The texts of the mails with a code to sign in or to choose a new password.

The code itself is filled in at sending.
"""

from flask_babel import force_locale
from flask_babel import gettext as _

from app.mail import texts
from app.mail.purposes import purpose
from app.rules import code_format
from app.rules.text import N_

# A code and its mail have the same purpose.
purpose(code_format.SIGN_IN, N_("Code om aan te melden"))
purpose(code_format.RESET, N_("Code voor een nieuw wachtwoord"))


def mailed_code_text(purpose: str, language: str, school: str, *, name: str) -> tuple[str, str]:
    """Subject and body. There is no link: the reader types the code on the page that asked for it."""
    minutes = int(code_format.MAILED_VALID.total_seconds() // 60)
    with force_locale(language):
        asked = (
            _("U vroeg bij %(school)s om een nieuw wachtwoord.", school=school)
            if purpose == code_format.RESET
            else _("U meldt zich aan bij %(school)s.", school=school)
        )
        subject = (
            _("Uw code voor een nieuw wachtwoord bij %(school)s", school=school)
            if purpose == code_format.RESET
            else _("Uw code om u aan te melden bij %(school)s", school=school)
        )
        return subject, texts.letter(
            name,
            school,
            asked + " " + _("Dit is uw code: %(code)s", code=texts.CODE),
            _(
                "Typ de code op de pagina waar u hem vroeg. Hij werkt %(minutes)s minuten, één keer, "
                "en alleen in dezelfde browser.",
                minutes=minutes,
            ),
            _("Vroeg u dit niet zelf? Dan hoeft u niets te doen. Geef de code aan niemand door."),
        )
