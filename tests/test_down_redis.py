"""Redis is away: nothing fails for a user, and the mails go all the same."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.entities import waking
from app.entities.base import db
from app.entities.jobs import AWAY
from app.entities.users import SignInAttempt
from app.mailer import Sender, init_mailer
from app.worker import init_worker
from tests.factories import make_user, refresh
from tests.support.processes import start
from tests.support.smtp import MailServer, mail_server, unused_port
from tests.support.visitor import Visitor
from tests.test_mailer_processes import put, states

WHERE = "redis://127.0.0.1:{port}/0"
FORGOTTEN = "/aanmelden/wachtwoord-vergeten"


@pytest.fixture(params=["closed", "frozen"])
def away(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a Redis where nobody answers; "frozen": it takes connections, and that is all."""
    if request.param == "closed":
        yield WHERE.format(port=unused_port())
        return
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        yield WHERE.format(port=frozen.getsockname()[1])


@pytest.fixture
def without_redis(app: Flask, away: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application of the test is told that Redis wakes its sender, but there it is away."""
    kept = {**app.extensions, "proeve_waking": dict(app.extensions["proeve_waking"])}
    init_mailer(app, replace(app.extensions["proeve_settings"], redis_url=away))
    init_worker(app)
    app.extensions["mail"] = kept["mail"]
    monkeypatch.setattr(waking, "_rest", waking._Rest())
    try:
        yield
    finally:
        app.extensions.clear()
        app.extensions.update(kept)


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with mail_server(app) as running:
        yield running


def test_a_page_that_sends_a_mail_does_not_fail_and_hardly_waits(
    app: Flask,
    server: MailServer,
    without_redis: None,
    visitor_of: Callable[..., Visitor],
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = [make_user("student", email=f"{one}@example.nl").username for one in ("an", "bo", "cor")]
    visitor = visitor_of(None)
    visitor.token()
    db.session.remove()
    took = []
    for name in names:
        began = time.monotonic()
        answer = visitor.post(FORGOTTEN, {"username": name})
        took.append(time.monotonic() - began)
        assert answer.status_code == 302
    assert max(took) < 4
    assert max(took[1:]) < 1, "it is left alone for a while"
    assert states() == ["waiting"] * 3
    lines = [one for one in caplog.records if one.name == "proeve.waking"]
    assert len(lines) == 1
    assert not lines[0].exc_info


def test_the_clock_of_the_sender_needs_no_redis(
    app: Flask, server: MailServer, without_redis: None, caplog: pytest.LogCaptureFixture
) -> None:
    server.taken = (arrived := threading.Event()).set
    put("an@example.nl")
    db.session.remove()
    sender = Sender(app)
    sender.start()
    try:
        assert arrived.wait(10)
        time.sleep(3)
    finally:
        sender.stop(graceful=True)
    assert server.addresses() == ["an@example.nl"]
    told = [one for one in caplog.records if one.name.startswith("huey.")]
    assert not [one for one in told if one.exc_info]
    assert len([one for one in told if one.levelname == "ERROR"]) <= 1


def test_the_sender_as_a_process_goes_on_without_redis(app: Flask, server: MailServer) -> None:
    put("an@example.nl")
    db.session.remove()
    server.taken = (arrived := threading.Event()).set
    process = start(
        app,
        "run.py",
        "send-mail",
        SMTP_HOST="127.0.0.1",
        SMTP_PORT=str(app.extensions["mail"].port),
        SMTP_SECURITY="none",
        REDIS_URL=WHERE.format(port=unused_port()),
    )
    try:
        assert arrived.wait(60)
        time.sleep(4)
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert output.count(AWAY) == 1
    assert "Traceback" not in output


def test_tries_are_counted_without_redis(
    app: Flask, without_redis: None, visitor_of: Callable[..., Visitor]
) -> None:
    visitor = visitor_of(None)
    for _ in range(3):
        visitor.post("/aanmelden", {"username": "niemand", "password": "raden raden raden"})
    refresh()
    assert db.session.scalar(select(func.count()).select_from(SignInAttempt))
