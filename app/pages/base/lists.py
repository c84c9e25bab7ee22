"""The list page: Flask-AppBuilder's ModelView with rows from `visible`, declared filters, and actions.

A page declares: datamodel, permission, columns, filters, actions. Nothing of the request lives on the view
(trap 2), nothing outside the declared columns can be filtered or ordered on (trap 6), numbers in the URL
are checked (trap 20), related rows come with one query per relation (trap 22).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import flask
import sqlalchemy as sa
from flask_appbuilder import ModelView, expose
from flask_babel import LazyString, format_decimal
from flask_babel import gettext as _

from app.actions import base as actions
from app.entities.base import db
from app.pages.base.buttons import BACK
from app.pages.base.doing import ActionPage
from app.pages.base.guards import needs
from app.pages.base.paging import Wanted, from_a_row, numbered, page_size, place_pairs
from app.pages.base.request import current_actor, href_with, is_number, safe_path, text_arg
from app.permissions import Permission, visible
from app.theme import widgets

Text = str | LazyString
ORDER = ("order", "down")


@dataclass(frozen=True)
class ListColumn:
    """A column: `cell` draws the value of a line, `order` is what to sort by (None: not sortable)."""

    key: str
    label: Text
    cell: Callable[[Any], widgets.Cell]
    order: Any = None  # a column, or several
    numeric: bool = False
    wide_only: bool = False


@dataclass(frozen=True)
class ListFilter:
    """A filter: `name` in the URL, and how to apply its value. Without `choices` it is free text."""

    name: str
    label: Text
    apply: Callable[[sa.Select[Any], str], sa.Select[Any]]
    choices: Callable[[], Sequence[tuple[str, str]] | None] | None = None  # None: too many, so a text box
    counts: Callable[[], Mapping[str, int]] | None = None  # rows for each choice, without other filters
    named: Callable[[str], str] | None = None  # label of a value that is no choice (any more)


def _counted(item: ListFilter, offered: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The choices, each with how many rows it finds: "VIG3A (28)"."""
    counts = item.counts() if item.counts is not None else {}
    return [
        (key, f"{text} ({format_decimal(counts[key])})" if key in counts else text) for key, text in offered
    ]


class ListPage(ActionPage, ModelView):
    """A list of the rows this user may see, with the page of one row."""

    include_route_methods = {"index", "show", "do", "choose"}
    default_view = "index"
    permission: Permission
    title: Text = ""
    list_template = "list.html"
    show_template = "show.html"
    columns: Sequence[ListColumn] = ()
    filters: Sequence[ListFilter] = ()
    default_order: Sequence[Any] = ()
    load: Sequence[Any] = ()  # loader options of the list
    show_load: Sequence[Any] = ()  # loader options of the page of one row
    bulk: Sequence[actions.Action] = ()  # in the action list
    page_actions: Sequence[tuple[actions.Action, str]] = ()  # (action without target, icon): buttons on top
    row_actions: Sequence[tuple[actions.Action, str]] = ()  # (action on one row, icon)
    has_show = True
    intro: Text = ""
    empty_title: Text = ""
    empty_hint: Text = ""
    page_size = 25
    endless = False  # pages from a row onwards: every order needs an index that ends with the id
    live = False  # searches while typing: only where an index finds every word

    # We do not need the framework's forms: ours stand beside the actions.
    def _init_forms(self) -> None:
        pass

    # Nor do we need its English titles (trap 30).
    def _init_titles(self) -> None:
        pass

    @property
    def model(self) -> type[Any]:
        return self.datamodel.obj

    @expose("/")
    @needs()
    def index(self) -> str:
        return self.render_template(self.list_template, model=self.list_model())

    @expose("/<int:pk>")
    @needs()
    def show(self, pk: int) -> str:
        if not self.has_show:
            flask.abort(404)
        return self.render_template(self.show_template, model=self.show_model(self.get_row(pk)))

    def get_row(self, pk: int, permission: Permission | None = None) -> Any:
        """The row, when this user may see it; otherwise 404, never 403."""
        statement = visible(current_actor(), self.model, permission or self.permission)
        row = (
            db.session.scalars(statement.where(self.model.id == pk).options(*self.show_load))
            .unique()
            .one_or_none()
        )
        if row is None:
            flask.abort(404)
        return row

    def show_model(self, row: Any) -> widgets.ShowModel:
        raise NotImplementedError

    # -- which rows

    def base_statement(self) -> sa.Select[Any]:
        """All rows of this page for this user, before filters."""
        return visible(current_actor(), self.model, self.permission)

    def filtered_statement(self) -> sa.Select[Any]:
        statement = self.base_statement()
        for item in self.own_filters():
            value = text_arg(item.name)
            if value:
                statement = item.apply(statement, value)
        return statement

    def matching(self) -> sa.Select[Any]:
        return self.filtered_statement()

    def own_filters(self) -> Sequence[ListFilter]:
        """The filters that this reader has."""
        return self.filters

    def filter_pairs(self) -> list[tuple[str, str]]:
        return [(item.name, text_arg(item.name)) for item in self.own_filters() if text_arg(item.name)]

    def known_filters(self) -> set[str]:
        return {item.name for item in self.own_filters()}

    # -- the model of the page

    def list_model(self) -> widgets.ListModel:
        rows, pager = self._page_of_rows()
        return widgets.ListModel(
            caption=str(self.title),
            columns=self._columns(),
            rows=[self._row(row, line) for row, line in zip(rows, self.lines(rows), strict=True)],
            pager=pager,
            filters=self._filter_inputs(),
            clear_href=href_with(flask.request.path, self.order_pairs()),
            filtered=bool(self.filter_pairs()),
            live=self.live,
            actions=self.choices(),
            action_href=self.href("choose"),
            action_button=_("Voer uit"),
            hidden=self.list_pairs(),
            filter_hidden=self.order_pairs(),
            buttons=self.page_buttons(),
            intro=str(self.intro),
            empty_title=str(self.empty_title),
            empty_hint=str(self.hint_when_empty()),
            empty_button=next(iter(self.page_buttons()), None),
        )

    def hint_when_empty(self) -> Text:
        """What this reader can do about an empty list."""
        return self.empty_hint

    def page_buttons(self) -> Sequence[widgets.Button]:
        """The buttons above the list, as far as this user may use them."""
        buttons: list[widgets.Button] = []
        for act, icon in self.page_actions:
            buttons += self.button(act, icon=icon, style="primary")
        return buttons

    def row_label(self, row: Any) -> str:
        return str(row)

    def row_buttons(self, row: Any) -> Sequence[widgets.Button]:
        label = self.row_label(row)
        return [
            button
            for act, icon in self.row_actions
            for button in self.button(act, row, icon, style="icon", about=label)
        ]

    def own_columns(self) -> Sequence[ListColumn]:
        """The columns that are for this reader; one that they hid themselves can still be sorted on."""
        return self.columns

    def shown_columns(self) -> Sequence[ListColumn]:
        """Those that are shown now."""
        return self.own_columns()

    def lines(self, rows: Sequence[Any]) -> Sequence[Any]:
        """One item per row to draw its cells from: the row itself, or the row with data of other tables."""
        return rows

    def _row(self, row: Any, line: Any) -> widgets.Row:
        return widgets.Row(
            id=row.id,
            label=self.row_label(row),
            cells=[self._from_here(row, column.cell(line)) for column in self.shown_columns()],
            buttons=self.row_buttons(row),
        )

    def _from_here(self, row: Any, cell: widgets.Cell) -> widgets.Cell:
        """The cell, with the place in the list added to a link to the row's page, so that it leads back."""
        if cell.href != f"{self.route_base}/{row.id}":
            return cell
        return replace(cell, href=href_with(cell.href, self.list_pairs()))

    def show_href(self, row_id: int) -> str:
        """The address of a row's page, which leads back to this place in the list."""
        return href_with(self.href("show", pk=row_id), self.list_pairs())

    def after_href(self, act: actions.Action, outcome: actions.Outcome) -> str:
        """The page of the new row; otherwise back, or to the list when the page behind it is gone."""
        if outcome.goto is not None and any(act is made for made, _icon in self.page_actions):
            return self.show_href(outcome.goto)
        return self._list_behind() or self.back_href()

    def _list_behind(self) -> str:
        """The list, when the way back leads to a row that is gone or no longer visible; else empty."""
        path, _sign, query = safe_path(text_arg(BACK), "").partition("?")
        index = self.href("index")
        row = path.removeprefix(index)
        if path == row or not is_number(row):
            return ""
        found = self.base_statement().with_only_columns(self.model.id).where(self.model.id == int(row))
        if db.session.scalars(found).first() is not None:
            return ""
        return f"{index}?{query}" if query else index

    def _page_of_rows(self) -> tuple[Sequence[Any], widgets.Pager]:
        statement, order, down = (
            self.filtered_statement(),
            self._order(),
            bool(text_arg("order") and text_arg("down")),
        )
        everything, size = self.base_statement(), page_size(self.page_size)
        if self.endless:
            key = [*order, self.model.id]
            wanted = Wanted(
                statement, everything, key, down, self.load, size, self.at_most(), self.known_count()
            )
            return from_a_row(wanted, self._place_href)
        sorted_by = [one.desc() if down else one for one in order]
        wanted = Wanted(statement, everything, [self.model.id], down, self.load, size)
        return numbered(wanted, [*sorted_by, self.model.id], self._place_href)

    def at_most(self) -> int:
        """The most rows that the filters can find, when these are known to be few; 0: not known."""
        return 0

    def known_count(self) -> int | None:
        """How many rows there are, when that is known; None: count them."""
        return None

    def _order(self) -> Sequence[Any]:
        wanted = text_arg("order")
        if not wanted:
            return self.default_order
        column = next((c for c in self.own_columns() if c.key == wanted and c.order is not None), None)
        if column is None:
            flask.abort(400)
        return column.order if isinstance(column.order, tuple) else [column.order]

    def _columns(self) -> Sequence[widgets.Column]:
        order, down = text_arg("order"), text_arg("down")
        return [
            widgets.Column(
                key=c.key,
                label=str(c.label),
                sort_href=""
                if c.order is None
                else href_with(
                    flask.request.path,
                    [
                        *self.filter_pairs(),
                        ("order", c.key),
                        ("down", "1" if order == c.key and not down else ""),
                    ],
                ),
                sorted="" if order != c.key else ("descending" if down else "ascending"),
                numeric=c.numeric,
                wide_only=c.wide_only,
            )
            for c in self.shown_columns()
        ]

    def _filter_inputs(self) -> Sequence[widgets.FilterInput]:
        pairs = self.filter_pairs()
        inputs = []
        for item in self.own_filters():
            value = text_arg(item.name)
            offered = item.choices() if item.choices else None
            label = next((text for key, text in offered or () if str(key) == value), "")
            if value and offered is None and item.named is not None:
                value = item.named(value) or value
            choices = [("", _("Alle")), *_counted(item, offered)] if offered is not None else []
            if value and offered is not None and not label:
                # The filter is in force, so its box may not say "Alle", even when no row has the value now.
                label = (item.named(value) or _("niet meer in de lijst")) if item.named else value
                choices.append((value, label))
            rest = [(key, kept) for key, kept in pairs if key != item.name]
            hint = _("Typ een naam") if item.choices and offered is None else ""
            without = href_with(flask.request.path, [*rest, *self.order_pairs()])
            inputs.append(
                widgets.FilterInput(item.name, str(item.label), value, label or value, choices, without, hint)
            )
        return inputs

    def place_pairs(self) -> list[tuple[str, str]]:
        """The order and the place in the list, so that an action can return to it."""
        numbers = [(name, text_arg(name)) for name in ("size", "page") if text_arg(name)]
        return [*self.order_pairs(), *place_pairs(), *numbers]

    def order_pairs(self) -> list[tuple[str, str]]:
        return [(key, text_arg(key)) for key in ORDER if text_arg(key)]

    def _place_href(self, place: Sequence[tuple[str, str]]) -> str:
        size = [("size", text_arg("size"))]
        return href_with(flask.request.path, [*self.filter_pairs(), *self.order_pairs(), *size, *place])
