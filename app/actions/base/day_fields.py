"""A day and an hour as they are typed in the Netherlands, whatever the language of the browser.

A browser draws its own fields for them in its own language: 12/15/2026 and 05:00 PM on an English one.
"""

import datetime as dt
from typing import Any

import wtforms
from flask_babel import lazy_gettext as _l
from wtforms.widgets import TextInput

from app.actions.base.wording import say
from app.errors import RuleBroken
from app.rules import clock_times, people


class _TypedField(wtforms.Field):
    """A text that stands for something else: shown as we write it, or as typed when it was not understood."""

    widget = TextInput()
    hint: Any = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {
            "placeholder": self.hint,
            "autocomplete": "off",
            **(kwargs.get("render_kw") or {}),
        }
        super().__init__(*args, **kwargs)

    def _value(self) -> str:
        if self.data is not None:
            return self.write(self.data)
        return " ".join(self.raw_data or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not typed:
            self.raw_data = []  # blanks are no answer where one is required
            return
        try:
            self.data = self.read(typed)
        except RuleBroken as error:
            raise ValueError(say(error)) from error

    def read(self, typed: str) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> str:
        raise NotImplementedError


class DayField(_TypedField):
    """A day: 24-11-2026, 24/11/26, 24 nov 2026. The page adds a calendar (app/static/calendar.js)."""

    calendar = True
    hint = _l("dd-mm-jjjj")

    def read(self, typed: str) -> dt.date:
        return people.typed_day(typed)

    def write(self, value: dt.date) -> str:
        return people.dutch_date(value)


class HourField(_TypedField):
    """A time of the day on a clock of 24 hours: 9:30, 09.30, 0930."""

    hint = _l("uu:mm")

    def read(self, typed: str) -> dt.time:
        return clock_times.typed_hour(typed)

    def write(self, value: dt.time) -> str:
        return f"{value:%H:%M}"
