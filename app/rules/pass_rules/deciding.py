"""From scores to a result, by the steps of a pass rule. Exact: fractions until a step rounds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from app.catalogue_data import natural
from app.rules.pass_rules import parts as p
from app.rules.pass_rules import taking as t
from app.rules.pass_rules.conditions import Condition, InOrder, as_they_count
from app.rules.pass_rules.facts import Criteria, Scores, check_criteria, check_scores
from app.rules.pass_rules.numbers import LOWEST, TENTH, as_decimal, mark_text_of
from app.rules.pass_rules.outcome import Outcome, PartOutcome, StepOutcome
from app.rules.pass_rules.rule import AtMost, Fails, Fixed, Otherwise, Rule, Step
from app.rules.text import N_, Reason, reason


def decide(rule: Rule, criteria: Criteria, scores: Scores) -> Outcome:
    """The outcome of all criteria of an exam. RuleBroken: a missing or impossible score."""
    check_criteria(criteria)
    check_scores(criteria, scores)
    return _outcome(
        rule, [p.scored(one, scores[one.key]) for one in criteria], work_out(rule, criteria, scores)
    )


def work_out(rule: Rule, criteria: Criteria, scores: Scores) -> tuple[StepOutcome, ...]:
    """Every part of every step; the last step has one part, the exam."""
    parts: p.Parts = [p.scored(one, scores[one.key]) for one in criteria]
    steps = []
    for step in rule.steps:
        parts = [_part(rule, step, key, own) for key, own in grouped(step, parts)]
        steps.append(StepOutcome(step.over, tuple(parts)))
    return tuple(steps)


# --- groups -----------------------------------------------------------------------------------


def grouped(step: Step, parts: p.Parts) -> list[tuple[str, list[p.Part]]]:
    """The parts so far under the groups of a step: named parts as the rule orders them, others by key."""
    key = _key_of(step)
    groups: dict[str, list[p.Part]] = {name: [] for name in step.named_parts}
    for one in parts:
        groups.setdefault(key(one), []).append(one)
    if step.named_parts:
        return list(groups.items())
    return sorted(groups.items(), key=lambda pair: natural(pair[0]))


def _key_of(step: Step) -> Callable[[p.Part], str]:
    if step.over == "part":
        names = {item: name for name, items in step.named_parts.items() for item in items}
        return lambda part: names[part.key]
    if step.over == "exam":
        return lambda part: ""
    return lambda part: group_keys(step.over, part)[0]


def group_keys(over: p.Over, part: p.Part) -> list[str]:
    """The work processes (tasks, criteria) that a part is about: one, or it cannot be grouped so."""
    own = [one.criterion for one in p.criteria_of([part]) if one.criterion]
    if over == "work_process":
        return sorted({one.work_process for one in own})
    if over == "task":
        return sorted({one.task for one in own})
    return sorted({one.key for one in own})


# --- one group --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Value:
    """What a group is worth: a mark, a letter, or a letter with its mark."""

    exact: Fraction | None = None
    mark: Fraction | None = None
    letter: p.Letter | None = None
    failed: bool = False

    def lower(self, other: "_Value") -> "_Value":
        """The lower of both, in each respect."""
        return _Value(
            _least(self.exact, other.exact),
            _least(self.mark, other.mark),
            min(self.letter, other.letter, key=p.LETTERS.index) if self.letter and other.letter else None,
            self.failed or other.failed,
        )


def _part(rule: Rule, step: Step, key: str, own: Sequence[p.Part]) -> p.Part:
    group = as_they_count(own, step.conditions)
    value, reasons = _taken(step, key, group)
    taken = value
    missed = [one for one in step.conditions if not one.holds(_looked_at(one, own, group))]
    critical = [one for part in own for one in part.failed_critical]
    if critical:
        names = ", ".join(one.key for one in critical)
        reasons.append(reason(N_("Cruciaal criterium niet gehaald: %(criteria)s."), criteria=names))
        changed, said = _because_critical(rule, step, taken, group)
        value, reasons = changed, [*reasons, *said]
    if missed:
        reasons += [said for one in missed for said in one.missed(_looked_at(one, own, group))]
        changed, said = _apply(rule, step, step.otherwise, taken, group)
        value, reasons = value.lower(changed) if critical else changed, [*reasons, *said]
    return p.Part(
        key=key,
        over=step.over,
        points=p.points_of(group),
        max_points=p.max_points_of(group),
        passed=not value.failed and not critical and _passes(rule, value),
        criteria=p.criteria_of(group),
        mark=value.mark,
        exact=value.exact,
        letter=value.letter,
        reasons=tuple(reasons),
        checks=_checks(step, own, group),
    )


def _taken(step: Step, key: str, group: p.Parts) -> tuple[_Value, list[Reason]]:
    taking = step.taking_of(key)
    if isinstance(taking, t.Grade):
        letter = taking.letter(group)
        mark = taking.marks[letter] if taking.marks else None
        said = taking.worked(group, whole=step.over == "exam")
        if mark is not None:
            said.append(reason(N_("%(level)s → %(mark)s"), level=letter, mark=mark_text_of(mark)))
        return _Value(mark, mark, letter), said
    exact = taking.of(group)
    mark = step.rounds.of(exact)
    return _Value(exact, mark), [taking.worked(group, mark)]


def _looked_at(condition: Condition, own: p.Parts, group: p.Parts) -> p.Parts:
    """Phases look at the parts themselves; what comes after them, at the parts as they count."""
    return own if isinstance(condition, InOrder) else group


def _passes(rule: Rule, value: _Value) -> bool:
    if value.letter is not None:
        return value.letter != "O"
    return value.mark is not None and value.mark >= rule.pass_from


def _because_critical(rule: Rule, step: Step, value: _Value, group: p.Parts) -> tuple[_Value, list[Reason]]:
    """A critical criterion that is not sufficient fails its part; what it does to the mark, the rule says."""
    if step.critical is not None:
        changed, said = _apply(rule, step, step.critical, value, group)
        return _cap(step, changed, None, "O"), said
    if step.over == "exam":
        return _apply(rule, step, Fails(), value, group)
    return _cap(step, value, None, "O"), []


def _apply(
    rule: Rule, step: Step, otherwise: Otherwise, value: _Value, group: p.Parts
) -> tuple[_Value, list[Reason]]:
    """The value as it becomes; nothing is raised but by a fixed mark or another table."""
    if isinstance(otherwise, Fails):
        capped = _cap(step, value, rule.pass_from - TENTH, "O")
        return replace(capped, failed=True), [_so(step, rule, capped, value)]
    if isinstance(otherwise, AtMost):
        capped = _cap(step, value, otherwise.mark, otherwise.letter)
        return capped, [] if capped == value else [at_most(otherwise)]
    if isinstance(otherwise, Fixed):
        mark = otherwise.mark
        return replace(value, exact=mark, mark=mark), [
            reason(N_("Daarom is het cijfer %(mark)s."), mark=mark_text_of(mark))
        ]
    exact = otherwise.of(group)
    mark = step.rounds.of(exact)
    other = reason(N_("Daarom geldt de andere tabel:"))
    return replace(value, exact=exact, mark=mark), [other, otherwise.worked(group, mark)]


def _so(step: Step, rule: Rule, capped: _Value, value: _Value) -> Reason:
    if capped.mark is None or capped.mark == value.mark:
        return reason(N_("Daarom is het onvoldoende."))
    return reason(N_("Daarom is het onvoldoende, en het cijfer %(mark)s."), mark=mark_text_of(capped.mark))


def at_most(otherwise: AtMost) -> Reason:
    if otherwise.letter is not None:
        return reason(N_("Daarom is het hoogstens %(letter)s."), letter=otherwise.letter)
    return reason(N_("Daarom is het cijfer hoogstens %(mark)s."), mark=mark_text_of(otherwise.mark or LOWEST))


def _cap(step: Step, value: _Value, mark: Fraction | None, letter: p.Letter | None) -> _Value:
    """No higher than this letter, with the mark that goes with it, or than this mark."""
    top: p.Letter | None = value.letter
    if top is not None and letter is not None:
        top = min(top, letter, key=p.LETTERS.index)
    marks = step.taking.marks if isinstance(step.taking, t.Grade) else None
    if marks is not None and top is not None:
        mark = marks[top] if letter is not None or mark is None else min(mark, marks[top])
    if mark is None:
        return replace(value, letter=top)
    return replace(value, exact=_least(value.exact, mark), mark=_least(value.mark, mark), letter=top)


def _least(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else min(one, other)


def _checks(step: Step, own: p.Parts, group: p.Parts) -> tuple[tuple[str, bool], ...]:
    """Every condition of the step and of its rows, also those that decided nothing this time."""
    places: list[tuple[str, Condition]] = [(f"{step.place}.{one.name}", one) for one in step.conditions]
    if isinstance(step.taking, t.Grade):
        places += [
            (f"{step.place}.rows[{number}].{one.name}", one)
            for number, row in enumerate(step.taking.rows, 1)
            for one in row.conditions
        ]
    return tuple((place, one.holds(_looked_at(one, own, group))) for place, one in places)


# --- the whole --------------------------------------------------------------------------------


def _outcome(rule: Rule, criteria: p.Parts, steps: tuple[StepOutcome, ...]) -> Outcome:
    (whole,) = steps[-1].parts
    grade, verdict = _grade(rule, whole)
    gives_mark = rule.scale == "mark" and whole.mark is not None
    mark = as_decimal(whole.mark) if gives_mark and whole.mark is not None else None
    end = _end_mark(rule, whole) if gives_mark else None
    return Outcome(
        passed=grade != "O",
        grade=grade,
        mark=mark,
        end_mark=None if end is None else as_decimal(end, rule.end_mark.rounding.decimals),
        points=p.points_of(criteria),
        max_points=p.max_points_of(criteria),
        reasons=(*whole.reasons, *verdict),
        steps=steps,
        work_processes=_about(steps, criteria, "work_process"),
        tasks=_about(steps, criteria, "task"),
    )


def _grade(rule: Rule, whole: p.Part) -> tuple[p.Letter, list[Reason]]:
    """The letter of the whole, and what decided it in the end."""
    if whole.letter is not None:
        letter: p.Letter = whole.letter if whole.passed else "O"
        return ("V" if letter == "G" and rule.scale == "passed" else letter), []
    decisive = _decisive(rule, whole)
    names = {"mark": mark_text_of(decisive), "pass_mark": mark_text_of(rule.pass_from)}
    if decisive < rule.pass_from:
        return "O", [reason(N_("Het cijfer %(mark)s is lager dan de cesuur van %(pass_mark)s."), **names)]
    if not whole.passed:
        return "O", []
    said = [reason(N_("Het cijfer %(mark)s haalt de cesuur van %(pass_mark)s."), **names)]
    if rule.good_from is not None and decisive >= rule.good_from and rule.scale != "passed":
        return "G", said
    return "V", said


def _decisive(rule: Rule, whole: p.Part) -> Fraction:
    """The mark that the end mark is made of, so that the two cannot disagree."""
    exact = whole.exact if rule.end_mark.unrounded else whole.mark
    return LOWEST if exact is None else exact


def _end_mark(rule: Rule, whole: p.Part) -> Fraction:
    return rule.end_mark.rounding.of(_decisive(rule, whole))


def _about(steps: Iterable[StepOutcome], criteria: p.Parts, over: p.Over) -> tuple[PartOutcome, ...]:
    """Per work process or task: as a step of the rule judged it, else its points alone."""
    judged = next((step.parts for step in steps if step.over == over), None)
    if judged is not None:
        return tuple(
            PartOutcome(one.key, _scored(one), one.max_points, one.passed, one.value_text, one.reasons)
            for one in judged
        )
    groups: dict[str, list[p.Part]] = {}
    for one in criteria:
        groups.setdefault(group_keys(over, one)[0], []).append(one)
    return tuple(
        PartOutcome(key, p.points_of(own), p.max_points_of(own), None, None)
        for key, own in sorted(groups.items(), key=lambda pair: natural(pair[0]))
    )


def _scored(part: p.Part) -> int:
    """The points that were given, also those that do not count because a phase before was failed."""
    return sum(one.level.points for one in part.criteria if one.level)
