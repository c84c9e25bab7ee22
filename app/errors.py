"""The errors that a user is told of: raised anywhere, shown in one place (app/pages/base/errors.py)."""

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
    """The user is known but does not have the right."""

    status = 403


class OnlyLooking(NotAllowed):
    """An administrator looks as another user: they can change nothing and open nothing personal."""


class NoWayBack(NotAllowed):
    """A form came of somebody who is signed out and gets in no more: nothing is promised."""


class ViewingOver(ProeveError):
    """A form was sent while looking as another user, but that had just ended: nothing is carried out."""

    status = 409


class OtherAccount(ProeveError):
    """A form was drawn for one account and sent under another: nothing is carried out."""

    status = 400


class NotFound(ProeveError):
    """The row does not exist, or this user may not see it: the two must look the same."""

    status = 404


class Conflict(ProeveError):
    """Somebody else changed the row since this user opened it."""

    status = 409


class ChangedMeanwhile(Conflict):
    """What a page announced is no longer so; `now` is what it would announce now, None for a form.

    `first`: what this very form did when it was sent before, which does not stand as it was left.
    """

    def __init__(self, now: Any = None, *, first: Any = None) -> None:
        super().__init__()
        self.now = now
        self.first = first


class RuleBroken(ProeveError):
    """A rule of the exam or of the data says no; `field` names the input it belongs to."""

    status = 422

    def __init__(self, message: str = "", *, field: str = "", **params: Any) -> None:
        super().__init__(message, **params)
        self.field = field


class Outdated(RuleBroken):
    """The form was opened before somebody changed what it shows; `now` is what its hidden `field` must say.

    The form is shown again with that, so that who has read the sentence and sends it again, overwrites.
    """

    def __init__(self, message: str = "", *, now: int | str, field: str = "version", **params: Any) -> None:
        super().__init__(message, field=field, **params)
        self.now = now


class Busy(RuleBroken):
    """Another writer is at work. Nothing is wrong with the request: the user may send it again."""

    status = 503


class ProofNeeded(ProeveError):
    """The user has the right, but must first show again who they are; `strong`: by a second factor."""

    status = 403

    def __init__(self, message: str = "", *, strong: bool, **params: Any) -> None:
        super().__init__(message, **params)
        self.strong = strong
