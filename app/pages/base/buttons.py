"""The button of an action: asked of the action itself, so that nobody is offered what they may not do."""

from collections.abc import Sequence
from typing import Any, Literal

from app.actions import base as actions
from app.pages.base.request import current_actor, here, href_with
from app.permissions import may
from app.theme.widgets import Button

BACK = "back"  # in an address: the page that an action comes back to


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
    """The button, or nothing for who may not. `label`: where the action's own says too much or too little;
    `about`: what it is done to, for who hears the button without its row."""
    if not offers(act):
        return []
    text = label or str(act.label)
    return [Button(text, href, icon, style, f"{text}: {about}" if about else "")]


def href_elsewhere(place: str, act: actions.Action, pairs: Sequence[tuple[str, str]] = ()) -> str:
    """An action of the page whose addresses begin with `place`, that comes back to the page asked for now."""
    return href_with(f"{place}/do/{act.name}", [*pairs, (BACK, here())])
