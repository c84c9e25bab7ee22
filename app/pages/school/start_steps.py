"""The eight steps of the manual as a check-list: what is done, what is next, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext

from app.queries.library.library import READERS
from app.theme.widgets import Step


@dataclass(frozen=True)
class Finding:
    """One step as the database shows it: `hint` says what is there, or what to do."""

    label: str
    href: str
    done: bool
    hint: str
    parts: Sequence[str] = field(default_factory=tuple)


def eight_steps(counts: Mapping[str, int]) -> list[Step]:
    """The steps in the manual's order; the first one that is not done is the current one."""
    found = [step(counts) for step in STEPS]
    current = next((one for one in found if not one.done), None)
    return [
        Step(
            label=one.label,
            href=one.href,
            state="done" if one.done else "current" if one is current else "todo",
            hint=one.hint,
            parts=one.parts,
        )
        for one in found
    ]


def _programmes(counts: Mapping[str, int]) -> Finding:
    done = counts["programmes"] > 0
    hint = _(
        "Controleer of al uw opleidingen er staan. Mist u er een, neem dan contact op met de leverancier."
    )
    if done:
        hint = _(
            "Klaar voor gebruik: %(programmes)s en %(electives)s.",
            programmes=ngettext("%(num)s opleiding", "%(num)s opleidingen", counts["programmes"]),
            electives=ngettext("%(num)s keuzedeel", "%(num)s keuzedelen", counts["electives"]),
        )
    return Finding(_("Opleidingen"), "/opleidingen/", done, hint)


def _exams(counts: Mapping[str, int]) -> Finding:
    done = counts["exams"] > 0
    hint = _("Filter op een opleiding en bekijk de examens die erbij beschikbaar zijn.")
    if done:
        hint = ngettext(
            "%(num)s examen is beschikbaar.", "%(num)s examens zijn beschikbaar.", counts["exams"]
        )
    return Finding(_("Examenbeheer"), "/examenbeheer/", done, hint)


def _users(counts: Mapping[str, int]) -> Finding:
    parts = []
    if not counts["supervisors"]:
        parts.append(_("Nog geen praktijkbegeleider: die plant examens in en is altijd iemand van school."))
    if not counts["examiners"]:
        parts.append(_("Nog geen schoolexaminator: die maakt beoordelingen definitief."))
    loose = counts["incomplete_users"]
    if loose:
        parts.append(
            ngettext(
                "%(num)s gebruiker mist een rol of opleiding.",
                "%(num)s gebruikers missen een rol of opleiding.",
                loose,
            )
        )
    hint = _(
        "Voeg praktijkbegeleiders, praktijkopleiders en examinatoren toe, en koppel ze aan hun opleidingen."
    )
    if counts["users"]:
        hint = ngettext(
            "%(num)s begeleider of examinator.", "%(num)s begeleiders en examinatoren.", counts["users"]
        )
    href = "/gebruikers/?staat=onvolledig" if loose else "/gebruikers/"
    return Finding(_("Gebruikers toevoegen"), href, not parts, hint, parts)


def _students(counts: Mapping[str, int]) -> Finding:
    loose, parts = counts["loose_students"], []
    if loose:
        parts.append(
            ngettext(
                "%(num)s student is nog niet aan een opleiding gekoppeld.",
                "%(num)s studenten zijn nog niet aan een opleiding gekoppeld.",
                loose,
            )
        )
    if counts["students"] and not counts["groups"]:
        parts.append(_("Nog geen studentgroepen; handig voor het overzicht."))
    hint = _("Voer studenten in of importeer ze uit een bestand, en koppel ze aan hun opleiding.")
    if counts["students"]:
        hint = _(
            "%(students)s, %(groups)s.",
            students=ngettext("%(num)s student", "%(num)s studenten", counts["students"]),
            groups=ngettext("%(num)s studentgroep", "%(num)s studentgroepen", counts["groups"]),
        )
    href = "/studenten/?state=no-programme" if loose else "/studenten/"
    return Finding(_("Studenten toevoegen"), href, counts["students"] > 0 and not loose, hint, parts)


def _library(counts: Mapping[str, int]) -> Finding:
    done = counts["documents"] > 0
    hint = _("Stel handleidingen beschikbaar voor de verschillende rollen.")
    if done:
        hint = _(
            "%(documents)s, voor %(roles)s van de %(all)s rollen.",
            documents=ngettext("%(num)s document", "%(num)s documenten", counts["documents"]),
            roles=counts["shelves"],
            all=len(READERS),
        )
    return Finding(_("Bibliotheekbeheer"), "/bibliotheekbeheer/", done, hint)


def _planning(counts: Mapping[str, int]) -> Finding:
    done = counts["planned"] > 0
    hint = _("Kies een opleiding, selecteer studenten en plan hun examen in.")
    if done:
        hint = ngettext("%(num)s examen is ingepland.", "%(num)s examens zijn ingepland.", counts["planned"])
    return Finding(_("Examens"), "/examens/", done, hint)


def _updates(counts: Mapping[str, int]) -> Finding:
    unread = counts["unread"]
    hint = _("U bent bij met de updates van het systeem.")
    if unread:
        hint = ngettext(
            "%(num)s update is nog niet gelezen.", "%(num)s updates zijn nog niet gelezen.", unread
        )
    return Finding(_("Instellingen"), "/instellingen/", not unread, hint)


def _profile(counts: Mapping[str, int]) -> Finding:
    done = counts["profile"] > 0
    hint = (
        _("Uw gegevens zijn ingevuld.") if done else _("Controleer uw gegevens en vul uw telefoonnummer in.")
    )
    return Finding(_("Mijn profiel"), "/mijn-profiel/", done, hint)


STEPS = (_programmes, _exams, _users, _students, _library, _planning, _updates, _profile)
