"""Who may examine an exam: examiners of its programme; for an elective those of the student's programme."""

from collections.abc import Sequence

from app.rules.text import N_, Reason, reason

NOT_OF_PROGRAMME = {
    "school_examiner": N_("Kies een actieve examinator van school die aan deze opleiding is gekoppeld."),
    "company_examiner": N_(
        "Kies een actieve examinator van het bedrijf die aan deze opleiding is gekoppeld."
    ),
}
NOT_OF_STUDENT = {
    "school_examiner": N_(
        "Kies een actieve examinator van school die aan een opleiding van de student is gekoppeld."
    ),
    "company_examiner": N_(
        "Kies een actieve examinator van het bedrijf die aan een opleiding van de student is gekoppeld."
    ),
}


def why_not_examiner(role: str, *, elective: bool, alone: Sequence[str] = ()) -> Reason:
    """Why somebody cannot examine in this role. `alone`: students of an elective who follow no programme."""
    if alone:
        return why_nobody(alone)
    return reason((NOT_OF_STUDENT if elective else NOT_OF_PROGRAMME)[role])


def why_nobody(alone: Sequence[str]) -> Reason:
    """Why nobody can examine these students, by name: of an elective they have no programme to."""
    return reason(
        N_(
            "Niet aan een opleiding gekoppeld: %(students)s. De examinatoren van een keuzedeel komen van de "
            "opleiding van de student. Koppel de student eerst aan een opleiding, bij Studenten."
        ),
        students=", ".join(dict.fromkeys(alone)),
    )
