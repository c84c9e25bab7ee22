"""What a pass rule reads: the criteria of an exam with their levels, and the level chosen for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.errors import RuleBroken
from app.rules.text import N_, counted


@dataclass(frozen=True, slots=True)
class Level:
    """An answer to a criterion; it says itself whether it is sufficient."""

    label: str
    points: int
    sufficient: bool


@dataclass(frozen=True, slots=True)
class Criterion:
    """`key` names it to people too: "1.2" is the second of task 1. `levels`: in ascending points."""

    key: str
    task: str
    work_process: str
    critical: bool
    levels: tuple[Level, ...]

    @property
    def lowest(self) -> Level:
        return self.levels[0]

    @property
    def highest(self) -> Level:
        return self.levels[-1]

    def level(self, label: str) -> Level | None:
        return next((one for one in self.levels if one.label == label), None)


Criteria = Sequence[Criterion]
Scores = Mapping[str, Level]  # the key of a criterion -> the level chosen for it

LABELS_OF_A_FAIL = frozenset({"o", "onvoldoende", "0", "nee", "nooit", "voldoet niet", "niet voldaan"})


def sufficient_by_label(label: str) -> bool:
    """What a level says that does not say whether it is sufficient: all are, but O, 0, nee and the like."""
    return label.strip().casefold() not in LABELS_OF_A_FAIL


def check_criteria(criteria: Criteria) -> None:
    """RuleBroken: no criteria, one twice, or levels that are no scale."""
    if not criteria:
        raise RuleBroken(N_("Dit examen heeft geen beoordelingscriteria."))
    seen: set[str] = set()
    for one in criteria:
        if one.key in seen:
            raise RuleBroken(N_("Criterium %(criterion)s komt twee keer voor."), criterion=one.key)
        seen.add(one.key)
        _check_levels(one)


def _check_levels(one: Criterion) -> None:
    if not one.levels or one.highest.points < 1:
        raise RuleBroken(N_("Criterium %(criterion)s heeft geen punten."), criterion=one.key)
    for low, high in pairwise(one.levels):
        if low.points >= high.points:
            raise RuleBroken(
                N_("Criterium %(criterion)s: de niveaus staan niet op volgorde van hun punten."),
                criterion=one.key,
            )
        if low.sufficient and not high.sufficient:
            raise RuleBroken(
                N_("Criterium %(criterion)s: %(low)s is voldoende, dus %(high)s ook."),
                criterion=one.key,
                low=low.label,
                high=high.label,
            )
    if one.critical and not one.highest.sufficient:
        raise RuleBroken(
            N_("Cesuur: het cruciale criterium %(criterion)s is nooit te halen."), criterion=one.key
        )


def check_scores(criteria: Criteria, scores: Scores) -> None:
    """RuleBroken: a criterion without a level, or with a level that it does not have."""
    missing = [one.key for one in criteria if one.key not in scores]
    if missing:
        raise counted(
            len(missing),
            N_("Nog niet beoordeeld: 1 criterium (%(criteria)s)."),
            N_("Nog niet beoordeeld: %(count)s criteria (%(criteria)s)."),
            count=len(missing),
            criteria=", ".join(missing),
        ).as_error()
    for one in criteria:
        if scores[one.key] not in one.levels:
            raise RuleBroken(
                N_("Criterium %(criterion)s heeft geen niveau %(level)s."),
                criterion=one.key,
                level=scores[one.key].label,
            )


def all_lowest(criteria: Iterable[Criterion]) -> dict[str, Level]:
    return {one.key: one.lowest for one in criteria}


def all_highest(criteria: Iterable[Criterion]) -> dict[str, Level]:
    return {one.key: one.highest for one in criteria}
