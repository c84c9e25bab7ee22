"""What holds for random rules with random scores, not for the presets alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from app.rules.pass_rules import Criterion, Level, PassRuleBroken, checked, decide, explain
from app.rules.pass_rules.checking import falls
from app.rules.pass_rules.facts import all_highest, all_lowest
from tests.rules.pass_rules.by_sentences import BySentences
from tests.rules.pass_rules.support import OVG, UP_TO_3, YES_NO, points

SCALES = (OVG, UP_TO_3, YES_NO, points(5), (Level("O", 0, False), Level("M", 1, False), Level("V", 3, True)))
CESUREN = ["50%", "55%", "75%", "30%", "66.7%", 1, 2]
MARKS = ["1.0", "4.0", "4.5", "5.0", "5.4", "5.5", "6.0", "7.0", "8.0", "9.5"]


@st.composite
def exams(draw):
    """2 to 7 criteria of 1 to 3 tasks and work processes; sometimes a work process stays within its task."""
    scale = draw(st.sampled_from(SCALES))
    mixed, apart = draw(st.booleans()), draw(st.booleans())
    made = []
    for number in range(1, draw(st.integers(2, 7)) + 1):
        task, process = draw(st.sampled_from("123")), draw(st.sampled_from("123"))
        levels = draw(st.sampled_from(SCALES)) if mixed else scale
        critical = draw(st.integers(0, 4)) == 0
        made.append(Criterion(f"{task}.{number}", task, f"W{task if apart else process}", critical, levels))
    return made


def rounding(draw, *, last: bool) -> dict[str, Any]:
    if draw(st.booleans()):
        return {}
    how = draw(st.sampled_from(["half_up", "cut", "up"] if last else ["half_up", "cut", "up", "none"]))
    return {"round": {"decimals": draw(st.sampled_from([0, 1, 1] if last else [0, 1, 2])), "how": how}}


def a_table(draw, most: int, low: int = 0) -> dict[str, str]:
    """A rising table of all points up to `most`."""
    borders = sorted(draw(st.sets(st.integers(1, most), max_size=3))) if most > 0 else []
    starts, marks = (
        [0, *borders],
        sorted(draw(st.lists(st.sampled_from(MARKS[low:]), min_size=4, max_size=4)), key=float),
    )
    ends = [*(one - 1 for one in borders), most]
    rows = zip(starts, ends, marks, strict=False)
    return {(f"{a}-{b}" if a != b else str(a)): mark for a, b, mark in rows}


class Maker:
    """Draws a rule for an exam, step by step, as its data."""

    def __init__(self, draw: Any, exam: list[Criterion]) -> None:
        self.draw = draw
        self.exam = exam
        self.keys = [one.key for one in exam]  # of the parts so far
        self.kind = "criteria"

    def pick(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def rule(self) -> dict[str, Any]:
        steps = []
        if self.pick(True, False, False):
            steps.append(self.step("criterion"))
        middle = self.pick("work_process", "work_process", "task", "part", None)
        if middle:
            steps.append(self.step(middle))
        steps.append(self.step("exam"))
        scale = self.pick("mark", "mark", "grade", "passed")
        made = {"scale": scale, "step": steps}
        if self.pick(True, False):
            made["pass_from"] = self.pick("5.5", "6.0", "5.0")
        if scale != "passed" and steps[-1]["take"] != "grade" and self.pick(True, False):
            made["good_from"] = self.pick("7.5", "8.0")
        if scale == "mark" and self.pick(True, False, False):
            made["end_mark"] = {
                "decimals": self.pick(0, 1),
                "how": self.pick("half_up", "cut"),
                "of": self.pick("rounded", "unrounded"),
            }
        return made

    def step(self, over: str) -> dict[str, Any]:
        made: dict[str, Any] = {"over": over}
        keys = self.groups(over, made)
        self.take(over, made)
        if self.kind != "marks of one criterion":
            self.ask(over, made)
        if over != "criterion" or made["take"] != "grade":
            self.critical(over, made)
        grade = made["take"] == "grade"
        self.kind = "letters" if grade and "marks" not in made else "both" if grade else "marks"
        self.keys = keys
        return made

    def groups(self, over: str, made: dict[str, Any]) -> list[str]:
        if over == "criterion":
            return [one.key for one in self.exam]
        if over == "task":
            return sorted({one.task for one in self.exam})
        if over == "work_process":
            return sorted({one.work_process for one in self.exam})
        if over == "part":
            cut = self.draw(st.integers(1, len(self.keys)))
            parts = {"A": self.keys[:cut]} | ({"B": self.keys[cut:]} if self.keys[cut:] else {})
            made["parts"] = parts
            return list(parts)
        return [""]

    def take(self, over: str, made: dict[str, Any]) -> None:
        options = ["points", "points", "share", "grade"]
        if self.kind in ("marks", "both"):
            options += ["mean", "mean", "weighted", "lowest"]
        if over == "exam":
            options.append("table")
        take = made["take"] = self.pick(*options)
        if take in ("points", "share") and self.pick(True, False):
            made["cesuur"] = self.pick(*CESUREN)
        if take == "weighted":
            weights = [self.draw(st.integers(1, 9)) for _key in self.keys]
            made["weights"] = dict(zip(self.keys, weights, strict=True))
        if take == "table":
            made["table"] = a_table(self.draw, sum(one.highest.points for one in self.exam))
        if take == "grade":
            self.rows(made)
        else:
            made.update(rounding(self.draw, last=over == "exam"))
        if (
            take in ("points", "mean", "lowest")
            and over in ("task", "work_process")
            and self.pick(True, False, False)
        ):
            key = self.pick(*sorted({one.task if over == "task" else one.work_process for one in self.exam}))
            made["exceptions"] = {key: {"take": "points", "cesuur": self.pick(*CESUREN)}}

    def rows(self, made: dict[str, Any]) -> None:
        made["rows"] = []
        for letter in self.pick("V", "GV", "GGV"):
            row: dict[str, Any] = {"grade": letter}
            self.conditions(row)
            made["rows"].append(row if len(row) > 1 else {**row, "points": 1})
        if self.pick(True, False):
            marks = {"O": self.pick("1.0", "4.0"), "V": "6.0", "G": self.pick("6.0", "8.0")}
            made["marks"] = marks if made["rows"][0]["grade"] == "G" else {key: marks[key] for key in "OV"}

    def at(self) -> Any:
        of_criteria = self.kind == "criteria" or self.pick(True, False, False, False)
        if of_criteria:
            made = {"at": self.pick("sufficient", "highest", self.exam[0].levels[-1].label)}
            return made if self.kind == "criteria" else {**made, "of": "criteria"}
        options = ["sufficient"]
        if self.kind in ("marks", "both"):
            options += ["4.0", "5.5", "6.5"]
        if self.kind in ("letters", "both"):
            options += ["V", "G"]
        return {"at": self.pick(*options)}

    def conditions(self, made: dict[str, Any]) -> None:
        for name in self.draw(st.lists(st.sampled_from(["each", "share", "points", "average"]), max_size=2)):
            if name == "each":
                made["each"] = self.at()
            elif name == "share":
                made["share"] = {"percent": self.pick(1, 50, 51, "66.7", 100), **self.at()}
            elif name == "points":
                made["points"] = self.pick(1, 2, 3, "40%", "55%", "100%")
            else:
                made["average"] = self.pick("0.5", 1)

    def ask(self, over: str, made: dict[str, Any]) -> None:
        self.conditions(made)
        if self.kind != "criteria" and self.pick(True, False, False, False):
            made["phases"] = True
        if set(made) & {"each", "share", "points", "average", "phases"} and self.pick(True, True, False):
            made["otherwise"] = self.effect(over, made)

    def effect(self, over: str, made: dict[str, Any]) -> Any:
        if made["take"] == "grade":
            return self.pick("fails", {"at_most": self.pick("O", "V")})
        options = ["fails", {"at_most": self.pick(*MARKS)}, {"value": self.pick("1.0", "1.0", "4.0", "5.4")}]
        if made["take"] in ("table", "points") and over == "exam":
            options.append({"table": a_table(self.draw, sum(one.highest.points for one in self.exam))})
        return self.pick(*options)

    def critical(self, over: str, made: dict[str, Any]) -> None:
        if self.pick(True, False, False):
            grade = made["take"] == "grade"
            made["critical"] = (
                "fails"
                if grade
                else self.pick("fails", {"at_most": "4.0"}, {"value": "1.0"}, {"value": "3.0"})
            )


@st.composite
def rules(draw):
    """A rule that is accepted for its exam, and scores."""
    exam = draw(exams())
    data = Maker(draw, exam).rule()
    try:
        rule = checked(data, exam)
    except PassRuleBroken as refused:
        event(f"refused: {refused.message[:60]}")
        assume(False)
        raise
    return rule, exam, {one.key: draw(st.sampled_from(one.levels)) for one in exam}


OFTEN = settings(max_examples=60, deadline=None)


@OFTEN
@given(rules())
def test_what_is_told_is_what_is_done(made):
    """The sentences alone give the result: nothing of the rule is left out, and none of them is wrong."""
    rule, exam, scores = made
    outcome = decide(rule, exam, scores)
    grade, mark, end_mark = BySentences(explain(rule, exam)).result(exam, scores)
    assert outcome.grade == grade
    assert (outcome.mark is None) == (mark is None)
    if outcome.mark is not None and outcome.end_mark is not None:
        assert (Fraction(outcome.mark), Fraction(outcome.end_mark)) == (mark, end_mark)


@OFTEN
@given(rules(), st.data())
def test_a_higher_score_never_lowers_the_outcome(made, data):
    rule, exam, scores = made
    improvable = [one for one in exam if scores[one.key] != one.highest]
    assume(improvable)
    one = data.draw(st.sampled_from(improvable))
    higher = data.draw(
        st.sampled_from([level for level in one.levels if level.points > scores[one.key].points])
    )
    before, after = decide(rule, exam, scores), decide(rule, exam, {**scores, one.key: higher})
    assert not falls(before, after)


@OFTEN
@given(rules(), st.randoms())
def test_the_order_of_the_criteria_does_not_matter(made, random):
    rule, exam, scores = made
    mixed = [*exam]
    random.shuffle(mixed)
    one, other = decide(rule, exam, scores), decide(rule, mixed, scores)
    assert (one.grade, one.mark, one.end_mark) == (other.grade, other.mark, other.end_mark)


@OFTEN
@given(rules())
def test_a_failed_critical_criterion_decides(made):
    rule, exam, scores = made
    outcome = decide(rule, exam, scores)
    if any(one.critical and not scores[one.key].sufficient for one in exam):
        assert not outcome.passed
        assert "Cruciaal criterium niet gehaald" in " ".join(str(one) for one in outcome.reasons)


@OFTEN
@given(rules())
def test_full_marks_pass_and_zero_fails_and_grade_and_mark_agree(made):
    rule, exam, scores = made
    assert decide(rule, exam, all_highest(exam)).passed
    assert not decide(rule, exam, all_lowest(exam)).passed
    outcome = decide(rule, exam, scores)
    assert outcome.passed == (outcome.grade != "O")
    assert (outcome.mark is not None) == (rule.scale == "mark")
    if outcome.mark is not None:
        assert 1 <= outcome.mark <= 10
        assert outcome.mark == round(outcome.mark, 1)
        if not rule.end_mark.unrounded and outcome.passed:
            assert Fraction(outcome.mark) >= rule.pass_from
    assert sum(one.points for one in outcome.tasks) == outcome.points
    assert sum(one.max_points for one in outcome.work_processes) == outcome.max_points


@OFTEN
@given(rules())
def test_a_critical_criterion_less_never_lowers_the_outcome(made):
    rule, exam, scores = made
    milder = [replace(one, critical=False) for one in exam]
    before, after = decide(rule, exam, scores), decide(rule, milder, {**scores})
    assert "OVG".index(after.grade) >= "OVG".index(before.grade)
