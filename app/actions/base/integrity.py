"""Explains a broken database constraint to a user: table and columns -> the field and a sentence."""

from sqlalchemy.exc import IntegrityError

from app.errors import RuleBroken
from app.rules.text import N_

# The two databases name a constraint differently: SQLite "student.number", PostgreSQL "uq_student_number".
SENTENCES: dict[str, tuple[str, str]] = {
    "student.number": ("number", N_("Er is al een student met dit studentnummer.")),
    "ab_user.username": ("username", N_("Deze gebruikersnaam is al in gebruik.")),
    "ab_user.email": ("email", N_("Er is al een gebruiker met dit e-mailadres.")),
    "guest.email": (
        "email",
        N_("Iemand anders nodigt dit e-mailadres op dit moment ook uit. Probeer het opnieuw."),
    ),
    "student_group.name": ("name", N_("Er is al een studentgroep met deze naam.")),
    "sitting.registration_id_exam_task_id": ("", N_("Deze examenopdracht is intussen al ingepland.")),
    "registration.student_id_exam_id_attempt": ("", N_("Deze examenaanmelding bestaat intussen al.")),
}
OTHERWISE = N_("Dit past niet bij wat er al staat. Ververs de pagina en probeer het opnieuw.")


def explain(error: IntegrityError) -> RuleBroken:
    """The error as a sentence for the user, without SQL, table or values (trap 11)."""
    text = str(error.orig)
    for key, (field, sentence) in SENTENCES.items():
        table, columns = key.split(".", 1)
        postgres_name = f"uq_{table}_{columns}"
        if postgres_name in text or f"{table}.{columns}" in text:
            return RuleBroken(sentence, field=field)
        if "_" in columns and text.startswith("UNIQUE") and _same_columns(text, table, columns):
            return RuleBroken(sentence, field=field)
    return RuleBroken(OTHERWISE)


def _same_columns(text: str, table: str, columns: str) -> bool:
    listed = text.partition("failed: ")[2].split(", ")
    return "_".join(name.partition(".")[2] for name in listed) == columns and listed[0].startswith(
        f"{table}."
    )
