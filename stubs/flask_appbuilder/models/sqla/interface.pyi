from typing import Any

from sqlalchemy.orm import Session

from ..filters import Filters
from . import Model

class SQLAInterface:
    obj: type[Model]
    filter_converter_class: type[Any]
    list_columns: dict[str, Any]
    list_properties: dict[str, Any]
    def __init__(self, obj: type[Model], session: Session | None = None) -> None: ...
    @property
    def session(self) -> Session: ...
    @property
    def model_name(self) -> str: ...
    def get_filters(
        self, search_columns: list[str] | None = None, search_filters: dict[str, Any] | None = None
    ) -> Filters: ...
    def query(
        self,
        filters: Filters | None = None,
        order_column: str = "",
        order_direction: str = "",
        page: int | None = None,
        page_size: int | None = None,
        select_columns: list[str] | None = None,
        outer_default_load: bool = False,
    ) -> tuple[int, list[Any]]: ...
    def get(
        self,
        id: Any,
        filters: Filters | None = None,
        select_columns: list[str] | None = None,
        outer_default_load: bool = False,
    ) -> Any: ...
    def add(self, item: Model, commit: bool = True) -> None: ...
    def edit(self, item: Model, commit: bool = True) -> None: ...
    def delete(self, item: Model, commit: bool = True) -> None: ...
    def get_columns_list(self) -> list[str]: ...
    def get_pk_name(self) -> list[str] | str | None: ...
    def get_pk_value(self, item: Model) -> Any: ...
