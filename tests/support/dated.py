"""Finds the tests that touch dates: they, or a helper or fixture of their file, reckon with dates or plan.

These are marked `dates` and run at other moments too (tools/test.sh); nobody has to remember to mark one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from tests.factories import assessment, make_sitting
from tests.support import clock, guests

# A test that names one of these touches dates.
OF_A_DATE = (make_sitting, assessment.plan_exam, guests.make_invited)
# So does one that reckons with the clock; that something happened just now is no date.
RECKONING = {"today", "at", "monday", "workdays", "around_summer_time", "timedelta"}


def touches_dates(item: pytest.Item) -> bool:
    """Whether the test, or what it calls in its own file, names something that touches dates."""
    function, module = getattr(item, "function", None), getattr(item, "module", None)
    if not isinstance(function, FunctionType) or module is None:
        return False
    fixtures = (vars(module).get(name) for name in getattr(item, "fixturenames", ()))
    return _any_dated([function, *map(_behind, fixtures)], module)


def _any_dated(start: list[Any], module: ModuleType) -> bool:
    seen: set[int] = set()
    waiting = start
    relative = vars(module).get("clock") is clock  # its constants are counted from today
    while waiting:
        one = waiting.pop()
        if any(one is known for known in OF_A_DATE) or (relative and isinstance(one, date)):
            return True
        if id(one) in seen or getattr(one, "__module__", None) != module.__name__:
            continue
        seen.add(id(one))
        names = set(_names_in(one))
        if relative and "clock" in names and names & RECKONING:
            return True
        waiting += (vars(module).get(name) for name in names)
    return False


def _names_in(thing: Any) -> Iterator[str]:
    """The names that a function, or every function of a class, looks up."""
    parts = vars(thing).values() if isinstance(thing, type) else [thing]
    for part in parts:
        function = getattr(part, "fget", part)
        if isinstance(function, FunctionType):
            yield from _names_of(function.__code__)


def _names_of(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names_of(inner)


def _behind(fixture: Any) -> Any:
    """The function that a fixture was made of."""
    return getattr(fixture, "_get_wrapped_function", lambda: fixture)()
