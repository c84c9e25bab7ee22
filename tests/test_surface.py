"""The outside of the application: what every answer carries, and what no answer tells."""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import flask_bootstrap
import pytest
from flask import Flask, abort
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from app import create_app
from app.entities.base import db
from app.entities.users import User
from app.errors import RuleBroken
from app.pages.base.logs import discreet
from app.pages.base.request import address as visitors_address
from app.permissions import Role
from app.school import Help, current_school
from app.serving import Server, check_place, doubts
from config import Settings, flask_config
from tests.factories import make_app, make_user
from tests.pages.access.test_sign_in import PASSWORD, user_with_password
from tests.support.visitor import TOKEN, Visitor
from tests.support.world import World
from tests.test_role_matrix import ROUTES, address, get_rules

pytestmark = pytest.mark.web

VisitorOf = Callable[[User | None], Visitor]
DOORS = ("/aanmelden", "/aanmelden/code", "/healthz", "/school/logo", "/nergens", "/static/proeve.css")
INSIDE = ("Traceback", "sqlalchemy", "psycopg", "sqlite3", "werkzeug", "/app/", "site-packages", "SELECT ")


def made(tmp_path: Path, **values: Any) -> Flask:
    """Another application, with other settings; its database is not prepared."""
    return create_app(Settings(school="demo", data=tmp_path, **values))


def every_answer(app: Flask, world: World, visitor_of: VisitorOf) -> Iterator[tuple[str, TestResponse]]:
    """Pages, files, refusals and pages that are not there; signed in and not."""
    page, nobody = visitor_of(world.user(Role.ADMINISTRATOR)), visitor_of(None)
    for rule in get_rules(app):
        path = address(rule, world.own, ROUTES[rule.endpoint])
        yield path, page.get(path)
        yield path, nobody.get(path)
    for path in DOORS:
        yield path, nobody.get(path)
        yield path, page.get(path)
    yield "without a token", page.client.post("/studenten/do/add_student")
    yield "another verb", page.client.delete("/studenten/")


# --- headers ----------------------------------------------------------------------------------


# What a browser may do with an answer, letter for letter: a word more is something that it may do more.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
FILE_POLICY = {
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "sandbox",
}


def policy_of(answer: TestResponse) -> set[str]:
    """The parts of the policy for content, without the nonce that is drawn anew each time."""
    return set(re.sub(r" 'nonce-[^']+'", "", answer.headers["Content-Security-Policy"]).split("; "))


def faults(answer: TestResponse) -> list[str]:
    """What a browser could do with this answer that it may not."""
    headers = answer.headers
    wrong = [name for name, value in HEADERS.items() if headers.getlist(name) != [value]]
    wrong += [name for name, _value in headers if name.lower().startswith("access-control-")]
    features = headers.get("Permissions-Policy", "")
    wrong += [one for one in ("camera=()", "publickey-credentials-get=(self)") if one not in features]
    is_file = policy_of(answer) == FILE_POLICY
    wrong += [] if is_file or policy_of(answer) == POLICY else [headers["Content-Security-Policy"]]
    kinds = headers.getlist("Content-Type")
    is_page = answer.data.lstrip()[:9].lower() == b"<!doctype"
    known = len(kinds) == 1 and is_page == (answer.mimetype == "text/html")
    in_letters = all(kind.endswith("; charset=utf-8") for kind in kinds if kind.startswith("text/"))
    return wrong + ([] if known and in_letters else [f"Content-Type {kinds}"])


def test_every_answer_carries_the_headers(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    """A policy that lets in nothing else, no other site that reads along, and what kind of answer it is."""
    wrong = {path: faults(answer) for path, answer in every_answer(app, world, visitor_of)}
    assert {path: one for path, one in wrong.items() if one} == {}


def test_scripts_and_styles_of_a_page_carry_a_nonce_of_that_answer_only(
    app: Flask, visitor_of: VisitorOf
) -> None:
    page = visitor_of(None)
    first, second = page.get("/aanmelden"), page.get("/aanmelden")
    nonces = []
    for answer in (first, second):
        csp = answer.headers["Content-Security-Policy"]
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", csp))
        assert len(nonce) >= 22
        assert csp.count(nonce) == 2, "scripts and styles"
        assert f'nonce="{nonce}"' in answer.text
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


def test_no_page_with_data_is_kept_by_a_browser(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    """Not by a cache either; only files of the application itself and the school's logo may be."""
    for path, answer in every_answer(app, world, visitor_of):
        kept = path.startswith("/static/") or path == "/school/logo"
        assert ("no-store" in answer.headers.get("Cache-Control", "")) is not kept, path


def test_behind_tls_the_browser_is_told_to_stay_there(tmp_path: Path) -> None:
    """Whatever the answer is, refusals too, and whatever the proxy says."""
    behind = made(tmp_path, tls=True, hosts=("localhost",)).test_client()
    answers = [
        behind.get("/static/proeve.css", buffered=True),
        behind.get("/aanmelden"),
        behind.get("/nergens"),
        behind.get("/aanmelden", headers={"Host": "evil.example"}),
        behind.post("/aanmelden"),
        behind.delete("/aanmelden"),
    ]
    assert [answer.status_code for answer in answers[3:]] == [400, 400, 405]
    told = {answer.headers.get("Strict-Transport-Security") for answer in answers}
    assert told == {"max-age=31536000; includeSubDomains"}


def test_without_tls_nobody_is_told_so(app: Flask, visitor_of: VisitorOf) -> None:
    for name in ("X-Forwarded-Proto", "X-Forwarded-Ssl"):
        answer = visitor_of(None).get("/aanmelden", headers={name: "https"})
        assert "Strict-Transport-Security" not in answer.headers


def test_behind_tls_the_cookie_is_the_hosts_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both cookies that signing in gives: of the session, and of a browser that is known from then on."""
    behind = flask_config(replace(app.extensions["proeve_settings"], tls=True, given_key="k" * 40))
    for name, value in behind.items():
        if name.startswith("SESSION_COOKIE"):
            monkeypatch.setitem(app.config, name, value)
    user, client = user_with_password(), app.test_client()
    here: Any = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/"}}
    token = TOKEN.search(client.get("/aanmelden", **here).text)
    assert token is not None
    typed = {"csrf_token": token[1], "username": user.username, "password": PASSWORD}
    cookies = client.post("/aanmelden", data=typed, **here).headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith("__Host-proeve")
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= parts
        assert not any(part.startswith("domain") for part in parts)
        assert len(cookie) < 4096


def test_the_token_of_a_session_stands_in_its_cookie_alone(
    app: Flask, world: World, visitor_of: VisitorOf
) -> None:
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    with page.client.session_transaction() as session:
        token = session["_user_id"]
    own = "/mijn-profiel/"
    for path in ("/", "/studenten/", own, f"{own}gegevens/", f"{own}gegevens/download", f"{own}tweede-stap/"):
        answer = page.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        assert token.encode() not in answer.data, path
        assert token not in str([pair for pair in answer.headers if pair[0] != "Set-Cookie"]), path


def test_what_was_uploaded_runs_nothing(app: Flask, world: World, visitor_of: VisitorOf) -> None:
    """A pdf, a picture, a spreadsheet with script in it: saved, or shown in a box without script."""
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    for path in (
        f"/bibliotheek/{world.own['document']}/download",
        f"/bibliotheekbeheer/{world.own['document']}/download",
        "/studenten/importeren/voorbeeld",
        "/uitslagen/export/xlsx",
        "/uitslagen/export/csv",
    ):
        answer = page.get(path)
        if answer.status_code == 404 and "importeren" in path:
            continue
        assert answer.status_code == 200, path
        assert answer.headers["Content-Disposition"].startswith("attachment;"), path
        assert policy_of(answer) == FILE_POLICY, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
    assert policy_of(page.get("/school/logo")) == FILE_POLICY


# --- names and addresses ----------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "evil.example:5000", "localhost.evil.example", "a b", "["])
def test_another_host_name_is_refused(app: Flask, visitor_of: VisitorOf, host: str) -> None:
    answer = visitor_of(None).get("/aanmelden", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:5000", "LOCALHOST:80", "[::1]:5000"])
def test_the_machines_own_names_are_known(app: Flask, visitor_of: VisitorOf, host: str) -> None:
    assert visitor_of(None).get("/aanmelden", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_program_that_watches_may_use_the_name_of_this_machine(tmp_path: Path, path: str) -> None:
    named = made(tmp_path, hosts=("examens.school.nl",)).test_client()
    assert named.get(path, headers={"Host": "127.0.0.1:5000"}).status_code != 400
    assert named.get(path, headers={"Host": "evil.example"}).status_code == 400
    assert named.get("/aanmelden", headers={"Host": "127.0.0.1:5000"}).status_code == 400


def test_a_named_school_answers_to_its_name_alone(tmp_path: Path) -> None:
    named = made(tmp_path, hosts=("examens.school.nl",)).test_client()
    answers = [
        named.get("/static/proeve.css", headers={"Host": host}, buffered=True).status_code
        for host in (
            *("examens.school.nl", "examens.school.nl:443"),
            *("localhost", "school.nl", "x.school.nl", "x.examens.school.nl", "xexamens.school.nl"),
            *("examens.school.nl.x.nl", "examens.school.nl@x.nl", "examens.school.nl."),
        )
    ]
    assert answers == [200] * 2 + [400] * 8


def test_a_real_school_without_a_name_does_not_start(app: Flask) -> None:
    supplier = replace(current_school().supplier, email="help@leverancier.nl")
    own = {
        "name": "ROC Noord",
        "mail_sender": "examens@roc.nl",
        "logo": None,
        "supplier": supplier,
        "help": Help(),
    }
    real = replace(current_school(), demo=False, **own)
    with pytest.raises(RuleBroken, match="PROEVE_HOSTS"):
        check_place(real, Settings(hosts=(), port=0))
    check_place(real, Settings(hosts=("examens.school.nl",), port=0))
    check_place(current_school(), Settings(hosts=(), port=0))


@pytest.fixture
def _as_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a system user of its own, whoever runs the tests."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_a_real_school_that_runs_as_root_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    real = replace(current_school(), demo=False)
    sending = Settings(tls=True, smtp_host="mail.example.nl")
    for user, told in ((0, 1), (1000, 0)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert sum("als root" in one for one in doubts(real, sending)) == told
        assert doubts(current_school(), sending) == []


@pytest.mark.usefixtures("_as_somebody")
def test_a_real_school_without_tls_is_warned(app: Flask) -> None:
    real = replace(current_school(), demo=False)
    assert "PROEVE_TLS" in doubts(real, Settings(tls=False))[0]
    sending = Settings(tls=True, smtp_host="mail.example.nl")
    assert doubts(real, sending) == doubts(current_school(), Settings(tls=False)) == []


@pytest.mark.usefixtures("_as_somebody")
def test_a_real_school_that_sends_no_mail_is_warned(app: Flask) -> None:
    real = replace(current_school(), demo=False)
    assert "SMTP_HOST" in doubts(real, Settings(tls=True))[0]
    nameless = replace(real, mail_sender="")
    assert "SMTP_HOST" in doubts(nameless, Settings(tls=True, smtp_host="mail.example.nl"))[0]


@pytest.mark.usefixtures("_as_somebody")
def test_a_real_school_whose_apps_no_key_opens_is_warned(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    real = replace(current_school(), demo=False)
    sending = Settings(tls=True, smtp_host="mail.example.nl")
    make_app(make_user("school_examiner"))
    assert doubts(real, sending) == []
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key")
    assert "1 authenticator-app is versleuteld" in doubts(real, sending)[0]


def seen_address(app: Flask, forwarded: str, direct: str = "127.0.0.1") -> str:
    """As limits and the trail take it."""
    seen: list[str] = []
    first: list[Any] = app.before_request_funcs[None]
    first.insert(0, lambda: seen.append(visitors_address()))
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/x"}
    answer = app.test_client().get(
        "/static/proeve.css", headers=headers, environ_base={"REMOTE_ADDR": direct}, buffered=True
    )
    assert answer.status_code in {200, 403}
    return seen[0]


@pytest.mark.parametrize(
    ("proxies", "seen"), [("", "127.0.0.1"), ("1", "192.0.2.9"), ("2", "198.51.100.7"), ("3", "203.0.113.5")]
)
def test_a_forwarded_address_is_believed_as_far_as_our_own_proxies_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: str, seen: str
) -> None:
    """What stands before them was written by the visitor: rate limits would count whom he likes."""
    monkeypatch.delenv("PROEVE_PROXIES", raising=False)
    behind = made(tmp_path, **({"proxies": int(proxies)} if proxies else {}))
    assert seen_address(behind, "203.0.113.5, 198.51.100.7, 192.0.2.9") == seen


# --- errors tell nothing ----------------------------------------------------------------------


def told_nothing(answer: TestResponse) -> None:
    assert not [word for word in INSIDE if word in answer.text + str(answer.headers)]
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.fixture
def broken(app: Flask) -> Iterator[None]:
    """A database that answers nothing any more."""

    def refuse(*_args: Any) -> None:
        raise RuntimeError("secret inside: SELECT password FROM ab_user at /srv/app/x.py")

    event.listen(db.engine, "before_cursor_execute", refuse)
    yield
    event.remove(db.engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_a_crash_shows_a_sentence_and_nothing_of_the_inside(
    app: Flask, world: World, visitor_of: VisitorOf, broken: None, accept: str
) -> None:
    """Without a database even the menu cannot be drawn; the headers stay."""
    user = db.session.identity_map.values()
    page = Visitor(app)
    with page.client.session_transaction() as session:
        session["_user_id"] = "1.x"
    assert user is not None
    for path in ("/studenten/", "/nergens"):
        answer = page.get(path, headers={"Accept": accept})
        assert answer.status_code in {404, 500}, path
        told_nothing(answer)
        assert "ging iets mis" in answer.text or "Niet gevonden" in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


VERBS = ["HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "CONNECT", "PROPFIND"]


@pytest.mark.parametrize("verb", VERBS)
def test_another_verb_tells_nothing(app: Flask, world: World, visitor_of: VisitorOf, verb: str) -> None:
    for user in (None, world.user(Role.ADMINISTRATOR)):
        page = visitor_of(user)
        headers = {"X-CSRFToken": page.token(), "X-Marked": "gemerkt"}
        student = f"/studenten/{world.own['student']}"
        for path in ("/studenten/", student, "/nergens", "/aanmelden", "/healthz"):
            answer = page.client.open(path, method=verb, headers=headers)
            fine = {200, 302, 404} if verb == "HEAD" else {400, 404, 405}
            assert answer.status_code in fine, (verb, path)
            assert "gemerkt" not in answer.text
            assert "X-Powered-By" not in answer.headers


BODIES = [
    ("application/json", b'{"number": "1", "confirmed": "1"}'),
    ("application/json", b"{" * 5000),
    ("application/json", b"\x00\xff"),
    (
        "application/xml",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    ),
    ("text/plain", b"number=1"),
    ("multipart/form-data", b"zonder grens"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--"),
    ("application/x-www-form-urlencoded", b"a" * 10_000),
    ("application/x-www-form-urlencoded; charset=utf-7", b"+ADw-script+AD4-"),
    ("", b"\x00" * 100),
]


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=range(len(BODIES)))
def test_a_malformed_body_is_refused_calmly(
    app: Flask, world: World, visitor_of: VisitorOf, kind: str, body: bytes
) -> None:
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    headers = {"X-CSRFToken": page.token(), "Accept": "application/json"}
    for path in ("/studenten/do/add_student", "/aanmelden", "/studenten/importeren/"):
        answer = page.client.post(path, data=body, content_type=kind, headers=headers)
        assert answer.status_code in {302, 400, 413, 415, 422}, (path, answer.status_code)
        if answer.status_code >= 400:
            told_nothing(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/" + "a" * 20_000,
        "/studenten/?q=" + "b" * 20_000,
        "/%00",
        "/studenten/%00",
        "/studenten/?q=%00",
        "/../../etc/passwd",
        "/static/../config.py",
        "/static/%2e%2e/config.py",
        "/static//etc/passwd",
        "/.git/config",
        "/static/",
        "/studenten/?" + "&".join(f"a{n}=1" for n in range(2000)),
    ],
    ids=range(12),
)
def test_a_strange_address_is_refused_calmly(
    app: Flask, world: World, visitor_of: VisitorOf, path: str
) -> None:
    for user in (None, world.user(Role.ADMINISTRATOR)):
        answer = visitor_of(user).get(path)
        assert answer.status_code in {200, 302, 308, 400, 404}, path[:40]
        assert "root:" not in answer.text
        assert "SECRET_KEY" not in answer.text
        assert path != "/static/" or answer.status_code == 404, "no list of files"
        if answer.status_code >= 400:
            told_nothing(answer)


def test_only_our_own_files_and_those_of_bootstrap_are_served(app: Flask) -> None:
    folders = {str(one.static_folder) for one in (app, *app.blueprints.values()) if one.static_folder}
    bootstrap = str(Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5")
    assert folders == {str(Path(__file__).parent.parent / "app" / "static"), bootstrap}


# How gunicorn reads a message whose end or headers could be read in two ways: it does not.
UNAMBIGUOUS = {
    "permit_obsolete_folding": False,
    "strip_header_spaces": False,
    "header_map": "drop",
    "permit_unconventional_http_method": False,
    "permit_unconventional_http_version": False,
    "casefold_http_method": False,
    "proxy_protocol": "off",
}


def test_the_server_takes_no_longer_addresses_or_headers_than_it_needs(app: Flask) -> None:
    server = Server(app, app.extensions["proeve_settings"])
    limits = {
        name: server.cfg.settings[name].get()
        for name in (
            "limit_request_line",
            "limit_request_fields",
            "limit_request_field_size",
            "timeout",
            "accesslog",
            "forwarded_allow_ips",
            "reload",
            *UNAMBIGUOUS,
        )
    }
    assert limits == {
        "limit_request_line": 8190,
        "limit_request_fields": 60,
        "limit_request_field_size": 8190,
        "timeout": 60,
        "accesslog": None,
        "forwarded_allow_ips": [],
        "reload": False,
        **UNAMBIGUOUS,
    }


# --- secrets and logs -------------------------------------------------------------------------


def test_the_secret_key_is_made_at_first_start_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(school="demo", data=tmp_path)
    (key,) = settings.secret_keys()
    assert len(key) >= 43  # 256 bits
    assert stat.S_IMODE((tmp_path / "demo" / "secret-key").stat().st_mode) == 0o600
    assert settings.secret_keys() == (key,)


@pytest.mark.parametrize("others", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused_with_a_sentence(tmp_path: Path, others: int) -> None:
    settings = Settings(school="demo", data=tmp_path)
    settings.secret_keys()
    (tmp_path / "demo" / "secret-key").chmod(others)
    with pytest.raises(SystemExit, match="chmod 600"):
        settings.secret_keys()


def test_a_key_out_of_the_environment_leaves_no_file(tmp_path: Path) -> None:
    settings = Settings(school="demo", data=tmp_path, given_key="k" * 40, given_old_keys="o" * 40)
    assert settings.secret_keys() == ("k" * 40, "o" * 40)
    assert not (tmp_path / "demo").exists()
    assert "k" * 40 not in repr(settings)
    assert "o" * 40 not in repr(settings)


@pytest.mark.parametrize("key", ["", "kort", "x" * 31, f"{'x' * 40}\nkort"])
def test_a_short_key_is_refused_with_a_sentence(tmp_path: Path, key: str) -> None:
    (tmp_path / "demo").mkdir()
    path = tmp_path / "demo" / "secret-key"
    path.write_text(key)
    path.chmod(0o600)
    with pytest.raises(SystemExit, match="te kort"):
        Settings(school="demo", data=tmp_path).secret_keys()


def test_an_older_key_that_is_too_short_is_refused_too() -> None:
    with pytest.raises(SystemExit, match="PROEVE_OLD_SECRET_KEYS"):
        Settings(given_key="k" * 40, given_old_keys="kort").secret_keys()


def test_two_schools_have_two_keys(tmp_path: Path) -> None:
    keys = {Settings(school=name, data=tmp_path).secret_keys() for name in ("demo", "ander")}
    assert len(keys) == 2
    assert os.listdir(tmp_path / "demo") == ["secret-key"]


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("Error handling request /aanmelden?username=noor&password=Geheim1", "Geheim1"),
        ('GET "https://examens.school.nl/aanmelden/code?code=ABCD-EFGH HTTP/1.1"', "ABCD"),
        ("form: {'password': 'Geheim1', 'code': 'ABCD-EFGH'}", "Geheim1"),
        ("form: {'password': 'x', 'code': 'ABCD-EFGH'}", "ABCD"),
        ("Cookie: proeve=eyJhbGciOi", "eyJ"),
        ("csrf_token=IjEyMyI.aaa", "IjEy"),
        ("login_token: 'abc'" + " token='Geheim1'", "Geheim1"),
        ("GET /studenten/?q=Jansen HTTP/1.1", "Jansen"),
        ("proof_code=123456", "123456"),
        ("login_code: ABCD", "ABCD"),
        ("form: {'proof_code': 'ABCD-EFGH'}", "ABCD"),
        ("setup=JBSWY3DPEHPK3PXP", "JBSW"),
        ('password="een zin met spaties"', "spaties"),
        ("{'password': 'een zin met spaties', 'kind': 'x'}", "spaties"),
        ("wachtwoord=Geheim1", "Geheim1"),
        ("recovery=ABCD-EFGH", "ABCD"),
        ("Authorization: Bearer abc", "Bearer"),
        ("again=Geheim1&present=Geheim2", "Geheim"),
        ("client_secret=abc123", "abc123"),
    ],
)
def test_a_secret_is_cut_out_of_a_line_of_the_log(written: str, secret: str) -> None:
    assert secret not in discreet(written)


def test_an_ordinary_line_of_the_log_stays_as_it_is() -> None:
    for line in ("unexpected error", "code 500 on /studenten/", "Listening at: http://127.0.0.1:5000 (12)"):
        assert discreet(line) == line


def test_a_crash_in_the_log_names_the_place_and_no_value(
    app: Flask, visitor_of: VisitorOf, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the row that a statement carried nor the query string that came along."""

    from flask import request

    value = "".join(("Geheim", "vreemd"))  # a traceback shows the line itself

    def crash() -> None:
        try:
            db.session.execute(db.text("SELECT :one FROM nowhere"), {"one": value})
        except DBAPIError as error:
            app.logger.warning("no answer to %s", request.full_path)
            raise RuntimeError(f"at {request.full_path}") from error

    app.before_request_funcs.setdefault(None, []).append(crash)  # type: ignore[arg-type]
    try:
        with caplog.at_level(logging.DEBUG):
            answer = visitor_of(None).get(f"/aanmelden?q={value}")
    finally:
        app.before_request_funcs[None].remove(crash)  # type: ignore[arg-type]
    assert answer.status_code == 500
    told_nothing(answer)
    assert "nowhere" in caplog.text
    assert value not in caplog.text + answer.text


def test_who_was_refused_what_stands_in_the_log_without_what_was_asked(
    app: Flask, world: World, visitor_of: VisitorOf, caplog: pytest.LogCaptureFixture
) -> None:
    student = world.user(Role.STUDENT)
    number, foreign = student.id, world.foreign["registration"]
    page = visitor_of(student)
    page.get("/gebruikers/?q=Geheimvreemd")
    page.get(f"/te-beoordelen/uitslag/{foreign}?q=Geheimvreemd")
    page.client.post("/mijn-profiel/do/save_profile", data={"email": "Geheimvreemd"})
    page.get("/aanmelden", headers={"Host": "evil.example"})
    page.ask("DELETE", "/aanmelden")
    page.client.post("/aanmelden", data=b"Geheimvreemd", content_type="text/plain")
    page.client.post("/aanmelden", data={"username": "Geheimvreemd" * 200_000})
    told = [record.getMessage() for record in caplog.records if record.getMessage().startswith("refused")]
    assert [line.split(" user=")[0] for line in told] == [
        "refused 403: GET /gebruikers/",
        f"refused 404: GET /te-beoordelen/uitslag/{foreign}",
        "refused 400: POST /mijn-profiel/do/save_profile",
        "refused 400: GET /aanmelden",
        "refused 405: DELETE /aanmelden",
        "refused 415: POST /aanmelden",
        "refused 413: POST /aanmelden",
    ]
    assert f"user={number} from=127.0.0.1" in told[0]
    assert "Geheimvreemd" not in caplog.text


def test_a_visitor_cannot_write_a_line_into_the_log(
    app: Flask, visitor_of: VisitorOf, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither by what a line says nor by the message of an error below it."""
    typed = "".join(
        f"{sign}CRITICAL alles kwijt"
        for sign in ("een", "\n", "\r", "\x85", "\u2028", "\x1b[2K", "\u202e", "\u200b", "\U000e0041")
    )
    visitor_of(None).ask("DELETE", f"/studenten/{quote(typed)}")
    app.logger.error("typed: %s", typed)
    try:
        raise RuntimeError(typed)
    except RuntimeError:
        app.logger.exception("crash")
    assert [line for line in caplog.text.splitlines() if line.startswith("CRITICAL")] == []
    assert not set("\x1b\u202e\u200b\U000e0041") & set(caplog.text)
    assert "kwijt\\nCRITICAL" in caplog.text


def test_abort_with_a_description_shows_our_own_sentence(app: Flask, visitor_of: VisitorOf) -> None:
    def refuse() -> None:
        abort(400, description="inside: /srv/app")

    app.before_request_funcs.setdefault(None, []).append(refuse)  # type: ignore[arg-type]
    try:
        answer = visitor_of(None).get("/aanmelden")
    finally:
        app.before_request_funcs[None].remove(refuse)  # type: ignore[arg-type]
    told_nothing(answer)
    assert "/srv" not in answer.text
