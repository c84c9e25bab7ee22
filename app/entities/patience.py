"""How long PostgreSQL is waited for, so that one that froze holds nobody for long.

A frozen server answers nothing and closes nothing, and its own timeouts freeze with it. So the waiting ends
on our side: at once when another connection gets no answer either (`Watch`), and in any case after the time
that a statement may take. SQLite needs none of it: it is in this very process.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import waiting
from psycopg.pq import TransactionStatus
from sqlalchemy.exc import InvalidatePoolError

LOOKS_EVERY = 0.1  # seconds; while waiting
DOUBTS_AFTER = 1.0  # seconds without an answer, after which somebody looks whether the server lives
ASKS_FOR = 2  # seconds that it then has to answer; psycopg knows no shorter one for connecting
PREPARED_AFTER, PREPARED_MOST = 5, 200  # times that a statement was asked; statements per connection
GRACE = 3.0  # seconds that the server has to end a statement by itself

# To compile the statement of a page, or to start helpers for it, takes longer than the statement itself.
SET_PATIENCE = (
    "SELECT set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false), "
    "set_config('jit', 'off', false), set_config('max_parallel_workers_per_gather', '0', false)"
)

_limit: ContextVar[float | None] = ContextVar("limit", default=None)  # seconds for a statement; None: any


class NoAnswer(psycopg.OperationalError):
    """We ended the waiting ourselves."""


@contextmanager
def answering_within(seconds: float | None) -> Iterator[None]:
    """Every statement inside has this long; None: as long as it takes."""
    token = _limit.set(seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def answer_within(seconds: float) -> None:
    """The same, for what follows in this context."""
    _limit.set(seconds)


def limit() -> float | None:
    return _limit.get()


class Watch:
    """Whether the server answers. It is only looked at from when somebody doubts it until it answers."""

    def __init__(self, asked: Callable[[], bool]) -> None:
        self.away = False
        self._asked = asked
        self._lock = threading.Lock()
        self._looking = False

    def doubt(self) -> None:
        with self._lock:
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look, name="watch of the database", daemon=True).start()

    def _look(self) -> None:
        while True:
            answered = self._asked()
            with self._lock:
                self.away = not answered
                if answered:
                    self._looking = False
                    return
            time.sleep(DOUBTS_AFTER)


class BoundedConnection(psycopg.Connection[Any]):
    """A connection whose answers are not waited for without end. One that was given up is closed.

    The server keeps the plans of what pages ask again and again: for a page, planning was half of it. What
    writes is planned each time: its lists of rows are now of ten and then of 100,000.
    """

    watch: Watch | None = None
    only_read = False  # whether nothing but SELECTs was sent since this transaction began

    def begins(self, *, reads: bool) -> None:
        self.only_read, self.prepare_threshold = reads, PREPARED_AFTER if reads else None

    def rollback(self) -> None:
        """End the transaction. One that only read is committed: at a rollback psycopg drops all plans."""
        if self.only_read and self.info.transaction_status is TransactionStatus.INTRANS:
            self.commit()
        else:
            super().rollback()

    def wait(
        self, gen: Any, interval: float = LOOKS_EVERY, timeout: float | None = None
    ) -> Any:  # as psycopg's own, with an end
        return super().wait(_ending(gen, self), interval, timeout)


def _ending(gen: Any, connection: BoundedConnection) -> Any:
    """The same conversation, broken off when its answer takes too long."""
    most, began, doubts = _limit.get(), time.monotonic(), DOUBTS_AFTER
    try:
        state = next(gen)
        while True:
            ready = yield state
            if ready == waiting.READY_NONE and most is not None:
                waited = time.monotonic() - began
                if connection.watch is not None and waited > doubts:
                    doubts = waited + DOUBTS_AFTER
                    connection.watch.doubt()
                if waited > most + GRACE or (connection.watch is not None and connection.watch.away):
                    connection.pgconn.finish()  # what follows on it fails at once
                    raise NoAnswer("the database does not answer")
            state = gen.send(ready)
    except StopIteration as done:
        return done.value


class Asking(psycopg.Connection[Any]):
    """A connection to look whether the server answers."""

    def wait(self, gen: Any, interval: float = LOOKS_EVERY, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, ASKS_FOR)
        except psycopg.Error:
            self.pgconn.finish()  # else taking back what it began waits as long again
            raise


def _bounded(connection: sa.Connection) -> BoundedConnection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, BoundedConnection)  # noqa: S101 - `bound` makes no other
    return driver


def bound(engine: sa.Engine, locks: Callable[[], int], writes: Callable[[], bool]) -> None:
    """Let this engine wait `limit` seconds at most for an answer, and `locks` milliseconds for a lock.

    `writes`: whether what begins now may write.
    """
    reached: dict[str, Any] = {}

    def answers() -> bool:
        try:
            asking = Asking.connect(**{**reached, "connect_timeout": ASKS_FOR})
        except psycopg.Error:
            return False
        try:
            asking.execute("SELECT 1")
        except psycopg.Error:
            return False
        finally:
            asking.pgconn.finish()
        return True

    watch = Watch(answers)

    @sa.event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        if watch.away and limit() is not None:
            raise NoAnswer("the database did not answer a moment ago")
        reached.update(named)
        connection = BoundedConnection.connect(*arguments, **named)
        connection.watch = watch
        connection.prepared_max = PREPARED_MOST
        return connection

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        _bounded(connection).begins(reads=not writes())

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _execute(connection: sa.Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("SELECT"):
            _bounded(connection).only_read = False

    @sa.event.listens_for(engine, "checkout")
    def _checkout(connection: BoundedConnection, record: Any, _fairy: Any) -> None:
        """Say how patient this connection is now, which also shows that it is alive."""
        connection.begins(reads=False)
        most = limit()
        wanted = (int((most or 0) * 1000), locks())
        set_already = record.info.get("patience") == wanted
        asked = "" if set_already else SET_PATIENCE
        try:
            connection.autocommit = True
            connection.execute(asked, [f"{one}ms" for one in wanted] if asked else None)
            connection.autocommit = False
        except psycopg.Error as error:
            raise InvalidatePoolError from error
        record.info["patience"] = wanted
