from collections.abc import Callable
from typing import Any

from .baseviews import AbstractViewApi

class MenuItem:
    name: str
    href: str
    icon: str
    label: Any
    childs: list[MenuItem]
    baseview: AbstractViewApi | None
    cond: Callable[..., bool] | None
    def __init__(
        self,
        name: str,
        href: str = "",
        icon: str = "",
        label: object = "",
        childs: list[MenuItem] | None = None,
        baseview: AbstractViewApi | None = None,
        cond: Callable[..., bool] | None = None,
    ) -> None: ...
    def should_render(self) -> bool: ...
    def get_url(self) -> str: ...

class Menu:
    menu: list[MenuItem]
    extra_classes: str
    def __init__(self, reverse: bool = True, extra_classes: str = "") -> None: ...
    def get_list(self) -> list[MenuItem]: ...
    def get_flat_name_list(
        self, menu: list[MenuItem] | None = None, result: list[str] | None = None
    ) -> list[str]: ...
    def get_data(self, menu: list[MenuItem] | None = None) -> list[Any]: ...
    def find(self, name: str, menu: list[MenuItem] | None = None) -> MenuItem | None: ...
    def add_category(
        self, category: str, icon: str = "", label: object = "", parent_category: str = ""
    ) -> None: ...
    def add_link(
        self,
        name: str,
        href: str = "",
        icon: str = "",
        label: object = "",
        category: str = "",
        category_icon: str = "",
        category_label: object = "",
        baseview: AbstractViewApi | None = None,
        cond: Callable[..., bool] | None = None,
    ) -> None: ...
