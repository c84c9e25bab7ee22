"""Buttons for actions. The action says who may do it, so nobody sees a button that they may not use."""

from collections.abc import Sequence
from typing import Any, Literal

from app.actions import base as actions
from app.pages.base.request import current_actor, here, href_with
from app.permissions import may
from app.theme.widgets import Button

BACK = "back"  # in a URL: the page that an action returns to


def offers(act: actions.Action, row: Any = None) -> bool:
    """Whether this user may do this at all, or on this row."""
    return may(current_actor(), act.permission, row)


def action_button(
    act: actions.Action,
    href: str,
    icon: str = "",
    *,
    label: str = "",
    style: Literal["primary", "secondary", "danger", "icon"] = "secondary",
    about: str = "",
) -> list[Button]:
    """The button in a list; an empty list when this user may not do the action.

    `label` replaces the action's own label. `about` names the row for a screen reader, which may read the
    button without its row.
    """
    if not offers(act):
        return []
    text = label or str(act.label)
    return [Button(text, href, icon, style, f"{text}: {about}" if about else "")]


def href_elsewhere(place: str, act: actions.Action, pairs: Sequence[tuple[str, str]] = ()) -> str:
    """The address of an action on another page (`place`); it returns to the page that is asked for now."""
    return href_with(f"{place}/do/{act.name}", [*pairs, (BACK, here())])
