"""Writes errors, reasons and counts in the reader's language."""

from collections.abc import Mapping
from typing import Any, Protocol

from flask import Flask
from flask_babel import Domain, format_decimal
from flask_babel import gettext as _
from jinja2 import pass_context
from jinja2.runtime import Context

LARGE = 10_000  # from here on numbers get a separator, as in "10.000"; years stay below it


class Worded(Protocol):
    """A ProeveError or a Reason: a msgid with %(name)s placeholders, and their values."""

    @property
    def message(self) -> str: ...

    @property
    def params(self) -> Mapping[str, Any]: ...


def say(told: Worded) -> str:
    """The translated sentence. "" for no message, as gettext would return the header of the catalogue."""
    if not told.message:
        return ""
    translated = _(told.message)
    return (
        translated % {key: _shown(value) for key, value in told.params.items()} if told.params else translated
    )


def _shown(value: Any) -> Any:
    return format_decimal(value) if isinstance(value, int) and value >= LARGE else value


class Counting(Domain):
    """Makes every `ngettext` write its number in the reader's language: "100.050 studenten"."""

    def ngettext(self, singular: str, plural: str, num: int, **variables: object) -> str:
        translated = self.get_translations().ungettext(singular, plural, num)
        return translated % {"num": format_decimal(num), **variables}


def register_counting(app: Flask) -> None:
    """Use `Counting` in the code, and the same in the templates, which have their own `ngettext`."""
    app.extensions["babel"].instance.domain_instance = Counting()
    plain: Any = app.jinja_env.globals["ngettext"]

    @pass_context
    def counted(context: Context, singular: str, plural: str, num: int, **variables: object) -> Any:
        return plain(context, singular, plural, num, num=format_decimal(num), **variables)

    app.jinja_env.globals["ngettext"] = counted
