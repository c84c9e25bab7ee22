"""The trail in words: what kinds of rows and fields are called, and how a change reads."""

from typing import Any

from flask_babel import gettext as _

from app.permissions import Role
from app.queries.students.field_words import own_labels
from app.rules.student_fields import LABELS
from app.rules.text import N_
from app.rules.viewing import Over

OBJECTS = {
    "Student": N_("Student"),
    "StudentGroup": N_("Studentgroep"),
    "User": N_("Gebruiker"),
    "Role": N_("Rol"),
    "Programme": N_("Opleiding"),
    "Elective": N_("Keuzedeel"),
    "Exam": N_("Examen"),
    "Registration": N_("Examenaanmelding"),
    "Sitting": N_("Examenmoment"),
    "Assessment": N_("Beoordeling"),
    "Result": N_("Uitslag"),
    "LibraryDocument": N_("Document"),
    "ImportRun": N_("Import"),
    "OutboxMail": N_("E-mail"),
    "SystemUpdate": N_("Update"),
    "ConditionalAssignment": N_("Voorwaardelijke opdracht"),
    "ProgressMeasure": N_("Meting"),
}

# Fields that several actions write; the word for a field of one action stands there (`words`).
FIELDS = {
    "account": N_("Account"),
    "accounts": N_("Accounts"),
    "active": N_("Actief"),
    "addresses": N_("E-mailadres van het account"),
    "asked": N_("Gevraagd e-mailadres"),
    "address": N_("Adres"),
    "attempt": N_("Kans"),
    "body": N_("Tekst"),
    "changed": N_("Gewijzigd"),
    "changes": N_("Wijzigingen"),
    "cohort": N_("Cohort"),
    "code": N_("Code"),
    "colour": N_("Kleur"),
    "columns": N_("Kolommen"),
    "coupled": N_("Gekoppeld"),
    "crebo": N_("Crebo"),
    "current": N_("Wordt nu gepland"),
    "decided_at": N_("Uitslag bepaald"),
    "definitive": N_("Definitief"),
    "examiner": N_("Examinator"),
    "description": N_("Omschrijving"),
    "exam": N_("Examen"),
    "exams": N_("Examens"),
    "file": N_("Bestand"),
    "file_crebo": N_("Crebo van het dossier"),
    "factors": N_("Tweede stap"),
    "fingerprint": N_("Vingerafdruk van het bestand"),
    "full_name": N_("Volledige naam"),
    "gone": N_("Weg"),
    "group": N_("Studentgroep"),
    "held": N_("Regels in het oude anker"),
    "hours": N_("Uren"),
    "groups": N_("Studentgroepen"),
    "invitations": N_("Uitnodigingen"),
    "kept": N_("Gebleven"),
    "kind": N_("Soort"),
    "language": N_("Taal"),
    "learning_path": N_("Leerweg"),
    "level": N_("Niveau"),
    "link_made_at": N_("Kalenderlink gemaakt op"),
    "lines": N_("Regels nu"),
    "location": N_("Locatie"),
    "login_codes": N_("Inlogcodes"),
    "made": N_("Nieuw, met wat erin staat"),
    "mapping": N_("Kolommen"),
    "members": N_("Studenten"),
    "mentor": N_("Mentor"),
    "mentor_id": N_("Mentor"),
    "minutes": N_("Duur (minuten)"),
    "name": N_("Naam"),
    "new": N_("Nieuw"),
    "note": N_("Opmerking"),
    "organisation": N_("Organisatie"),
    "phone": N_("Telefoon"),
    "passed": N_("Geslaagd"),
    "place": N_("Plaats"),
    "points": N_("Punten"),
    "programme": N_("Opleiding"),
    "programmes": N_("Opleidingen"),
    "progress_available": N_("Studievoortgang beschikbaar"),
    "published_on": N_("Datum"),
    "reason": N_("Reden"),
    "recovery_codes": N_("Herstelcodes"),
    "refused": N_("Geweigerd"),
    "remark": N_("Algemene opmerking"),
    "removed": N_("Verwijderd"),
    "restored": N_("Teruggezet"),
    "result": N_("Uitslag"),
    "role": N_("Rol"),
    "roles": N_("Rollen"),
    "rows": N_("Rijen"),
    "rule": N_("Regel"),
    "school_year": N_("Schooljaar"),
    "target": N_("Opleiding of keuzedeel"),
    "title": N_("Titel"),
    "unchanged": N_("Ongewijzigd"),
    "uncoupled": N_("Ontkoppeld"),
    "username": N_("Gebruikersnaam"),
    "usernames": N_("Gebruikersnaam van het account"),
    "users": N_("Gebruikers"),
    "way": N_("Manier"),
    "when": N_("Tijd"),
    **LABELS,
}

WAYS = {"app": N_("authenticator-app"), "recovery": N_("herstelcode")}  # how a second step was shown

OLD_AND_NEW = 2  # a change is kept as [old, new]
LISTS = {"columns", "exams", "gone", "groups"}  # details that list things; two of them are no old and new


def object_label(name: str) -> str:
    return _(OBJECTS[name]) if name in OBJECTS else name


def object_text(name: str, count: int) -> str:
    """What an entry is about: "Student" or "Student (12)"; empty when it is about no kind of row."""
    if not name or not count:
        return object_label(name) if name else ""
    return object_label(name) if count == 1 else f"{object_label(name)} ({count})"


def field_label(name: str) -> str:
    """A field in words; "1.3" and "1.3 remark" are a criterion and its remark."""
    number, _space, rest = name.partition(" ")
    if rest == "remark":
        return _("Opmerking bij %(number)s", number=number)
    if number.replace(".", "").isdigit() and not rest:
        return _("Criterium %(number)s", number=number)
    if name in set(Role):
        return _(Role(name).label)
    return _(FIELDS[name]) if name in FIELDS else own_labels().get(name, name)


def change_text(value: Any) -> str:
    """A change as "O → V"; the new value alone when there was no old one; any other value in words."""
    if isinstance(value, list) and len(value) == OLD_AND_NEW:
        old, new = (value_text(one) for one in value)
        if not old:
            return new or _("leeg")
        return f"{old} → {new or _('leeg')}"
    return value_text(value)


def remark_text(value: Any) -> str:
    """A change of a remark; the trail keeps only whether there was one before and after."""
    if value == [False, True]:
        return _("toegevoegd")
    return _("verwijderd") if value == [True, False] else _("gewijzigd")


def list_text(value: Any) -> str:
    """Things that an entry lists, each as it is called; a change where it keeps two lists."""
    if not isinstance(value, list) or any(isinstance(one, list) or one is None for one in value):
        return change_text(value)
    return "; ".join(field_label(str(one)) for one in value)


def users_text(value: Any) -> str:
    """Who was coupled, each with the role; kept as "company_supervisor: Bakker, André"."""
    if not isinstance(value, list):
        return change_text(value)
    return "; ".join(_in_role(str(one)) for one in value)


def _in_role(kept: str) -> str:
    role, _colon, name = kept.partition(": ")
    if role not in set(Role) or not name:
        return kept
    return _("%(name)s als %(role)s", name=name, role=_(Role(role).label))


def way_text(value: Any) -> str:
    return _(WAYS[value]) if isinstance(value, str) and value in WAYS else value_text(value)


def value_text(value: Any) -> str:
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return _("ja") if value else _("nee")
    if isinstance(value, list):
        return ", ".join(value_text(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{field_label(str(key))}: {change_text(one)}" for key, one in value.items())
    text = str(value)
    if text in set(Over):
        return _(Over(text).label)
    return _(Role(text).label) if text in set(Role) else text
