"""The presets give what the four scoring models of before gave: on our own exams and on random ones."""

from __future__ import annotations

import tomllib
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue import criterion_facts, load
from app.catalogue_data import Catalogue
from app.errors import RuleBroken
from app.rules.pass_rules import Criteria, Criterion, Level, Scores, decide, preset, read
from app.rules.pass_rules.presets import PRESETS
from tests.rules.pass_rules import old_models as old

OLD = ("consortium", "points_to_mark", "every_work_process", "knock_out")


def old_facts(criteria: Criteria, scores: Scores) -> list[old.CriterionFacts]:
    return [
        old.CriterionFacts(
            id=number,
            task_id=int(one.task),
            work_process_code=one.work_process,
            critical=one.critical,
            max_points=one.highest.points,
            points=scores[one.key].points,
            label=one.key,
        )
        for number, one in enumerate(criteria)
    ]


def result(outcome) -> tuple[object, ...]:
    return (outcome.passed, outcome.grade, outcome.mark, outcome.points, outcome.max_points)


@st.composite
def old_exams(draw):
    """A model with parameters, criteria whose levels are sufficient from min_points on, and scores."""
    model = draw(st.sampled_from(OLD))
    min_points = draw(st.sampled_from([1, 1, 2]))
    criteria, scores = [], {}
    for number in range(draw(st.integers(1, 8))):
        most = draw(st.integers(min_points, 4))
        levels = tuple(Level(str(one), one, one >= min_points) for one in range(most + 1))
        task, process = draw(st.sampled_from("12")), draw(st.sampled_from(["W1", "W2", "W10"]))
        key = f"{task}.{number}"
        criteria.append(Criterion(key, task, process, draw(st.booleans()), levels))
        scores[key] = draw(st.sampled_from(levels))
    total = sum(one.highest.points for one in criteria)
    rounding, pass_mark = draw(st.sampled_from(["up", "half_up"])), draw(st.sampled_from(["5.5", "6.0"]))
    marks = {"rounding": rounding, "pass_mark": pass_mark, "good_mark": draw(st.sampled_from(["7.5", "8.0"]))}
    parameters = {
        "consortium": draw(
            st.sampled_from(
                [{}, {"good_from": total}, {"good_percent": 51}, {"good_from": 1, "good_percent": "50"}]
            )
        ),
        "points_to_mark": marks,
        "every_work_process": {
            **marks,
            **draw(st.sampled_from([{}, {"fail_cap": "4.4"}])),
            "measure": draw(st.sampled_from(["average", "lowest"])),
        },
        "knock_out": {
            "threshold": draw(st.integers(1, total)),
            **draw(st.sampled_from([{}, {"good_from": total}])),
        },
    }
    return model, parameters[model], min_points, criteria, scores


@given(old_exams())
def test_a_preset_gives_the_result_of_the_model_of_before(made):
    model, parameters, min_points, criteria, scores = made
    before = old.decide(model, {**parameters, "min_points": min_points}, old_facts(criteria, scores))
    own = {**parameters, "min_points": min_points} if model == "every_work_process" else parameters
    now = decide(read(preset(model, own)), criteria, scores)
    assert result(now) == result(before)


READY = {
    path.stem: rule
    for path in sorted((Path(__file__).parents[3] / "catalogue" / "exams").glob("*.toml"))
    if "preset" in (rule := tomllib.loads(path.read_text("utf-8"))["pass_rule"])
}


@pytest.mark.parametrize("key", READY)
def test_our_own_exams_give_what_they_gave(key: str, catalogue: Catalogue):
    """Two hundred sheets each, from poor to good. The two of 25998 have another rule: they are not here."""
    rule = READY[key]
    exam = next(one for one in catalogue.exams if one.key == key)
    criteria = criterion_facts(exam.tasks)
    random = Random(key)
    for sheet in range(200):
        weights = [1, 1 + sheet / 20, 1 + sheet / 5]
        scores = {one.key: random.choices(one.levels, weights[: len(one.levels)])[0] for one in criteria}
        before = old.decide(rule["preset"], rule["parameters"], old_facts(criteria, scores))
        assert result(decide(read(exam.pass_rule), criteria, scores)) == result(before)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(Path(__file__).parents[3] / "catalogue")


@pytest.mark.parametrize(
    ("name", "parameters", "why"),
    [
        ("average", {}, "de vaste regel “average” bestaat niet"),
        ("consortium", {"good": 5}, "“good” bestaat niet"),
        ("knock_out", {}, "“threshold” ontbreekt"),
        ("knock_out", {"threshold": "veel"}, "geheel getal"),
        ("knock_out", {"threshold": True}, "geen geldig getal"),
        ("knock_out", {"threshold": 2.5}, "geheel getal"),
        ("consortium", {"good_from": "28"}, "geheel getal"),
        ("consortium", {"good_percent": [51]}, "geen geldig getal"),
    ],
)
def test_a_wrong_preset_is_refused_with_a_sentence(name, parameters, why):
    with pytest.raises(RuleBroken) as refused:
        preset(name, parameters)
    assert why in str(refused.value)


def test_every_preset_reads_as_a_rule_and_is_the_same_each_time():
    needed = {"knock_out": {"threshold": 3}}
    for name in PRESETS:
        data = preset(name, needed.get(name, {}))
        assert read(data) == read(preset(name, needed.get(name, {})))
        assert data == preset(name, needed.get(name, {}))
