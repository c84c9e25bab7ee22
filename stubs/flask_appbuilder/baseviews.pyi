from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask import Blueprint
from flask.typing import ResponseReturnValue
from wtforms import Form

from .base import AppBuilder
from .models.filters import Filters
from .models.sqla.interface import SQLAInterface
from .widgets import RenderTemplateWidget

F = TypeVar("F", bound=Callable[..., Any])

def expose(url: str = "/", methods: Sequence[str] = ("GET",)) -> Callable[[F], F]: ...

class AbstractViewApi:
    appbuilder: AppBuilder
    base_permissions: list[str] | None
    class_permission_name: str | None
    endpoint: str | None
    default_view: str
    def create_blueprint(
        self, appbuilder: AppBuilder, endpoint: str | None = None, static_folder: str | None = None
    ) -> Blueprint: ...

class BaseView(AbstractViewApi):
    blueprint: Blueprint
    route_base: str | None
    template_folder: str | None
    static_folder: str
    previous_class_permission_name: str | None
    method_permission_name: Mapping[str, str] | None
    exclude_route_methods: set[str]
    include_route_methods: set[str] | None
    extra_args: dict[str, Any] | None
    def __init__(self) -> None: ...
    def render_template(self, template: str, **kwargs: object) -> str: ...
    def update_redirect(self) -> None: ...
    def get_redirect(self) -> str: ...
    @classmethod
    def get_default_url(cls, **kwargs: object) -> str: ...
    def get_method_permission(self, method_name: str) -> str: ...

class BaseFormView(BaseView):
    form_template: str
    edit_widget: type[RenderTemplateWidget]
    form_title: Any
    form_columns: list[str] | None
    form: type[Form] | None
    form_fieldsets: list[Any] | None
    def form_get(self, form: Any) -> ResponseReturnValue | None: ...
    def form_post(self, form: Any) -> ResponseReturnValue | None: ...

class BaseModelView(BaseView):
    datamodel: SQLAInterface
    title: Any
    search_columns: list[str] | None
    search_exclude_columns: list[str] | None
    search_form_extra_fields: dict[str, Any] | None
    search_form_query_rel_fields: dict[str, Any] | None
    label_columns: Mapping[str, Any] | None
    base_filters: list[list[Any]] | None
    base_order: tuple[str, str] | None
    search_widget: type[RenderTemplateWidget]
    _base_filters: Filters
    _filters: Filters
    def __init__(self, **kwargs: object) -> None: ...
    def _init_titles(self) -> None: ...
    def _init_properties(self) -> None: ...
    def _init_forms(self) -> None: ...

class BaseCRUDView(BaseModelView):
    add_row_message: Any
    edit_row_message: Any
    delete_row_message: Any
    database_error_message: Any
    related_views: list[type[BaseModelView]] | None
    list_title: Any
    show_title: Any
    add_title: Any
    edit_title: Any
    list_columns: list[str] | None
    show_columns: list[str] | None
    add_columns: list[str] | None
    edit_columns: list[str] | None
    order_columns: list[str] | None
    page_size: int
    show_fieldsets: list[Any] | None
    add_fieldsets: list[Any] | None
    edit_fieldsets: list[Any] | None
    description_columns: Mapping[str, Any] | None
    validators_columns: Mapping[str, list[Any]] | None
    formatters_columns: Mapping[str, Callable[[Any], Any]] | None
    add_form_extra_fields: dict[str, Any] | None
    edit_form_extra_fields: dict[str, Any] | None
    add_form_query_rel_fields: dict[str, Any] | None
    edit_form_query_rel_fields: dict[str, Any] | None
    add_form: type[Form] | None
    edit_form: type[Form] | None
    list_template: str
    edit_template: str
    add_template: str
    show_template: str
    list_widget: type[RenderTemplateWidget]
    edit_widget: type[RenderTemplateWidget]
    add_widget: type[RenderTemplateWidget]
    show_widget: type[RenderTemplateWidget]
    actions: dict[str, Any]
    def _get_list_widget(self, **kwargs: object) -> dict[str, Any]: ...
    def _list(self, **kwargs: object) -> dict[str, Any]: ...
    def _show(self, pk: object) -> dict[str, Any]: ...
    def _add(self) -> dict[str, Any] | None: ...
    def _edit(self, pk: object) -> dict[str, Any] | None: ...
    def _delete(self, pk: object) -> None: ...
    def is_get_mutation_allowed(self) -> bool: ...
    def prefill_form(self, form: Any, pk: object) -> None: ...
    def process_form(self, form: Any, is_created: bool) -> None: ...
    def pre_update(self, item: Any) -> None: ...
    def post_update(self, item: Any) -> None: ...
    def pre_add(self, item: Any) -> None: ...
    def post_add(self, item: Any) -> None: ...
    def pre_delete(self, item: Any) -> None: ...
    def post_delete(self, item: Any) -> None: ...
