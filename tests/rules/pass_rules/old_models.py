"""The four scoring models of before pass rules were data, as they were: what the presets must equal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from app.errors import RuleBroken
from app.rules.text import N_, Reason, reason

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
    return RuleBroken(
        N_("Nog niet beoordeeld: %(count)s criteria (%(criteria)s)."),
        count=len(missing),
        criteria=", ".join(one.name for one in missing),
    )


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


Facts = Sequence[CriterionFacts]
Verdict = tuple[Grade, Decimal | None, tuple[Reason, ...]]

LOWEST_MARK = Decimal("1.0")
TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class ScoringModel:
    """A way to come from points to a result; `label` is a msgid, `source` says where the rule is from."""

    key: str
    label: str
    source: str
    parameters: tuple[Parameter, ...]
    verdict: Callable[[Facts, Values], Verdict]
    part_passed: Callable[[Facts, Values], bool]


def check_rule(model: str, parameters: Mapping[str, object], criteria: Facts = ()) -> dict[str, object]:
    """Check an exam's rule when it is loaded; the criteria (unscored) are checked too when given.

    Returns the parameters with their defaults. RuleBroken says what is wrong.
    """
    values = read_parameters(_model(model).parameters, parameters)
    _check_order(values)
    if criteria:
        _check_criteria(criteria)
        _check_fit(values, criteria)
    return values


def decide(model: str, parameters: Mapping[str, object], criteria: Facts) -> Outcome:
    """The outcome of all criteria of an exam. RuleBroken: a wrong rule, a missing or impossible score."""
    chosen = _model(model)
    if not criteria:
        raise RuleBroken(N_("Dit examen heeft geen beoordelingscriteria."))
    values = check_rule(model, parameters, criteria)
    missing = [one for one in criteria if one.points is None]
    if missing:
        raise incomplete(missing)
    grade, mark, reasons = chosen.verdict(criteria, values)
    return Outcome(
        passed=grade != "O",
        grade=grade,
        mark=mark,
        points=_points(criteria),
        max_points=_max_points(criteria),
        reasons=reasons,
        work_processes=_parts(chosen, values, criteria, lambda one: one.work_process_code),
        tasks=_parts(chosen, values, criteria, lambda one: str(one.task_id)),
    )


def _model(key: str) -> ScoringModel:
    if key not in SCORING_MODELS:
        raise RuleBroken(N_("Cesuur: het model “%(model)s” bestaat niet."), model=key)
    return SCORING_MODELS[key]


def _check_order(values: Values) -> None:
    """A cap at or above the pass mark would pass a fail; good starts at a pass."""
    pass_mark, good_mark, cap = (values.get(name) for name in ("pass_mark", "good_mark", "fail_cap"))
    if pass_mark is not None and good_mark < pass_mark:
        raise RuleBroken(N_("Cesuur: “%(name)s” is lager dan de voldoende."), name="good_mark")
    if cap is not None and cap >= pass_mark:
        raise RuleBroken(N_("Cesuur: “%(name)s” moet lager zijn dan de voldoende."), name="fail_cap")


def _check_criteria(criteria: Facts) -> None:
    seen: set[int] = set()
    for one in criteria:
        if one.id in seen:
            raise RuleBroken(N_("Criterium %(criterion)s komt twee keer voor."), criterion=one.name)
        seen.add(one.id)
        if one.max_points < 1:
            raise RuleBroken(N_("Criterium %(criterion)s heeft geen punten."), criterion=one.name)
        if one.points is not None and not 0 <= one.points <= one.max_points:
            raise RuleBroken(
                N_("Criterium %(criterion)s: %(points)s punten kan niet; het maximum is %(maximum)s."),
                criterion=one.name,
                points=one.points,
                maximum=one.max_points,
            )


def _check_fit(values: Values, criteria: Facts) -> None:
    """A threshold that nobody can reach is a mistake in the exam."""
    for name in ("good_from", "threshold"):
        wanted = values.get(name)
        if wanted is not None and wanted > _max_points(criteria):
            raise RuleBroken(
                N_("Cesuur: “%(name)s” (%(points)s) is hoger dan het maximum van %(maximum)s punten."),
                name=name,
                points=wanted,
                maximum=_max_points(criteria),
            )
    for one in criteria:
        if one.critical and values["min_points"] > one.max_points:
            raise RuleBroken(
                N_("Cesuur: het cruciale criterium %(criterion)s is nooit te halen."), criterion=one.name
            )


# --- the models -------------------------------------------------------------------------------


def _consortium(criteria: Facts, values: Values) -> Verdict:
    if failed := _failed_critical(criteria, values):
        return "O", None, (_critical_reason(failed),)
    if failed := [one for one in criteria if one.scored < values["min_points"]]:
        return "O", None, (_insufficient_reason(failed),)
    if _is_good(criteria, values):
        return "G", None, (reason(N_("Alle criteria zijn voldoende en de grens voor goed is bereikt.")),)
    return "V", None, (reason(N_("Alle criteria zijn minstens voldoende.")),)


def _is_good(criteria: Facts, values: Values) -> bool:
    """Row A: from a number of points. Row A2: from a share (percent) of criteria at their maximum."""
    good_from, good_percent = values["good_from"], values["good_percent"]
    if good_from is not None and _points(criteria) >= good_from:
        return True
    if good_percent is None:
        return False
    at_maximum = sum(one.scored == one.max_points for one in criteria)
    return bool(100 * at_maximum >= good_percent * len(criteria))


def _points_to_mark(criteria: Facts, values: Values) -> Verdict:
    if failed := _failed_critical(criteria, values):
        return "O", LOWEST_MARK, (_critical_reason(failed),)
    mark = points_mark(_points(criteria), _max_points(criteria), values["rounding"])
    return _graded(mark, values)


def _every_work_process(criteria: Facts, values: Values) -> Verdict:
    mark = points_mark(_points(criteria), _max_points(criteria), values["rounding"])
    cap = _fail_cap(values)
    at_most = min(mark, cap)
    if failed := _failed_critical(criteria, values):
        return "O", at_most, (_critical_reason(failed),)
    weak = [code for code, own in _grouped(criteria, _work_process) if not _sufficient(own, values)]
    if weak:
        too_low = reason(
            N_("Onvoldoende voor werkproces %(codes)s; het cijfer is daarom hoogstens %(mark)s."),
            codes=", ".join(weak),
            mark=mark_text(cap),
        )
        return "O", at_most, (too_low,)
    return _graded(mark, values)


def _fail_cap(values: Values) -> Decimal:
    """The highest mark of a fail; without a parameter a tenth under the pass mark."""
    cap: Decimal | None = values["fail_cap"]
    return values["pass_mark"] - TENTH if cap is None else cap


def _sufficient(criteria: Facts, values: Values) -> bool:
    """Does a work process reach `min_points`, on average or with its lowest criterion?"""
    if values["measure"] == "lowest":
        return all(one.scored >= values["min_points"] for one in criteria)
    return bool(_points(criteria) >= values["min_points"] * len(criteria))


def _knock_out(criteria: Facts, values: Values) -> Verdict:
    if failed := _failed_critical(criteria, values):
        return "O", None, (_critical_reason(failed),)
    points, threshold = _points(criteria), values["threshold"]
    if points < threshold:
        low = N_("%(points)s punten behaald; %(threshold)s zijn nodig.")
        return "O", None, (reason(low, points=points, threshold=threshold),)
    enough = reason(
        N_("%(points)s punten behaald, genoeg voor de grens van %(threshold)s."),
        points=points,
        threshold=threshold,
    )
    return ("G" if _reaches(points, values["good_from"]) else "V"), None, (enough,)


def _reaches(points: int, limit: int | None) -> bool:
    return limit is not None and points >= limit


# --- what they share --------------------------------------------------------------------------


def points_mark(points: int, max_points: int, rounding: str) -> Decimal:
    """1 + 9 x points / max in tenths, exactly; `up`: always up, `half_up`: to the nearest."""
    if rounding == "up":
        tenths = -(-90 * points // max_points)
    else:
        tenths = (180 * points + max_points) // (2 * max_points)
    return Decimal(10 + tenths) / 10


def _graded(mark: Decimal, values: Values) -> Verdict:
    pass_mark: Decimal = values["pass_mark"]
    if mark < pass_mark:
        why = reason(
            N_("Het cijfer %(mark)s is lager dan de cesuur van %(pass_mark)s."),
            mark=mark_text(mark),
            pass_mark=mark_text(pass_mark),
        )
        return "O", mark, (why,)
    why = reason(
        N_("Het cijfer %(mark)s haalt de cesuur van %(pass_mark)s."),
        mark=mark_text(mark),
        pass_mark=mark_text(pass_mark),
    )
    return ("G" if mark >= values["good_mark"] else "V"), mark, (why,)


def _failed_critical(criteria: Facts, values: Values) -> list[CriterionFacts]:
    return [one for one in criteria if one.critical and one.scored < values["min_points"]]


def _critical_reason(failed: Facts) -> Reason:
    return reason(N_("Cruciaal criterium niet gehaald: %(criteria)s."), criteria=_names(failed))


def _insufficient_reason(failed: Facts) -> Reason:
    return reason(N_("Niet alle criteria zijn voldoende: %(criteria)s."), criteria=_names(failed))


def _names(criteria: Facts) -> str:
    return ", ".join(one.name for one in criteria)


def _points(criteria: Iterable[CriterionFacts]) -> int:
    return sum(one.scored for one in criteria)


def _max_points(criteria: Iterable[CriterionFacts]) -> int:
    return sum(one.max_points for one in criteria)


def _work_process(one: CriterionFacts) -> str:
    return one.work_process_code


def _grouped(criteria: Facts, key: Callable[[CriterionFacts], str]) -> list[tuple[str, list[CriterionFacts]]]:
    groups: dict[str, list[CriterionFacts]] = {}
    for one in criteria:
        groups.setdefault(key(one), []).append(one)
    return list(groups.items())


def _parts(
    model: ScoringModel, values: Values, criteria: Facts, key: Callable[[CriterionFacts], str]
) -> tuple[PartOutcome, ...]:
    """Per group, in the order of the criteria. The marks of parts inform; the whole decides."""
    parts = []
    for name, own in _grouped(criteria, key):
        points, max_points = _points(own), _max_points(own)
        mark = points_mark(points, max_points, values["rounding"]) if "rounding" in values else None
        parts.append(PartOutcome(name, points, max_points, model.part_passed(own, values), mark))
    return tuple(parts)


def _no_failed_critical(criteria: Facts, values: Values) -> bool:
    return not _failed_critical(criteria, values)


def _part_sufficient(criteria: Facts, values: Values) -> bool:
    return _no_failed_critical(criteria, values) and _sufficient(criteria, values)


def _part_all_sufficient(criteria: Facts, values: Values) -> bool:
    return _no_failed_critical(criteria, values) and all(
        one.scored >= values["min_points"] for one in criteria
    )


def _part_by_mark(criteria: Facts, values: Values) -> bool:
    mark = points_mark(_points(criteria), _max_points(criteria), values["rounding"])
    return _no_failed_critical(criteria, values) and bool(mark >= values["pass_mark"])


_MIN_POINTS = Parameter("min_points", "points", default=1, minimum=Decimal(1))
_GOOD_FROM = Parameter("good_from", "points", minimum=Decimal(1))
_PASS_MARK = Parameter(
    "pass_mark", "mark", default=Decimal("5.5"), minimum=Decimal("1.1"), maximum=Decimal(10)
)
_GOOD_MARK = Parameter(
    "good_mark", "mark", default=Decimal("8.0"), minimum=Decimal("1.1"), maximum=Decimal(10)
)


def _rounding(default: str) -> Parameter:
    return Parameter("rounding", "choice", default=default, choices=("up", "half_up"))


SCORING_MODELS: Mapping[str, ScoringModel] = {
    model.key: model
    for model in (
        ScoringModel(
            "consortium",
            N_("Alle criteria voldoende (O/V/G)"),
            "docs/sources.md, scoring model A and A2",
            (
                _MIN_POINTS,
                _GOOD_FROM,
                Parameter("good_percent", "decimal", minimum=Decimal(1), maximum=Decimal(100)),
            ),
            _consortium,
            _part_all_sufficient,
        ),
        ScoringModel(
            "points_to_mark",
            N_("Punten naar cijfer, met cruciale criteria"),
            "docs/sources.md, scoring model B",
            (_MIN_POINTS, _PASS_MARK, _GOOD_MARK, _rounding("up")),
            _points_to_mark,
            _part_by_mark,
        ),
        ScoringModel(
            "every_work_process",
            N_("Elk werkproces voldoende, cijfer over alle punten"),
            "docs/sources.md, scoring model C",
            (
                _PASS_MARK,
                _GOOD_MARK,
                _rounding("half_up"),
                Parameter("min_points", "decimal", default=Decimal(1), minimum=TENTH),
                Parameter("fail_cap", "mark", minimum=LOWEST_MARK, maximum=Decimal(10)),
                Parameter("measure", "choice", default="average", choices=("average", "lowest")),
            ),
            _every_work_process,
            _part_sufficient,
        ),
        ScoringModel(
            "knock_out",
            N_("Knock-out, anders een grens in punten"),
            "docs/sources.md, scoring model F",
            (_MIN_POINTS, _GOOD_FROM, Parameter("threshold", "points", required=True)),
            _knock_out,
            _no_failed_critical,
        ),
    )
}
