"""`/healthz` and `/readyz`: what they say of a school that is well, and of each part that is not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import readiness
from app.actions.mail.outbox import NewMail, put_in_outbox
from app.entities import heartbeat
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.mail.sample import SAMPLE
from app.mailer import init_mailer, send_all
from app.readiness import Readiness
from tests.pages.base.test_busy import busy_writer
from tests.support.queries import counted
from tests.support.smtp import mail_server, sending_to, unused_port
from tests.support.visitor import Visitor

WELL = {
    "ready": True,
    "database": "ok",
    "disk": "ok",
    "queue": "none",
    "sender": "ok",
    "mail_server": "none",
    "mails": "ok",
    "oldest_mail_seconds": None,
}


@pytest.fixture(autouse=True)
def _anew(app: Flask) -> Iterator[None]:
    """Nothing is left of an earlier answer, nor of an earlier sender."""
    file = app.extensions["proeve_settings"].school_data / heartbeat.NAME
    for _ in range(2):
        app.extensions.pop("proeve_readiness", None)
        file.unlink(missing_ok=True)
        if _ == 0:
            yield


def asked(app: Flask) -> tuple[int, dict[str, Any]]:
    app.extensions.pop("proeve_readiness", None)
    db.session.remove()
    answer = Visitor(app).get("/readyz")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.json or {}


def put(*addresses: str, ago: timedelta = timedelta()) -> None:
    with transaction():
        put_in_outbox([NewMail(SAMPLE, f"test:{to}", to, "Onderwerp", "Tekst\n") for to in addresses])
    with transaction():
        for mail in db.session.scalars(select(OutboxMail)):
            mail.created_at -= ago
            mail.next_try_at -= ago


def test_a_school_that_is_well(app: Flask) -> None:
    heartbeat.beat()
    assert asked(app) == (200, WELL)


def test_health_touches_nothing_else(app: Flask, visit: Callable[..., Visitor]) -> None:
    signed_in = visit("administrator")
    with counted() as queries:
        for visitor in (Visitor(app), signed_in):
            answer = visitor.get("/healthz")
            assert (answer.status_code, answer.text) == (200, "ok")
    assert queries == []


def test_what_is_said_holds_no_place_name_or_version(app: Flask) -> None:
    app.extensions.pop("proeve_readiness", None)
    text = Visitor(app).get("/readyz").text
    settings = app.extensions["proeve_settings"]
    for inside in (str(settings.data), settings.school, "sqlite", "postgresql", "127.0.0.1", "."):
        assert inside not in text


def test_asking_often_loads_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[float] = []
    whole = Readiness._looked
    monkeypatch.setattr(Readiness, "_looked", lambda self: looked.append(time.monotonic()) or whole(self))
    visitor = Visitor(app)
    ends = time.monotonic() + 1.2
    asks = 0
    while time.monotonic() < ends:
        visitor.get("/readyz")
        asks += 1
    assert asks > 20
    assert len(looked) <= 2


def test_looking_leaves_nothing_behind(app: Flask) -> None:
    settings = app.extensions["proeve_settings"]
    asked(app)
    assert not list(Path(settings.school_data).glob(".ready-*"))


@pytest.mark.web
def test_a_database_that_somebody_writes_is_busy_and_serves_pages(app: Flask) -> None:
    heartbeat.beat()
    with busy_writer():
        began = time.monotonic()
        assert asked(app) == (200, {**WELL, "database": "busy"})
        assert time.monotonic() - began < 2


def test_a_part_that_hangs_is_away_in_time_and_is_not_asked_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    hangs = Readiness(app)

    def hang(_folder: Path) -> None:
        begun.append(1)
        time.sleep(4)

    monkeypatch.setattr(readiness, "_write_in", hang)
    for _ in range(2):
        began = time.monotonic()
        answer = hangs.answer()
        assert time.monotonic() - began < 2
        assert not answer.ready
        assert (answer.words["disk"], answer.words["database"]) == ("away", "ok")
        hangs._kept = None
    assert begun == [1]


def test_a_data_folder_that_went_is_no_disk(app: Flask, tmp_path: Path) -> None:
    settings = app.extensions["proeve_settings"]
    gone = replace(settings, data=tmp_path / "gone")
    app.extensions["proeve_settings"] = gone
    try:
        status, told = asked(app)
    finally:
        app.extensions["proeve_settings"] = settings
    assert (status, told["ready"], told["disk"]) == (503, False, "away")


def test_a_sender_that_is_silent_is_told_and_pages_are_served(app: Flask) -> None:
    assert asked(app) == (200, {**WELL, "sender": "silent"})
    heartbeat.beat()
    assert asked(app)[1]["sender"] == "ok"
    file = app.extensions["proeve_settings"].school_data / heartbeat.NAME
    assert file.stat().st_mode & 0o077 == 0
    past = file.stat().st_mtime - heartbeat.SILENT_AFTER - 1
    os.utime(file, (past, past))
    assert asked(app)[1]["sender"] == "silent"


def test_each_minute_the_sender_says_that_it_lives(app: Flask) -> None:
    names = [task.name for task in app.extensions["proeve_clock"]._registry.periodic_tasks]
    assert "each_minute" in names
    next(
        task for task in app.extensions["proeve_clock"]._registry.periodic_tasks if task.name == "each_minute"
    ).execute()
    assert heartbeat.is_beating()


def test_a_mail_server_that_is_wrong_is_told_and_pages_are_served(app: Flask) -> None:
    heartbeat.beat()
    with sending_to(app, unused_port()):
        assert asked(app)[1]["mail_server"] == "ok"
        put("an@example.nl", ago=timedelta(minutes=3))
        send_all()
        status, told = asked(app)
        assert (status, told["ready"], told["mail_server"]) == (200, True, "failing")
    with mail_server(app):
        with transaction():
            for mail in db.session.scalars(select(OutboxMail)):
                mail.next_try_at -= timedelta(minutes=5)
        assert send_all() == 1
        assert asked(app)[1]["mail_server"] == "ok"


def test_a_mail_that_was_made_just_now_is_not_told_of(app: Flask) -> None:
    """It would say whether the name that somebody typed is an account's."""
    heartbeat.beat()
    before = asked(app)
    put("an@example.nl", ago=timedelta(seconds=150))
    assert asked(app) == before
    with sending_to(app, unused_port()):
        away = asked(app)
        assert send_all() == 0
        assert db.session.scalars(select(OutboxMail.failure)).one(), "the server could not be reached"
        assert asked(app) == away


def test_a_mail_that_waits_too_long_is_told_with_its_age(app: Flask) -> None:
    heartbeat.beat()
    put("an@example.nl", ago=timedelta(minutes=3))
    status, told = asked(app)
    assert (status, told["mails"]) == (200, "ok")
    assert 180 <= told["oldest_mail_seconds"] < 240
    put("bo@example.nl", ago=timedelta(minutes=20))
    status, told = asked(app)
    assert (status, told["ready"], told["mails"]) == (200, True, "late")


def test_a_queue_that_is_away_is_told_and_pages_are_served(app: Flask) -> None:
    settings = app.extensions["proeve_settings"]
    kept = {**app.extensions, "proeve_waking": dict(app.extensions["proeve_waking"])}
    with_redis = replace(settings, redis_url=f"redis://127.0.0.1:{unused_port()}/0")
    init_mailer(app, with_redis)
    app.extensions["proeve_settings"] = with_redis
    try:
        status, told = asked(app)
    finally:
        app.extensions.clear()
        app.extensions.update(kept)
    assert (status, told["ready"], told["queue"]) == (200, True, "away")
