from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

class ActionItem:
    name: str
    text: str
    confirmation: str | None
    icon: str | None
    multiple: bool
    single: bool
    func: Callable[..., Any]

def action(
    name: str,
    text: str,
    confirmation: str | None = None,
    icon: str | None = None,
    multiple: bool = True,
    single: bool = True,
) -> Callable[[F], F]: ...
