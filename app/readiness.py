"""Whether this school can be served now, part by part, told within two seconds whatever hangs.

Every part is looked at in a thread of its own, side by side. One that does not come back in time is "away",
and is not asked again until it does. The answer is kept for a second, so that asking loads nothing.
"""

import datetime as dt
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flask
import psycopg
import sqlalchemy as sa
from redis.exceptions import RedisError

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.entities.heartbeat import is_beating
from app.entities.patience import ASKS_FOR, Asking
from app.rules import delivery
from app.school import current_school
from config import Settings

PATIENCE = 1.5  # seconds for all parts together
KEPT_FOR = 1.0  # seconds that an answer counts
LOCKED_SECONDS = 0.2  # how long SQLite's writer is waited for before it is called busy
BLOCK = b"0" * 4096  # what a disk with room takes
TELLING = dt.timedelta(minutes=3)  # a mail that waits shorter is nobody's business
LATE = dt.timedelta(minutes=10)  # a mail whose time came longer ago waits too long
SERVER_TROUBLE = (delivery.UNREACHABLE, delivery.SIGN_IN, delivery.CERTIFICATE)

OK, AWAY, BUSY, NONE = "ok", "away", "busy", "none"
SILENT, FAILING, TOO_LATE, UNKNOWN = "silent", "failing", "late", "unknown"
MATTER = {"database": {OK, BUSY}, "disk": {OK}}  # without these no page can be served


@dataclass(frozen=True)
class Answer:
    """A word for each part, and how long the oldest mail waits (seconds; None: not long)."""

    words: Mapping[str, str]
    oldest_mail: int | None

    @property
    def ready(self) -> bool:
        return all(self.words[part] in fine for part, fine in MATTER.items())


@dataclass
class _Part:
    """One thing that is looked at. `look` may hang; it is never asked twice at a time."""

    look: Callable[[], Any]
    _thread: threading.Thread | None = None
    _found: Any = None

    def begin(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._found = None
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def found(self, until: float) -> Any:
        """What was found; None: nothing, by this moment."""
        if self._thread is not None:
            self._thread.join(max(0.0, until - time.monotonic()))
        return None if self._thread is None or self._thread.is_alive() else self._found

    def _run(self) -> None:
        with suppress(sa.exc.SQLAlchemyError, psycopg.Error, RedisError, OSError):  # then nothing is found
            self._found = self.look()


@dataclass(frozen=True)
class _Outbox:
    """What the database said: whether it takes writes, and what of its mails wait."""

    state: str
    oldest: int | None
    late: bool
    failing: bool


@dataclass
class Readiness:
    """What `/readyz` asks, one per process."""

    app: flask.Flask
    _parts: dict[str, _Part] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: tuple[float, Answer] | None = None
    _engine: sa.Engine | None = None

    def answer(self) -> Answer:
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > KEPT_FOR:
                answer = self._looked()
                self._kept = (time.monotonic(), answer)
            return self._kept[1]

    def _looked(self) -> Answer:
        looks = {"database": self._database, "disk": self._disk, "queue": self._queue, "sender": self._sender}
        until = time.monotonic() + PATIENCE
        for name, look in looks.items():
            self._parts.setdefault(name, _Part(look)).begin()
        found = {name: self._parts[name].found(until) for name in looks}
        outbox: _Outbox | None = found.pop("database")
        words = {
            "database": outbox.state if outbox else AWAY,
            **{name: str(word or AWAY) for name, word in found.items()},
            "mail_server": self._mail_server(outbox),
            "mails": (TOO_LATE if outbox.late else OK) if outbox else UNKNOWN,
        }
        return Answer(words, outbox.oldest if outbox else None)

    @property
    def _settings(self) -> Settings:
        settings: Settings = self.app.extensions["proeve_settings"]
        return settings

    def _database(self) -> _Outbox:
        """Ask on a connection of its own: those of the pages may hang."""
        if self._engine is None:
            with self.app.app_context():
                self._engine = _asking(db.engine.url)
        with self._engine.connect() as connection:
            return _outbox(connection)

    def _disk(self) -> str:
        """Write where documents and the database are kept, and take it away again."""
        file = self._settings.database_file()
        for folder in {self._settings.school_data, *([file.parent] if file else [])}:
            _write_in(folder)
        return OK

    def _queue(self) -> str:
        if not self._settings.redis_url:
            return NONE
        return OK if self.app.extensions["proeve_huey"].storage.conn.ping() else AWAY

    def _sender(self) -> str:
        with self.app.app_context():
            return OK if is_beating() else SILENT

    def _mail_server(self, outbox: _Outbox | None) -> str:
        with self.app.app_context():
            if not self.app.config["MAIL_SERVER"] or not current_school().mail_sender:
                return NONE
        if outbox is None:
            return UNKNOWN
        return FAILING if outbox.failing else OK


def readiness() -> Answer:
    """How every part is, now or a second ago."""
    app: flask.Flask = flask.current_app._get_current_object()  # type: ignore[attr-defined] # for its threads
    asked: Readiness = app.extensions.setdefault("proeve_readiness", Readiness(app))
    return asked.answer()


def _asking(url: sa.URL) -> sa.Engine:
    """An engine that keeps no connection, and waits for nothing."""
    if url.get_backend_name() == "sqlite":
        return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": LOCKED_SECONDS})
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"connect_timeout": ASKS_FOR})

    @sa.event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any]) -> Asking:
        return Asking.connect(*arguments, **named)

    return engine


def _outbox(connection: sa.Connection) -> _Outbox:
    mail = sa.inspect(models.OutboxMail).columns
    waits = mail.state.in_(("waiting", "sending"))
    # Whether a mail was made just now says whether a name that somebody typed is an account's.
    told = waits & (mail.created_at <= utc_now() - TELLING)
    trouble = sa.func.count(sa.case((mail.failure.in_(SERVER_TROUBLE), 1)))
    made, failing = connection.execute(sa.select(sa.func.min(mail.created_at), trouble).where(told)).one()
    overdue = sa.select(mail.id).where(waits, mail.next_try_at < utc_now() - LATE).limit(1)
    late = connection.scalar(overdue) is not None
    connection.rollback()
    oldest = int((utc_now() - made).total_seconds()) if made is not None else None
    return _Outbox(_takes_writes(connection), oldest, late, bool(failing))


def _takes_writes(connection: sa.Connection) -> str:
    """Whether a change could be kept now. Nothing is changed."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SELECT pg_current_xact_id()")  # a server that is read-only refuses this
    else:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                return BUSY
            raise
    connection.rollback()
    return OK


def _write_in(folder: Path) -> None:
    file = folder / f".ready-{os.getpid()}-{secrets.token_hex(4)}"
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, BLOCK)
        os.fsync(handle)
    finally:
        os.close(handle)
        file.unlink()
