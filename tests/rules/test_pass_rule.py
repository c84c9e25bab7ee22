"""The cesuur in words: every model and every parameter is told, with its own numbers."""

from __future__ import annotations

import pytest

from app.rules.marks import SCORING_MODELS
from app.rules.pass_rule import EXPLAINED, explain_rule


def told(model: str, *, critical: bool = False, **parameters: object) -> str:
    return " ".join(str(one) for one in explain_rule(model, parameters, max_points=24, critical=critical))


def test_every_scoring_model_can_be_explained() -> None:
    assert set(EXPLAINED) == set(SCORING_MODELS)


@pytest.mark.parametrize(
    ("model", "parameters", "sentences"),
    [
        (
            "consortium",
            {"good_from": 20},
            ["elk criterium krijgt minstens 1 punt", "minstens 20 van de 24 punten"],
        ),
        ("consortium", {"good_percent": 51}, ["minstens 51 procent"]),
        (
            "points_to_mark",
            {},
            ["1 + 9 × behaalde punten ÷ 24", "naar boven", "Vanaf een 5,5", "een 8,0 goed"],
        ),
        ("every_work_process", {"fail_cap": "4.4"}, ["hoogstens 4,4", "gemiddeld minstens 1 punt"]),
        (
            "every_work_process",
            {"measure": "lowest", "min_points": "1.5"},
            ["hoogstens 5,4", "minstens 1,5 punt"],
        ),
        ("knock_out", {"threshold": 18, "good_from": 22}, ["minstens 18 van de 24", "minstens 22 punten"]),
    ],
)
def test_a_rule_is_told_with_its_own_numbers(
    model: str, parameters: dict[str, object], sentences: list[str]
) -> None:
    text = told(model, **parameters)
    for sentence in sentences:
        assert sentence in text


def test_crucial_criteria_are_told_only_where_there_are_any() -> None:
    assert "cruciaal" not in told("knock_out", threshold=1)
    assert "cruciaal" in told("knock_out", threshold=1, critical=True)


def test_an_unknown_model_says_so_instead_of_failing_the_page() -> None:
    assert told("iets anders") == "De cesuur van dit examen is onbekend."
