# ruff: noqa: E501 - a rule, its place and the reason stand in one row
"""A rule that is wrong is refused whole, with its place and the reason; what is read can also be decided."""

from __future__ import annotations

import json

import pytest

from app.errors import RuleBroken
from app.rules.pass_rules import (
    Criterion,
    Level,
    PassRuleBroken,
    checked,
    decide,
    preset,
    sufficient_by_label,
)
from app.rules.pass_rules.facts import all_highest
from tests.rules.pass_rules.support import UP_TO_3, exam, outcome, points, rule_data, scores
from tests.rules.pass_rules.test_kinds import MARK_PER_WORK_PROCESS, SHARE_OF_CRITERIA, TWO_TABLES

CRITERIA = exam("W1 W1 / W2 W2")
END = '\n[[step]]\nover = "exam"\ntake = "mean"\n'
POINTS = 'scale = "mark"\n[[step]]\nover = "exam"\ntake = "points"\n'
TASKS = 'scale = "mark"\n[[step]]\nover = "task"\ntake = "points"\n'

REFUSED = [
    # the rule, the place that is named, a part of the reason
    ("", "scale", "moet een van deze zijn: mark, grade, passed"),
    ('scale = "cijfer"', "scale", "moet een van deze zijn"),
    ('scale = "mark"', "step", "ontbreekt"),
    ('scale = "mark"\nstep = []', "step", "een lijst van 1 tot en met 12"),
    ('scale = "mark"\nstep = ["x"]', "step[1]", "moet een tabel zijn"),
    ('scale = "mark"\nstep = [{}]', "step[1].over", "moet een van deze zijn"),
    ('scale = "mark"\nstep = [{over = "exam"}]', "step[1].take", "moet een van deze zijn: points"),
    ('scale = "mark"\nstep = [{over = "exam", take = "average"}]', "step[1].take", "moet een van deze zijn"),
    (POINTS + 'cesur = "50%"', "step[1].cesur", "misschien bedoelt u “cesuur”"),
    (POINTS + "weights = { 1 = 1 }", "step[1].weights", "bestaat hier niet"),
    (POINTS + 'cesuur = "100%"', "step[1].cesuur", "tussen 0 en 100 procent"),
    (POINTS + 'cesuur = "150%"', "step[1].cesuur", "tussen 0 en 100 procent"),
    (POINTS + "cesuur = 0", "step[1].cesuur", "tussen 0 en 100 procent"),
    (POINTS + "cesuur = 8", "step[1].cesuur", "nooit te halen: het hoogste aantal is 8"),
    (POINTS + "cesuur = true", "step[1].cesuur", "tussen 0 en 100 procent"),
    (POINTS + "round = { decimals = 2 }", "step[1].round", "0 of 1 decimaal"),
    (POINTS + 'round = { how = "none" }', "step[1].round", "0 of 1 decimaal"),
    (POINTS + 'round = { how = "down" }', "step[1].round.how", "half_up, cut, up"),
    (POINTS + "round = 1", "step[1].round", "moet een tabel zijn"),
    (POINTS + 'otherwise = "fails"', "step[1].otherwise", "geen voorwaarde"),
    (POINTS + 'each = "goed"', "step[1].each", "heeft geen niveau goed"),
    (POINTS + "each = 5", "step[1].each.at", "tussen"),
    (POINTS + "phases = true", "step[1].phases", "eerst moet een stap de delen maken"),
    (POINTS + 'phases = "ja"', "step[1].phases", "true of false"),
    (POINTS + "points = 9", "step[1].points", "nooit te halen"),
    (POINTS + 'points = "101%"', "step[1].points", "een percentage"),
    (POINTS + "average = 3", "step[1].average", "nooit te halen"),
    (POINTS + "share = { percent = 51 }", "step[1].share.at", "ontbreekt"),
    (POINTS + 'share = { percent = 0, at = "G" }', "step[1].share.percent", "moet een getal zijn"),
    (POINTS + 'share = { percent = 50, at = "O" }', "step[1].share", "houdt niemand tegen"),
    (
        POINTS + 'share = { percent = 50, at = "sufficient", of = "parts" }',
        "step[1].share.of",
        "nog geen delen",
    ),
    (
        POINTS + 'each = "V"\notherwise = { at_most = "5.4", value = "1.0" }',
        "step[1].otherwise",
        "één van deze",
    ),
    (
        POINTS + 'each = "V"\notherwise = { at_most = "11" }',
        "step[1].otherwise.at_most",
        "van 1,0 tot en met 10,0",
    ),
    (POINTS + 'each = "V"\notherwise = { points = 3 }', "step[1].otherwise.points", "kan hier niet"),
    (POINTS + 'critical = { at_most = "6.0" }', "step[1].critical", "lager zijn dan de voldoende"),
    (POINTS + 'exceptions.1 = { take = "points" }', "step[1].exceptions.1", "geen uitzondering"),
    ('pass_from = "11"\n' + POINTS, "pass_from", "moet een getal zijn"),
    ('pass_from = "1.0"\n' + POINTS, "pass_from", "hoger zijn dan 1,0"),
    ('good_from = "5.0"\n' + POINTS, "good_from", "lager dan de voldoende"),
    ('good_from = "8"\n' + SHARE_OF_CRITERIA, "good_from", "doet niets"),
    ('good_from = "8"\n' + POINTS.replace('"mark"', '"passed"'), "good_from", "doet niets"),
    (
        "end_mark = {}\n" + POINTS.replace('"mark"', '"grade"'),
        "end_mark",
        "hoort bij een examen met een cijfer",
    ),
    ('goed = "8"\n' + POINTS, "goed", "bestaat"),
    ("end_mark = { decimals = 2 }\n" + POINTS, "end_mark", "0 of 1 decimaal"),
    ('end_mark = { of = "exam" }\n' + POINTS, "end_mark.of", "rounded, unrounded"),
    (TASKS, "step[1].over", "de laatste stap gaat over het hele examen"),
    (TASKS + TASKS.partition("\n")[2] + END, "step[2].over", "staat in een eerdere stap al"),
    (POINTS + END, "step[2].over", "komt geen stap meer"),
    ('scale = "mark"' + END, "step[1].take", "als een eerdere stap cijfers geeft"),
    (TASKS + '[[step]]\nover = "criterion"\ntake = "points"' + END, "step[2].over", "alleen de eerste stap"),
    (TASKS + '[[step]]\nover = "exam"\ntake = "weighted"', "step[2].weights", "ontbreekt"),
    (
        TASKS + '[[step]]\nover = "exam"\ntake = "weighted"\nweights = {1 = "60%", 2 = "30%"}',
        "step[2].weights",
        "90,0 procent",
    ),
    (
        TASKS + '[[step]]\nover = "exam"\ntake = "weighted"\nweights = {1 = "60%", 2 = 4}',
        "step[2].weights",
        "of geen",
    ),
    (
        TASKS + '[[step]]\nover = "exam"\ntake = "weighted"\nweights = {1 = 1}',
        "step[2].weights",
        "2 ontbreekt",
    ),
    (
        TASKS + '[[step]]\nover = "exam"\ntake = "weighted"\nweights = {1 = 1, 2 = 1, 3 = 1}',
        "step[2].weights",
        "3 bestaat niet",
    ),
    (
        TASKS + '[[step]]\nover = "exam"\ntake = "weighted"\nweights = {1 = 1, 2 = 0}',
        "step[2].weights.2",
        "boven 0",
    ),
    (
        TASKS + 'exceptions.3 = { take = "points" }' + END,
        "step[1].exceptions.3",
        "bestaat niet in dit examen",
    ),
    (TASKS + END + 'each = "1.0"', "step[2].each", "houdt niemand tegen"),
    (TASKS + END + 'each = "10.1"', "step[2].each.at", "moet een getal zijn"),
    (TASKS + END + 'share = { percent = 50, at = "V" }', "step[2].share.at", "moet een getal zijn"),
    (
        'scale = "mark"\n[[step]]\nover = "part"\ntake = "points"\nparts = {A = ["1.1", "B"], B = ["A"]}'
        + END,
        "step[1].parts.A",
        "een deel dat er zelf weer uit bestaat: B",
    ),
    (
        'scale = "mark"\n[[step]]\nover = "part"\ntake = "points"\nparts = {A = ["A"]}' + END,
        "step[1].parts.A",
        "een deel dat er zelf weer uit bestaat",
    ),
    (
        'scale = "mark"\n[[step]]\nover = "part"\ntake = "points"\nparts = {A = ["1.1"], B = ["1.1"]}' + END,
        "step[1].parts.B",
        "zit al in A",
    ),
    (
        'scale = "mark"\n[[step]]\nover = "part"\ntake = "points"\nparts = {A = ["1.1", "1.2", "2.1"]}' + END,
        "step[1].parts",
        "2.2 ontbreekt",
    ),
    (
        'scale = "mark"\n[[step]]\nover = "part"\ntake = "points"\nparts = {A = ["1.1", "1.2", "2.1", "2.2", "3.1"]}'
        + END,
        "step[1].parts",
        "3.1 bestaat niet",
    ),
    (
        'scale = "mark"\n[[step]]\nover = "part"\ntake = "points"\nparts = {A = []}' + END,
        "step[1].parts.A",
        "een lijst",
    ),
    (POINTS.replace('"points"', '"table"'), "step[1].table", "ontbreekt"),
    (POINTS.replace('"points"', '"table"\ntable = {}'), "step[1].table", "leeg"),
    (POINTS.replace('"points"', '"table"\ntable = {"1-8" = "5"}'), "step[1].table", "begint niet bij 0"),
    (
        POINTS.replace('"points"', '"table"\ntable = {"0-3" = "1", "5-8" = "6"}'),
        "step[1].table",
        "het puntenaantal 4 ontbreekt",
    ),
    (
        POINTS.replace('"points"', '"table"\ntable = {"0-3" = "1", "3-8" = "6"}'),
        "step[1].table",
        "het puntenaantal 3 staat er twee keer",
    ),
    (
        POINTS.replace('"points"', '"table"\ntable = {"0-3" = "6", "4-8" = "5"}'),
        "step[1].table",
        "bij een puntenaantal van 4 wordt het cijfer lager",
    ),
    (
        POINTS.replace('"points"', '"table"\ntable = {"0-3" = "1", "4-7" = "6"}'),
        "step[1].table",
        "het puntenaantal 8 ontbreekt",
    ),
    (
        POINTS.replace('"points"', '"table"\ntable = {"0-3" = "1", "4-9" = "6"}'),
        "step[1].table",
        "gaat tot 9; het hoogste aantal punten is 8",
    ),
    (
        POINTS.replace('"points"', '"table"\ntable = {"veel" = "1"}'),
        "step[1].table",
        "“veel” is geen aantal punten",
    ),
    (
        POINTS.replace('"points"', '"table"\ntable = {"0-8" = "5"}'),
        "step[1]",
        "het hoogste niveau is de uitslag onvoldoende. Het cijfer 5,0 is lager dan",
    ),
    (
        POINTS.replace('"points"', '"table"\ntable = {"0-8" = "6"}'),
        "step[1]",
        "het laagste niveau is de uitslag voldoende. Het cijfer 6,0 haalt",
    ),
    (
        'good_from = "9"\n' + POINTS.replace('"points"', '"table"\ntable = {"0-3" = "1", "4-8" = "8"}'),
        "good_from",
        "nooit te halen",
    ),
    (SHARE_OF_CRITERIA.replace("51", "101"), "step[1].rows[1].share.percent", "moet een getal zijn"),
    (SHARE_OF_CRITERIA.replace('O = "4.0", ', ""), "step[1].marks.O", "ontbreekt"),
    (SHARE_OF_CRITERIA.replace('"4.0"', '"6.0"'), "step[1].marks", "O is lager dan de voldoende"),
    (SHARE_OF_CRITERIA.replace('"8.0"', '"5.9"'), "step[1].marks", "G is niet lager dan V"),
    (
        SHARE_OF_CRITERIA.replace('marks = { O = "4.0", V = "6.0", G = "8.0" }', ""),
        "step[1].marks",
        "cijfers nodig",
    ),
    (
        SHARE_OF_CRITERIA.replace('grade = "G"', 'grade = "V"').replace('grade = "V"', 'grade = "G"', 2),
        "step[1].rows",
        "van hoog naar laag",
    ),
    (
        SHARE_OF_CRITERIA.replace('grade = "V"\neach = "V"', 'grade = "V"'),
        "step[1].rows[2].each",
        "ontbreekt",
    ),
    (
        TWO_TABLES.replace('"6-8" = "5.4"', '"6-8" = "7.1"'),
        "step[2].otherwise.table",
        "bij een puntenaantal van 6",
    ),
    (
        TWO_TABLES.replace('"6-8" = "5.4"', '"6-7" = "5.4"'),
        "step[2].otherwise.table",
        "het puntenaantal 8 ontbreekt",
    ),
]


@pytest.mark.parametrize(("rule", "place", "why"), REFUSED)
def test_a_wrong_rule_is_refused_with_its_place_and_the_reason(rule: str, place: str, why: str):
    with pytest.raises(PassRuleBroken) as refused:
        checked(rule_data(rule), CRITERIA)
    assert refused.value.place == place
    assert f"“{place}”" in str(refused.value)
    assert why in str(refused.value)


@pytest.mark.parametrize("data", [None, [], "scale", 5, {"scale": "mark", "step": {"over": "exam"}}])
def test_data_that_is_no_rule_is_refused(data: object):
    with pytest.raises(PassRuleBroken):
        checked(data, CRITERIA)


def test_a_work_process_in_two_tasks_cannot_be_grouped_by_task():
    rule = 'scale = "mark"\n[[step]]\nover = "work_process"\ntake = "points"\n[[step]]\nover = "task"\ntake = "mean"'
    with pytest.raises(PassRuleBroken, match=r"W1 hoort bij meer dan één groep \(1, 2\)"):
        checked(rule_data(rule + END), exam("W1 / W1"))
    assert outcome(rule + END, exam("W1 / W2"), "G V").grade == "V"


def test_a_level_without_its_mark_is_named():
    rule = 'scale = "mark"\n[[step]]\nover = "criterion"\ntake = "table"\ntable = {O = "4", V = "6"}'
    with pytest.raises(PassRuleBroken, match=r"niveau G van criterium 1\.1 ontbreekt"):
        checked(rule_data(rule + END), CRITERIA)
    down = rule.replace('V = "6"', 'V = "6", G = "5"')
    with pytest.raises(PassRuleBroken, match="een hoger niveau geeft een lager cijfer"):
        checked(rule_data(down + END), CRITERIA)


def test_a_fixed_mark_that_a_higher_score_loses_is_refused_with_the_smallest_example():
    """All four sufficient with 1 of 3 points each is a 4,0; with one insufficient it would be a 4,5."""
    easy = tuple(Level(label, at, at > 0) for at, label in enumerate("OMVG"))
    rule = POINTS + 'each = "sufficient"\notherwise = { value = "4.5" }'
    with pytest.raises(PassRuleBroken) as refused:
        checked(rule_data(rule), exam("W1 W1 / W2 W2", easy))
    assert refused.value.place == "step[1].otherwise"
    assert "Criterium 2.2 van O naar M: van O 4,5 naar O 4,0" in str(refused.value)
    assert "(verder: 1.1 M, 1.2 M, 2.1 M)" in str(refused.value)
    lower = rule.replace("4.5", "4.0")
    assert outcome(lower, exam("W1 W1 / W2 W2", easy), "G G G O").mark is not None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ([Level("O", 1, False), Level("V", 1, True)], "niet op volgorde"),
        ([Level("V", 2, True), Level("O", 1, False)], "niet op volgorde"),
        ([Level("O", 0, True), Level("V", 1, False)], "O is voldoende, dus V ook"),
        ([Level("O", 0, False)], "heeft geen punten"),
        ([], "heeft geen punten"),
    ],
)
def test_levels_that_are_no_scale_are_refused(changed: list[Level], why: str):
    odd = Criterion("1.1", "1", "W1", False, tuple(changed))
    with pytest.raises(RuleBroken, match=why):
        checked(rule_data(POINTS), [odd])


def test_a_critical_criterion_that_nobody_can_reach_is_refused():
    never = Criterion("1.1", "1", "W1", True, (Level("O", 0, False), Level("M", 1, False)))
    with pytest.raises(RuleBroken, match=r"cruciale criterium 1\.1 is nooit te halen"):
        checked(rule_data(POINTS), [never])


def test_a_criterion_counts_once_and_an_exam_has_criteria():
    rule = checked(preset("consortium", {}), CRITERIA)
    with pytest.raises(RuleBroken, match="twee keer"):
        decide(rule, [*CRITERIA, CRITERIA[0]], all_highest(CRITERIA))
    with pytest.raises(RuleBroken, match="geen beoordelingscriteria"):
        decide(rule, [], {})


def test_a_missing_or_a_strange_score_is_an_error_that_names_the_criterion():
    rule = checked(preset("consortium", {}), CRITERIA)
    some = {key: level for key, level in all_highest(CRITERIA).items() if key < "2"}
    with pytest.raises(RuleBroken, match=r"Nog niet beoordeeld: 2 criteria \(2\.1, 2\.2\)"):
        decide(rule, CRITERIA, some)
    with pytest.raises(RuleBroken, match=r"Criterium 2\.1 heeft geen niveau ja"):
        decide(rule, CRITERIA, {**all_highest(CRITERIA), "2.1": Level("ja", 1, True)})


@pytest.mark.parametrize(("text", "value"), [("5.5", "5,5"), ("5,5", "5,5"), (5.5, "5,5"), (6, "6,0")])
def test_a_mark_may_be_written_in_four_ways(text: object, value: str):
    data = {**rule_data(POINTS), "pass_from": text}
    found = outcome(data, CRITERIA, "V V V V")
    assert str(found.reasons[-1]).endswith(f"cesuur van {value}.")


def test_a_rule_and_an_outcome_can_be_kept_as_json():
    data = json.loads(json.dumps(rule_data(MARK_PER_WORK_PROCESS)))
    found = outcome(data, CRITERIA, "G V V O").as_json()
    assert json.loads(json.dumps(found)) == found
    assert (found["mark"], found["end_mark"], found["points"]) == ("5.4", "5", 4)
    assert [one["value"] for one in found["work_processes"]] == ["7,8", "3,3"]
    assert [one["passed"] for one in found["tasks"]] == [None, None]
    assert found["steps"][0]["parts"][1]["reasons"][0][0] == "%(points)s van %(maximum)s punten → %(mark)s"


@pytest.mark.parametrize(
    ("label", "enough"),
    [
        ("O", False),
        ("0", False),
        ("nee", False),
        ("Voldoet niet", False),
        ("M", True),
        ("V", True),
        ("G", True),
        ("1", True),
        ("ja", True),
    ],
)
def test_a_level_that_does_not_say_is_sufficient_unless_its_label_is_a_fail(label: str, enough: bool):
    assert sufficient_by_label(label) is enough


def test_scores_may_be_of_any_scale():
    assert outcome(POINTS, exam("W1", points(7)), "4").points == 4
    assert scores(exam("W1", UP_TO_3), "2")["1.1"].sufficient
