"""A part of an exam while it is decided: a scored criterion, or what a step made of a group of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from app.rules.pass_rules.facts import Criterion, Level
from app.rules.pass_rules.numbers import LOWEST, mark_text_of
from app.rules.text import Reason

Over = Literal["criterion", "work_process", "task", "part", "exam"]
Letter = Literal["O", "V", "G"]
LETTERS: tuple[Letter, ...] = ("O", "V", "G")


@dataclass(frozen=True, slots=True)
class Part:
    """`mark` is rounded and `exact` is not; `letter` where a step gives letters. `level`: of a criterion.

    `counts`: False for what comes after a phase that was failed.
    `checks`: every condition that was looked at, by its place in the rule, and whether it held.
    """

    key: str
    over: Over
    points: int
    max_points: int
    passed: bool
    criteria: tuple["Part", ...] = ()
    criterion: Criterion | None = None
    level: Level | None = None
    mark: Fraction | None = None
    exact: Fraction | None = None
    letter: Letter | None = None
    counts: bool = True
    reasons: tuple[Reason, ...] = ()
    checks: tuple[tuple[str, bool], ...] = field(default=(), compare=False)

    @property
    def value_text(self) -> str:
        """What it got, as people read it: 6,3, G, or the label of a level."""
        if self.mark is not None:
            return mark_text_of(self.mark)
        return self.letter or (self.level.label if self.level else "")

    @property
    def value(self) -> Fraction:
        """Its mark; a rule that asks one of a part without it is not read."""
        return LOWEST if self.mark is None else self.mark

    @property
    def failed_critical(self) -> tuple["Part", ...]:
        own = (self,) if self.criterion else self.criteria
        return tuple(one for one in own if one.criterion and one.criterion.critical and not one.is_sufficient)

    @property
    def is_sufficient(self) -> bool:
        """Whether the level of a criterion is, whether or not it counts."""
        return self.level is not None and self.level.sufficient


Parts = Sequence[Part]


def scored(criterion: Criterion, level: Level) -> Part:
    return Part(
        key=criterion.key,
        over="criterion",
        points=level.points,
        max_points=criterion.highest.points,
        passed=level.sufficient,
        criterion=criterion,
        level=level,
    )


def criteria_of(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The scored criteria that these parts are made of."""
    return tuple(own for part in parts for own in (part.criteria or (part,)))


def points_of(parts: Iterable[Part]) -> int:
    return sum(one.points for one in parts)


def max_points_of(parts: Iterable[Part]) -> int:
    return sum(one.max_points for one in parts)


def named(parts: Iterable[Part]) -> str:
    """ "1.2 (O), 1.3 (M)": the parts with what they got."""
    return ", ".join(f"{one.key} ({one.value_text})" for one in parts)
