"""Inlogcodes as people read and type them, and passwords that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.code_format import ALPHABET, code_of, grouped, normal_form
from app.rules.passwords import password_problem

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


@pytest.mark.parametrize(
    "password",
    [GOOD, "Bakker bakt zelden brood", "éé één twee drie", "kortebroekvanwol", "🐐🐑🐄🐖 op stal 9"],
)
def test_length_is_enough_no_rules_of_composition(password: str) -> None:
    assert password_problem(password, own=("sanne@roc.nl", "Bakker", "ROC Demostad")) is None
