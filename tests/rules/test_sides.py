"""One person never examines a moment for both sides."""

from app.rules.sides import on_other_side, why_not_both


def test_the_same_user_is_the_same_person() -> None:
    assert on_other_side(1, {2: "Bas", 1: "Saskia"}, {}) == "Saskia"


def test_an_account_and_a_guest_of_one_address_are_one_person() -> None:
    why = why_not_both(1, {2: "Bas"}, {1: 1, 2: 1})
    assert why is not None
    assert why.params == {"name": "Bas"}


def test_two_people_may_examine_for_two_sides() -> None:
    assert why_not_both(1, {2: "Bas"}, {1: 1}) is None
    assert why_not_both(1, {}, {}) is None
