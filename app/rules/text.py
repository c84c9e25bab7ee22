"""Sentences of the rules: marked here, translated where they are shown."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.errors import RuleBroken


def N_(message: str) -> str:  # noqa: N802 - the name that extraction tools look for
    """Mark a message for translation; it is translated where it is shown."""
    return message


class Reason(NamedTuple):
    """Why something is so, or may not be: a msgid with %(name)s placeholders and their values."""

    message: str
    params: Mapping[str, str | int]

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message

    def as_error(self) -> RuleBroken:
        return RuleBroken(self.message, **dict[str, Any](self.params))


def reason(message: str, **params: str | int) -> Reason:
    return Reason(message, params)


def counted(number: int, one: str, many: str, **params: str | int) -> Reason:
    """The sentence for exactly one, or the one for any other number."""
    return reason(one if number == 1 else many, **params)
