"""How a database is opened, and the one way to write in it.

SQLite: WAL, foreign keys, synchronous FULL, BEGIN for reading and BEGIN IMMEDIATE for writing, so that
two writers wait for each other instead of losing an update. PostgreSQL needs none of that.
Nothing is written outside `transaction`: a guard on the session refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Engine,
    Integer,
    Select,
    Text,
    cast,
    event,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql import column

from app.entities.base import Moment, db
from app.errors import Busy
from app.rules.people import ONE_LETTER, TWO_LETTERS, search_form
from app.rules.text import N_

# For a bulk statement: the rows that the session holds are not brought along.
QUIETLY = {"synchronize_session": False}

_writing: ContextVar[bool] = ContextVar("writing", default=False)
PATIENCE_MS, HURRY_MS, UNHURRIED_MS = 10_000, 50, 120_000  # how long a writer waits for another one on SQLite
CACHE_KB = 32_768  # of pages, per connection; the 2 MB it starts with are read anew for every question
_patience: ContextVar[int] = ContextVar("patience", default=PATIENCE_MS)


BUSY = N_(
    "Er wordt nu iets groots weggeschreven, bijvoorbeeld een import. Er is niets gewijzigd. "
    "Wacht een halve minuut en probeer het opnieuw."
)


class UnguardedWrite(RuntimeError):
    """Code tried to change data outside an action."""


@contextmanager
def transaction(*, keep: bool = True) -> Iterator[Session]:
    """One transaction for everything inside; `keep=False` tries it and takes all of it back.

    Busy: another writer took all the time that this one could wait; nothing was written.
    """
    if _writing.get():
        raise UnguardedWrite("a transaction is open already; actions inside an action are plain calls")
    session: Session = db.session()
    session.rollback()  # ends the reading transaction: a writer must see what is there now
    token = _writing.set(True)
    try:
        yield session
        if keep:
            session.commit()
        else:
            session.flush()
            session.rollback()
    except BaseException as error:
        session.rollback()
        if _waited_in_vain(error):
            raise Busy(BUSY) from error
        raise
    finally:
        _writing.reset(token)


@contextmanager
def _patient_for(milliseconds: int) -> Iterator[None]:
    token = _patience.set(milliseconds)
    try:
        yield
    finally:
        _patience.reset(token)


def in_a_hurry() -> AbstractContextManager[None]:
    """A write inside gives up at once when another writer is busy (Busy)."""
    return _patient_for(HURRY_MS)


def unhurried() -> AbstractContextManager[None]:
    """A write inside waits for even the largest import: nobody is kept waiting by it."""
    return _patient_for(UNHURRIED_MS)


def _waited_in_vain(error: BaseException) -> bool:
    """Another writer was busy all the time that this one waited; nothing was written."""
    reason = error.orig if isinstance(error, OperationalError) else None
    return getattr(reason, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def arm(engine: Engine) -> None:
    """Give an engine its manners. Called once per engine, at application start."""
    if engine.dialect.name != "sqlite" or getattr(engine, "_proeve_armed", False):
        return
    engine._proeve_armed = True  # type: ignore[attr-defined] # a mark of our own on another's object

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KB}")
        cursor.close()
        connection.create_function("folded", 1, search_form, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_patience.get()}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def guard_session() -> None:
    """Refuse every write outside `transaction`."""

    def before_flush(session: Session, _context: Any, _instances: Any) -> None:
        if not _writing.get() and (session.new or session.dirty or session.deleted):
            raise UnguardedWrite("write outside an action")

    def on_execute(state: ORMExecuteState) -> None:
        if not _writing.get() and (state.is_insert or state.is_update or state.is_delete):
            raise UnguardedWrite("write outside an action")

    event.listen(db.session, "before_flush", before_flush)
    event.listen(db.session, "do_orm_execute", on_execute)


def id_set(ids: Sequence[int]) -> Select[tuple[int]]:
    """A SELECT of these ids as one parameter: `Student.id.in_(id_set(ids))`, for ten or 100,000."""
    listed = json.dumps(list(ids), separators=(",", ":"))
    if db.engine.dialect.name == "sqlite":
        items = func.json_each(listed).table_valued(column("value", Integer))
        return select(items.c.value)
    pieces = func.string_to_table(listed[1:-1], ",").table_valued(column("piece", Text)).render_derived()
    return select(cast(pieces.c.piece, Integer))


def moment_set(rows: Iterable[tuple[int, datetime | None]]) -> Select[int, datetime]:
    """A SELECT of these ids, each with a moment, as one parameter."""
    if db.engine.dialect.name == "sqlite":
        kept = [[number, f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if at else None] for number, at in rows]
        pair = func.json_each(json.dumps(kept)).table_valued(column("value", Text)).c.value
        number, moment = func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]")
        return select(type_coerce(number, Integer).label("id"), type_coerce(moment, Moment).label("at"))
    sent = [[number, at.isoformat() if at else None] for number, at in rows]
    pairs = func.json_array_elements(cast(sent, JSON)).table_valued(column("pair", JSON)).render_derived()
    number, moment = (func.json_extract_path_text(pairs.c.pair, key) for key in "01")
    return select(cast(number, Integer).label("id"), cast(moment, Moment).label("at"))


def folded(text: ColumnElement[str]) -> ColumnElement[str]:
    """A text (never NULL) as it is searched: what `rules.people.search_form` makes of it."""
    if db.engine.dialect.name == "sqlite":
        return func.folded(text, type_=Text)
    plain = func.regexp_replace(func.normalize(text, literal_column("NFKD")), "[\\u0300-\\u036f]", "", "g")
    for letter, written in TWO_LETTERS.items():
        plain = func.replace(func.replace(plain, letter, written), letter.upper(), written)
    # The capitals too: a database with locale C knows no lower case for them.
    letters = "".join(ONE_LETTER) + "".join(ONE_LETTER).upper()
    return func.lower(func.translate(plain, letters, "".join(ONE_LETTER.values()) * 2), type_=Text)
