"""How a database is opened, and the one way to write in it.

SQLite: WAL, foreign keys, synchronous FULL, BEGIN for reading and BEGIN IMMEDIATE for writing, so that
two writers wait for each other instead of losing an update. PostgreSQL needs none of that; how long it is
waited for stands in patience.py.
Nothing is written outside `transaction`: a guard on the session refuses it.
"""

import datetime as dt
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql import column

from app.clock import utc_now
from app.entities.base import OWNER, Moment, db
from app.entities.down import MAYBE, Down, what_is_down
from app.entities.patience import bound, limit
from app.errors import Busy
from app.rules import people
from app.rules.text import N_

MOST_ID = 2**31 - 1  # what an id column holds; a larger one is an error to both databases
# For a bulk statement: it does not update the objects that the session holds.
QUIETLY = {"synchronize_session": False}

T = TypeVar("T")
DEADLOCK, MOST_TRIES = "40P01", 3  # PostgreSQL's code for it
LOCK_TIMEOUT = "55P03"  # and for a lock that took too long

_writing: ContextVar[bool] = ContextVar("writing", default=False)
_moment: ContextVar[dt.datetime | None] = ContextVar("moment", default=None)  # of the open transaction
PATIENCE_MS, HURRY_MS, UNHURRIED_MS = 10_000, 50, 120_000  # how long a writer waits for another one
LOOKS_EVERY_S = 0.001  # a writer of SQLite that waits
CACHE_KB = 32_768  # of pages, per connection; with SQLite's own 2 MB every query reads them anew
_patience: ContextVar[int] = ContextVar("patience", default=PATIENCE_MS)
_after: list[Callable[[bool], None]] = []  # what follows when a transaction has ended


BUSY = N_(
    "Er wordt nu iets groots weggeschreven, bijvoorbeeld een import. Er is niets gewijzigd. "
    "Wacht een halve minuut en probeer het opnieuw."
)


class UnguardedWrite(RuntimeError):
    """Code tried to change data outside an action."""


@contextmanager
def transaction(*, keep: bool = True) -> Iterator[orm.Session]:
    """One transaction for everything inside; `keep=False` tries it and takes all of it back.

    Busy when another writer took longer than this one waits; nothing was written.
    """
    if _writing.get():
        raise UnguardedWrite("a transaction is open already; actions inside an action are plain calls")
    session: orm.Session = db.session()
    session.rollback()  # ends the reading transaction: a writer must see what is there now
    token, moment = _writing.set(True), _moment.set(None)
    committed = False
    try:
        yield session
        if keep:
            _commit(session)
            committed = True
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
        _moment.reset(moment)
        for follow in _after:
            follow(committed)


def _commit(session: orm.Session) -> None:
    session.flush()
    try:
        session.commit()
    except Exception as error:
        if what_is_down(error) is Down.DATABASE and not _waited_in_vain(error):
            error.add_note(MAYBE)
        raise


def this_moment() -> dt.datetime:
    """The one moment of the open transaction: the first time that it is asked for.

    Rows that carry it tell in which transaction they were made, whatever was written just before or after.
    """
    moment = _moment.get() or utc_now()
    if _writing.get():
        _moment.set(moment)
    return moment


def after_writing(follow: Callable[[bool], None]) -> Callable[[bool], None]:
    """Have this called when a transaction has ended: True after a commit. It must not raise."""
    _after.append(follow)
    return follow


@contextmanager
def _patient_for(milliseconds: int) -> Iterator[None]:
    token = _patience.set(milliseconds)
    try:
        yield
    finally:
        _patience.reset(token)


def in_a_hurry() -> AbstractContextManager[None]:
    """Make a write inside give up at once (Busy) when another writer is at work."""
    return _patient_for(HURRY_MS)


def unhurried() -> AbstractContextManager[None]:
    """Make a write inside wait for even the largest import: no user waits for this one."""
    return _patient_for(UNHURRIED_MS)


def _waited_in_vain(error: BaseException) -> bool:
    """Whether this error says that another writer was busy for as long as this one waited."""
    reason = error.orig if isinstance(error, OperationalError) else None
    on_sqlite: str = getattr(reason, "sqlite_errorname", "")
    return on_sqlite.startswith("SQLITE_BUSY") or getattr(reason, "sqlstate", None) == LOCK_TIMEOUT


def arm(engine: sa.Engine) -> None:
    """Set up how connections begin and wait. Called once per engine, at application start."""
    if getattr(engine, "_proeve_armed", False):
        return
    engine._proeve_armed = True  # type: ignore[attr-defined] # our own mark on SQLAlchemy's object
    if engine.dialect.name == "postgresql":
        bound(engine, _lock_patience, _writing.get)
        return

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KB}")
        cursor.close()
        connection.create_function("folded", 1, people.search_form, deterministic=True)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if _writing.get():
            _begin_writing(connection)
        else:
            connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Any) -> None:
    """Begin as the one writer of SQLite, as soon as the one before has ended.

    SQLite itself looks ever less often while it waits, up to ten times a second, and the writer that waited
    longest looks least.
    """
    plain, until = connection.connection.driver_connection, time.monotonic() + _patience.get() / 1000
    plain.execute("PRAGMA busy_timeout=0")
    try:
        while _another_writes(plain) and time.monotonic() < until:
            time.sleep(LOOKS_EVERY_S)
        if not plain.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # to fail as every other statement does
    finally:
        plain.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")


def _another_writes(plain: sqlite3.Connection) -> bool:
    """Begin to write, unless another writer is at work; any other trouble comes again, and is told there."""
    try:
        plain.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorname.startswith("SQLITE_BUSY")
    return False


def _lock_patience() -> int:
    """Milliseconds for PostgreSQL's lock_timeout; 0: a command waits as long as it takes."""
    hurried = limit() is not None or _patience.get() != PATIENCE_MS
    return _patience.get() if hurried else 0


def guard_session() -> None:
    """Refuse every write outside `transaction`."""

    def before_flush(session: orm.Session, _context: Any, _instances: Any) -> None:
        if not _writing.get() and (session.new or session.dirty or session.deleted):
            raise UnguardedWrite("write outside an action")

    def on_execute(state: orm.ORMExecuteState) -> None:
        if not _writing.get() and (state.is_insert or state.is_update or state.is_delete):
            raise UnguardedWrite("write outside an action")

    sa.event.listen(db.session, "before_flush", before_flush)
    sa.event.listen(db.session, "do_orm_execute", on_execute)


def take_turns(lock: int) -> None:
    """Wait for whoever else holds this lock, until the transaction ends. SQLite has one writer as it is."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))


def lock_rows(table: sa.FromClause, chosen: sa.Select[Any]) -> None:
    """Wait until nobody else writes these rows, and keep others waiting until the transaction ends.

    The rows that own them go first (a column with OWNER): so whoever works on a student's exams takes turns
    with whoever works on the student. Rows that only refer to them can still be added. SQLite has one writer
    as it is, and a page that only looks keeps nobody waiting.
    """
    if db.engine.dialect.name != "postgresql" or not _writing.get():
        return
    for reference in table.c:
        if reference.info == OWNER:
            (key,) = reference.foreign_keys
            lock_rows(key.column.table, sa.select(reference).where(table.c.id.in_(chosen)))
    lock_these(table, chosen)


def lock_these(table: sa.FromClause, chosen: sa.Select[Any]) -> None:
    """As `lock_rows`, when whoever owns these rows is locked already."""
    if db.engine.dialect.name == "postgresql" and _writing.get():
        locking = sa.select(table.c.id).where(table.c.id.in_(chosen)).order_by(table.c.id)
        db.session.execute(locking.with_for_update(key_share=True)).all()


def hold_rows(table: sa.FromClause, ids: Sequence[int]) -> None:
    """Keep these rows as they are until the transaction ends; others may hold them too.

    For what an action couples its own rows to. Whoever is just changing one is waited for.
    """
    if db.engine.dialect.name == "postgresql" and _writing.get() and ids:
        held = sa.select(table.c.id).where(table.c.id.in_(id_set(ids))).order_by(table.c.id)
        db.session.execute(held.with_for_update(read=True)).all()


def unless_given_up(work: Callable[[], T]) -> T:
    """Do this, one transaction; anew when the database gave it up because two waited for each other.

    Busy when it was given up MOST_TRIES times.
    """
    for _try in range(MOST_TRIES):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != DEADLOCK:
                raise
    raise Busy(BUSY)


class _Ids(sa.types.UserDefinedType[str]):
    """Numbers as PostgreSQL writes a list of them: of such a parameter it knows how many there are."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "INTEGER[]"


def id_set(ids: Sequence[int]) -> sa.Select[tuple[int]]:
    """A SELECT of these ids as one parameter: `Student.id.in_(id_set(ids))`, for ten or 100,000."""
    listed = json.dumps(list(ids), separators=(",", ":"))
    if db.engine.dialect.name == "sqlite":
        items = sa.func.json_each(listed).table_valued(column("value", sa.Integer))
        return sa.select(items.c.value)
    sent = sa.cast(sa.bindparam(None, f"{{{listed[1:-1]}}}", _Ids()), _Ids())
    numbers = sa.func.unnest(sent).table_valued(column("number", sa.Integer)).render_derived()
    return sa.select(numbers.c.number)


def text_set(texts: Sequence[str]) -> sa.Select[tuple[str]]:
    """A SELECT of these texts as one parameter, for ten texts or 100,000; as id_set is for ids."""
    if db.engine.dialect.name == "sqlite":
        items = sa.func.json_each(json.dumps(list(texts))).table_valued(column("value", sa.Text))
        return sa.select(items.c.value)
    elements = sa.func.json_array_elements_text(sa.cast(list(texts), sa.JSON)).table_valued(
        column("value", sa.Text)
    )
    return sa.select(elements.c.value)


def moment_set(rows: Iterable[tuple[int, dt.datetime | None]]) -> sa.Select[int, dt.datetime]:
    """A SELECT of these ids, each with a moment, as one parameter."""
    if db.engine.dialect.name == "sqlite":
        kept = [
            [number, f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}" if at else None] for number, at in rows
        ]
        pair = sa.func.json_each(json.dumps(kept)).table_valued(column("value", sa.Text)).c.value
        number, moment = sa.func.json_extract(pair, "$[0]"), sa.func.json_extract(pair, "$[1]")
        return sa.select(
            sa.type_coerce(number, sa.Integer).label("id"), sa.type_coerce(moment, Moment).label("at")
        )
    sent = [[number, at.isoformat() if at else None] for number, at in rows]
    pairs = (
        sa.func.json_array_elements(sa.cast(sent, sa.JSON))
        .table_valued(column("pair", sa.JSON))
        .render_derived()
    )
    number, moment = (sa.func.json_extract_path_text(pairs.c.pair, key) for key in "01")
    return sa.select(sa.cast(number, sa.Integer).label("id"), sa.cast(moment, Moment).label("at"))


def folded(text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """A text (never NULL) as it is searched: the same as `rules.people.search_form` makes of it."""
    if db.engine.dialect.name == "sqlite":
        return sa.func.folded(text, type_=sa.Text)
    plain = sa.func.regexp_replace(
        sa.func.normalize(text, sa.literal_column("NFKD")), "[\\u0300-\\u036f]", "", "g"
    )
    for letter, written in people.TWO_LETTERS.items():
        plain = sa.func.replace(sa.func.replace(plain, letter, written), letter.upper(), written)
    # The capitals too: a database with locale C knows no lower case for them.
    letters = "".join(people.ONE_LETTER) + "".join(people.ONE_LETTER).upper()
    return sa.func.lower(
        sa.func.translate(plain, letters, "".join(people.ONE_LETTER.values()) * 2), type_=sa.Text
    )
