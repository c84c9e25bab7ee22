"""Every kind of rule of published exam plans, each with an example whose arithmetic stands here."""

from __future__ import annotations

import re
import textwrap
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from app.rules.pass_rules import Criterion, checked, explain, preset
from app.rules.pass_rules.explaining import plain
from tests.rules.pass_rules.support import OVG, UP_TO_3, YES_NO, exam, outcome, points, rule_data

MARK_PER_WORK_PROCESS = """
scale = "mark"
good_from = "8.0"
[[step]]
over = "work_process"
take = "points"
cesuur = "50%"
round = { decimals = 1, how = "half_up" }
[[step]]
over = "exam"
take = "mean"
round = { decimals = 1, how = "half_up" }
each = "5.5"
otherwise = { at_most = "5.4" }
"""


def said(found) -> list[str]:
    return [str(one) for one in found.reasons]


def test_the_mark_per_work_process_is_its_own_points_over_its_own_maximum():
    """W1: 3 of 4, 1 + 9 × 3/4 = 7,75, so 7,8. W2: 2 of 6, 1 + 9 × 2/6 = 4,0. Mean 5,9: W2 is too low."""
    criteria = exam("W1 W1 W2 W2 W2")
    found = outcome(MARK_PER_WORK_PROCESS, criteria, "G V V V O")
    assert [(one.key, one.value, one.passed) for one in found.work_processes] == [
        ("W1", "7,8", True),
        ("W2", "4,0", False),
    ]
    assert (found.grade, found.mark) == ("O", Decimal("5.4"))
    assert said(found) == [
        "Gemiddelde van 7,8 · 4,0 → 5,9",
        "Werkproces W2: 4,0, dus niet gehaald.",
        "Daarom is het cijfer hoogstens 5,4.",
        "Het cijfer 5,4 is lager dan de cesuur van 5,5.",
    ]
    assert str(found.work_processes[0].reasons[0]) == "3 van 4 punten → 7,8"


def test_the_mark_of_the_exam_is_the_mean_when_each_work_process_is_enough():
    """W1: 3 of 4, 7,8. W2: 3 of 6, 5,5. Mean 6,65, so 6,7."""
    found = outcome(MARK_PER_WORK_PROCESS, exam("W1 W1 W2 W2 W2"), "G V V V V")
    assert (found.grade, found.mark, found.end_mark) == ("V", Decimal("6.7"), Decimal(7))


def test_the_preset_of_a_mark_per_work_process_says_the_same():
    for labels in ("G V V V O", "G V V V V", "G G G G G"):
        criteria = exam("W1 W1 W2 W2 W2")
        written = outcome(MARK_PER_WORK_PROCESS, criteria, labels)
        ready = outcome(preset("mark_per_work_process", {"fail_cap": "5.4"}), criteria, labels)
        assert (ready.mark, ready.grade) == (written.mark, written.grade)


@pytest.mark.parametrize(
    ("got", "mark", "arithmetic"),
    [
        (0, "1.0", "1"),
        (6, "3.3", "1 + 4,5 × 6/12 = 3,25, half up"),
        (11, "5.1", "1 + 4,5 × 11/12 = 5,125"),
        (12, "5.5", "75 procent van 16 is 12"),
        (13, "6.6", "5,5 + 4,5 × 1/4 = 6,625"),
        (16, "10.0", "5,5 + 4,5"),
    ],
)
def test_a_cesuur_of_75_percent_bends_the_line(got: int, mark: str, arithmetic: str):
    rule = """
    scale = "mark"
    step = [{ over = "exam", take = "points", cesuur = "75%", round = { decimals = 1, how = "half_up" } }]
    """
    found = outcome(rule, exam("W1", points(16)), str(got))
    assert found.mark == Decimal(mark), arithmetic
    assert found.passed == (got >= 12)


def test_a_cesuur_may_be_a_number_of_points_and_differ_per_part():
    """Task 1: 12 of 20, its cesuur: 5,5. Task 2: 75 percent of 8 is 6; with 7: 5,5 + 4,5/2 = 7,75 → 7,8."""
    rule = """
    scale = "mark"
    [[step]]
    over = "task"
    take = "points"
    cesuur = 12
    exceptions.2 = { take = "points", cesuur = "75%" }
    [[step]]
    over = "exam"
    take = "lowest"
    """
    criteria = [*exam("W1", points(20)), *[Criterion("2.1", "2", "W1", False, points(8))]]
    found = outcome(rule, criteria, "12 7")
    assert [one.value for one in found.tasks] == ["5,5", "7,8"]
    assert found.mark == Decimal("5.5")


SHARE_OF_CRITERIA = """
scale = "mark"
[[step]]
over = "exam"
take = "grade"
marks = { O = "4.0", V = "6.0", G = "8.0" }
[[step.rows]]
grade = "G"
each = "V"
share = { percent = 51, at = "G" }
[[step.rows]]
grade = "V"
each = "V"
"""


@pytest.mark.parametrize(
    ("labels", "grade", "mark"),
    [
        ("V V V V", "V", "6.0"),
        ("G G V V", "V", "6.0"),  # 2 of 4 is 50 percent
        ("G G G V", "G", "8.0"),  # 3 of 4 is 75 percent
        ("G G G O", "O", "4.0"),  # one O
    ],
)
def test_good_from_a_share_of_the_criteria_shown_as_a_mark(labels: str, grade: str, mark: str):
    found = outcome(SHARE_OF_CRITERIA, exam("W1 W1 W2 W2"), labels)
    assert (found.grade, found.mark) == (grade, Decimal(mark))
    ready = outcome(preset("share_of_criteria", {}), exam("W1 W1 W2 W2"), labels)
    assert (ready.grade, ready.mark) == (grade, Decimal(mark))


SHARE_OF_WORK_PROCESSES = """
scale = "grade"
[[step]]
over = "work_process"
take = "grade"
rows = [
  { grade = "G", each = "V", share = { percent = 51, at = "G" } },
  { grade = "V", each = "V" },
]
[[step]]
over = "exam"
take = "grade"
rows = [
  { grade = "G", each = "V", share = { percent = 51, at = "G" } },
  { grade = "V", each = "V" },
]
"""


@pytest.mark.parametrize(
    ("labels", "processes", "grade"),
    [
        ("G G V G V V", "G V V", "V"),  # of three work processes one is G: 33 percent
        ("G G G G V V", "G G V", "G"),  # two of three: 67 percent
        ("G G G G G O", "G G O", "O"),
    ],
)
def test_good_from_a_share_of_the_work_processes(labels: str, processes: str, grade: str):
    found = outcome(SHARE_OF_WORK_PROCESSES, exam("W1 W1 W2 W2 W3 W3"), labels)
    assert [one.value for one in found.work_processes] == processes.split()
    assert (found.grade, found.mark) == (grade, None)


def test_every_work_process_sufficient_or_the_mark_is_capped():
    """7 of 8: 1 + 9 × 7/8 = 8,875 → 8,9. W2: 1 point for 2 criteria, less than 1 on average: at most 5,4."""
    rule = preset("every_work_process", {"fail_cap": "5.4"})
    criteria = exam("W1 W1 W2 W2")
    assert outcome(rule, criteria, "G G G V").mark == Decimal("8.9")
    found = outcome(rule, criteria, "G G V O")  # 5 of 8: 6,625 → 6,6
    assert (found.mark, found.grade) == (Decimal("5.4"), "O")
    assert "Werkproces W2: O, dus niet gehaald." in said(found)


TWO_TABLES = """
scale = "mark"
[[step]]
over = "task"
take = "points"
[[step]]
over = "exam"
take = "table"
table = { "0-3" = "1.0", "4-5" = "5.5", "6-7" = "7.0", "8" = "10.0" }
each = "sufficient"
otherwise = { table = { "0-3" = "1.0", "4-5" = "4.0", "6-8" = "5.4" } }
"""


@pytest.mark.parametrize(
    ("labels", "mark"),
    [
        ("G V G V", "7.0"),  # tasks of 3 and 3 points of 4: 6 in the first table
        ("G G G O", "7.0"),  # task 2: 2 of 4 is just a 5,5, so the first table again
        ("G G V O", "4.0"),  # task 2: 1 of 4, insufficient: 5 points in the other table
    ],
)
def test_there_is_another_table_when_one_part_is_insufficient(labels: str, mark: str):
    assert outcome(TWO_TABLES, exam("W1 W1 / W2 W2"), labels).mark == Decimal(mark)


def test_parts_with_weights_80_10_10():
    """0,8 × 10 + 0,1 × 5,5 + 0,1 × 1,0 = 8,65 → 8,7."""
    rule = """
    scale = "mark"
    [[step]]
    over = "task"
    take = "points"
    [[step]]
    over = "exam"
    take = "weighted"
    weights = { 1 = "80%", 2 = "10%", 3 = "10%" }
    """
    found = outcome(rule, exam("W1 / W1 / W1"), "G V O")
    assert found.mark == Decimal("8.7")
    assert said(found)[0] == "Gewogen gemiddelde van 80 × 10,0 · 10 × 5,5 · 10 × 1,0 → 8,7"


def test_weights_nine_to_one_and_criteria_with_weights_of_their_own():
    """A rubric: each criterion its own mark, 33/33/34: 0,33 × 5,5 + 0,33 × 10 + 0,34 × 5,5 = 6,985 → 7,0."""
    rule = """
    scale = "mark"
    [[step]]
    over = "criterion"
    take = "points"
    [[step]]
    over = "exam"
    take = "weighted"
    weights = { "1.1" = "33%", "1.2" = "33%", "1.3" = "34%" }
    """
    assert outcome(rule, exam("W1 W1 W1"), "V G V").mark == Decimal("7.0")


PART_MAY_BE_LOWER = """
scale = "mark"
[[step]]
over = "task"
take = "points"
[[step]]
over = "exam"
take = "mean"
each = "4.0"
share = { percent = 50, at = "5.5" }
"""


@pytest.mark.parametrize(
    ("labels", "mark", "grade"),
    [
        ("10 4", "7.3", "V"),  # (10 + 4,6) / 2 = 7,3; 4,6 is at least 4,0; half of the parts passes
        ("10 3", "5.4", "O"),  # 3 of 10 is a 3,7
        ("4 4", "4.6", "O"),  # none passes, and the mean is too low
        ("5 4", "5.1", "O"),  # (5,5 + 4,6) / 2 = 5,05 → 5,1
    ],
)
def test_a_part_may_be_a_four_when_the_mean_and_half_of_the_parts_pass(labels: str, mark: str, grade: str):
    found = outcome(PART_MAY_BE_LOWER, exam("W1 / W2", points(10)), labels)
    assert (found.mark, found.grade) == (Decimal(mark), grade)


PHASES = """
scale = "mark"
[[step]]
over = "part"
take = "points"
parts = { Voorbereiding = ["1.1", "1.2"], Uitvoering = ["2.1"] }
[[step]]
over = "exam"
take = "mean"
phases = true
"""


def test_a_phase_counts_only_when_the_one_before_it_is_passed():
    """Phase 1: 1 of 4, 1 + 9/4 = 3,25 → 3,3, failed. Phase 2 (10,0) counts as 1,0: (3,3 + 1,0)/2 = 2,15."""
    found = outcome(PHASES, exam("W1 W1 / W1"), "V O G")
    assert (found.mark, found.grade) == (Decimal("2.2"), "O")
    assert said(found)[0] == "Gemiddelde van 3,3 · 1,0 → 2,2"
    assert found.points == 3, "what was scored stays as it was"
    assert outcome(PHASES, exam("W1 W1 / W1"), "V V G").mark == Decimal("7.8")  # (5,5 + 10) / 2


def test_levels_of_three_scales_stand_in_one_exam():
    """Sufficient: V of O/V/G, 2 of 0-3, ja of ja/nee. A 1 of 0-3 has a point and is not sufficient."""
    criteria = [
        Criterion("1.1", "1", "W1", False, OVG),
        Criterion("1.2", "1", "W1", True, UP_TO_3),
        Criterion("1.3", "1", "W1", False, YES_NO),
    ]
    rule = preset("consortium", {})
    assert outcome(rule, criteria, "V 2 ja").grade == "V"
    found = outcome(rule, criteria, "G 1 ja")
    assert found.grade == "O"
    assert "Cruciaal criterium niet gehaald: 1.2." in said(found)


def test_a_critical_criterion_is_failed_when_its_level_is_not_sufficient_whatever_its_points():
    """M gives 1 of 3 points and is not sufficient: the mark of all points would be a 9,4."""
    criteria = [*exam("W1 W1 W1 W1", UP_TO_3), Criterion("1.5", "1", "W1", True, UP_TO_3)]
    found = outcome(preset("points_to_mark", {}), criteria, "3 3 3 3 1")
    assert (found.grade, found.mark) == ("O", Decimal("1.0"))


def test_a_failed_critical_criterion_may_make_its_work_process_a_one():
    """W1 1,0 and W2 10,0: the mean is 5,5, but W1 is not passed and neither is the exam."""
    rule = """
    scale = "mark"
    [[step]]
    over = "work_process"
    take = "points"
    critical = { value = "1.0" }
    [[step]]
    over = "exam"
    take = "mean"
    """
    found = outcome(rule, exam("W1 W1! W2"), "G O G")
    assert [one.value for one in found.work_processes] == ["1,0", "10,0"]
    assert (found.grade, found.mark) == ("O", Decimal("5.4"))


def test_a_knock_out_list_passes_from_a_number_of_points():
    rule = preset("knock_out", {"threshold": 3})
    criteria = exam("W1! W1 W1 W1", YES_NO)
    assert outcome(rule, criteria, "ja ja ja nee").grade == "V"
    assert outcome(rule, criteria, "nee ja ja ja").grade == "O"
    assert outcome(rule, criteria, "ja ja nee nee").grade == "O"


def test_a_check_list_gives_a_mark_by_the_share_that_is_sufficient():
    """3 of 4 sufficient, cesuur 75 percent: 5,5."""
    rule = 'scale = "mark"\nstep = [{ over = "exam", take = "share", cesuur = "75%" }]'
    assert outcome(rule, exam("W1 W1 W1 W1", UP_TO_3), "2 3 2 1").mark == Decimal("5.5")


def test_behaald_needs_a_share_of_the_criteria():
    rule = """
    scale = "passed"
    [[step]]
    over = "exam"
    take = "grade"
    rows = [{ grade = "V", share = { percent = 80, at = "sufficient" } }]
    """
    criteria = exam("W1 W1 W1 W1 W1", YES_NO)
    assert outcome(rule, criteria, "ja ja ja ja nee").grade == "V"  # 4 of 5 is 80 percent
    assert outcome(rule, criteria, "ja ja ja nee nee").grade == "O"


def test_levels_become_marks_by_a_table():
    """O = 4, V = 6, G = 8: (6 + 8 + 8) / 3 = 7,33 → 7,3."""
    rule = """
    scale = "mark"
    [[step]]
    over = "criterion"
    take = "table"
    table = { O = "4.0", V = "6.0", G = "8.0" }
    [[step]]
    over = "exam"
    take = "mean"
    """
    with pytest.raises(Exception, match="good_from"):
        outcome('good_from = "8.5"\n' + rule, exam("W1 W1 W1"), "V G G")
    assert outcome(rule, exam("W1 W1 W1"), "V G G").mark == Decimal("7.3")


ROUNDED = """
scale = "mark"
[[step]]
over = "task"
take = "points"
round = {{ decimals = {decimals}, how = "{how}" }}
[[step]]
over = "exam"
take = "mean"
round = {{ decimals = 1, how = "{how}" }}
"""


@pytest.mark.parametrize(
    ("decimals", "how", "mark", "arithmetic"),
    [
        (1, "cut", "6.6", "7,75 → 7,7 and 5,5: 6,6"),
        (1, "half_up", "6.7", "7,75 → 7,8 and 5,5: 6,65 → 6,7"),
        (1, "up", "6.7", "7,8 and 5,5: 6,65 → 6,7"),
        (2, "half_up", "6.6", "7,75 and 5,5: 6,625 → 6,6"),
        (0, "half_up", "7.0", "8 and 6: 7"),
    ],
)
def test_rounding_is_said_per_step(decimals: int, how: str, mark: str, arithmetic: str):
    found = outcome(ROUNDED.format(decimals=decimals, how=how), exam("W1 W1 / W1 W1"), "G V V V")
    assert found.mark == Decimal(mark), arithmetic


END_MARK = """
scale = "mark"
end_mark = {{ decimals = 0, how = "half_up", of = "{of}" }}
[[step]]
over = "exam"
take = "points"
round = {{ decimals = 1, how = "half_up" }}
"""


@pytest.mark.parametrize(
    ("of", "mark", "end", "passed"), [("rounded", "5.5", "6", True), ("unrounded", "5.5", "5", False)]
)
def test_the_end_mark_comes_from_the_rounded_or_the_unrounded_mark(
    of: str, mark: str, end: str, passed: bool
):
    """99 of 200 points: 1 + 9 × 99/200 = 5,455: as a mark 5,5; from the unrounded one a 5."""
    found = outcome(END_MARK.format(of=of), exam("W1", points(200)), "99")
    assert (found.mark, found.end_mark, found.passed) == (Decimal(mark), Decimal(end), passed)


def test_cut_off_makes_a_mark_just_below_the_cesuur_a_fail():
    """199 of 400 points: 5,4775 → 5,4 when cut, 5,5 half up."""
    rule = 'scale = "mark"\nstep = [{{ over = "exam", take = "points", round = {{ how = "{how}" }} }}]'
    for how, mark in (("cut", "5.4"), ("half_up", "5.5"), ("up", "5.5")):
        found = outcome(rule.format(how=how), exam("W1", points(400)), "199")
        assert (found.mark, found.passed) == (Decimal(mark), mark == "5.5")


def test_a_rule_that_says_nothing_about_rounding_is_half_up_and_says_so():
    rule = 'scale = "mark"\nstep = [{ over = "exam", take = "points" }]'
    found = outcome(rule, exam("W1 W1 W1 W1 W1 W1 W1 W1"), "G G G G G G V V")  # 14 of 16: 8,875
    assert (found.mark, found.end_mark) == (Decimal("8.9"), Decimal(9))
    told = plain(explain(checked(rule_data(rule), exam("W1"))))
    assert sum("dit examen zegt er niets anders over" in one for one in told) == 2


def test_nothing_compensates_for_a_work_process_at_zero():
    """All of W1 to W3, nothing of W4: 1 + 9 × 6/8 = 7,75 by all points, a fail by its published plan."""
    criteria, labels = exam("W1 W2 W3 W4"), "G G G O"
    assert outcome(preset("points_to_mark", {}), criteria, labels).grade == "V"
    found = outcome(preset("mark_per_work_process", {}), criteria, labels)
    assert (found.grade, found.mark) == ("O", Decimal("5.4"))


def test_the_rule_is_told_in_the_numbers_that_decide():
    criteria = exam("W1! W2")
    told = plain(explain(checked(rule_data(MARK_PER_WORK_PROCESS), criteria), criteria))
    assert told == [
        "Elk werkproces krijgt een eigen cijfer:",
        "het cijfer is 1 + 9 × behaalde punten ÷ maximum",
        "afronding: één cijfer achter de komma, vanaf de helft naar boven",
        "Het examen krijgt een cijfer:",
        "het is het gemiddelde van die cijfers",
        "afronding: één cijfer achter de komma, vanaf de helft naar boven",
        "Daarbij geldt:",
        "elk daarvan is minstens een 5,5",
        "Is dat niet zo, dan is het cijfer hoogstens 5,4.",
        "Een cruciaal criterium moet voldoende zijn. Anders is elk deel waar het in zit onvoldoende, "
        "en het hele examen ook.",
        "Is er een cruciaal criterium niet gehaald, dan geldt voor het examen:",
        "het cijfer is hoogstens 5,4",
        "Vanaf een 5,5 is de uitslag voldoende, vanaf een 8,0 goed.",
        "Het eindcijfer op de resultatenlijst is dit cijfer, afgerond op een heel cijfer "
        "(dit examen zegt er niets anders over).",
    ]


def test_of_crucial_criteria_a_rule_speaks_where_there_are_any():
    rule = checked(preset("knock_out", {"threshold": 1}), exam("W1"))
    assert "cruciaal" not in " ".join(plain(explain(rule, exam("W1"))))
    assert "cruciaal" in " ".join(plain(explain(rule, exam("W1!"))))


def test_every_rule_in_the_catalogues_readme_can_be_used():
    """The examples for who writes a rule: read from the page, and each decides."""
    page = (Path(__file__).parents[3] / "catalogue" / "README.md").read_text()
    examples = [one for one in re.findall(r"(?:^    .*\n)+", page, re.M) if "[pass_rule]" in one]
    marks = []
    for text in examples:
        rule = tomllib.loads(textwrap.dedent(text))["pass_rule"]
        marks.append(outcome(rule, exam("W1 W1 / W2 W2 / W3 W3"), "G G / G G / V V").mark)
    # (10 + 10 + 5,5) / 3 = 8,5; 4 of 6 is 67 percent; 0,8 × 10 + 0,1 × 10 and 0,1 × 1 + 4,5 × 2/3 (4,0)
    assert marks == [Decimal("8.5"), Decimal("8.0"), Decimal("9.4")]
