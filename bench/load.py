"""Measures many people at once against a served school: `make bench ARGS="--load 300"` (seconds).

A hundred people of mixed roles walk from link to link with a moment's rest; then sixty examiners save at
once, again and again. Server and people share this machine's processors. Talks to 127.0.0.1 only.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier, Lock, Thread
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select

from app.entities.assessment import ScoreSheet
from app.entities.base import db
from app.entities.students import Student
from app.entities.users import User
from app.permissions import Role
from app.queries.users.users import with_role
from bench.students import met
from config import Settings
from tests.factories import refresh
from tests.factories.assessment import PlannedExam, plan_exam
from tests.support.forms import as_shown
from tests.support.processes import ROOT, free_port
from tests.support.visitor import TOKEN, Visitor

PEOPLE = {
    Role.STUDENT: 50,
    Role.SCHOOL_EXAMINER: 20,
    Role.COMPANY_EXAMINER: 10,
    Role.SCHOOL_SUPERVISOR: 10,
    Role.ADMINISTRATOR: 5,
    Role.EXAM_COMMITTEE: 5,
}
REST_S = (0.5, 1.5)  # between an answer and the next click
SAVERS, SAVES = 60, 5
P95_MS, GROWN_MB = 500, 20
PARTS, WARM = 10, 3  # the memory is looked at ten times; after three tenths every kind of page was seen
LINK = re.compile(r'href="(/[^"#]*)"')
NOT_WALKED = re.compile(r"/(?:static|bootstrap|afmelden|school/logo)|/do/|download|\.ics|export|voorbeeld")
Show = Callable[[str, float, str], None]


@dataclass
class Answers:
    """What came back, of all people together."""

    seconds: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def add(self, taken: float, status: int, what: str, *, expected: Sequence[int]) -> None:
        with self.lock:
            self.seconds.append(taken)
            if status not in expected:
                self.wrong[f"{status} {what}"] += 1

    @property
    def p95_ms(self) -> float:
        return statistics.quantiles(self.seconds, n=20)[-1] * 1000


class Person:
    """Somebody with a browser: one session, one connection for each click."""

    def __init__(self, app: Flask, user: User, port: int) -> None:
        visitor = Visitor(app, user)
        visitor.get("/mijn-profiel/")
        cookies = visitor.client._cookies.values()
        self.cookies = {one.key: one.value for one in cookies}
        self.port = port

    def ask(self, verb: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, float]:
        """Status, page and seconds; status 0: no answer."""
        began = time.perf_counter()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Connection": "close"}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            line.request(verb, path, urlencode(fields) if fields is not None else None, headers)
            answer = line.getresponse()
            text = answer.read().decode(errors="replace")
            for said in answer.headers.get_all("Set-Cookie", ()):
                name, _is, value = said.partition(";")[0].partition("=")
                self.cookies[name] = value
        except OSError as error:
            return 0, str(error), time.perf_counter() - began
        finally:
            line.close()
        return answer.status, text, time.perf_counter() - began


def measured(show: Show, app: Flask, settings: Settings, seconds: int) -> None:
    port = free_port()
    server = _served(settings, port)
    try:
        with app.app_context():
            people = [Person(app, user, port) for user in _people()]
            savers = [(exam, Person(app, _user(exam.school.id), port)) for exam in _exams()]
            db.session.remove()
            _walked(show, people, seconds, server.pid)
            _saved(show, savers)
    finally:
        server.terminate()
        server.wait(20)


def _served(settings: Settings, port: int) -> subprocess.Popen[bytes]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PROEVE_", "DATABASE_", "SMTP_"))}
    ours = {
        "PROEVE_SCHOOL": settings.school,
        "PROEVE_DATA": str(settings.data),
        "DATABASE_URL": settings.database_url,
        "PORT": str(port),
        "WEB_WORKERS": "2",
    }
    server = subprocess.Popen([sys.executable, "run.py", "serve"], cwd=ROOT, env={**kept, **ours}, stdout=-3)
    for _second in range(60):
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            line.request("GET", "/healthz")
            if line.getresponse().status == http.client.OK:
                return server
        except OSError:
            time.sleep(1)
    server.kill()
    raise SystemExit("The school did not start.")


def _people() -> list[User]:
    """So many users of each role; when there are fewer, several sessions of the same."""
    found: list[User] = []
    for role, number in PEOPLE.items():
        theirs = select(User).where(User.active, with_role(role)).order_by(User.id)
        if role is Role.STUDENT:
            theirs = theirs.where(User.id.in_(select(Student.user_id)))
        users = db.session.scalars(theirs.limit(number)).all()
        found += [users[one % len(users)] for one in range(number)]
    return found


def _user(user_id: int | None) -> User:
    return db.session.get_one(User, user_id)


def _exams() -> list[PlannedExam]:
    made = [plan_exam(student={"number": f"LOAD{one}"}) for one in range(SAVERS)]
    refresh()
    return made


# -- walking


def _walked(show: Show, people: Sequence[Person], seconds: int, server: int) -> None:
    answers, until = Answers(), time.monotonic() + seconds
    memory = [_memory(server)]
    works: list[Callable[[], object]] = [lambda one=one: _walk(one, answers, until) for one in people]  # type: ignore[misc]
    _together([*works, lambda: memory.extend(_each_part(server, seconds))])
    rate = len(answers.seconds) / seconds
    reached = met(answers.p95_ms, P95_MS)
    note = f"p95 of {len(answers.seconds)} pages, {rate:.0f} a second; goal {P95_MS}: {reached}"
    show(f"{len(people)} people of mixed roles", answers.p95_ms / 1000, note)
    show("their median", statistics.median(answers.seconds), f"the slowest {max(answers.seconds):.1f} s")
    grown = memory[-1] - memory[WARM]
    told = ", ".join(str(one) for one in memory)
    print(f"  memory of the workers: {told} MB; goal {GROWN_MB} more once warm: {met(grown, GROWN_MB)}")
    print(f"  errors: {dict(answers.wrong) or 'none'}")


def _walk(person: Person, answers: Answers, until: float) -> None:
    """From link to link, and back to Start where a page leads nowhere."""
    chance = random.Random(id(person))
    time.sleep(chance.uniform(0, REST_S[1]))
    path = "/"
    while time.monotonic() < until:
        status, text, taken = person.ask("GET", path)
        answers.add(taken, status, path, expected=(200, 302, 303, 308))
        links = [link.replace("&amp;", "&") for link in LINK.findall(text) if not NOT_WALKED.search(link)]
        path = chance.choice(links) if links else "/"
        time.sleep(chance.uniform(*REST_S))


def _each_part(server: int, seconds: int) -> Iterator[int]:
    """What the workers hold at the end of each tenth of the time."""
    for _part in range(PARTS):
        time.sleep(seconds / PARTS)
        yield _memory(server)


def _memory(server: int) -> int:
    """What the server and its workers hold for themselves, in MB."""
    children = subprocess.run(["pgrep", "-P", str(server)], capture_output=True, text=True, check=False)
    total = 0
    for pid in [str(server), *children.stdout.split()]:
        smaps = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        total += int(re.search(r"^Pss:\s+(\d+)", smaps, re.MULTILINE)[1])  # type: ignore[index]
    return total // 1024


# -- saving


def _saved(show: Show, savers: Sequence[tuple[PlannedExam, Person]]) -> None:
    answers, ready = Answers(), Barrier(len(savers))
    last: dict[int, dict[int, int]] = {}
    _together(
        [lambda one=one: last.update(_save(*one, answers, ready)) for one in savers]  # type: ignore[misc]
    )
    refresh()
    sheets = {
        sheet.assessment.sitting_id: {one.criterion_id: one.level_id for one in sheet.scores}
        for sheet in db.session.scalars(select(ScoreSheet))
    }
    lost = sum(sheets.get(sitting) != levels for sitting, levels in last.items())
    note = f"p95 of {len(answers.seconds)} saves; goal {P95_MS}: {met(answers.p95_ms, P95_MS)}"
    show(f"{len(savers)} examiners save at once", answers.p95_ms / 1000, note)
    show("their median", statistics.median(answers.seconds), f"last saves that are not kept: {lost}")
    print(f"  errors: {dict(answers.wrong) or 'none'}")


def _save(exam: PlannedExam, person: Person, answers: Answers, ready: Barrier) -> dict[int, dict[int, int]]:
    """Open the form and save it, several times; the last levels that were said to be saved."""
    sitting, kept = exam.sittings[0], {}
    for turn in range(SAVES):
        _status, text, _taken = person.ask("GET", f"/te-beoordelen/{sitting}")
        levels = exam.levels("VG"[turn % 2])
        fields = {name: values[0] for name, values in as_shown(text).items()}
        token = TOKEN.search(text)
        fields["csrf_token"] = token[1] if token is not None else ""
        fields |= {f"level-{key}": str(value) for key, value in levels.items()}
        ready.wait(120)
        status, _text, taken = person.ask("POST", f"/te-beoordelen/{sitting}", fields)
        answers.add(taken, status, "save", expected=(302, 303))
        ready.wait(120)  # reading a form out of its page costs this process more than saving costs the school
        if status in {302, 303}:
            kept = levels
    return {sitting: kept}


def _together(works: Sequence[Callable[[], object]]) -> None:
    threads = [Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
