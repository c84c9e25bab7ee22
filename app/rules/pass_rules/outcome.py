"""What a pass rule makes of the scores: the value of every part of every step, and why."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.rules.pass_rules.parts import Letter, Over, Part
from app.rules.text import Reason


@dataclass(frozen=True, slots=True)
class StepOutcome:
    over: Over
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class PartOutcome:
    """The points of one work process or task; `passed` and `value` None where the rule has no word on it."""

    key: str
    points: int
    max_points: int
    passed: bool | None
    value: str | None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result: passed, O/V/G, a mark with one decimal and a whole end mark where the exam gives marks.

    `reasons` say why, in reading order; their params are texts and whole numbers.
    """

    passed: bool
    grade: Letter
    mark: Decimal | None
    end_mark: Decimal | None
    points: int
    max_points: int
    reasons: tuple[Reason, ...]
    steps: tuple[StepOutcome, ...]
    work_processes: tuple[PartOutcome, ...]
    tasks: tuple[PartOutcome, ...]

    def as_json(self) -> dict[str, Any]:
        """The working, to be frozen with the result: plain JSON values, marks as text ("5.5")."""
        return {
            "passed": self.passed,
            "grade": self.grade,
            "mark": None if self.mark is None else str(self.mark),
            "end_mark": None if self.end_mark is None else str(self.end_mark),
            "points": self.points,
            "max_points": self.max_points,
            "reasons": _json_reasons(self.reasons),
            "steps": [
                {"over": step.over, "parts": [_json_step_part(one) for one in step.parts]}
                for step in self.steps
            ],
            "work_processes": [_json_part(one) for one in self.work_processes],
            "tasks": [_json_part(one) for one in self.tasks],
        }


def _json_reasons(reasons: tuple[Reason, ...]) -> list[Any]:
    return [[one.message, dict(one.params)] for one in reasons]


def _json_step_part(part: Part) -> dict[str, Any]:
    return {
        "key": part.key,
        "points": part.points,
        "max_points": part.max_points,
        "passed": part.passed,
        "value": part.value_text,
        "reasons": _json_reasons(part.reasons),
    }


def _json_part(part: PartOutcome) -> dict[str, Any]:
    return {
        "key": part.key,
        "points": part.points,
        "max_points": part.max_points,
        "passed": part.passed,
        "value": part.value,
        "reasons": _json_reasons(part.reasons),
    }
