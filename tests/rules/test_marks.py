"""From scores to results: every model, its edges, and what holds for all scores."""

import json
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RuleBroken
from app.rules.marks import SCORING_MODELS, check_rule, decide, points_mark
from app.rules.scoring import CriterionFacts, exact, mark_text

RULES = {
    "consortium": {"good_from": 5},
    "points_to_mark": {},
    "every_work_process": {},
    "knock_out": {"threshold": 3},
}
EXAMS = sorted((Path(__file__).parents[2] / "catalogue" / "exams").glob("*.toml"))


def criteria(*points, maximum=2, critical=(), work_processes=None):
    """One criterion per score; `critical` and `work_processes` by position."""
    return [
        CriterionFacts(
            id=at,
            task_id=1 + at // 2,
            work_process_code=work_processes[at] if work_processes else "B1-K1-W1",
            critical=at in critical,
            max_points=maximum,
            points=score,
            label=f"1.{at}",
        )
        for at, score in enumerate(points)
    ]


@pytest.mark.parametrize(
    ("scores", "parameters", "grade"),
    [
        ((1, 1, 1), {}, "V"),
        ((2, 2, 0), {}, "O"),
        ((2, 2, 2), {}, "V"),
        ((2, 2, 1), {"good_from": 5}, "G"),
        ((2, 1, 1), {"good_from": 5}, "V"),
        ((2, 2, 0), {"good_from": 4}, "O"),
        ((2, 1), {"good_percent": 51}, "V"),
        ((2, 2, 1), {"good_percent": 51}, "G"),
        ((2, 1), {"good_percent": "50"}, "G"),
        ((2, 2), {"min_points": 2}, "V"),
        ((2, 1), {"min_points": 2}, "O"),
    ],
)
def test_consortium_passes_when_every_criterion_is_sufficient(scores, parameters, grade):
    outcome = decide("consortium", parameters, criteria(*scores))
    assert (outcome.grade, outcome.passed, outcome.mark) == (grade, grade != "O", None)


@pytest.mark.parametrize(
    ("points", "maximum", "up", "half_up"),
    [
        (0, 17, "1.0", "1.0"),
        (17, 17, "10.0", "10.0"),
        (8, 17, "5.3", "5.2"),
        (9, 17, "5.8", "5.8"),
        (5, 10, "5.5", "5.5"),
        (1, 3, "4.0", "4.0"),
        (1, 200, "1.1", "1.0"),
        (1, 180, "1.1", "1.1"),
    ],
)
def test_points_become_a_mark_in_tenths(points, maximum, up, half_up):
    assert points_mark(points, maximum, "up") == Decimal(up)
    assert points_mark(points, maximum, "half_up") == Decimal(half_up)


@pytest.mark.parametrize(
    ("scores", "mark", "grade"),
    [((1, 1), "5.5", "V"), ((1, 0), "3.3", "O"), ((2, 1), "7.8", "V"), ((2, 2, 2, 1), "8.9", "G")],
)
def test_points_to_mark_passes_from_the_pass_mark(scores, mark, grade):
    outcome = decide("points_to_mark", {}, criteria(*scores))
    assert (outcome.mark, outcome.grade) == (Decimal(mark), grade)
    assert mark_text(outcome.mark) in str(outcome.reasons[0])


def test_a_failed_critical_criterion_makes_the_mark_one():
    outcome = decide("points_to_mark", {}, criteria(2, 2, 0, critical={2}))
    assert (outcome.mark, outcome.grade) == (Decimal("1.0"), "O")
    assert str(outcome.reasons[0]) == "Cruciaal criterium niet gehaald: 1.2."


W1_W2 = ("B1-K1-W1", "B1-K1-W1", "B1-K1-W2", "B1-K1-W2")


@pytest.mark.parametrize(
    ("scores", "parameters", "mark", "grade"),
    [
        ((1, 1, 1, 1), {}, "5.5", "V"),
        ((2, 2, 2, 2), {}, "10.0", "G"),
        ((2, 2, 0, 1), {}, "5.4", "O"),
        ((2, 2, 0, 1), {"fail_cap": "4.0"}, "4.0", "O"),
        ((1, 0, 0, 0), {}, "2.1", "O"),
        ((2, 0, 2, 0), {}, "5.5", "V"),
        ((2, 0, 2, 0), {"measure": "lowest"}, "5.4", "O"),
        ((1, 1, 2, 1), {"measure": "lowest"}, "6.6", "V"),
        ((2, 1, 1, 1), {"min_points": "1.5"}, "5.4", "O"),
    ],
)
def test_every_work_process_must_be_sufficient(scores, parameters, mark, grade):
    outcome = decide("every_work_process", parameters, criteria(*scores, work_processes=W1_W2))
    assert (outcome.mark, outcome.grade) == (Decimal(mark), grade)


def test_a_weak_work_process_is_named():
    outcome = decide("every_work_process", {}, criteria(2, 2, 0, 1, work_processes=W1_W2))
    assert str(outcome.reasons[0]) == (
        "Onvoldoende voor werkproces B1-K1-W2; het cijfer is daarom hoogstens 5,4."
    )
    strong, weak = outcome.work_processes
    assert (strong.key, strong.points, strong.max_points, strong.passed) == ("B1-K1-W1", 4, 4, True)
    assert (weak.key, weak.points, weak.max_points, weak.passed) == ("B1-K1-W2", 1, 4, False)
    assert (strong.mark, weak.mark) == (Decimal("10.0"), Decimal("3.3"))


@pytest.mark.parametrize(
    ("scores", "parameters", "grade", "why"),
    [
        ((1, 1, 1, 0), {"threshold": 3}, "V", "3 punten behaald, genoeg voor de grens van 3."),
        ((1, 1, 0, 0), {"threshold": 3}, "O", "2 punten behaald; 3 zijn nodig."),
        ((0, 1, 1, 1), {"threshold": 3}, "O", "Cruciaal criterium niet gehaald: 1.0."),
        (
            (1, 1, 1, 1),
            {"threshold": 3, "good_from": 4},
            "G",
            "4 punten behaald, genoeg voor de grens van 3.",
        ),
    ],
)
def test_knock_out_fails_at_once_or_by_the_threshold(scores, parameters, grade, why):
    outcome = decide("knock_out", parameters, criteria(*scores, maximum=1, critical={0}))
    assert (outcome.grade, outcome.mark, str(outcome.reasons[0])) == (grade, None, why)


def test_points_are_also_given_per_task_and_per_work_process():
    outcome = decide("consortium", {}, criteria(2, 1, 0, 1))
    assert [(part.key, part.points, part.passed) for part in outcome.tasks] == [
        ("1", 3, True),
        ("2", 1, False),
    ]
    assert [(part.key, part.points, part.max_points) for part in outcome.work_processes] == [
        ("B1-K1-W1", 4, 8)
    ]
    assert (outcome.points, outcome.max_points) == (4, 8)


def test_the_working_can_be_frozen_as_json():
    for model, parameters in RULES.items():
        working = decide(model, parameters, criteria(2, 1, 0)).as_json()
        assert json.loads(json.dumps(working)) == working
        assert working["points"] == 3


def test_a_missing_score_is_an_error_that_names_the_criterion():
    with pytest.raises(RuleBroken, match=r"Nog niet beoordeeld: 2 criteria \(1\.1, 1\.2\)\."):
        decide("consortium", {}, criteria(1, None, None))
    with pytest.raises(RuleBroken, match=r"1 criterium \(7\)"):
        _ = CriterionFacts(7, 1, "W1", False, 2, None).scored


@pytest.mark.parametrize(
    ("model", "parameters", "why"),
    [
        ("average", {}, "het model “average” bestaat niet"),
        ("consortium", {"good": 5}, "“good” bestaat niet"),
        ("knock_out", {}, "“threshold” ontbreekt"),
        ("knock_out", {"threshold": "veel"}, "“threshold” is geen geldig getal"),
        ("knock_out", {"threshold": -1}, "geen geldig getal"),
        ("knock_out", {"threshold": True}, "geen geldig getal"),
        ("knock_out", {"threshold": float("nan")}, "geen geldig getal"),
        ("knock_out", {"threshold": [1]}, "geen geldig getal"),
        ("knock_out", {"threshold": 2.5}, "geheel getal"),
        ("knock_out", {"threshold": 7}, "hoger dan het maximum van 6 punten"),
        ("consortium", {"good_from": 7}, "hoger dan het maximum"),
        ("consortium", {"good_percent": 101}, "geen geldig getal"),
        ("points_to_mark", {"rounding": "down"}, "een van deze zijn: up, half_up"),
        ("points_to_mark", {"pass_mark": "5.55"}, "hoogstens één decimaal"),
        ("points_to_mark", {"pass_mark": 11}, "geen geldig getal"),
        ("points_to_mark", {"good_mark": 5}, "“good_mark” is lager dan de voldoende"),
        ("points_to_mark", {"min_points": 3}, "cruciale criterium 1.0 is nooit te halen"),
        ("every_work_process", {"fail_cap": 5.5}, "“fail_cap” moet lager zijn"),
    ],
)
def test_a_wrong_pass_rule_is_refused_with_a_sentence(model, parameters, why):
    with pytest.raises(RuleBroken) as refused:
        check_rule(model, parameters, criteria(None, None, None, critical={0}))
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"points": 3}, "3 punten kan niet; het maximum is 2"),
        ({"points": -1}, "-1 punten kan niet"),
        ({"max_points": 0, "points": 0}, "heeft geen punten"),
    ],
)
def test_impossible_scores_are_refused(changed, why):
    facts = {
        "id": 1,
        "task_id": 1,
        "work_process_code": "W1",
        "critical": False,
        "max_points": 2,
        "points": 1,
    }
    with pytest.raises(RuleBroken, match=why):
        decide("consortium", {}, [CriterionFacts(**{**facts, **changed})])


def test_a_criterion_counts_once_and_an_exam_has_criteria():
    with pytest.raises(RuleBroken, match="twee keer"):
        decide("consortium", {}, criteria(1) + criteria(1))
    with pytest.raises(RuleBroken, match="geen beoordelingscriteria"):
        decide("consortium", {}, [])


def test_the_defaults_are_filled_in_exactly():
    assert check_rule("points_to_mark", {"pass_mark": 5.5}) == {
        "min_points": 1,
        "pass_mark": Decimal("5.5"),
        "good_mark": Decimal("8.0"),
        "rounding": "up",
    }
    assert exact(0.1) == Decimal("0.1")


def test_every_model_has_a_name_and_a_source():
    assert set(SCORING_MODELS) == set(RULES)
    assert all(model.label and "docs/sources.md" in model.source for model in SCORING_MODELS.values())


@pytest.mark.parametrize("path", EXAMS, ids=lambda path: path.stem)
def test_the_pass_rule_of_every_exam_in_the_catalogue_is_sound(path):
    exam = tomllib.loads(path.read_text("utf-8"))
    facts = [
        CriterionFacts(
            id=1000 * task_id + at,
            task_id=task_id,
            work_process_code=one["work_process"],
            critical=one.get("critical", False),
            max_points=max(level["points"] for level in one["levels"]),
            points=max(level["points"] for level in one["levels"]),
        )
        for task_id, task in enumerate(exam["tasks"])
        for at, one in enumerate(task["criteria"])
    ]
    rule = exam["pass_rule"]
    assert decide(rule["model"], rule["parameters"], facts).passed


# --- what holds for all scores ----------------------------------------------------------------

one_criterion = st.tuples(st.integers(1, 4), st.booleans(), st.sampled_from(["W1", "W2", "W3"])).flatmap(
    lambda drawn: st.tuples(st.just(drawn), st.integers(0, drawn[0]))
)


@st.composite
def scored_exams(draw):
    drawn = draw(st.lists(one_criterion, min_size=1, max_size=8))
    facts = [
        CriterionFacts(at, at % 2, work_process, critical, maximum, points)
        for at, ((maximum, critical, work_process), points) in enumerate(drawn)
    ]
    rules = {
        "consortium": draw(st.sampled_from([{}, {"good_from": 1}, {"good_percent": 51}])),
        "points_to_mark": {"rounding": draw(st.sampled_from(["up", "half_up"]))},
        "every_work_process": {"measure": draw(st.sampled_from(["average", "lowest"]))},
        "knock_out": {"threshold": draw(st.integers(0, sum(one.max_points for one in facts)))},
    }
    model = draw(st.sampled_from(sorted(rules)))
    return model, rules[model], facts


@given(scored_exams())
def test_a_failed_critical_criterion_never_passes(exam):
    model, parameters, facts = exam
    outcome = decide(model, parameters, facts)
    if any(one.critical and one.points == 0 for one in facts):
        assert not outcome.passed


@given(scored_exams())
def test_grade_mark_and_points_agree(exam):
    model, parameters, facts = exam
    outcome = decide(model, parameters, facts)
    assert outcome.passed == (outcome.grade != "O")
    assert outcome.reasons
    assert sum(part.points for part in outcome.work_processes) == outcome.points
    assert sum(part.points for part in outcome.tasks) == outcome.points
    if outcome.mark is not None:
        assert Decimal(1) <= outcome.mark <= Decimal(10)
        assert outcome.mark == round(outcome.mark, 1)
        assert outcome.passed == (outcome.mark >= Decimal("5.5"))


@given(scored_exams(), st.data())
def test_one_point_more_never_lowers_mark_or_grade(exam, data):
    model, parameters, facts = exam
    improvable = [at for at, one in enumerate(facts) if one.points < one.max_points]
    if not improvable:
        return
    at = data.draw(st.sampled_from(improvable))
    one = facts[at]
    better = [*facts]
    better[at] = CriterionFacts(
        one.id, one.task_id, one.work_process_code, one.critical, one.max_points, one.points + 1
    )
    before, after = decide(model, parameters, facts), decide(model, parameters, better)
    assert "OVG".index(after.grade) >= "OVG".index(before.grade)
    if before.mark is not None:
        assert after.mark >= before.mark
