"""What a refusal, a reason or a count says, in the reader's language."""

from collections.abc import Mapping
from typing import Any, Protocol

from flask import Flask
from flask_babel import Domain, format_decimal
from flask_babel import gettext as _
from jinja2 import pass_context
from jinja2.runtime import Context

LARGE = 10_000  # a number as large is written "10.000"; no year is


class Worded(Protocol):
    """A ProveeError or a Reason: a msgid with %(name)s placeholders, and their values."""

    @property
    def message(self) -> str: ...

    @property
    def params(self) -> Mapping[str, Any]: ...


def say(told: Worded) -> str:
    """The sentence; nothing for no message (gettext would answer with the catalogue's own header)."""
    if not told.message:
        return ""
    translated = _(told.message)
    return (
        translated % {key: _shown(value) for key, value in told.params.items()} if told.params else translated
    )


def _shown(value: Any) -> Any:
    return format_decimal(value) if isinstance(value, int) and value >= LARGE else value


class Counting(Domain):
    """Behind every `ngettext` of ours: it writes its number as the reader does, "100.050 studenten"."""

    def ngettext(self, singular: str, plural: str, num: int, **variables: object) -> str:
        translated = self.get_translations().ungettext(singular, plural, num)
        return translated % {"num": format_decimal(num), **variables}


def register_counting(app: Flask) -> None:
    """In the code and in the templates, which have an `ngettext` of their own."""
    app.extensions["babel"].instance.domain_instance = Counting()
    plain: Any = app.jinja_env.globals["ngettext"]

    @pass_context
    def counted(context: Context, singular: str, plural: str, num: int, **variables: object) -> Any:
        return plain(context, singular, plural, num, num=format_decimal(num), **variables)

    app.jinja_env.globals["ngettext"] = counted
