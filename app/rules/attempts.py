"""May a student have another attempt (kans) at an exam, and which number is it?

Source: manual step 6a (1 = first attempt, 2 = resit); the law sets no maximum, the school does, and
two chances with the highest result counting is what regulations say (docs/sources.md, Attempts).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.errors import RuleBroken
from app.rules.text import N_, Reason, counted, reason


@dataclass(frozen=True, slots=True)
class AttemptRules:
    """What the school decides: the maximum number of chances, and improving a pass."""

    maximum: int = 2
    improving: bool = False

    def __post_init__(self) -> None:
        if self.maximum < 1:
            raise RuleBroken(N_("Het maximum aantal kansen moet minstens 1 zijn."))


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """An earlier attempt. `definitive`: its result is there; `passed` says nothing before that."""

    attempt: int
    definitive: bool
    passed: bool = False
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """The number of the next attempt, and the reason why it may not be planned (None: it may)."""

    number: int
    refused: Reason | None = None

    @property
    def allowed(self) -> bool:
        return self.refused is None


DEFAULT_RULES = AttemptRules()


def next_attempt(earlier: Sequence[AttemptFacts], rules: AttemptRules = DEFAULT_RULES) -> NextAttempt:
    """The next attempt after these, in any order. No earlier ones: the first attempt, allowed."""
    number = 1 + max((one.attempt for one in earlier), default=0)
    return NextAttempt(number, _why_not(earlier, number, rules))


def why_wait(own: int, others: Sequence[AttemptFacts], rules: AttemptRules = DEFAULT_RULES) -> Reason | None:
    """Why attempt `own` must not be made definitive now: an earlier one is open again, or passed after all.

    One that was stopped stands in nobody's way. The sentence says what to do.
    """
    earlier = sorted((one for one in others if one.attempt < own), key=lambda one: one.attempt)
    passed = next((one for one in earlier if one.definitive and one.passed), None)
    if passed is not None and not rules.improving:
        return reason(
            N_(
                "Kans %(first)s is intussen gehaald. Beoordeel kans %(own)s pas na overleg met wie het "
                "examen plant: die verwijdert of stopt kans %(own)s."
            ),
            first=passed.attempt,
            own=own,
        )
    reopened = next((one for one in earlier if not one.definitive and not one.stopped), None)
    if reopened is not None:
        return reason(
            N_(
                "Kans %(first)s is heropend en nog niet definitief. Beoordeel kans %(own)s pas na overleg "
                "met wie het examen plant; definitief maken kan pas als kans %(first)s definitief is."
            ),
            first=reopened.attempt,
            own=own,
        )
    return None


def why_not_then(
    name: str,
    attempt: int,
    moment: tuple[datetime, datetime],
    between: tuple[datetime | None, datetime | None],
    clock: Callable[[datetime], str],
) -> Reason | None:
    """Why a moment cannot be then: an attempt begins after the one that it repeats, and ends before the next.

    `between`: the last end of the attempts before it, and the first start of those that come later. `clock`
    writes a moment in words.
    """
    (starts_at, ends_at), (after, before) = moment, between
    if after is not None and starts_at < after:
        return reason(
            N_("%(name)s: kans %(attempt)s kan pas beginnen als de vorige kans voorbij is (%(when)s)."),
            name=name,
            attempt=attempt,
            when=clock(after),
        )
    if before is not None and ends_at > before:
        return reason(
            N_("%(name)s: kans %(attempt)s moet voorbij zijn als de volgende kans begint (%(when)s)."),
            name=name,
            attempt=attempt,
            when=clock(before),
        )
    return None


def _why_not(earlier: Sequence[AttemptFacts], number: int, rules: AttemptRules) -> Reason | None:
    stopped = [one.attempt for one in earlier if one.stopped]
    if stopped:
        return reason(
            N_("Kans %(attempt)s is gestopt. Kies op de pagina van die aanmelding “Weer oppakken”."),
            attempt=min(stopped),
        )
    pending = [one.attempt for one in earlier if not one.definitive]
    if pending:
        return reason(N_("Kans %(attempt)s is nog niet definitief beoordeeld."), attempt=min(pending))
    passed = [one.attempt for one in earlier if one.passed]
    if passed and not rules.improving:
        return reason(N_("Dit examen is al gehaald bij kans %(attempt)s."), attempt=min(passed))
    if number > rules.maximum:
        return counted(
            rules.maximum,
            N_("Het maximum van 1 kans voor dit examen is bereikt."),
            N_("Het maximum van %(maximum)s kansen voor dit examen is bereikt."),
            maximum=rules.maximum,
        )
    return None
