"""Which steps of a registration are allowed: forward by actions, back only with a reason.

Source: manual step 6a (the school examiner is accountable and makes the assessment definitive, the company
examiner fills in and saves). Each function answers None (allowed) or why not.
"""

from collections.abc import Sequence

from app.rules.text import N_, Reason, reason

REOPEN_REASON_MIN = 10


def why_not_remove_planning(*, scored: bool, definitive: bool) -> Reason | None:
    """Planning goes away only before anything was scored."""
    if definitive:
        return reason(N_("De beoordeling is definitief; dit examenmoment blijft staan."))
    if scored:
        return reason(N_("Er is al een beoordeling ingevuld; dit examenmoment blijft staan."))
    return None


def why_not_definitive(
    *, accountable: bool, role: str, missing: Sequence[str], already_definitive: bool
) -> Reason | None:
    """Only the accountable school examiner, once, and with every criterion scored by the school.

    `role` is the role in which the actor is assigned to the sitting; `accountable`: it is this
    actor's sitting as its school examiner; `missing` names the criteria without a score of the school.
    """
    if role != "school_examiner" or not accountable:
        return reason(N_("Alleen de schoolexaminator van dit examenmoment maakt de beoordeling definitief."))
    if already_definitive:
        return reason(N_("Deze beoordeling is al definitief."))
    if len(missing) == 1:
        return reason(
            N_("De school heeft nog 1 criterium niet beoordeeld. Vul eerst in: %(criterion)s"),
            criterion=missing[0],
        )
    if missing:
        return reason(
            N_("De school heeft nog %(count)s criteria niet beoordeeld. Vul eerst in: %(criteria)s"),
            count=len(missing),
            criteria="; ".join(missing),
        )
    return None


def why_not_score(*, assigned: bool, definitive: bool) -> Reason | None:
    """Scores are filled in by the assigned examiners, until the assessment is definitive."""
    if not assigned:
        return reason(N_("U bent geen examinator van dit examenmoment."))
    if definitive:
        return reason(N_("De beoordeling is definitief en kan niet meer worden gewijzigd."))
    return None


def why_not_reopen(*, definitive: bool, adopted: bool, why: str) -> Reason | None:
    """Reopening is for a definitive assessment whose result is not adopted, and needs a reason."""
    if not definitive:
        return reason(N_("Deze beoordeling is nog niet definitief."))
    if adopted:
        return reason(N_("De uitslag is vastgesteld door de examencommissie en blijft staan."))
    if len(why.strip()) < REOPEN_REASON_MIN:
        return reason(N_("Geef een reden van minstens %(count)s tekens."), count=REOPEN_REASON_MIN)
    return None
