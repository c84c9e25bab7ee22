"""May a student have another attempt (kans) at an exam, and which number is it?

Source: manual step 6a (1 = first attempt, 2 = resit); the law sets no maximum, the school does, and
two chances with the highest result counting is what regulations say (docs/sources.md, Attempts).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import RuleBroken
from app.rules.text import N_, Reason, reason


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


def _why_not(earlier: Sequence[AttemptFacts], number: int, rules: AttemptRules) -> Reason | None:
    pending = [one.attempt for one in earlier if not one.definitive]
    if pending:
        return reason(N_("Kans %(attempt)s is nog niet definitief beoordeeld."), attempt=min(pending))
    passed = [one.attempt for one in earlier if one.passed]
    if passed and not rules.improving:
        return reason(N_("Dit examen is al gehaald bij kans %(attempt)s."), attempt=min(passed))
    if number > rules.maximum:
        return reason(
            N_("Het maximum van %(maximum)s kansen voor dit examen is bereikt."), maximum=rules.maximum
        )
    return None
