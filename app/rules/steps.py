"""Which steps of a registration are allowed: forward by actions, back only with a reason.

Source: manual step 6a (the school examiner is accountable and makes the assessment definitive, the company
examiner fills in and saves). Each function answers None (allowed) or why not.
"""

from collections.abc import Sequence

from app.rules.text import N_, Reason, reason

REASON_MIN = 10  # characters
STOPPED = N_(
    "Dit examen is gestopt. Wie het examen plant, kiest op de pagina van de aanmelding “Weer oppakken”."
)


def why_not_remove_planning(*, scored: bool, definitive: bool) -> Reason | None:
    """Planning goes away only before anything was scored."""
    if definitive:
        return reason(N_("De beoordeling is definitief; dit examenmoment blijft staan."))
    if scored:
        return reason(N_("Er is al een beoordeling ingevuld; dit examenmoment blijft staan."))
    return None


def why_not_stop(*, decided: bool, stopped: bool) -> Reason | None:
    """An exam is stopped while it is under way: not before, as there is nothing, nor when it has a result."""
    if decided:
        return reason(N_("Dit examen heeft al een uitslag; die blijft staan."))
    if stopped:
        return reason(N_("Dit examen is al gestopt."))
    return None


def why_not_theirs(*, coupled: bool, excluded: bool, owner: str) -> Reason | None:
    """An exam is for who is coupled to its programme or elective, `owner`, unless made unavailable."""
    if not coupled:
        return reason(N_("Niet gekoppeld aan %(target)s."), target=owner)
    if excluded:
        return reason(N_("Dit examen is niet-beschikbaar gemaakt voor deze student."))
    return None


def why_not_resume(*, stopped: bool, active: bool, not_theirs: Reason | None = None) -> Reason | None:
    """A stopped exam is taken up again for a student who is at the school, and who still has that exam.

    `not_theirs`: why the student no longer has it.
    """
    if not stopped:
        return reason(N_("Dit examen is niet gestopt."))
    if not active:
        return reason(N_("Deze student is niet meer actief. Activeer de student eerst weer, bij Studenten."))
    return not_theirs


def why_not_change(*, stopped: bool, definitive: bool = False) -> Reason | None:
    """Planning, inviting and replacing examiners are for an exam that goes on, until it is definitive."""
    if definitive:
        return reason(N_("De beoordeling is definitief en kan niet meer worden gewijzigd."))
    if stopped:
        return reason(STOPPED)
    return None


def why_too_short(why: str) -> Reason | None:
    """A reason is given in words."""
    if len(why.strip()) < REASON_MIN:
        return reason(N_("Geef een reden van minstens %(count)s tekens."), count=REASON_MIN)
    return None


def why_not_definitive(
    *,
    accountable: bool,
    role: str,
    missing: Sequence[str],
    already_definitive: bool,
    stopped: bool = False,
    waits: Reason | None = None,
) -> Reason | None:
    """Only the accountable school examiner, once, and with every criterion scored by the school.

    `role` is the role in which the actor is assigned to the sitting; `accountable`: it is this
    actor's sitting as its school examiner; `missing` names the criteria without a score of the school.
    `waits`: why this attempt must wait for an earlier one.
    """
    if role != "school_examiner" or not accountable:
        return reason(N_("Alleen de schoolexaminator van dit examenmoment maakt de beoordeling definitief."))
    if already_definitive:
        return reason(N_("Deze beoordeling is al definitief."))
    if stopped:
        return reason(STOPPED)
    if waits is not None:
        return waits
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


def why_not_score(*, assigned: bool, definitive: bool, stopped: bool = False) -> Reason | None:
    """Scores are filled in by the assigned examiners, until it is definitive or the exam was stopped."""
    if not assigned:
        return reason(N_("U bent geen examinator van dit examenmoment."))
    if definitive:
        return reason(N_("De beoordeling is definitief en kan niet meer worden gewijzigd."))
    return reason(STOPPED) if stopped else None


def why_not_reopen(*, definitive: bool, adopted: bool) -> Reason | None:
    """Reopening is for a definitive assessment whose result is not adopted."""
    if not definitive:
        return reason(N_("Deze beoordeling is nog niet definitief."))
    if adopted:
        return reason(N_("De uitslag is vastgesteld door de examencommissie en blijft staan."))
    return None
