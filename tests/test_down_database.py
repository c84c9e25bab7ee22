"""The database is away or frozen: nobody waits long, a page says so, one line in the log tells it."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import psycopg.errors
import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.entities import engine as engine_room
from app.entities.base import db
from app.entities.down import Down, in_a_word, is_unsure, what_is_down
from app.entities.engine import arm, transaction
from app.entities.patience import NoAnswer, answering_within, limit
from app.entities.students import Student
from app.errors import Busy
from app.pages.base.logs import NONE, request_number
from app.pages.base.numbers import Numbered
from config import CONNECT_TIMEOUT
from tests.factories import make_user, refresh
from tests.pages.access.test_sessions import age
from tests.pages.base.test_busy import FLEUR, busy_writer
from tests.support.forms import as_shown
from tests.support.freezing import FreezingProxy, freezing
from tests.support.postgres import create_database, drop_database, server_url
from tests.support.served import TOKEN, served
from tests.support.smtp import unused_port
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
NUMBER = re.compile(r"^[0-9a-f]{12}$")


@pytest.fixture
def away(app: Flask) -> Iterator[Callable[[], None]]:
    """Call it, and the database answers nothing any more."""
    gone: list[bool] = []

    def refuse(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if gone and not statement.startswith("PRAGMA"):
            raise OperationalError(statement, None, ConnectionResetError("gone"), connection_invalidated=True)

    event.listen(db.engine, "before_cursor_execute", refuse)
    yield lambda: gone.append(True)
    event.remove(db.engine, "before_cursor_execute", refuse)


def one_line(caplog: pytest.LogCaptureFixture) -> str:
    lines = [one for one in caplog.records if one.levelname in {"WARNING", "ERROR"}]
    assert len(lines) == 1, [one.getMessage() for one in lines]
    assert not lines[0].exc_info
    return lines[0].getMessage()


def test_every_answer_has_a_number_of_its_own(app: Flask, visitor_of: Visit) -> None:
    page = visitor_of(None)
    given = [page.get("/aanmelden", headers={"X-Request-ID": "van-mij"}) for _ in range(2)]
    numbers = [one.headers.getlist("X-Request-ID") for one in given]
    assert all(len(one) == 1 and NUMBER.match(one[0]) for one in numbers)
    assert numbers[0] != numbers[1]


def test_an_error_page_names_the_number_of_its_answer(visit: Visit) -> None:
    answer = visit("student").get("/gebruikers/")
    assert answer.headers["X-Request-ID"] in answer.text


def test_a_line_of_the_log_has_moment_level_and_number(
    app: Flask, visitor_of: Visit, capsys: pytest.CaptureFixture[str], away: Callable[[], None]
) -> None:
    away()
    number = visitor_of(None).get("/school/logo").headers["X-Request-ID"]
    answer = visitor_of(None).get("/aanmelden/code")
    assert answer.headers["X-Request-ID"] != number
    page = Visitor(app)
    with page.client.session_transaction() as session:
        session["_user_id"] = "1.x"
    capsys.readouterr()
    number = page.get("/studenten/").headers["X-Request-ID"]
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ ERROR proeve\.down \[{number}\] database is down: .+", told[0]
    )


@pytest.mark.parametrize("path", ["/studenten/", "/", "/nergens"])
def test_a_page_without_database_says_so_once(
    visit: Visit, away: Callable[[], None], caplog: pytest.LogCaptureFixture, path: str
) -> None:
    visitor = visit("administrator")
    away()
    answer = visitor.get(path)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Proeve kan nu niet bij de gegevens" in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    assert f'href="{path}"' in answer.text
    assert f"database is down: GET {path}" in one_line(caplog)


def test_the_page_is_in_the_language_of_its_user(app: Flask, visitor_of: Visit) -> None:
    known, unknown = visitor_of(make_user("administrator", language="en")), visitor_of(None)
    with unknown.client.session_transaction() as session:
        session["locale"], session["_user_id"] = "en", "1.x"
    with _broken_at("before_cursor_execute", "FROM student"):
        answers = [known.get("/studenten/")]
    with _broken_at("before_cursor_execute"):
        answers.append(unknown.get("/studenten/"))
    for answer in answers:
        assert answer.status_code == 503
        assert "Proeve cannot reach its data now" in answer.text


def test_what_was_typed_stands_in_the_page_and_is_sent_again_by_its_button(visit: Visit, app: Flask) -> None:
    visitor = visit("administrator")
    sent = _filled_in(visitor)
    with _broken_at("before_cursor_execute"):
        answer = visitor.post("/studenten/do/add_student", sent)
    assert answer.status_code == 503
    assert "Er is niets opgeslagen." in answer.text
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert {name: unescape(value) for name, value in kept.items()} == sent
    assert 'action="/studenten/do/add_student"' in answer.text
    again = visitor.post("/studenten/do/add_student", {n: unescape(v) for n, v in kept.items()})
    assert again.status_code == 302
    refresh()
    assert db.session.scalars(select(Student.last_name)).all() == ["Berg"]


def _filled_in(visitor: Visitor) -> dict[str, str]:
    """All that a browser sends for a new student."""
    shown = as_shown(visitor.get("/studenten/do/add_student").text)
    return {name: values[0] for name, values in shown.items()} | {**FLEUR, "csrf_token": visitor.token()}


@contextmanager
def _broken_at(moment: str, where: str = "") -> Iterator[None]:
    """The connection breaks at this moment; of statements, at those with this text."""

    def refuse(*args: Any) -> None:
        if where in " ".join(str(one) for one in args):
            raise OperationalError("x", None, ConnectionResetError("gone"), connection_invalidated=True)

    event.listen(db.engine, moment, refuse)
    try:
        yield
    finally:
        event.remove(db.engine, moment, refuse)


def test_on_a_full_disk_pages_can_still_be_read(visitor_of: Visit, app: Flask) -> None:
    visitor = visitor_of(make_user("student"))
    age(last_seen_at=timedelta(minutes=5))

    def full(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("UPDATE user_session"):
            raise _of(_sqlite("SQLITE_FULL"))

    event.listen(db.engine, "before_cursor_execute", full)
    try:
        assert visitor.get("/mijn-profiel/").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", full)


def test_no_page_holds_a_password(visitor_of: Visit, app: Flask, away: Callable[[], None]) -> None:
    visitor = visitor_of(None)
    token = visitor.token()
    away()
    secret = "vier woorden samen lang"
    answer = visitor.post("/aanmelden", {"username": "an", "password": secret, "csrf_token": token})
    assert answer.status_code == 503
    assert secret not in answer.text
    assert "Er is niets opgeslagen." in answer.text
    assert "terug in uw browser" in answer.text


def test_no_page_holds_a_way_in_or_a_form_of_another_site(
    visitor_of: Visit, visit: Visit, app: Flask, away: Callable[[], None]
) -> None:
    guest, known = visitor_of(None), visit("administrator")
    token, sent = guest.token(), _filled_in(known)
    away()
    answers = [
        guest.post("/uitnodiging/link", {"token": "a-way-in", "csrf_token": token}),
        known.post("/studenten/do/add_student", sent | {"csrf_token": "of another site"}),
    ]
    for answer in answers:
        assert answer.status_code in (400, 503)
        assert "a-way-in" not in answer.text
        assert "Verstuur het opnieuw" not in answer.text


def test_a_commit_that_was_not_answered_is_called_unsure(visit: Visit, app: Flask) -> None:
    visitor = visit("administrator")
    sent = _filled_in(visitor)
    with _broken_at("commit"):
        answer = visitor.post("/studenten/do/add_student", sent)
    assert answer.status_code == 503
    assert "Het is niet zeker of het is opgeslagen" in answer.text
    assert "Er is niets opgeslagen" not in answer.text


def test_an_ordinary_mistake_is_no_fault_of_the_database(app: Flask) -> None:
    with pytest.raises(Exception, match="no_such_table") as raised:
        db.session.execute(text("SELECT 1 FROM no_such_table"))
    assert what_is_down(raised.value) is None
    assert not is_unsure(raised.value)


def _of(orig: BaseException) -> OperationalError:
    return OperationalError("x", None, orig)


def _sqlite(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "down"),
    [
        (_of(psycopg.errors.DiskFull()), Down.DISK),
        (_of(psycopg.errors.TooManyConnections()), Down.DATABASE),
        (_of(psycopg.errors.AdminShutdown()), Down.DATABASE),
        (_of(psycopg.errors.QueryCanceled()), Down.DATABASE),
        (_of(psycopg.errors.ReadOnlySqlTransaction()), Down.DATABASE),
        (_of(psycopg.OperationalError("connection refused")), Down.DATABASE),
        (_of(psycopg.errors.DeadlockDetected()), None),
        (IntegrityError("x", None, psycopg.errors.UniqueViolation()), None),
        (_of(_sqlite("SQLITE_FULL")), Down.DISK),
        (_of(_sqlite("SQLITE_IOERR_WRITE")), Down.DISK),
        (_of(_sqlite("SQLITE_CANTOPEN")), Down.DATABASE),
        (_of(_sqlite("SQLITE_ERROR")), None),
        (PoolTimeout(), Down.DATABASE),
        (OSError(errno.ENOSPC, "x"), Down.DISK),
        (OSError(errno.EROFS, "x"), Down.DISK),
        (FileNotFoundError(errno.ENOENT, "x"), None),
        (ValueError("x"), None),
    ],
    ids=lambda one: str(one) if one is None or isinstance(one, Down) else type(one).__name__,
)
def test_which_errors_say_that_something_is_down(error: Exception, down: Down | None) -> None:
    assert what_is_down(error) is down


@pytest.mark.web
def test_a_writer_that_never_ends_is_a_page_and_no_traceback(
    visit: Visit, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_room, "_patience", ContextVar("patience", default=50))
    visitor = visit("administrator")
    visitor.token()
    with busy_writer():
        answer = visitor.post("/studenten/do/add_student", FLEUR)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert 'value="Berg"' in answer.text
    assert not [one for one in caplog.records if one.exc_info]


# --- a database server that froze (on PostgreSQL whichever database the run is for: hence `web`) ---


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL database of these tests."""
    name = f"proeve_frozen_{os.getpid()}"
    drop_database(server_url(), name)
    yield create_database(server_url(), name)
    drop_database(server_url(), name)


@pytest.fixture
def proxy(server: str) -> Iterator[FreezingProxy]:
    with freezing(server) as made:
        yield made


@pytest.fixture
def engine(proxy: FreezingProxy) -> Iterator[Engine]:
    address = make_url(proxy.url).set(drivername="postgresql+psycopg")
    made = create_engine(address, connect_args={"connect_timeout": CONNECT_TIMEOUT})
    arm(made)
    yield made
    proxy.thaw()
    made.dispose()


@pytest.mark.web
def test_a_statement_that_freezes_is_given_up_in_a_few_seconds(engine: Engine, proxy: FreezingProxy) -> None:
    with answering_within(40), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        proxy.freeze()
        began = time.monotonic()
        with pytest.raises(OperationalError) as raised:
            connection.execute(text("SELECT 1"))
    assert time.monotonic() - began < 6
    assert what_is_down(raised.value) is Down.DATABASE


@pytest.mark.web
def test_once_it_is_known_nobody_waits_and_it_is_noticed_when_it_is_back(
    engine: Engine, proxy: FreezingProxy
) -> None:
    with answering_within(40):
        engine.connect().close()
        proxy.freeze()
        began = time.monotonic()
        with pytest.raises(OperationalError):
            engine.connect()
        assert time.monotonic() - began < 6
        for _ in range(3):
            began = time.monotonic()
            with pytest.raises(OperationalError):
                engine.connect()
            assert time.monotonic() - began < 0.5
        proxy.thaw()
        ends = time.monotonic() + 8
        while True:
            with suppress(OperationalError), engine.connect() as connection:
                assert connection.scalar(text("SELECT 2")) == 2
                break
            assert time.monotonic() < ends
            time.sleep(0.1)


@pytest.mark.web
def test_a_statement_that_is_only_slow_is_waited_for(engine: Engine) -> None:
    with answering_within(10), engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(3)"))
        assert connection.scalar(text("SELECT 2")) == 2


@pytest.mark.web
def test_a_statement_that_takes_too_long_is_ended_by_the_server(engine: Engine) -> None:
    with answering_within(1), engine.connect() as connection:
        began = time.monotonic()
        with pytest.raises(OperationalError) as raised:
            connection.execute(text("SELECT pg_sleep(30)"))
        assert time.monotonic() - began < 3
    assert what_is_down(raised.value) is Down.DATABASE
    with engine.connect() as connection:  # a command has all the time it wants
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
        assert connection.scalar(text("SHOW lock_timeout")) == "0"


@pytest.mark.web
def test_a_lock_is_waited_for_as_long_as_sqlites(engine: Engine) -> None:
    with answering_within(20), engine.connect() as one, engine.connect() as other:
        assert other.scalar(text("SHOW lock_timeout")) == "10s"
        one.execute(text("SELECT pg_advisory_xact_lock(1)"))
        other.execute(text("SET lock_timeout = '100ms'"))
        with pytest.raises(OperationalError) as raised:
            other.execute(text("SELECT pg_advisory_xact_lock(1)"))
    assert isinstance(raised.value.orig, psycopg.errors.LockNotAvailable)


def test_a_lock_that_was_waited_for_in_vain_is_a_sentence(app: Flask) -> None:
    with pytest.raises(Busy), transaction():
        raise OperationalError("x", None, psycopg.errors.LockNotAvailable())


@pytest.mark.web
def test_a_school_whose_database_freezes_answers_and_comes_back(
    app: Flask, proxy: FreezingProxy, tmp_path: Path
) -> None:
    with served(app, workers=2, DATABASE_URL=proxy.url, PROEVE_DATA=str(tmp_path / "data")) as school:
        page = school.ask("/aanmelden")
        form = {"csrf_token": TOKEN.findall(page.text)[0], "username": "ess", "password": "x"}
        cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
        assert school.ask("/aanmelden", form, cookie=cookie).status in {200, 302, 422}
        assert school.until("/readyz", 200).json["database"] == "ok"
        proxy.freeze()
        told = school.until("/readyz", 503, within=4)
        assert (told.json["ready"], told.json["database"], told.json["disk"]) == (False, "away", "ok")
        assert told.seconds < 2
        del school.lines[:]
        with ThreadPoolExecutor(8) as several:  # more than there are workers
            asked = [several.submit(school.ask, "/aanmelden", form, cookie=cookie) for _ in range(8)]
            answers = [one.result() for one in asked]
        assert {one.status for one in answers} == {503}
        assert max(one.seconds for one in answers) < 15
        assert "Proeve kan nu niet bij de gegevens" in answers[0].text
        quick = [school.ask(path) for path in ("/healthz", "/readyz") for _ in range(4)]
        assert max(one.seconds for one in quick) < 2
        down = [line for line in school.lines if "database is down: POST /aanmelden" in line]
        assert len(down) == 8
        assert {re.findall(r"\[(\w+)\]", line)[0] for line in down} == {
            one.headers["X-Request-ID"] for one in answers
        }
        assert "Traceback" not in "".join(school.lines)
        proxy.thaw()
        assert school.until("/readyz", 200, within=10).json["database"] == "ok"
        ends = time.monotonic() + 10
        while school.ask("/aanmelden", form, cookie=cookie).status == 503:
            assert time.monotonic() < ends
            time.sleep(0.3)


@pytest.mark.web
def test_the_line_says_in_a_word_what_went_wrong_and_repeats_no_address(tmp_path: Path) -> None:
    nobody = create_engine(f"postgresql+psycopg://an:geheim@127.0.0.1:{unused_port()}/proeve")
    with pytest.raises(OperationalError) as raised:
        nobody.connect()
    assert in_a_word(raised.value) == "OperationalError Connection refused"
    assert in_a_word(_of(NoAnswer("x"))) == "NoAnswer"
    assert in_a_word(_of(_sqlite("SQLITE_FULL"))) == "OperationalError SQLITE_FULL"
    assert in_a_word(OSError(errno.ENOSPC, "x", str(tmp_path))) == "OSError ENOSPC"


def test_nothing_of_a_request_stays_behind_and_its_pieces_know_its_number(app: Flask) -> None:
    seen: list[tuple[str, float | None]] = []

    def answer(_environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        for _ in range(2):
            seen.append((request_number.get(), limit()))
            yield b"x"

    given: list[tuple[str, str]] = []
    body = Numbered(answer, 12)({}, lambda _status, headers: given.extend(headers))
    assert list(body) == [b"x", b"x"]  # and it is never closed
    assert seen == [(dict(given)["X-Request-ID"], 12)] * 2
    assert (request_number.get(), limit()) == (NONE, None)
