"""A pass rule: steps from the top down, and what the whole becomes. Made by reading.py, never by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from app.rules.pass_rules import parts as p
from app.rules.pass_rules.conditions import Condition
from app.rules.pass_rules.numbers import PASS, USUAL, WHOLE, Rounding
from app.rules.pass_rules.taking import Grade, Table, Taking

Scale = Literal["mark", "grade", "passed"]


@dataclass(frozen=True, slots=True)
class Fails:
    """It is not passed: O, and a mark just below a pass."""


@dataclass(frozen=True, slots=True)
class AtMost:
    """The mark (or letter) is no higher than this."""

    mark: Fraction | None = None
    letter: p.Letter | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """The mark is this, whatever the points."""

    mark: Fraction


Otherwise = Fails | AtMost | Fixed | Table


@dataclass(frozen=True, slots=True)
class Step:
    """Groups the parts so far, makes one value of each group, and asks conditions of it.

    `taking`: for a group by its key when it is an exception, else for all. `place`: in the rule, for errors.
    """

    place: str
    over: p.Over
    taking: Taking | Grade
    exceptions: Mapping[str, Taking] = field(default_factory=dict)
    named_parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rounding: Rounding | None = None
    conditions: tuple[Condition, ...] = ()
    otherwise: Otherwise = Fails()
    critical: Otherwise | None = None

    @property
    def rounds(self) -> Rounding:
        return self.rounding or USUAL

    def taking_of(self, key: str) -> Taking | Grade:
        return self.exceptions.get(key, self.taking)

    @property
    def gives_marks(self) -> bool:
        return not isinstance(self.taking, Grade) or self.taking.marks is not None


@dataclass(frozen=True, slots=True)
class EndMark:
    """The whole mark on the list of results, from the rounded or the unrounded mark of the exam."""

    rounding: Rounding = WHOLE
    unrounded: bool = False
    said: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """`good_from`: None when a mark never makes it good."""

    scale: Scale
    steps: tuple[Step, ...]
    pass_from: Fraction = PASS
    good_from: Fraction | None = None
    end_mark: EndMark = EndMark()

    @property
    def last(self) -> Step:
        return self.steps[-1]
