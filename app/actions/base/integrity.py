"""Explains a broken database constraint to a user: table and columns -> the field and a sentence.

What the page offers may go, and what it adds may come, while somebody fills it in. The actions look first;
this is for whoever is just too late.
"""

import re
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from app.entities.base import metadata
from app.errors import RuleBroken
from app.rules.text import N_

SENTENCES: dict[tuple[str, ...], tuple[str, str]] = {
    ("student", "number"): ("number", N_("Er is al een student met dit studentnummer.")),
    ("ab_user", "username"): ("username", N_("Deze gebruikersnaam is al in gebruik.")),
    ("ab_user", "email"): ("email", N_("Er is al een gebruiker met dit e-mailadres.")),
    ("guest", "email"): (
        "email",
        N_("Iemand anders nodigt dit e-mailadres op dit moment ook uit. Probeer het opnieuw."),
    ),
    ("student_group", "name"): ("name", N_("Er is al een studentgroep met deze naam.")),
    ("sitting", "registration_id", "exam_task_id"): (
        "",
        N_("Deze examenopdracht is intussen al ingepland."),
    ),
    ("registration", "student_id", "exam_id", "attempt"): (
        "",
        N_("Deze examenaanmelding bestaat intussen al."),
    ),
}
# What a row of each table is called.
KINDS: dict[str, str] = {
    "ab_user": N_("gebruiker"),
    "ab_user_role": N_("rol van een gebruiker"),
    "adoption": N_("vaststelling"),
    "answered_challenge": N_("vraag om een passkey"),
    "assessment": N_("beoordeling"),
    "assignment_done": N_("voorwaardelijke opdracht van een student"),
    "audit_entry": N_("regel in het logboek"),
    "authenticator": N_("authenticator-app"),
    "calendar_link": N_("agendalink"),
    "conditional_assignment": N_("voorwaardelijke opdracht"),
    "core_task": N_("kerntaak"),
    "criterion": N_("beoordelingscriterium"),
    "criterion_level": N_("niveau van een criterium"),
    "elective": N_("keuzedeel"),
    "email_change": N_("nieuw e-mailadres"),
    "enrolment": N_("koppeling van een student aan een opleiding of keuzedeel"),
    "exam": N_("examen"),
    "exam_exclusion": N_("examen dat niet beschikbaar is voor een student"),
    "exam_task": N_("examenopdracht"),
    "guest": N_("genodigde"),
    "guest_key": N_("uitnodigingscode"),
    "import_change": N_("gegevens van een import"),
    "import_part": N_("rijen van een import"),
    "import_run": N_("import"),
    "invitation": N_("uitnodiging"),
    "invitation_mail": N_("mail van een uitnodiging"),
    "known_browser": N_("bekende browser"),
    "library_document": N_("document"),
    "library_placement": N_("plaats van een document in de bibliotheek"),
    "list_view": N_("bewaarde weergave"),
    "login_code": N_("inlogcode"),
    "outbox_mail": N_("mail"),
    "passkey": N_("passkey"),
    "programme": N_("opleiding"),
    "programme_elective": N_("keuzedeel bij een opleiding"),
    "progress_measure": N_("meting van een student"),
    "recovery_code": N_("herstelcode"),
    "registration": N_("examenaanmelding"),
    "result": N_("uitslag"),
    "score": N_("score"),
    "score_sheet": N_("scoreformulier"),
    "sign_in_attempt": N_("aanmeldpoging"),
    "sitting": N_("examenmoment"),
    "sitting_examiner": N_("examinator van een examenmoment"),
    "student": N_("student"),
    "student_group": N_("studentgroep"),
    "student_group_member": N_("student in een studentgroep"),
    "student_group_rule": N_("regel van een studentgroep"),
    "student_term": N_("zoekwoord van een student"),
    "student_to_do": N_("taak bij een student"),
    "supervision": N_("koppeling van een student aan een gebruiker"),
    "system_update": N_("update"),
    "system_update_read": N_("gelezen update"),
    "typed_form": N_("ingevuld formulier"),
    "user_programme": N_("koppeling van een gebruiker aan een opleiding"),
    "user_session": N_("sessie"),
    "work_process": N_("werkproces"),
}
THERE = N_("Iemand anders was net eerder; dit is er al: %(kind)s. Ververs de pagina en kijk hoe het nu is.")
GONE = N_("Dit is intussen verwijderd: %(kind)s. Er is niets gewijzigd. Ververs de pagina en kies opnieuw.")
IN_USE = N_("Dit kan niet weg, want er hoort intussen iets bij: %(kind)s. Ververs de pagina.")
SOMETHING_GONE = N_(
    "Iets waar dit bij hoort, is intussen verwijderd. Er is niets gewijzigd. Ververs de pagina en kies "
    "opnieuw."
)
OTHERWISE = N_("Dit past niet bij wat er al staat. Ververs de pagina en probeer het opnieuw.")
QUOTED = re.compile(r'"([^"]+)"')


def explain(error: IntegrityError) -> RuleBroken:
    """The error as a sentence for the user, without SQL, table or values (trap 11)."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    broken = _by_name().get(name) if name else None
    if isinstance(broken, sa.ForeignKeyConstraint):
        return _of_other_rows(broken, str(error.orig.diag.message_detail))  # type: ignore[union-attr] # it has a name: PostgreSQL's
    if broken is not None:
        return _there(_key(broken))
    # SQLite names the columns of what must be unique; of a foreign key it says nothing.
    _what, failed, listed = str(error.orig).partition("UNIQUE constraint failed: ")
    if failed:
        columns = [one.split(".") for one in listed.split(", ")]
        return _there((columns[0][0], *(column for _table, column in columns)))
    return RuleBroken(SOMETHING_GONE if "FOREIGN KEY" in str(error.orig) else OTHERWISE)


def _there(key: tuple[str, ...]) -> RuleBroken:
    if key in SENTENCES:
        field, sentence = SENTENCES[key]
        return RuleBroken(sentence, field=field)
    return RuleBroken(THERE, kind=_(KINDS[key[0]])) if key[0] in KINDS else RuleBroken(OTHERWISE)


def _of_other_rows(broken: sa.ForeignKeyConstraint, detail: str) -> RuleBroken:
    """Which row is gone, or which row still needs the one that was to go: PostgreSQL ends with its table."""
    named = QUOTED.findall(detail)[-1:]
    child, parent = broken.table.name, broken.referred_table.name
    table, sentence = (child, IN_USE) if named == [child] and child != parent else (parent, GONE)
    return RuleBroken(sentence, kind=_(KINDS[table])) if table in KINDS else RuleBroken(OTHERWISE)


def _key(one: Any) -> tuple[str, ...]:
    return (one.table.name, *(column.name for column in one.columns))


@cache
def _by_name() -> dict[str, Any]:
    """PostgreSQL's name of each key, unique index and foreign key -> itself. It cuts long names off."""
    dialect: Any = postgresql.dialect
    written = dialect().identifier_preparer
    kinds = (sa.UniqueConstraint, sa.PrimaryKeyConstraint, sa.ForeignKeyConstraint)
    found: dict[str, Any] = {}
    for table in metadata.tables.values():
        for one in (*table.constraints, *table.indexes):
            if isinstance(one, kinds) or (isinstance(one, sa.Index) and one.unique):
                found[str(written.format_constraint(one)).strip('"')] = one
    return found
