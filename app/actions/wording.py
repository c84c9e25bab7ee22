"""What a refusal or a reason says, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flask_babel import format_decimal
from flask_babel import gettext as _

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
