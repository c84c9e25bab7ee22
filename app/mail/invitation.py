"""The mails to a company examiner without an account, in the school's language.

The row in the outbox holds placeholders for code and link; both are filled in at sending (decision 0006).
"""

from collections.abc import Sequence

from flask_babel import force_locale
from flask_babel import gettext as _

from app.mail import texts
from app.mail.own_texts import own_text
from app.mail.purposes import purpose
from app.rules.text import N_

INVITATION = purpose("invitation", N_("Uitnodiging"))
INVITATION_ENDED = purpose("invitation_ended", N_("Uitnodiging vervallen"))
INVITATION_PATH = "/uitnodiging"
LINK = "{{link}}"


def invitation_text(
    language: str, school: str, *, name: str, when: str, where: str, moved: bool = False
) -> tuple[str, str]:
    """Subject and body. The student's name is not in it: the guest sees it on the page.

    `moved`: the guest was invited before, so the mail begins by saying that the time or place has changed.
    """
    own = own_text(INVITATION, language)
    if own is not None:
        words = {
            "naam": name,
            "school": school,
            "wanneer": when,
            "waar": where,
            "inlogcode": texts.CODE,
            "adres": texts.ADDRESS,
            "link": LINK,
        }
        subject, body = own.subject_for(school), own.body_for(words)
    else:
        subject, body = _our_text(language, school, name=name, when=when, where=where)
    if not moved:
        return subject, body
    with force_locale(language):
        told = _("Let op: de tijd of de plaats van dit examen is gewijzigd. Hieronder staat hoe het nu is.")
        return _("Gewijzigd: %(subject)s", subject=subject), f"{told}\n\n{body}"


def _our_text(language: str, school: str, *, name: str, when: str, where: str) -> tuple[str, str]:
    with force_locale(language):
        moment = _("Wanneer: %(when)s", when=when)
        if where:
            moment += "\n" + _("Waar: %(where)s", where=where)
        body = texts.letter(
            name,
            school,
            _("%(school)s nodigt u uit als examinator van het bedrijf bij een examen.", school=school),
            moment,
            _("U hebt geen account nodig. Ga naar %(address)s en vul deze code in:", address=texts.ADDRESS),
            texts.CODE,
            _("Of open deze link en druk daar op de knop:") + "\n" + LINK,
            _(
                "U ziet alleen dit examen. U vult de scores in en slaat op, vanaf de dag van het examen; u "
                "kunt later verdergaan met dezelfde code. De examinator van de school maakt de beoordeling "
                "definitief; daarna werkt de code niet meer."
            ),
            _("Code en link zijn alleen voor u. Een oudere mail over dit examen geldt niet meer."),
        )
        return _("Uitnodiging als examinator bij %(school)s", school=school), body


def ended_text(language: str, school: str, *, name: str, moments: Sequence[str]) -> tuple[str, str]:
    """Subject and body for a guest who is no longer expected at these moments."""
    with force_locale(language):
        return _("U wordt niet meer verwacht bij een examen van %(school)s", school=school), texts.letter(
            name,
            school,
            _("U was uitgenodigd als examinator van het bedrijf. Dat gaat niet door voor:"),
            "\n".join(moments),
            _("De code en de link uit de eerdere mail werken hiervoor niet meer. U hoeft niets te doen."),
            _("Klopt dit niet? Neem dan contact op met de school."),
        )
