"""Inlogcodes as people read and type them, and passwords that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.rules.code_format import ALPHABET, code_of, grouped, normal_form
from app.rules.passwords import SHORTEST, password_problem

GOOD = "zeven geiten op een dak"


@given(st.binary(min_size=10, max_size=32))
def test_a_code_is_sixteen_of_the_alphabet_and_reads_back(digest: bytes) -> None:
    code = code_of(digest)
    assert len(code) == 16
    assert set(code) <= set(ALPHABET)
    assert normal_form(grouped(code).lower()) == code


def test_eighty_bits_are_all_used() -> None:
    codes = {
        code_of(bytes([1 << bit % 8 if byte == bit // 8 else 0 for byte in range(10)])) for bit in range(80)
    }
    assert len(codes) == 80


def test_too_short_a_digest_makes_no_code() -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        code_of(b"123456789")


@pytest.mark.parametrize("typed", ["0O-1I lL", "0o 1i-Ll", " 00-11 11 ", "0O\u201311I1"])
def test_what_looks_alike_is_the_same(typed: str) -> None:
    assert normal_form(typed) == "001111"


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("elf tekens!", "minstens"),
        ("x" * 201, "hoogstens"),
        ("aaaaaaaaaaaaaaa", "raden"),
        ("abababababab", "raden"),
        ("Wachtwoord123!", "raden"),
        ("QWERTY123456", "raden"),
        ("1234 5678 9012", "raden"),
        ("sanne@roc.nl1", "lijkt"),
        ("Bakker-Bakker", "lijkt"),
        ("roc demostad!", "lijkt"),
    ],
)
def test_a_bad_password_is_told_why(password: str, word: str) -> None:
    problem = password_problem(password, own=("sanne@roc.nl", "Bakker", "ROC Demostad"))
    assert problem is not None
    assert word in str(problem)


def test_none_of_the_most_used_is_taken_nor_one_of_them_with_signs_around_it() -> None:
    """As they are, when long enough; of the three thousand that are used most, the words made longer."""
    known = FREQUENCY_LISTS["passwords"]
    long = [word for word in known if len(word) >= SHORTEST]
    longer = [f"{word.capitalize()}{'2026!?*#()' * 2}" for word in known[:3000] if word.isalpha()]
    assert (len(long) > 200, len(longer) > 2000) == (True, True)
    assert [one for one in (*long, *longer) if password_problem(one) is None] == []


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "Bakker bakt zelden brood",
        "éé één twee drie",
        "kortebroekvanwol",
        "🐐🐑🐄🐖 op stal 9",
        "twaalftekens",
        (GOOD * 9)[:64],
        (GOOD * 9)[:200],
    ],
)
def test_length_is_enough_no_rules_of_composition(password: str) -> None:
    assert password_problem(password, own=("sanne@roc.nl", "Bakker", "ROC Demostad")) is None
