"""Why a result is what it is, in reading order: the whole text of each kind of reason."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.rules.pass_rules import Level, checked, explain, preset
from app.rules.pass_rules.explaining import plain
from tests.rules.pass_rules.support import OVG, UP_TO_3, exam, outcome, points, rule_data
from tests.rules.pass_rules.test_kinds import PHASES, SHARE_OF_CRITERIA, SHARE_OF_WORK_PROCESSES, TWO_TABLES

FOUR = "W1 W1 W2 W2"
EXAM = 'scale = "mark"\n[[step]]\nover = "exam"\ntake = "points"\n'
TASKS = 'scale = "mark"\n[[step]]\nover = "task"\ntake = "points"\n[[step]]\nover = "exam"\ntake = "mean"\n'

TOLD = [
    (SHARE_OF_CRITERIA, FOUR, "G G G V", ["Alles wat voor G nodig is, is gehaald.", "G → 8,0"]),
    (
        SHARE_OF_CRITERIA,
        FOUR,
        "G G V V",
        [
            "Alles wat voor V nodig is, is gehaald.",
            "Voor G is niet alles gehaald:",
            "2 van de 4 criteria halen dat; 51 procent is nodig.",
            "V → 6,0",
        ],
    ),
    (
        SHARE_OF_CRITERIA,
        FOUR,
        "G G O V",
        ["Voor V is niet alles gehaald:", "Niet gehaald: criterium 1.3 (O).", "O → 4,0"],
    ),
    (
        SHARE_OF_WORK_PROCESSES,
        FOUR,
        "G G V V",
        [
            "Alles wat voor V nodig is, is gehaald.",
            "Voor G is niet alles gehaald:",
            "1 van de 2 onderdelen halen dat; 51 procent is nodig.",
        ],
    ),
    (
        SHARE_OF_WORK_PROCESSES,
        FOUR,
        "G G V O",
        ["Voor V is niet alles gehaald:", "Werkproces W2: O, dus niet gehaald."],
    ),
    (
        EXAM + "points = 5",
        FOUR,
        "G G O O",
        [
            "4 van 8 punten → 5,5",
            "4 punten behaald; 5 zijn nodig.",
            "Daarom is het onvoldoende, en het cijfer 5,4.",
            "Het cijfer 5,4 is lager dan de cesuur van 5,5.",
        ],
    ),
    (
        EXAM + 'points = "60%"\notherwise = { at_most = "4.0" }',
        FOUR,
        "G G O O",
        [
            "4 van 8 punten → 5,5",
            "4 punten behaald; 4,8 zijn nodig.",
            "Daarom is het cijfer hoogstens 4,0.",
            "Het cijfer 4,0 is lager dan de cesuur van 5,5.",
        ],
    ),
    (
        EXAM + 'average = "1.5"\notherwise = { value = "1.0" }',
        FOUR,
        "G G V O",
        [
            "5 van 8 punten → 6,6",
            "Het gemiddelde per criterium is 1,25; nodig is 1,5.",
            "Daarom is het cijfer 1,0.",
            "Het cijfer 1,0 is lager dan de cesuur van 5,5.",
        ],
    ),
    (
        EXAM + 'each = "V"\notherwise = { at_most = "5.4" }',
        FOUR,
        "V O O O",  # lower already: nothing is capped, so nothing is said of it
        [
            "1 van 8 punten → 2,1",
            "Niet gehaald: criterium 1.2 (O), 1.3 (O), 1.4 (O).",
            "Het cijfer 2,1 is lager dan de cesuur van 5,5.",
        ],
    ),
    (
        TASKS + 'each = "5.5"',
        "W1 / W2 / W1",
        "G O V",
        [
            "Gemiddelde van 10,0 · 1,0 · 5,5 → 5,5",
            "Opdracht 2: 1,0, dus niet gehaald.",
            "Daarom is het onvoldoende, en het cijfer 5,4.",
            "Het cijfer 5,4 is lager dan de cesuur van 5,5.",
        ],
    ),
    (
        TASKS,
        "W1 / W2!",
        "G O",
        [
            "Gemiddelde van 10,0 · 1,0 → 5,5",
            "Cruciaal criterium niet gehaald: 2.1.",
            "Daarom is het onvoldoende, en het cijfer 5,4.",
            "Het cijfer 5,4 is lager dan de cesuur van 5,5.",
        ],
    ),
    (
        PHASES,
        "W1 W1 / W1",
        "V O G",
        [
            "Gemiddelde van 3,3 · 1,0 → 2,2",
            "Onderdeel Voorbereiding: 3,3, dus niet gehaald.",
            "Daarom is het onvoldoende.",
            "Het cijfer 2,2 is lager dan de cesuur van 5,5.",
        ],
    ),
    (
        TWO_TABLES,
        "W1 W1 / W2 W2",
        "G G V O",
        [
            "5 punten in de tabel → 5,5",
            "Opdracht 2: 3,3, dus niet gehaald.",
            "Daarom geldt de andere tabel:",
            "5 punten in de tabel → 4,0",
            "Het cijfer 4,0 is lager dan de cesuur van 5,5.",
        ],
    ),
    (
        TASKS.replace('"mean"', '"lowest"'),
        "W1 / W2",
        "G V",
        ["Laagste van 10,0 · 5,5 → 5,5", "Het cijfer 5,5 haalt de cesuur van 5,5."],
    ),
    (
        EXAM.replace('"points"', '"share"'),
        FOUR,
        "G V O V",
        ["3 van 4 voldoende → 7,8", "Het cijfer 7,8 haalt de cesuur van 5,5."],
    ),
]


@pytest.mark.parametrize(("rule", "text", "labels", "reasons"), TOLD)
def test_a_result_says_why(rule: str, text: str, labels: str, reasons: list[str]):
    assert [str(one) for one in outcome(rule, exam(text), labels).reasons] == reasons


def test_a_letter_may_be_no_higher_than_one_when_something_is_missed():
    """All criteria G, but one work process failed by its points: at most V; with critical failed it is O."""
    rule = """
    scale = "grade"
    [[step]]
    over = "work_process"
    take = "points"
    cesuur = "75%"
    [[step]]
    over = "exam"
    take = "grade"
    rows = [{ grade = "G", points = 5 }, { grade = "V", points = 3 }]
    each = "5.5"
    otherwise = { at_most = "V" }
    """
    found = outcome(rule, exam("W1 W1 W2 W2"), "G G V O")
    assert found.grade == "V"
    assert [str(one) for one in found.reasons] == [
        "Alles wat voor G nodig is, is gehaald.",
        "Werkproces W2: 2,5, dus niet gehaald.",
        "Daarom is het hoogstens V.",
    ]
    assert outcome(rule, exam("W1 W1 W2 W2!"), "G G V O").grade == "O"


def test_a_part_says_its_own_reasons_and_a_rule_that_does_not_judge_it_says_none():
    found = outcome(TASKS, exam("W1 W1! / W2"), "G O V")
    assert [str(one) for one in found.tasks[0].reasons] == [
        "2 van 4 punten → 5,5",
        "Cruciaal criterium niet gehaald: 1.2.",
    ]
    assert [(one.passed, one.value, one.reasons) for one in found.work_processes] == [(None, None, ())] * 2


@pytest.mark.parametrize(
    ("mark", "shown"),
    [("6", "6,0"), ("10", "10,0"), ("5.25", "5,25"), ("5.4375", "5,4375")],
)
def test_marks_are_shown_as_dutch_people_write_them(mark: str, shown: str):
    rule = TASKS.replace(
        'take = "points"\n',
        f'take = "table"\ntable = {{ "0-1" = "1", "2" = "{mark}" }}\nround = {{ how = "none" }}\n',
        1,
    )
    assert str(outcome('pass_from = "5.2"\n' + rule, exam("W1 / W2"), "G G").reasons[0]).startswith(
        f"Gemiddelde van {shown} · {shown}"
    )


def test_an_endless_fraction_is_shown_with_two_decimals_and_more():
    """2 of 6 points: 1 + 9 × 2/6 = 4; 1 of 6: 2,5; 1 of 7: 2,2857…"""
    rule = TASKS.replace('take = "points"\n', 'take = "points"\nround = { how = "none" }\n', 1)
    found = outcome(rule, exam("W1 / W2", points(7)), "1 7")
    assert str(found.reasons[0]) == "Gemiddelde van 2,28… · 10,0 → 6,1"


def test_work_processes_stand_in_the_order_of_their_numbers():
    rule = preset("mark_per_work_process", {})
    found = outcome(rule, exam("W10 W2 W1", UP_TO_3), "3 3 3")
    assert [one.key for one in found.work_processes] == ["W1", "W2", "W10"]
    found = outcome(preset("consortium", {}), exam("W10 W2 W1", OVG), "V V V")
    assert [one.key for one in found.work_processes] == ["W1", "W2", "W10"]


def test_a_part_with_a_letter_says_only_what_it_missed():
    found = outcome(SHARE_OF_WORK_PROCESSES, exam(FOUR), "G G V O")
    assert [[str(one) for one in part.reasons] for part in found.work_processes] == [
        [],
        ["Voor V is niet alles gehaald:", "Niet gehaald: criterium 1.4 (O)."],
    ]


def test_a_level_with_its_mark_is_told_per_criterion():
    table = 'table = { O = "4", V = "6", G = "8" }'
    rule = f'scale = "mark"\n[[step]]\nover = "criterion"\ntake = "table"\n{table}\n'
    found = outcome(rule + '[[step]]\nover = "exam"\ntake = "mean"', exam("W1 W1"), "V G")
    assert [[str(one) for one in part.reasons] for part in found.steps[0].parts] == [["V → 6,0"], ["G → 8,0"]]
    assert [part.value_text for part in found.steps[0].parts] == ["6,0", "8,0"]


@pytest.mark.parametrize(("cap", "mark"), [("4.4", "4.4"), (None, "5.4")])
def test_a_failed_critical_criterion_has_the_cap_of_a_failed_work_process(cap: str | None, mark: str):
    """7 of 8 points would be an 8,9; both work processes have at least one point per criterion."""
    rule = preset("every_work_process", {"fail_cap": cap} if cap else {})
    levels = (Level("O", 0, False), Level("M", 1, False), Level("G", 2, True))
    found = outcome(rule, exam("W1 W1 W2 W2!", levels), "G G G M")
    assert (found.grade, found.mark) == ("O", Decimal(mark))


def test_a_letter_may_be_an_o_when_something_is_missed():
    rule = """
    scale = "grade"
    step = [{ over = "exam", take = "grade", rows = [{ grade = "V", points = 3 }],
              each = "sufficient", otherwise = { at_most = "O" } }]
    """.replace("],\n             ", "],")
    found = outcome(rule, exam(FOUR), "G G V O")
    assert found.grade == "O"
    assert str(found.reasons[-1]) == "Daarom is het hoogstens O."


@pytest.mark.parametrize(
    ("rounding", "told"),
    [
        ('{ decimals = 0, how = "cut" }', "afronding: een heel cijfer, de rest valt weg"),
        ('{ decimals = 1, how = "up" }', "afronding: één cijfer achter de komma, altijd naar boven"),
        ("{ decimals = 2 }", "afronding: 2 cijfers achter de komma, vanaf de helft naar boven"),
        ('{ how = "none" }', "het wordt niet afgerond"),
    ],
)
def test_rounding_is_told_in_words(rounding: str, told: str):
    rule = rule_data(TASKS.replace('"points"\n', f'"points"\nround = {rounding}\n', 1))
    assert plain(explain(checked(rule, exam("W1 / W2"))))[2] == told
