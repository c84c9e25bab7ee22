"""Where in Examens somebody is: every link onward carries it, so that every way back leads there again."""

from app.pages import base
from app.pages.base.buttons import BACK

FILTERS = ("opleiding", "q", "groep", "examen", "size", "page")


def filter_pairs() -> list[tuple[str, str]]:
    """The filters of the overview and its page, as the address holds them."""
    return [(name, base.text_arg(name)) for name in FILTERS if base.text_arg(name)]


def place_pairs() -> list[tuple[str, str]]:
    """The same, and the other page that this one was opened from, when there is one."""
    back = base.text_arg(BACK)
    return [*filter_pairs(), *([(BACK, back)] if back else [])]


def from_registration(registration_id: int) -> list[tuple[str, str]]:
    """For an action on the page of an examenaanmelding: it returns there, and from there to this place."""
    return [("aanmelding", str(registration_id)), *place_pairs()]
