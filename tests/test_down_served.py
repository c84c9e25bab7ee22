"""A served school whose disk is full, or whose parent process was killed: what is seen from outside."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.entities.base import db
from app.entities.students import Student
from tests.factories import make_user, refresh
from tests.pages.base.test_busy import FLEUR
from tests.support.served import Served, served
from tests.support.visitor import cookie_header

PAGE = "/studenten/do/add_student"
FIELD = re.compile(r'name="(csrf_token|token)" value="([^"]*)"')
UNLIMITED = resource.RLIM_INFINITY


@pytest.fixture
def running(app: Flask) -> Iterator[Served]:
    make_user("student")  # a school with a user is not filled
    db.session.remove()
    with served(app, workers=2) as server:
        yield server


def fill_disk(running: Served, *, full: bool = True) -> None:
    """No file of the server's processes can grow (or can again): to them the disk is full."""
    for pid in [running.process.pid, *running.workers()]:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else UNLIMITED, UNLIMITED))


@pytest.mark.web
def test_a_full_disk_is_told_and_what_was_typed_is_sent_again(app: Flask, running: Served) -> None:
    cookie = cookie_header(app, make_user("administrator"))
    page = running.ask(PAGE, cookie=cookie)
    fields, cookie = dict(FIELD.findall(page.text)), str(page.headers["Set-Cookie"]).partition(";")[0]
    assert running.until("/readyz", 200).json["disk"] == "ok"
    fill_disk(running)
    try:
        told = running.until("/readyz", 503, within=5)
        assert (told.json["ready"], told.json["disk"]) == (False, "away")
        assert told.seconds < 2
        assert running.ask("/healthz").status == 200
        del running.lines[:]
        answer = running.ask(PAGE, {**FLEUR, **fields}, cookie=cookie)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "Er is niets opgeslagen." in answer.text
        number = answer.headers["X-Request-ID"]
        assert number in answer.text
        told_of_it = [line for line in _lines(running, number) if f"[{number}]" in line]
        assert len(told_of_it) == 1
        assert re.match(r"\d{4}-\d\d-\d\dT\S+Z ERROR proeve\.down .*disk is down: POST", told_of_it[0])
        assert "Traceback" not in "".join(running.lines)
    finally:
        fill_disk(running, full=False)
    assert running.until("/readyz", 200, within=5).json["disk"] == "ok"
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert running.ask(PAGE, kept, cookie=cookie).status == 302
    refresh()
    assert db.session.scalar(select(func.count()).select_from(Student)) == 1


def test_after_the_master_died_the_port_is_free_at_once(app: Flask, running: Served) -> None:
    ends = time.monotonic() + 10
    while len(workers := running.workers()) < 2:
        assert time.monotonic() < ends
        time.sleep(0.1)
    with socket.create_connection(("127.0.0.1", running.port)):  # somebody who is being served meanwhile
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait(10)
        began = time.monotonic()
        while not _is_free(running.port):
            assert time.monotonic() - began < 4
            time.sleep(0.05)
    ends = time.monotonic() + 15
    while any(os.path.exists(f"/proc/{pid}") and not _is_dead(pid) for pid in workers):
        assert time.monotonic() < ends
        time.sleep(0.1)


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _is_dead(pid: int) -> bool:
    """Nobody may have asked yet how it ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _lines(running: Served, number: str) -> list[str]:
    ends = time.monotonic() + 5
    while not any(number in line for line in running.lines) and time.monotonic() < ends:
        time.sleep(0.05)
    return list(running.lines)
