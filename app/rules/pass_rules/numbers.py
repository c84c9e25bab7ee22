"""Exact numbers of a pass rule: fractions inside, rounded where the rule says so, Dutch outside."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil, floor
from typing import Literal

How = Literal["half_up", "cut", "up", "none"]

LOWEST = Fraction(1)
PASS = Fraction(11, 2)  # the cesuur is always a 5,5
HIGHEST = Fraction(10)
TENTH = Fraction(1, 10)
SHOWN_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Rounding:
    """`cut`: what is behind it falls off. `none`: the value goes on as it is."""

    decimals: int
    how: How

    def of(self, value: Fraction) -> Fraction:
        if self.how == "none":
            return value
        scale = 10**self.decimals
        scaled = value * scale
        whole = {
            "half_up": floor(scaled + Fraction(1, 2)),
            "cut": floor(scaled),
            "up": ceil(scaled),
        }[self.how]
        return Fraction(whole, scale)


USUAL = Rounding(1, "half_up")  # when a rule says nothing
WHOLE = Rounding(0, "half_up")


def exact(raw: object) -> Fraction | None:
    """A finite number out of data (JSON, TOML); 5.5 is 5.5 and not its binary neighbour."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
        return None
    text = str(raw)
    if "_" in text or len(text) > 20:
        return None
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 10:
        return None
    return Fraction(number)


def on_the_line(share: Fraction, cesuur: Fraction) -> Fraction:
    """The mark of a share of the points: 1,0 at nothing, 5,5 at the cesuur, 10 at everything."""
    if share < cesuur:
        return LOWEST + (PASS - LOWEST) * share / cesuur
    return PASS + (HIGHEST - PASS) * (share - cesuur) / (1 - cesuur)


def text_of(value: Fraction) -> str:
    """A number as Dutch people write it: 3, 1,5 or 0,33…"""
    scaled = value * 10**SHOWN_DECIMALS
    if scaled.denominator != 1:
        return f"{_decimal(floor(value * 100), 2)}…"
    text = _decimal(scaled.numerator, SHOWN_DECIMALS)
    return text.rstrip("0").rstrip(",")


def mark_text_of(value: Fraction) -> str:
    """As `text_of`, with at least one decimal: 6,0."""
    text = text_of(value)
    return text if "," in text else f"{text},0"


def as_decimal(value: Fraction, decimals: int = 1) -> Decimal:
    """A value with at most this many decimals, exactly."""
    return Decimal(floor(value * 10**decimals)).scaleb(-decimals)


def _decimal(whole: int, decimals: int) -> str:
    return f"{Decimal(whole).scaleb(-decimals):f}".replace(".", ",")
