"""A whole day of getting in, right and wrong: what is kept of it, how long it takes, and when it stops.

Codes, passwords and tokens of that day are then looked for in every row, log line, mail, cookie and address.
"""

from __future__ import annotations

import http.cookiejar
import logging
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

import pytest
from flask import Flask, Response
from sqlalchemy import select
from werkzeug.security import generate_password_hash

from app.actions.access.login_codes import send_login_codes
from app.actions.base.runner import run
from app.entities.base import db, metadata
from app.entities.mail import OutboxMail
from app.entities.trail import AuditEntry
from app.entities.users import LoginCode, User
from app.permissions import SYSTEM
from app.queries.access.codes import shown_code
from app.queries.access.passkeys import handle_of
from app.rules.code_format import SIGN_IN
from app.rules.tries import LIMITS, Kind, Limit
from tests.factories import app_code, make_app, make_user, refresh
from tests.pages.access.test_second_factor import half_way
from tests.pages.access.test_sign_in import browser, sign_in, submit, user_with_password, with_code
from tests.support.device import Device
from tests.support.guests import make_invited
from tests.support.importing import HEADER, Wizard, lines
from tests.support.processes import free_port, start
from tests.support.queries import counted
from tests.support.visitor import TOKEN, Visitor
from tests.test_keys import sign_in_with

VisitorOf = Callable[[User | None], Visitor]
FIRST, SECOND, WRONG = "zeven Geitenvreemd dakpan", "acht Schapenvreemd weiland", "Verkeerdvreemd gegokt 99"
WORKERS = 4
FAILED = {"record_failed_sign_in", "record_failed_proof"}


class Day:
    """Everything that was typed or made and is nobody's business, and where each browser was."""

    def __init__(self) -> None:
        self.secrets: set[str] = {FIRST, SECOND, WRONG}
        self.pages: list[Visitor] = []

    def at_the_door(self, visitor_of: VisitorOf) -> Visitor:
        self.pages.append(visitor_of(None))
        self.pages[-1]._token = "read off each page"
        return self.pages[-1]

    def keep(self, code: str) -> str:
        self.secrets |= {code, code.lower(), code.replace("-", "")}
        return code

    def tokens(self) -> Iterator[str]:
        """What the cookies of these browsers carry."""
        for page in self.pages:
            with page.client.session_transaction() as session:
                yield from (str(value) for key, value in session.items() if key == "_user_id")


def codes_of(user: int) -> list[str]:
    refresh()
    rows = db.session.scalars(select(LoginCode).where(LoginCode.user_id == user).order_by(LoginCode.id))
    return [code for row in rows if (code := shown_code(row))]


def send(page: Visitor, path: str, data: dict[str, str]) -> int:
    """As a browser does: with the token of a page that was just drawn."""
    drawn = TOKEN.search(page.get("/mijn-profiel/", follow_redirects=True).text)
    assert drawn is not None
    return page.post(path, {**data, "csrf_token": drawn[1]}).status_code


def live_through(visitor_of: VisitorOf, wizard: Wizard) -> Day:
    """Invited, wrong, right, another password, signed out, a class imported with codes, a code too late."""
    day = Day()
    user = make_user("school_supervisor")
    number, name = user.id, user.username
    run(send_login_codes, SYSTEM, [number])
    code = day.keep(codes_of(number)[0])

    chosen = {"username": name, "code": code}
    page = day.at_the_door(visitor_of)
    send(page, "/aanmelden", {"username": name, "password": WRONG})
    send(page, "/aanmelden", {"username": WRONG, "password": name})
    send(page, "/aanmelden/code", {**chosen, "code": WRONG})
    assert send(page, "/aanmelden/code", chosen) == 302
    send(page, "/aanmelden/nieuw-wachtwoord", {"password": "kort", "again": "kort"})
    assert send(page, "/aanmelden/nieuw-wachtwoord", {"password": FIRST, "again": FIRST}) == 302
    for present in (WRONG, FIRST):
        data = {"present": present, "password": SECOND, "again": SECOND, "confirmed": "1"}
        send(page, "/mijn-profiel/do/change_password", data)
    send(page, "/afmelden", {})

    again = day.at_the_door(visitor_of)
    send(again, "/aanmelden", {"username": name, "password": FIRST})
    send(again, "/aanmelden/code", chosen)
    assert send(again, "/aanmelden", {"username": name, "password": SECOND}) == 302

    rows = [(f"0{n}", "Fleur", "van der", f"Berg{n}", f"fleur{n}@example.nl") for n in range(101, 111)]
    wizard.bring_in(lines(*rows, header=(*HEADER, "E-mail")), codes="mail")
    refresh()
    for student in db.session.scalars(select(LoginCode.user_id)).all():
        for one in codes_of(student):
            day.keep(one)
    return day


@pytest.fixture
def wizard(app: Flask, actor: Callable[..., Any]) -> Wizard:
    return Wizard(actor("administrator"))


def kept_rows() -> Iterator[str]:
    refresh()
    for table in metadata.sorted_tables:
        for row in db.session.execute(table.select()):
            yield f"{table.name}: {tuple(row)!r}"


def test_after_a_full_day_no_secret_stands_anywhere(
    app: Flask, visitor_of: VisitorOf, wizard: Wizard, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a row, a mail, the trail, a log at its most talkative, a cookie, or an address that led on."""
    asked: list[str] = []
    first: list[Any] = app.before_request_funcs[None]
    last: list[Any] = app.after_request_funcs[None]
    first.insert(0, lambda: asked.append(_address()))

    def note_where_it_led(answer: Response) -> Response:
        asked.append(answer.headers.get("Location", ""))
        return answer

    last.append(note_where_it_led)
    try:
        with caplog.at_level(logging.DEBUG):
            day = live_through(visitor_of, wizard)
    finally:
        first.pop(0)
        last.pop()
    places = [*kept_rows(), caplog.text, *asked, *day.tokens()]
    assert len(day.secrets) > 30, "the day had codes to look for"
    assert len(db.session.scalars(select(OutboxMail)).all()) > 10, "there were mails to look at"
    assert [place[:60] for place in places for secret in day.secrets if secret in place] == []
    tokens = set(day.tokens())
    assert tokens, "somebody was signed in at the end of the day"
    assert [place[:60] for place in kept_rows() for token in tokens if token in place] == []


def _address() -> str:
    from flask import request

    return request.full_path


def test_the_scan_would_see_a_secret(app: Flask) -> None:
    """The guard itself can fail."""
    make_user("student", organisation=FIRST)
    assert [place for place in kept_rows() if FIRST in place]


def test_every_sign_in_stands_in_the_trail(app: Flask, visitor_of: VisitorOf, wizard: Wizard) -> None:
    """Right and wrong, by code and by password, and the sign-out; who it was, or that nobody got in."""
    live_through(visitor_of, wizard)
    refresh()
    counts = Counter(db.session.scalars(select(AuditEntry.action)))
    assert counts["use_code"] == 1
    assert counts["record_sign_in"] == 1
    assert counts["record_sign_out"] == 1
    assert counts["record_failed_sign_in"] >= 5


def test_each_way_in_tells_who_got_in_and_who_did_not(app: Flask) -> None:
    """A wrong try and a right one by every way there is, each with an entry of its own."""
    name, device = user_with_password().username, Device(holder := make_user("student"), handle_of(holder.id))
    newcomer, code = with_code()
    asking, here = make_user("student").username, browser(app)
    submit(here, "/aanmelden/stuur-code", {"username": asking})
    invited = make_invited()
    make_app(deciding := make_user("student"))
    half = half_way(app, deciding)
    typed = {"username": newcomer.username}

    def mailed() -> str:
        return shown_code(db.session.scalars(select(LoginCode).filter_by(purpose=SIGN_IN)).one())

    def step(code: str) -> Any:
        return half.post("/aanmelden/tweede-stap", {"proof_code": code})

    ways: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "record_sign_in": (lambda: sign_in(browser(app), name, WRONG), lambda: sign_in(browser(app), name)),
        "use_code": (
            lambda: submit(browser(app), "/aanmelden/code", {**typed, "code": "0000"}),
            lambda: submit(browser(app), "/aanmelden/code", {**typed, "code": code}),
        ),
        "use_mailed_code": (
            lambda: submit(here, "/aanmelden/gemailde-code", {"code": "0000-0000"}),
            lambda: submit(here, "/aanmelden/gemailde-code", {"code": mailed()}),
        ),
        "sign_in_by_passkey": (
            lambda: Visitor(app).post("/aanmelden/passkey", {"credential": "{}"}),
            lambda: sign_in_with(device, Visitor(app)),
        ),
        "use_invitation": (
            lambda: submit(browser(app), "/uitnodiging/", {"code": "0000-0000-0000-0000"}),
            lambda: submit(browser(app), "/uitnodiging/", {"code": invited.code}),
        ),
        "complete_sign_in": (lambda: step("000000"), lambda: step(app_code())),
    }
    for entry, (wrong, right) in ways.items():
        before = told()
        wrong()
        assert (told() - before).keys() & FAILED, entry
        before = told()
        right()
        assert (told() - before)[entry] == 1, entry


def told() -> Counter[str]:
    refresh()
    return Counter(db.session.scalars(select(AuditEntry.action)))


# --- who exists -------------------------------------------------------------------------------


def people(count: int) -> list[str]:
    stored = generate_password_hash(FIRST)
    return [make_user("school_examiner", password=stored).username for _ in range(count)]


def test_an_unknown_user_takes_as_many_statements_as_a_known_one(app: Flask, visitor_of: VisitorOf) -> None:
    costs = []
    for name in (people(1)[0], "bestaat-niet"):
        page = visitor_of(None)
        page.token()
        with counted() as statements:
            page.post("/aanmelden", {"username": name, "password": WRONG})
        costs.append(len(statements))
    assert costs[0] == costs[1]


@pytest.mark.usefixtures("slow_hashes")
def test_an_unknown_user_takes_as_long_as_a_known_one(
    app: Flask, visitor_of: VisitorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In turns, so that a busy machine is as slow to both; the difference drowns in the spread."""
    monkeypatch.setitem(LIMITS, Kind.PASSWORD, Limit(free=10_000))
    known, unknown = [], []
    page = visitor_of(None)
    page.token()
    for name in people(12):
        for asked, took in ((name, known), (f"{name}-niet", unknown)):
            began = time.perf_counter()
            page.post("/aanmelden", {"username": asked, "password": WRONG})
            took.append(time.perf_counter() - began)
    spread = max(median(known), median(unknown)) / min(median(known), median(unknown))
    assert spread < 1.35, (median(known), median(unknown))


# --- guessing over several workers ------------------------------------------------------------


class Stranger:
    """A browser of somebody who guesses, against a server that really listens."""

    def __init__(self, site: str) -> None:
        self.site = site
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def ask(self, path: str, data: dict[str, str] | None = None) -> str:
        body = urllib.parse.urlencode(data).encode() if data else None
        try:
            with self.opener.open(f"{self.site}{path}", body, timeout=60) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()

    def guess(self, name: str, password: str) -> str:
        token = TOKEN.search(self.ask("/aanmelden"))
        assert token is not None
        fields = {"csrf_token": token[1], "username": name, "password": password}
        return self.ask("/aanmelden", fields)


@pytest.fixture
def account(app: Flask, slow_hashes: None) -> str:
    """Somebody with a password, from before the server starts: a school with a user is not filled."""
    return people(1)[0]


@pytest.fixture
def four_workers(app: Flask, account: str) -> Iterator[str]:
    port = free_port()
    db.session.remove()
    process = start(app, "run.py", "serve", PORT=str(port), WEB_WORKERS=str(WORKERS))
    try:
        site, until = f"http://127.0.0.1:{port}", time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                    break
            except OSError:
                assert time.monotonic() < until, "it does not answer"
                time.sleep(0.1)
        yield site
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert "Traceback" not in output
    assert WRONG not in output


@pytest.mark.schema
def test_guessing_at_four_workers_stops_at_the_limit(account: str, four_workers: str) -> None:
    """Forty guesses at one account, twelve at a time: five are looked at, whichever worker answers."""

    def guess(number: int) -> str:
        return Stranger(four_workers).guess(account, f"{WRONG} {number}")

    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(guess, range(40)))
    looked_at = [text for text in answers if "horen niet bij elkaar" in text]
    held_off = [text for text in answers if re.search("Te vaak geprobeerd", text)]
    assert (len(looked_at), len(held_off)) == (5, 35)
    assert "Te vaak geprobeerd" in Stranger(four_workers).guess(account, FIRST), "the right one waits too"
    refresh()
