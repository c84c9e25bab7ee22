"""Days and hours as they are typed here: the day before the month, 24 hours, whatever the browser speaks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.actions import base
from app.entities.users import User
from tests.support.visitor import Visitor
from tests.support.walker import DEMO_USERS, demo_user, walk
from tests.support.world import World
from tests.test_bad_input import ON_PAGES, trial_of

VisitorOf = Callable[[User | None], Visitor]
DAY = dt.date(2026, 11, 24)


class Asking(base.ActionForm):
    day = base.DayField("Datum")
    hour = base.HourField("Tijd")


def filled(**fields: str) -> Any:
    form = Asking(MultiDict(fields))
    form.validate()
    return form


@pytest.mark.parametrize(
    "typed",
    ["24-11-2026", "24/11/26", "24.11.2026", "24 nov 2026", "24 november 2026", "2026-11-24", " 24-11-'26 "],
)
def test_a_day_is_understood_as_people_write_it(app: Flask, typed: str) -> None:
    form = filled(day=typed)
    assert (form.day.data, form.day.errors) == (DAY, [])
    assert 'value="24-11-2026"' in form.day()


@pytest.mark.parametrize("typed", ["11/24/2026", "31-02-2026", "morgen", "45985", "24-11"])
def test_what_is_no_day_is_told_and_stays(app: Flask, typed: str) -> None:
    form = filled(day=typed)
    assert form.day.data is None
    assert "is geen datum. Schrijf dag-maand-jaar" in form.day.errors[0]
    assert f'value="{typed}"' in form.day()


@pytest.mark.parametrize(
    ("typed", "hour"),
    [
        ("9:30", "09:30"),
        ("09.30", "09:30"),
        ("0930", "09:30"),
        ("9u30", "09:30"),
        ("17:00", "17:00"),
        ("9", "09:00"),
    ],
)
def test_an_hour_is_understood_as_people_write_it(app: Flask, typed: str, hour: str) -> None:
    form = filled(hour=typed)
    assert form.hour.errors == []
    assert f'value="{hour}"' in form.hour()


@pytest.mark.parametrize("typed", ["24:00", "9:60", "05:00 PM", "vijf"])
def test_what_is_no_hour_is_told_and_stays(app: Flask, typed: str) -> None:
    form = filled(hour=typed)
    assert form.hour.data is None
    assert "is geen tijd" in form.hour.errors[0]
    assert f'value="{typed}"' in form.hour()


OF_THE_BROWSER = ('type="date"', 'type="time"', 'type="datetime-local"', 'type="month"')


@pytest.mark.parametrize(("name", "base_"), ON_PAGES, ids=[f"{base_}:{name}" for name, base_ in ON_PAGES])
def test_no_form_asks_for_a_day_in_the_browsers_language(
    world: World, visitor_of: VisitorOf, name: str, base_: str
) -> None:
    trial = trial_of(world, visitor_of, name, base_)
    page = trial.page.get(trial.path).text
    assert not [kind for kind in OF_THE_BROWSER if kind in page]


@pytest.mark.web
@pytest.mark.parametrize("name", DEMO_USERS)
def test_no_page_asks_for_a_day_in_the_browsers_language(
    demo: Flask, visitor_of: VisitorOf, name: str
) -> None:
    for page in walk(visitor_of(demo_user(name))):
        assert not [kind for kind in OF_THE_BROWSER if kind in page.text], page.href
