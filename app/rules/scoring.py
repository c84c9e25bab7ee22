"""The facts a scoring model reads, the outcome it gives, and its parameters as data.

A model is named by an exam's rule (`rule_model`, `rule_parameters`); app/rules/marks.py decides.
Everything is exact: whole points, Decimal marks, no floats.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from app.errors import RuleBroken
from app.rules.text import N_, Reason, counted

Grade = Literal["O", "V", "G"]
ParameterKind = Literal["points", "decimal", "mark", "choice"]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CriterionFacts:
    """A criterion with what was scored; `points` None: not scored. `label` names it to the user."""

    id: int
    task_id: int
    work_process_code: str
    critical: bool
    max_points: int
    points: int | None
    label: str = ""

    @property
    def scored(self) -> int:
        if self.points is None:
            raise incomplete([self])
        return self.points

    @property
    def name(self) -> str:
        return self.label or str(self.id)


@dataclass(frozen=True, slots=True)
class PartOutcome:
    """Points of one work process (`key`: its code) or task (`key`: its id as text)."""

    key: str
    points: int
    max_points: int
    passed: bool
    mark: Decimal | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result: passed, O/V/G, a mark of 1.0-10.0 with one decimal where the model gives one.

    `reasons` say why, most important first; their params are texts and whole numbers.
    """

    passed: bool
    grade: Grade
    mark: Decimal | None
    points: int
    max_points: int
    reasons: tuple[Reason, ...]
    work_processes: tuple[PartOutcome, ...]
    tasks: tuple[PartOutcome, ...]

    def as_json(self) -> dict[str, Any]:
        """The working, to be frozen with the result: plain JSON values, marks as text ("5.5")."""
        return {
            "passed": self.passed,
            "grade": self.grade,
            "mark": _json_mark(self.mark),
            "points": self.points,
            "max_points": self.max_points,
            "reasons": [[one.message, dict(one.params)] for one in self.reasons],
            "work_processes": [_json_part(part) for part in self.work_processes],
            "tasks": [_json_part(part) for part in self.tasks],
        }


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a model: whole points, an exact decimal, a mark in tenths, or a choice."""

    name: str
    kind: ParameterKind
    default: int | Decimal | str | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: Decimal = Decimal(0)
    maximum: Decimal | None = None

    def read(self, raw: object) -> int | Decimal | str:
        """The value as the model uses it; RuleBroken when it is not one."""
        if self.kind == "choice":
            if raw not in self.choices:
                raise RuleBroken(
                    N_("Cesuur: “%(name)s” moet een van deze zijn: %(choices)s."),
                    name=self.name,
                    choices=", ".join(self.choices),
                )
            return str(raw)
        number = exact(raw)
        if number is None or number < self.minimum or (self.maximum is not None and number > self.maximum):
            raise RuleBroken(N_("Cesuur: “%(name)s” is geen geldig getal."), name=self.name)
        if self.kind == "decimal":
            return number
        if self.kind == "mark":
            return self._mark(number)
        if number != number.to_integral_value():
            raise RuleBroken(N_("Cesuur: “%(name)s” moet een geheel getal zijn."), name=self.name)
        return int(number)

    def _mark(self, number: Decimal) -> Decimal:
        tenths = number.quantize(Decimal("0.1"))
        if tenths != number:
            raise RuleBroken(N_("Cesuur: “%(name)s” heeft hoogstens één decimaal."), name=self.name)
        return tenths


def read_parameters(allowed: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, Any]:
    """All parameters by name, defaults filled in; RuleBroken for an unknown, missing or wrong one."""
    unknown = sorted(set(given) - {parameter.name for parameter in allowed})
    if unknown:
        raise RuleBroken(N_("Cesuur: “%(name)s” bestaat niet bij dit model."), name=unknown[0])
    values: dict[str, Any] = {}
    for parameter in allowed:
        raw = given.get(parameter.name)
        if raw is not None:
            values[parameter.name] = parameter.read(raw)
        elif parameter.required:
            raise RuleBroken(N_("Cesuur: “%(name)s” ontbreekt."), name=parameter.name)
        else:
            values[parameter.name] = parameter.default
    return values


def exact(raw: object) -> Decimal | None:
    """A finite number out of data (JSON, TOML) as Decimal; 5.5 is 5.5 and not its binary neighbour."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def mark_text(mark: Decimal) -> str:
    """A mark as Dutch schools write it: "5,5"."""
    return f"{mark:.1f}".replace(".", ",")


def incomplete(missing: Sequence[CriterionFacts]) -> RuleBroken:
    return counted(
        len(missing),
        N_("Nog niet beoordeeld: 1 criterium (%(criteria)s)."),
        N_("Nog niet beoordeeld: %(count)s criteria (%(criteria)s)."),
        count=len(missing),
        criteria=", ".join(one.name for one in missing),
    ).as_error()


def _json_mark(mark: Decimal | None) -> str | None:
    return None if mark is None else str(mark)


def _json_part(part: PartOutcome) -> dict[str, Any]:
    return {
        "key": part.key,
        "points": part.points,
        "max_points": part.max_points,
        "passed": part.passed,
        "mark": _json_mark(part.mark),
    }
