"""What may stand in a field that a school adds itself."""

from __future__ import annotations

from datetime import date

import pytest

from app.errors import RuleBroken
from app.rules.fields import FieldType, StudentField, flat, packed, read_field, typed_field

TODAY = date(2026, 11, 25)


def field(kind: str) -> StudentField:
    return StudentField("een", "Een", FieldType(kind), ("Noord", "Zuid-Oost") if kind == "choice" else ())


@pytest.mark.parametrize(
    ("kind", "value", "kept", "typed"),
    [
        ("text", "  twee   woorden ", "twee woorden", "twee woorden"),
        ("text", 12.0, "12", "12"),
        ("number", "12", 12, "12"),
        ("number", "-12,50", -12.5, "-12,5"),
        ("number", 12.5, 12.5, "12,5"),
        ("date", "1-9-2026", "2026-09-01", "01-09-2026"),
        ("date", "1-9-30", "2030-09-01", "01-09-2030"),
        ("date", date(2026, 9, 1), "2026-09-01", "01-09-2026"),
        ("choice", "zuid-oost", "Zuid-Oost", "Zuid-Oost"),
        ("yes_no", "JA", True, "yes"),
        ("yes_no", "n", False, "no"),
        ("yes_no", True, True, "yes"),
        ("yes_no", 0.0, False, "no"),
    ],
)
def test_a_value_is_kept_in_one_form_and_shown_as_it_is_typed(kind, value, kept, typed):
    found = read_field(field(kind), value, today=TODAY)
    assert (found, type(found)) == (kept, type(kept))
    assert typed_field(field(kind), found) == typed


@pytest.mark.parametrize("kind", list(FieldType))
def test_nothing_is_nothing(kind):
    assert read_field(field(kind), " ", today=TODAY) is None
    assert read_field(field(kind), None, today=TODAY) is None
    assert typed_field(field(kind), None) == ""


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("text", "x" * 201, "langer dan 200 tekens"),
        ("number", "twaalf", "“twaalf” is geen getal"),
        ("number", "1.234,5", "is geen getal"),
        ("number", "9" * 13, "is geen getal"),
        ("date", "31-2-2026", "is geen datum"),
        ("choice", "West", "“West” staat niet in de lijst. Kies uit: Noord, Zuid-Oost."),
        ("yes_no", "misschien", "“misschien” is geen ja of nee"),
    ],
)
def test_a_wrong_value_gets_a_sentence(kind, value, sentence):
    with pytest.raises(RuleBroken, match=sentence):
        read_field(field(kind), value, today=TODAY)


def test_own_fields_lie_beside_the_others_and_in_one_column():
    extra = {"een": True, "weg": "blijft"}
    values = {"number": "1", **flat(extra), "extra_een": None}
    assert packed(values) == {"number": "1", "extra": {"weg": "blijft"}}
