"""The mails to a company examiner without an account, in the school's language.

The row in the outbox holds placeholders for code and link; both are filled in at sending (decision 0006).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from app.mail import texts
from app.mail.own_texts import own_text
from app.mail.purposes import purpose
from app.rules.invitations import ADDED, MOVED, SAME
from app.rules.text import N_

INVITATION = purpose("invitation", N_("Uitnodiging"))
INVITATION_ENDED = purpose("invitation_ended", N_("Uitnodiging vervallen"))
INVITATION_PATH = "/uitnodiging"
LINK = "{{link}}"


@dataclass(frozen=True)
class Told:
    """A moment as a mail tells of it, without the student: the guest sees who it is on the page."""

    exam: str  # code and title
    task: str
    when: str
    where: str = ""
    news: str = SAME

    @property
    def line(self) -> str:
        place = ", ".join(filter(None, (self.when, self.where)))
        return f"{place}: {self.exam}, {self.task}"


@dataclass(frozen=True)
class Invited:
    """What a mail to a guest says. `moments`: all that the code opens, by time.

    `heard`: an earlier mail went out, with a code that goes on working. `replaced`: one went out, and its
    code does not work any more.
    """

    name: str
    moments: Sequence[Told]
    contact: str
    heard: bool = False
    replaced: bool = False


def invitation_text(language: str, school: str, mail: Invited) -> tuple[str, str]:
    """Subject and body, with all moments; a guest who has heard before reads first what is new."""
    own = own_text(INVITATION, language)
    if own is not None:
        subject, body = own.subject_for(school), own.body_for(_words(school, mail))
    else:
        subject, body = _our_text(language, school, mail)
    with force_locale(language):
        if not (mail.heard or mail.replaced):
            return subject, body
        news = "\n\n".join(_news(mail))
        if any(one.news == MOVED for one in mail.moments):
            subject = _("Gewijzigd: %(subject)s", subject=subject)
        elif any(one.news == ADDED for one in mail.moments) and mail.heard:
            subject = _("Aangevuld: %(subject)s", subject=subject)
        return subject, f"{news}\n\n{body}"


def _words(school: str, mail: Invited) -> dict[str, str]:
    """The words of a school's own text. With several moments {wanneer} and {waar} name each once."""
    return {
        "naam": mail.name,
        "school": school,
        "examen": _each(one.exam for one in mail.moments),
        "wanneer": _each(one.when for one in mail.moments),
        "waar": _each(one.where for one in mail.moments),
        "momenten": "\n".join(one.line for one in mail.moments),
        "contact": mail.contact,
        "inlogcode": texts.CODE,
        "adres": texts.ADDRESS,
        "link": LINK,
    }


def _each(values: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, values)))


def _news(mail: Invited) -> Iterable[str]:
    """What a guest reads first who had a mail before."""
    moved = [one.line for one in mail.moments if one.news == MOVED]
    added = [one.line for one in mail.moments if one.news == ADDED]
    if moved:
        told = ngettext(
            "Let op: de tijd of de plaats van een examenmoment is gewijzigd. Zo is het nu:",
            "Let op: de tijd of de plaats van %(num)s examenmomenten is gewijzigd. Zo is het nu:",
            len(moved),
        )
        yield "\n".join((told, *moved))
    if added:
        told = ngettext(
            "Er is een examenmoment voor u bijgekomen:",
            "Er zijn %(num)s examenmomenten voor u bijgekomen:",
            len(added),
        )
        yield "\n".join((told, *added))
    if mail.heard:
        yield _("De code en de link van uw eerdere mail blijven werken.")
    elif mail.replaced:
        yield _("De code en de link uit eerdere mails werken niet meer. Hieronder staan de nieuwe.")


def _our_text(language: str, school: str, mail: Invited) -> tuple[str, str]:
    with force_locale(language):
        several = len(mail.moments) > 1
        body = texts.letter(
            mail.name,
            school,
            _("%(school)s nodigt u uit als examinator van het bedrijf bij een examen.", school=school),
            _("Dit zijn uw examenmomenten:") if several else "",
            *(_in_full(one) for one in mail.moments),
            _("U hebt geen account nodig. Ga naar %(address)s en vul deze code in:", address=texts.ADDRESS),
            texts.CODE,
            _("Of open deze link en druk daar op de knop:") + "\n" + LINK,
            _("De code en de link openen een lijst met al deze momenten.") if several else "",
            _(
                "U ziet alleen waarvoor u bent uitgenodigd. U vult de scores in en slaat op, vanaf de dag "
                "van het examen; u kunt later verdergaan met dezelfde code. De examinator van de school "
                "maakt de beoordeling definitief; daarna kunt u daar niets meer invullen."
            ),
            _("Hebt u een vraag, of kunt u niet? Neem contact op met %(contact)s.", contact=mail.contact),
            _("Code en link zijn alleen voor u."),
        )
        return _("Uitnodiging als examinator bij %(school)s", school=school), body


def _in_full(one: Told) -> str:
    """A moment as a paragraph of a line per fact."""
    lines = [one.exam, one.task, _("Wanneer: %(when)s", when=one.when)]
    if one.where:
        lines.append(_("Waar: %(where)s", where=one.where))
    return "\n".join(lines)


def ended_text(
    language: str, school: str, *, name: str, ended: Sequence[Told], others: Sequence[Told], contact: str
) -> tuple[str, str]:
    """Subject and body for a guest who is no longer expected at these moments; at `others` they still are."""
    with force_locale(language):
        still = ""
        if others:
            told = _("U wordt nog wel verwacht bij de volgende momenten; uw code blijft daarvoor werken:")
            still = "\n".join((told, *(one.line for one in others)))
        return _("U wordt niet meer verwacht bij een examen van %(school)s", school=school), texts.letter(
            name,
            school,
            _("U was uitgenodigd als examinator van het bedrijf. Dat gaat niet door voor:"),
            "\n".join(one.line for one in ended),
            _("De code en de link uit de eerdere mail werken hiervoor niet meer. U hoeft niets te doen."),
            still,
            _("Klopt dit niet? Neem dan contact op met %(contact)s.", contact=contact),
        )
