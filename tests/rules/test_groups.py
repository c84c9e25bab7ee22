"""School years, cohorts and colours of groups."""

from __future__ import annotations

import pytest

from app.errors import RuleBroken
from app.rules import groups


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("2026-2027", "2026-2027"),
        (" 2026 / 2027 ", "2026-2027"),
        ("2026-27", "2026-2027"),
        ("2099-00", None),
        ("2026", None),
        ("2026-2028", None),
        ("2027-2026", None),
        ("1926-1927", None),
        ("volgend jaar", None),
    ],
)
def test_a_school_year_is_two_years_that_follow(typed: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(RuleBroken):
            groups.school_year(typed)
    else:
        assert groups.school_year(typed) == kept


def test_a_wrong_second_year_is_answered_with_the_right_one() -> None:
    with pytest.raises(RuleBroken) as refused:
        groups.school_year("2026-2028")
    assert refused.value.params == {"year": "2026-2027"}


@pytest.mark.parametrize("typed", ["26", "jaar", "1999", "2101", "２０２６", "9" * 5000])
def test_a_cohort_is_a_plausible_year(typed: str) -> None:
    with pytest.raises(RuleBroken):
        groups.cohort(typed)


def test_a_cohort_may_be_left_out() -> None:
    assert groups.cohort("  ") is None
    assert groups.cohort(" 2026 ") == 2026


def test_a_colour_comes_from_the_list() -> None:
    assert groups.colour("teal") == "teal"
    assert groups.colour("") == ""
    with pytest.raises(RuleBroken):
        groups.colour("javascript")
