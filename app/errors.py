"""What a user can be told. Raised anywhere, shown in one place (app/pages/base/errors.py)."""

from collections.abc import Mapping
from typing import Any


class ProeveError(Exception):
    """A refusal with a sentence for the user; `message` is a msgid with %(name)s placeholders."""

    status = 500

    def __init__(self, message: str = "", **params: Any) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.params: Mapping[str, Any] = params


class NotAllowed(ProeveError):
    """The user is known, the right is not there."""

    status = 403


class OnlyLooking(NotAllowed):
    """An administrator looks as somebody else: nothing is changed, and what is personal stays shut."""


class ViewingOver(ProeveError):
    """Sent as somebody else, when that had just ended: carried out under no name at all."""

    status = 409


class NotFound(ProeveError):
    """Not there, or not for this user: the two must look the same."""

    status = 404


class Conflict(ProeveError):
    """Somebody else changed the row since this user opened it."""

    status = 409


class RuleBroken(ProeveError):
    """A rule of the exam or of the data says no; `field` names the input it belongs to."""

    status = 422

    def __init__(self, message: str = "", *, field: str = "", **params: Any) -> None:
        super().__init__(message, **params)
        self.field = field


class Busy(RuleBroken):
    """Nothing is wrong with what was asked, but another writer is at work: the same may be asked again."""

    status = 503


class ProofNeeded(ProeveError):
    """The right is there, but the user must first show again who they are; `strong`: by a second factor."""

    status = 403

    def __init__(self, message: str = "", *, strong: bool, **params: Any) -> None:
        super().__init__(message, **params)
        self.strong = strong
