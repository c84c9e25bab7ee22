from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy.orm import Session, scoped_session

from .baseviews import AbstractViewApi
from .menu import Menu
from .security.sqla.manager import SecurityManager

V = TypeVar("V", bound=AbstractViewApi)

class AppBuilder:
    baseviews: list[AbstractViewApi]
    menu: Menu
    sm: SecurityManager
    bm: Any
    base_template: str
    indexview: type[AbstractViewApi] | None
    static_folder: str
    static_url_path: str
    update_perms: bool
    security_manager_class: type[SecurityManager] | None
    def __init__(
        self,
        app: Flask | None = None,
        session: Session | scoped_session[Any] | None = None,
        menu: Menu | None = None,
        indexview: type[AbstractViewApi] | None = None,
        base_template: str = ...,
        static_folder: str = ...,
        static_url_path: str = ...,
        security_manager_class: type[SecurityManager] | None = None,
        update_perms: bool = True,
    ) -> None: ...
    def init_app(self, app: Flask, session: Session | scoped_session[Any]) -> None: ...
    @property
    def app(self) -> Flask: ...
    @property
    def session(self) -> Session: ...
    @property
    def app_name(self) -> str: ...
    @property
    def languages(self) -> dict[str, Any]: ...
    @property
    def get_url_for_index(self) -> str: ...
    @property
    def get_url_for_login(self) -> str: ...
    @property
    def get_url_for_logout(self) -> str: ...
    def get_url_for_locale(self, lang: str) -> str: ...
    def add_view(
        self,
        baseview: type[V] | V,
        name: str,
        href: str = "",
        icon: str = "",
        label: object = "",
        category: str = "",
        category_icon: str = "",
        category_label: object = "",
        menu_cond: Callable[..., bool] | None = None,
    ) -> V: ...
    def add_view_no_menu(
        self, baseview: type[V] | V, endpoint: str | None = None, static_folder: str | None = None
    ) -> V: ...
    def add_link(
        self,
        name: str,
        href: str,
        icon: str = "",
        label: object = "",
        category: str = "",
        category_icon: str = "",
        category_label: object = "",
        baseview: AbstractViewApi | None = None,
        cond: Callable[..., bool] | None = None,
    ) -> None: ...
    def add_separator(self, category: str, cond: Callable[..., bool] | None = None) -> None: ...
    def add_permissions(self, update_perms: bool = False) -> None: ...
    def security_cleanup(self) -> None: ...
