"""A school may choose any accent; what stands on it stays readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.theme.colour import DEFAULT, contrast_with_white, readable_accent


def channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


@given(st.integers(0, 0xFFFFFF))
def test_every_accent_carries_white_text(number: int) -> None:
    assert contrast_with_white(channels(readable_accent(f"#{number:06x}"))) >= 4.5


def test_a_dark_accent_stays_as_the_school_chose_it() -> None:
    assert readable_accent("#1f5fbf") == "#1f5fbf"


def test_a_light_accent_becomes_darker_but_keeps_its_hue() -> None:
    red, green, blue = channels(readable_accent("#ffd400"))
    assert red > green > blue


@pytest.mark.parametrize("colour", ["", None, "red", "#fff", "#12345g", "#000; } body { display: none"])
def test_what_is_no_colour_gives_the_default(colour: str | None) -> None:
    assert readable_accent(colour) == DEFAULT
