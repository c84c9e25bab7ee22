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


@pytest.mark.parametrize(
    ("name", "copied"),
    [
        ("VZ-IG 2A", "VZ-IG 2A (2027-2028)"),
        ("VZ-IG 2A (2026-2027)", "VZ-IG 2A (2027-2028)"),
        ("2026/2027 VZ-IG 2A", "2027/2028 VZ-IG 2A"),
        ("VZ-IG 26-27", "VZ-IG 27-28"),
    ],
)
def test_a_copy_has_the_new_school_year_where_its_name_had_the_old_one(name: str, copied: str) -> None:
    assert groups.copied_name(name, "2026-2027", groups.next_school_year("2026-2027")) == copied


def test_a_group_without_a_school_year_has_no_next_one() -> None:
    with pytest.raises(RuleBroken):
        groups.next_school_year("")


def test_a_rule_tells_its_programmes_and_counts_the_rest() -> None:
    assert str(groups.rule_in_words(["A (1, 2025)", "B (2, 2025)"])) == (
        "Alle actieve studenten van A (1, 2025), B (2, 2025)"
    )
    many = groups.rule_in_words(["A", "B", "C", "D", "E", "F"])
    assert str(many) == "Alle actieve studenten van A, B, C, D en nog 2 opleidingen"
