"""Divides a list into pages: by page number, or (an endless list) from a row onwards.

From a row onwards: `?na=12` gives the rows after row 12 in the order of the list, `?voor=12` the rows before
it, `?einde=1` the last rows. Page 4,000 costs as much as the first page. A URL keeps its meaning when rows
are added, and it holds no names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.entities.base import db
from app.pages.base.request import number_arg, text_arg
from app.theme.widgets import Pager

MOST = 100
PLACE = ("na", "voor", "einde")
Href = Callable[[Sequence[tuple[str, str]]], str]


@dataclass(frozen=True)
class Wanted:
    """The rows to divide into pages. `key`: the columns of the order, the id last; `down`: reversed."""

    rows: sa.Select[Any]
    everything: sa.Select[Any]  # without filters: to look up the row that the URL names
    key: Sequence[Any]
    down: bool
    load: Sequence[Any]
    size: int
    few: int = 0  # the most rows there can be, when these are known to be few; 0: not known
    count: int | None = None  # how many rows there are, when that is known


def page_size(usual: int) -> int:
    return number_arg("size", usual, most=MOST) or usual


def place_pairs() -> list[tuple[str, str]]:
    """The place in the list, as the URL gives it."""
    return [(name, text_arg(name)) for name in PLACE if text_arg(name)]


def numbered(
    wanted: Wanted, order: Sequence[Any], href: Href, name: str = "page"
) -> tuple[Sequence[Any], Pager]:
    """The rows of one numbered page, and the pager.

    `name`: of the page number in the URL. A table on a row's page needs another name than the list.
    """
    count = _count(wanted)
    pages = max(1, -(-count // wanted.size))
    page = min(max(1, number_arg(name, 1)), pages)
    first = (page - 1) * wanted.size
    rows = _read(wanted.rows.order_by(*order).offset(first), wanted, wanted.size)
    pager = Pager(
        page=page,
        pages=pages,
        count=count,
        first=first + 1 if rows else 0,
        last=first + len(rows),
        previous_href=href([(name, str(page - 1))]) if page > 1 else "",
        next_href=href([(name, str(page + 1))]) if page < pages else "",
    )
    return rows, pager


def from_a_row(wanted: Wanted, href: Href) -> tuple[Sequence[Any], Pager]:
    """The rows before or after the row that the URL names, and the pager.

    Two queries: the rows, and how many there are. One more when no rows are left at that place.
    """
    backwards = bool(number_arg("voor", 0) or number_arg("einde", 0))
    edge = _edge(wanted, number_arg("voor", 0) or number_arg("na", 0))
    rows, more = _beside(wanted, edge, backwards=backwards)
    short = not more and len(rows) < wanted.size if backwards else not rows
    if edge is not None and short:  # too few rows at that place: show the first page, which is full
        backwards, edge = False, None
        rows, more = _beside(wanted, None, backwards=False)
    elif edge is None and not more:  # the last page is the first
        backwards = False
    count, before = _count_before(wanted, rows[0] if rows and edge is not None else None)
    at_end = backwards and edge is None
    first = count - len(rows) if at_end else before
    has_previous = more if backwards else edge is not None
    has_next = edge is not None if backwards else more
    pager = Pager(
        page=0,
        pages=max(1, -(-count // wanted.size)),
        count=count,
        first=first + 1 if rows else 0,
        last=first + len(rows),
        first_href=href([]) if has_previous else "",
        previous_href=href([("voor", str(rows[0].id))]) if has_previous and rows else "",
        next_href=href([("na", str(rows[-1].id))]) if has_next and rows else "",
        last_href=href([("einde", "1")]) if has_next else "",
    )
    return rows, pager


def _edge(wanted: Wanted, row_id: int) -> tuple[Any, ...] | None:
    """Subqueries for the row's values in the order; NULL for a row that this user may not see."""
    if not row_id:
        return None
    row = wanted.everything.where(wanted.key[-1] == row_id)
    return tuple(row.with_only_columns(column).scalar_subquery() for column in wanted.key)


def _beside(wanted: Wanted, edge: tuple[Any, ...] | None, *, backwards: bool) -> tuple[list[Any], bool]:
    """The rows next to the edge, in the order of the list, and whether there are more on that side."""
    falling = wanted.down != backwards
    statement, key = wanted.rows, wanted.key
    if wanted.few:  # find the few rows first and then sort them: sooner than walking the whole order
        few = statement.with_only_columns(*key).order_by(None).limit(wanted.few).subquery()
        key = list(few.c)
        statement = sa.select(*key)
    if edge is not None:
        place = sa.tuple_(*key)
        statement = statement.where(place < sa.tuple_(*edge) if falling else place > sa.tuple_(*edge))
    # The ids first: they come out of the index of the order alone, and only these rows are then read.
    ids = statement.with_only_columns(key[-1]).order_by(*_ordered(key, falling)).limit(wanted.size + 1)
    chosen = wanted.everything.where(wanted.key[-1].in_(sa.select(*ids.subquery().c)))
    chosen = chosen.order_by(*_ordered(wanted.key, falling))
    rows = list(_read(chosen, wanted, wanted.size + 1))
    more = len(rows) > wanted.size
    rows = rows[: wanted.size]
    return rows[::-1] if backwards else rows, more


def _ordered(key: Sequence[Any], falling: bool) -> list[Any]:
    return [column.desc() if falling else column.asc() for column in key]


def _count_before(wanted: Wanted, first: Any | None) -> tuple[int, int]:
    """How many rows there are, and how many of them stand before this one. One query at most."""
    if first is None:
        return _count(wanted), 0
    key, values = sa.tuple_(*wanted.key), tuple(getattr(first, column.key) for column in wanted.key)
    before = key > values if wanted.down else key < values
    if wanted.count is not None:
        return wanted.count, _count_of(wanted, wanted.rows.where(before))
    row = db.session.execute(
        wanted.rows.with_only_columns(
            sa.func.count(), sa.func.count().filter(before), maintain_column_froms=True
        ).order_by(None)
    ).one()
    return row[0], row[1]


def _count(wanted: Wanted) -> int:
    return _count_of(wanted, wanted.rows) if wanted.count is None else wanted.count


def _count_of(wanted: Wanted, rows: sa.Select[Any]) -> int:
    ids = rows.with_only_columns(wanted.key[-1]).order_by(None).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(ids)) or 0


def _read(statement: sa.Select[Any], wanted: Wanted, most: int) -> Sequence[Any]:
    return db.session.scalars(statement.options(*wanted.load).limit(most)).unique().all()
