"""A table of points and marks: read from "0-3" = 4,0 and "4" = 5,5, whole and rising."""

import re
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

from app.errors import RuleBroken
from app.rules.pass_rules.taking import Row, Table
from app.rules.text import N_

RANGE = re.compile(r"(\d{1,4})(?:\s*-\s*(\d{1,4}))?")
MAX_ROWS = 500


class TableBroken(RuleBroken):
    """A table is none; its params name the place."""


def read_table(marks: Mapping[str, Fraction], place: str) -> Table:
    """TableBroken: a row that is none, a gap or a double between rows, or a mark that goes down."""
    if not 0 < len(marks) <= MAX_ROWS:
        raise TableBroken(N_("Cesuur: “%(place)s” is leeg of te lang."), place=place)
    rows = sorted((_row(name, mark, place) for name, mark in marks.items()), key=lambda one: one.low)
    if rows[0].low != 0:
        raise TableBroken(N_("Cesuur: “%(place)s” begint niet bij 0 punten."), place=place)
    for one, after in pairwise(rows):
        if after.low <= one.high:
            raise TableBroken(
                N_("Cesuur: “%(place)s”: het puntenaantal %(points)s staat er twee keer."),
                place=place,
                points=after.low,
            )
        if after.low > one.high + 1:
            raise TableBroken(
                N_("Cesuur: “%(place)s”: het puntenaantal %(points)s ontbreekt."),
                place=place,
                points=one.high + 1,
            )
        if after.mark < one.mark:
            raise TableBroken(
                N_("Cesuur: “%(place)s”: bij een puntenaantal van %(points)s wordt het cijfer lager."),
                place=place,
                points=after.low,
            )
    return Table(tuple(rows))


def _row(name: str, mark: Fraction, place: str) -> Row:
    found = RANGE.fullmatch(name.strip())
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise TableBroken(
            N_('Cesuur: “%(place)s”: “%(row)s” is geen aantal punten, zoals "4" of "0-3".'),
            place=place,
            row=name,
        )
    return Row(int(found[1]), int(found[2] or found[1]), mark)
