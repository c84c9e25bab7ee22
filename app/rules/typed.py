"""What was typed in a form that could not be carried out: what is kept of it, how much and how long."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

KEPT_FOR = timedelta(hours=12)  # until the same account signs in again and presses
MOST_PER_ACCOUNT = 40 * 1024 * 1024  # together; what does not fit is refused, for the others were promised
LEAST = 40 * 1024  # as what the smallest form counts
MOST_BYTES = 3 * 1024 * 1024  # as JSON in UTF-8; a form itself is 2 MB at most (config.py)
FORM_LASTS = timedelta(days=7)  # how long after it was drawn a form is still known as ours

# What belongs to one sending of a form, not to what was typed in it.
OF_ONE_SENDING = {"csrf_token", "confirmed", "token"}
PROOF = "proof_"  # how the fields begin with which users show who they are


@dataclass(frozen=True)
class Typed:
    """A form that was sent: `address` of its page, the fields, and the names of the files.

    `route`: the route of that page's class that it was sent to; "": the page's own address. `about`: which
    row its page showed, and when; empty when it did not show one.
    """

    address: str
    fields: Sequence[tuple[str, str]]
    files: Sequence[str] = ()
    route: str = ""
    about: Sequence[Any] = ()

    def as_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Typed":
        kept = json.loads(text)
        fields = tuple((name, value) for name, value in kept["fields"])
        return cls(kept["address"], fields, tuple(kept["files"]), kept["route"], tuple(kept.get("about", ())))


def worth_keeping(fields: Iterable[tuple[str, str]], secret: frozenset[str]) -> list[tuple[str, str]]:
    """The fields to give back: no password, no code, and nothing that belongs to one sending."""
    return [
        (name, value)
        for name, value in fields
        if name not in OF_ONE_SENDING and name not in secret and not name.startswith(PROOF)
    ]
