"""Does a pass rule fit an exam, and can it do what a rule must? Looked at when it is loaded.

Reasoning, exact: every condition and every value can only rise with the scores (conditions say "at least",
weights are above 0, tables never go down, rows stand from high to low, "otherwise" caps). So one look at all
levels highest says what can be reached, and one at all levels lowest what can be missed.

Only a fixed mark ("then it is a 4") can break that. For those a bounded search raises the scores level by
level along a few paths: about six times the number of levels. It can miss a fall that needs an odd mixture of
levels; the tests look for these with random scores.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from app.rules.pass_rules import conditions as c
from app.rules.pass_rules import parts as p
from app.rules.pass_rules import taking as t
from app.rules.pass_rules.deciding import decide, group_keys, grouped, work_out
from app.rules.pass_rules.facts import Criteria, Level, Scores, all_highest, all_lowest, check_criteria
from app.rules.pass_rules.numbers import LOWEST
from app.rules.pass_rules.outcome import Outcome
from app.rules.pass_rules.reading import PassRuleBroken, read
from app.rules.pass_rules.rule import Fixed, Rule, Step
from app.rules.text import N_


def checked(data: object, criteria: Criteria) -> Rule:
    """The rule of this data, for these criteria. PassRuleBroken: refused, with place and reason."""
    rule = read(data)
    check(rule, criteria)
    return rule


def check(rule: Rule, criteria: Criteria) -> None:
    """RuleBroken: the rule does not fit these criteria, or does what no rule may."""
    check_criteria(criteria)
    _check_fit(rule, criteria)
    _check_conditions(rule, criteria)
    _check_ends(rule, criteria)
    _check_rises(rule, criteria)


# --- the names in it --------------------------------------------------------------------------


def _check_fit(rule: Rule, criteria: Criteria) -> None:
    """Groups, weights, cesuren, tables and levels, step by step."""
    scores = all_highest(criteria)
    parts: p.Parts = [p.scored(one, scores[one.key]) for one in criteria]
    for number, step in enumerate(rule.steps, 1):
        _check_groups(step, parts)
        groups = grouped(step, parts)
        _check_names(step, groups)
        for key, own in groups:
            _check_values(step, key, own)
        _check_levels(step, criteria)
        parts = work_out(replace(rule, steps=rule.steps[:number]), criteria, scores)[-1].parts


def _check_groups(step: Step, parts: p.Parts) -> None:
    if step.over == "part":
        _check_named_parts(step, parts)
    elif step.over != "exam":
        for one in parts:
            if len(group_keys(step.over, one)) > 1:
                raise PassRuleBroken(
                    N_("Cesuur: “%(place)s”: %(part)s hoort bij meer dan één groep (%(groups)s)."),
                    place=f"{step.place}.over",
                    part=one.key,
                    groups=", ".join(group_keys(step.over, one)),
                )


def _check_named_parts(step: Step, parts: p.Parts) -> None:
    named = [item for items in step.named_parts.values() for item in items]
    _same(f"{step.place}.parts", named, [one.key for one in parts])


def _check_names(step: Step, groups: list[tuple[str, list[p.Part]]]) -> None:
    keys = [key for key, _own in groups]
    for name in step.exceptions:
        if name not in keys:
            raise PassRuleBroken(
                N_("Cesuur: “%(place)s” bestaat niet in dit examen."), place=f"{step.place}.exceptions.{name}"
            )
    if isinstance(step.taking, t.Weighted):
        inside = [one.key for _key, own in groups for one in own]
        _same(f"{step.place}.weights", list(step.taking.weights), inside)


def _same(place: str, named: list[str], there: list[str]) -> None:
    """RuleBroken: a name that is not there, or a part without its name."""
    for name in named:
        if name not in there:
            raise PassRuleBroken(
                N_("Cesuur: “%(place)s”: %(name)s bestaat niet in dit examen."), place=place, name=name
            )
    for one in there:
        if one not in named:
            raise PassRuleBroken(N_("Cesuur: “%(place)s”: %(name)s ontbreekt."), place=place, name=one)


def _check_values(step: Step, key: str, own: p.Parts) -> None:
    taking = step.taking_of(key)
    most = len(own) if isinstance(taking, t.Share) else p.max_points_of(own)
    if isinstance(taking, t.Points | t.Share):
        cesuur = taking.cesuur
        if not cesuur.percent and cesuur.at >= most:
            raise PassRuleBroken(
                N_("Cesuur: “%(place)s” is nooit te halen: het hoogste aantal is %(maximum)s."),
                place=f"{step.place}.cesuur",
                maximum=most,
            )
    if isinstance(taking, t.Table):
        _check_table(taking, f"{step.place}.table", most)
    if isinstance(taking, t.Labels):
        _check_labels(taking, f"{step.place}.table", own)
    if isinstance(step.otherwise, t.Table) and isinstance(taking, t.Table | t.Points):
        _check_table(step.otherwise, f"{step.place}.otherwise.table", most)
        _check_other_table(step, taking, step.otherwise, most)


def _check_table(table: t.Table, place: str, most: int) -> None:
    high = table.rows[-1].high
    if high < most:
        raise PassRuleBroken(
            N_("Cesuur: “%(place)s”: het puntenaantal %(points)s ontbreekt."), place=place, points=high + 1
        )
    if high > most:
        raise PassRuleBroken(
            N_("Cesuur: “%(place)s” gaat tot %(points)s; het hoogste aantal punten is %(maximum)s."),
            place=place,
            points=high,
            maximum=most,
        )


def _check_labels(table: t.Labels, place: str, own: p.Parts) -> None:
    marks = []
    for one in own:
        for level in one.criterion.levels if one.criterion else ():
            if level.label not in table.marks:
                raise PassRuleBroken(
                    N_("Cesuur: “%(place)s”: niveau %(level)s van criterium %(criterion)s ontbreekt."),
                    place=place,
                    level=level.label,
                    criterion=one.key,
                )
            marks.append(table.marks[level.label])
    if marks != sorted(marks):
        raise PassRuleBroken(N_("Cesuur: “%(place)s”: een hoger niveau geeft een lager cijfer."), place=place)


def _check_other_table(step: Step, taking: t.Table | t.Points, other: t.Table, most: int) -> None:
    """The table for when the conditions are not met may nowhere be higher than what it takes the place of."""
    for points in range(most + 1):
        row = next(one for one in other.rows if one.low <= points <= one.high)
        if isinstance(taking, t.Points):
            usual = taking.cesuur.mark(points, most)
        else:
            usual = next(one.mark for one in taking.rows if one.low <= points <= one.high)
        if step.rounds.of(row.mark) > step.rounds.of(usual):
            raise PassRuleBroken(
                N_(
                    "Cesuur: “%(place)s” geeft meer dan wanneer de voorwaarden gelden, "
                    "bij een puntenaantal van %(points)s."
                ),
                place=f"{step.place}.otherwise.table",
                points=points,
            )


def _check_levels(step: Step, criteria: Criteria) -> None:
    """A level that is asked by its label is one of every criterion."""
    for place, condition in _conditions(step):
        if not isinstance(condition, c.Each | c.Share) or condition.at.kind != "label":
            continue
        for one in criteria:
            if one.level(condition.at.text) is None:
                raise PassRuleBroken(
                    N_("Cesuur: “%(place)s”: criterium %(criterion)s heeft geen niveau %(level)s."),
                    place=place,
                    criterion=one.key,
                    level=condition.at.text,
                )


def _conditions(step: Step) -> Iterator[tuple[str, c.Condition]]:
    for one in step.conditions:
        yield f"{step.place}.{one.name}", one
    if isinstance(step.taking, t.Grade):
        for number, row in enumerate(step.taking.rows, 1):
            for one in row.conditions:
                yield f"{step.place}.rows[{number}].{one.name}", one


# --- what can be reached, and what can be missed ----------------------------------------------


def _check_conditions(rule: Rule, criteria: Criteria) -> None:
    best = _checks(rule, criteria, all_highest(criteria))
    worst = _checks(rule, criteria, all_lowest(criteria))
    for place, held in best.items():
        if not all(held):
            raise PassRuleBroken(
                N_("Cesuur: “%(place)s” is nooit te halen, ook niet met overal het hoogste niveau."),
                place=place,
            )
        if all(worst[place]):
            raise PassRuleBroken(
                N_(
                    "Cesuur: “%(place)s” houdt niemand tegen: met overal het laagste niveau is eraan voldaan."
                ),
                place=place,
            )


def _checks(rule: Rule, criteria: Criteria, scores: Scores) -> Mapping[str, list[bool]]:
    """Place -> whether the condition there held, for every group that it was asked of."""
    found: dict[str, list[bool]] = {}
    for step in work_out(rule, criteria, scores):
        for part in step.parts:
            for place, held in part.checks:
                found.setdefault(place, []).append(held)
    return found


def _check_ends(rule: Rule, criteria: Criteria) -> None:
    best, worst = decide(rule, criteria, all_highest(criteria)), decide(rule, criteria, all_lowest(criteria))
    if not best.passed:
        raise PassRuleBroken(
            N_("Cesuur: “%(place)s”: met overal het hoogste niveau is de uitslag onvoldoende. %(why)s"),
            place=rule.last.place,
            why=str(best.reasons[-1]),
        )
    if worst.passed:
        raise PassRuleBroken(
            N_("Cesuur: “%(place)s”: met overal het laagste niveau is de uitslag voldoende. %(why)s"),
            place=rule.last.place,
            why=str(worst.reasons[-1]),
        )
    wants_good = rule.good_from is not None and rule.scale != "passed"
    if wants_good and not isinstance(rule.last.taking, t.Grade) and best.grade != "G":
        raise PassRuleBroken(
            N_("Cesuur: “%(place)s” is nooit te halen, ook niet met overal het hoogste niveau."),
            place="good_from",
        )


# --- more points never give less --------------------------------------------------------------


@dataclass(frozen=True)
class Fall:
    """A criterion that goes up while the outcome goes down."""

    scores: Scores
    key: str
    to: Level
    before: Outcome
    after: Outcome


def _check_rises(rule: Rule, criteria: Criteria) -> None:
    place = next((place for place, made in _fixed(rule) if made.mark > LOWEST), None)
    if place is None:
        return
    fall = _first_fall(rule, criteria)
    if fall is None:
        return
    fall = _smallest(rule, criteria, fall)
    others = [
        f"{one.key} {fall.scores[one.key].label}"
        for one in criteria
        if one.key != fall.key and fall.scores[one.key] != one.lowest
    ]
    raise PassRuleBroken(
        N_(
            "Cesuur: “%(place)s”: een hogere score geeft een lagere uitslag. Criterium %(criterion)s van "
            "%(low)s naar %(high)s: van %(before)s naar %(after)s (verder: %(others)s)."
        ),
        place=place,
        criterion=fall.key,
        low=fall.scores[fall.key].label,
        high=fall.to.label,
        before=_shown(fall.before),
        after=_shown(fall.after),
        others=", ".join(others) or "-",
    )


def _fixed(rule: Rule) -> Iterator[tuple[str, Fixed]]:
    for step in rule.steps:
        for name, made in (("otherwise", step.otherwise), ("critical", step.critical)):
            if isinstance(made, Fixed):
                yield f"{step.place}.{name}", made


def _shown(outcome: Outcome) -> str:
    mark = "" if outcome.mark is None else f" {outcome.mark}".replace(".", ",")
    return f"{outcome.grade}{mark}"


def falls(before: Outcome, after: Outcome) -> bool:
    if p.LETTERS.index(after.grade) < p.LETTERS.index(before.grade):
        return True
    return before.mark is not None and after.mark is not None and after.mark < before.mark


def _first_fall(rule: Rule, criteria: Criteria) -> Fall | None:
    for order in _orders(criteria):
        for path in (_one_by_one(order), _level_by_level(order)):
            scores = all_lowest(criteria)
            before = decide(rule, criteria, scores)
            for key, level in path:
                higher = {**scores, key: level}
                after = decide(rule, criteria, higher)
                if falls(before, after):
                    return Fall(scores, key, level, before, after)
                scores, before = higher, after
    return None


def _orders(criteria: Criteria) -> tuple[Criteria, ...]:
    critical_last = sorted(criteria, key=lambda one: one.critical)
    return tuple(criteria), tuple(reversed(criteria)), critical_last


def _one_by_one(order: Criteria) -> Iterator[tuple[str, Level]]:
    for one in order:
        for level in one.levels[1:]:
            yield one.key, level


def _level_by_level(order: Criteria) -> Iterator[tuple[str, Level]]:
    """All to their second level, then all to their third."""
    for number in range(1, max(len(one.levels) for one in order)):
        for one in order:
            if number < len(one.levels):
                yield one.key, one.levels[number]


def _smallest(rule: Rule, criteria: Criteria, fall: Fall) -> Fall:
    """The same fall with as many of the other criteria as can be at their lowest level."""
    for one in criteria:
        if one.key == fall.key:
            continue
        for level in one.levels:
            if level.points >= fall.scores[one.key].points:
                break
            scores = {**fall.scores, one.key: level}
            before = decide(rule, criteria, scores)
            after = decide(rule, criteria, {**scores, fall.key: fall.to})
            if falls(before, after):
                fall = Fall(scores, fall.key, fall.to, before, after)
                break
    return fall
