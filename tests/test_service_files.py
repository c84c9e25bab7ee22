"""The proxy files of docs/service as they are written, and all that docs/running.md asks of a proxy.

Every proxy of this machine is tried (tests/support/proxies.py); one of the tests' own always is.
"""

from __future__ import annotations

import http.client
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.library.files import MAX_BYTES as LARGEST
from app.commands import register_commands
from app.entities.base import db
from app.entities.library import LibraryDocument
from app.serving import LONGEST_ADDRESS
from config import ROOT, Settings
from tests.factories import make_user, refresh
from tests.pages.library.test_library import UPLOAD
from tests.support import proxies
from tests.support.authority import papers_for
from tests.support.proxies import CADDY, HOST, NGINX, OWN, SERVICE, Place, asking
from tests.support.served import served
from tests.support.visitor import cookie_header

MB = 1024 * 1024
MAX_BODY = 25 * MB  # what Proeve takes: MAX_CONTENT_LENGTH in config.py, and a test below
SLOWEST_ANSWER = 60  # seconds: then gunicorn ends a worker
SMALL = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Behind:
    """What stands in Proeve's place: it notes what came, and answers as it is told."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"Proeve"
    asked: list[tuple[str, dict[str, str], int]] = field(default_factory=list)  # line, headers, size of body
    reached: Event = field(default_factory=Event)  # somebody is connected
    rid: Event = field(default_factory=Event)  # of its whole answer


def handler(behind: Behind) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            behind.reached.set()
            size = int(self.headers.get("Content-Length") or 0)
            taken = len(self.rfile.read(size))
            headers = {name.lower(): value for name, value in self.headers.items()}
            behind.asked.append((self.requestline, headers, taken))
            self.send_response_only(behind.status)
            for name, value in {**behind.headers, "Content-Length": str(len(behind.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(behind.body)
            self.wfile.flush()
            behind.rid.set()

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            """The tests look at answers."""

    return Handler


class Site:
    """A proxy with something behind it."""

    def __init__(self, kind: str, place: Place, behind: Behind) -> None:
        self.kind, self.place, self.behind = kind, place, behind

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        secure: bool = True,
    ) -> tuple[http.client.HTTPResponse, bytes]:
        with closing(asking(self.place, secure=secure)) as connection:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer, answer.read()

    @property
    def log(self) -> str:
        file = self.place.folder / "proeve.log"
        return file.read_text() if file.exists() else ""


@pytest.fixture(scope="module", params=proxies.present())
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(request.param)
    behind = Behind()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(behind))
    server.block_on_close = False
    behind.port = server.server_port
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        place = Place.new(folder, papers_for(folder, [HOST]), behind.port)
        with proxies.standing(request.param, place):
            yield Site(request.param, place, behind)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def site(standing: Site) -> Site:
    port = standing.behind.port
    standing.behind.__init__(port)  # type: ignore[misc] # as new, for each test
    return standing


def test_who_asks_is_added_and_the_host_goes_on_as_it_came(site: Site) -> None:
    lies = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
    answer, body = site.ask("/studenten/?zoek=Jansen", headers={**lies, "Cookie": "__Host-proeve=x"})
    assert (answer.status, body) == (200, b"Proeve")
    ((line, headers, _),) = site.behind.asked
    assert line.startswith("GET /studenten/?zoek=Jansen HTTP/1.")
    assert headers["host"] == HOST
    assert headers["x-forwarded-for"].split(", ")[-1] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["cookie"] == "__Host-proeve=x"


def test_the_log_has_no_query_strings(site: Site) -> None:
    site.ask("/studenten/?zoek=Jansen")
    site.ask("/aanmelden", secure=False)
    ends = time.monotonic() + 5
    while site.kind != OWN and "/studenten/" not in site.log:
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert "Jansen" not in site.log


def test_plain_http_is_sent_on_to_the_same_page(site: Site) -> None:
    answer, _ = site.ask("/studenten/?zoek=Jansen", secure=False)
    assert 301 <= answer.status <= 308
    there = str(answer.headers["Location"]).replace(f":{site.place.secure}", "")
    assert there == f"https://{HOST}/studenten/?zoek=Jansen"
    assert site.behind.asked == []


def test_an_address_puts_no_header_into_the_answer(site: Site) -> None:
    answer, _ = site.ask("/x%0d%0aSet-Cookie:%20a=b", secure=False)
    assert 300 <= answer.status < 400
    assert answer.headers["Set-Cookie"] is None


def test_a_slow_body_holds_nobody_behind_the_proxy(site: Site) -> None:
    """A worker of Proeve serves one request at a time: it sees nothing before all of the body is there."""
    body = b"x" * MB
    with closing(asking(site.place)) as connection:
        connection.putrequest("POST", "/bibliotheek/")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        for part in range(4):
            connection.send(body[part * MB // 4 : (part + 1) * MB // 4 - (part == 3)])
            time.sleep(0.15)
        assert not site.behind.reached.is_set()
        connection.send(body[-1:])
        assert connection.getresponse().status == 200
    assert site.behind.asked[0][2] == MB


def test_a_slow_reader_holds_nobody_behind_the_proxy(site: Site) -> None:
    site.behind.body = b"x" * (20 * MB)
    with closing(asking(site.place)) as connection:
        connection.request("GET", "/studenten/export")
        assert site.behind.rid.wait(10)  # and the visitor has read nothing yet
        assert len(connection.getresponse().read()) == len(site.behind.body)


@contextmanager
def slow_visitors(place: Place, path: str, number: int) -> Iterator[None]:
    """So many visitors who began to send a form there, and send no more of it."""
    with ExitStack() as ending:
        for _ in range(number):
            connection = ending.enter_context(closing(asking(place)))
            connection.putrequest("POST", path)
            connection.putheader("Content-Length", str(MB))
            connection.endheaders()
            connection.send(b"x" * 1000)
        yield


def test_many_slow_visitors_do_not_keep_others_waiting(site: Site) -> None:
    with slow_visitors(site.place, "/bibliotheek/", 40):
        began = time.monotonic()
        answer, _ = site.ask("/")
        assert answer.status == 200
        assert time.monotonic() - began < 3
    assert len(site.behind.asked) == 1


def test_the_largest_upload_passes(site: Site) -> None:
    answer, _ = site.ask("/bibliotheek/", method="POST", body=b"x" * MAX_BODY, headers=SMALL)
    assert (answer.status, site.behind.asked[0][2]) == (200, MAX_BODY)


def test_a_little_more_is_for_proeve_to_refuse_and_much_more_never_gets_there(site: Site) -> None:
    site.ask("/bibliotheek/", method="POST", body=b"x" * (MAX_BODY + MB // 2), headers=SMALL)
    assert len(site.behind.asked) == 1
    with closing(asking(site.place)) as connection:
        connection.putrequest("POST", "/bibliotheek/")
        connection.putheader("Content-Length", str(40 * MB))
        connection.endheaders()
        with suppress(OSError):  # it said so already, and may have hung up
            for _ in range(40):
                connection.send(b"x" * MB)
        with suppress(OSError):
            assert connection.getresponse().status == 413
    assert len(site.behind.asked) == 1


def test_the_longest_address_passes(site: Site) -> None:
    address = "/studenten/?rows=" + "1" * (LONGEST_ADDRESS - len("GET /studenten/?rows= HTTP/1.1"))
    answer, _ = site.ask(address)
    assert answer.status == 200
    assert site.behind.asked[0][0].split()[1] == address


def test_what_proeve_says_when_it_is_down_goes_through_as_it_is(site: Site) -> None:
    site.behind.status, site.behind.body = 503, b"Er is niets opgeslagen."
    site.behind.headers = {"Retry-After": "7", "X-Request-ID": "abc"}
    answer, body = site.ask("/studenten/")
    assert (answer.status, body) == (503, b"Er is niets opgeslagen.")
    assert (answer.headers["Retry-After"], answer.headers["X-Request-ID"]) == ("7", "abc")


def test_the_headers_of_proeve_go_through(site: Site) -> None:
    ours = {"Strict-Transport-Security": "max-age=31536000", "Content-Security-Policy": "default-src 'none'"}
    site.behind.headers = ours
    answer, _ = site.ask("/")
    assert {name: answer.headers[name] for name in ours} == ours


def test_headers_of_many_letters_go_through(site: Site) -> None:
    """Asked to sign in, the way back to a long address stands in one header; a cookie of 4 kB in another."""
    site.behind.status = 302
    site.behind.headers = {"Location": "/aanmelden?next=" + "%2C" * 2700, "Set-Cookie": "a=" + "b" * 4000}
    answer, _ = site.ask("/")
    assert (answer.status, dict(answer.headers.items())["Location"]) == (302, site.behind.headers["Location"])


def test_readyz_is_asked_from_this_machine(site: Site) -> None:
    assert site.ask("/readyz")[0].status == 200
    assert site.behind.asked[0][1]["host"] == HOST


@pytest.mark.parametrize("kind", proxies.present())
def test_proeve_away_is_a_page_that_says_when_to_come_back(kind: str, tmp_path: Path) -> None:
    place = Place.new(tmp_path, papers_for(tmp_path, [HOST]), proxies.free_port())
    with proxies.standing(kind, place):
        site = Site(kind, place, Behind())
        answer, body = site.ask("/studenten/")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        assert "Proeve is er even niet" in body.decode()
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert site.ask("/readyz")[0].status in {502, 503}
        behind = Behind()
        server = ThreadingHTTPServer(("127.0.0.1", place.behind), handler(behind))
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            assert site.ask("/studenten/")[0].status == 200  # back at once
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


# -- Proeve itself behind it

FIELD = re.compile(r'name="(csrf_token|token)" value="([^"]*)"')


@pytest.mark.web
def test_the_largest_document_comes_in_while_slow_visitors_hold_no_worker(app: Flask, tmp_path: Path) -> None:
    cookie = cookie_header(app, make_user("administrator"))
    with served(app, workers=1, PROEVE_PROXIES="1") as server:
        for kind in proxies.present():
            folder = tmp_path / kind
            folder.mkdir()
            place = Place.new(folder, papers_for(folder, ["localhost"]), server.port, "localhost")
            with proxies.standing(kind, place):
                upload_beside_slow_visitors(Site(kind, place, Behind()), cookie)
    refresh()
    kept = db.session.scalars(select(LibraryDocument.size)).all()
    assert kept == [LARGEST] * len(proxies.present())


def upload_beside_slow_visitors(site: Site, cookie: str) -> None:
    with slow_visitors(site.place, "/aanmelden", 20):
        page, text = site.ask(UPLOAD, headers={"Cookie": cookie})
        fields = dict(FIELD.findall(text.decode()))
        cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
        for size, status in ((LARGEST, 302), (MAX_BODY + 1, 413)):
            body, kind_of_body = multipart({**fields, "roles": "student"}, b"%PDF-1.4\n".ljust(size, b"x"))
            headers = {
                "Cookie": cookie,
                "Content-Type": kind_of_body,
                "Referer": f"https://localhost{UPLOAD}",
            }
            answer, text = site.ask(UPLOAD, method="POST", body=body, headers=headers)
            assert answer.status == status, (site.kind, text.decode())
        assert "hoogstens 25 MB" in text.decode()


def multipart(fields: dict[str, str], file: bytes) -> tuple[bytes, str]:
    parts = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    named = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    return "".join([*parts, named]).encode() + file + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


# -- the files themselves: what can be said of them on every machine


@pytest.mark.parametrize(
    ("kind", "files"), [(NGINX, proxies.nginx_files), (CADDY, proxies.caddy_files)], ids=[NGINX, CADDY]
)
def test_a_file_has_a_place_for_all_that_differs_and_its_program_takes_it(
    kind: str, files: Callable[[Place], Path], tmp_path: Path
) -> None:
    """`nginx -t` and `caddy validate` are asked where they are."""
    place = Place.new(tmp_path, papers_for(tmp_path, ["examens.rocnoord.nl"]), 5003, "examens.rocnoord.nl")
    files(place)
    made = (tmp_path / {NGINX: "proeve.conf", CADDY: "Caddyfile"}[kind]).read_text()
    assert HOST not in made
    for ours in (place.host, f"127.0.0.1:{place.behind}", str(place.papers.chain)):
        assert ours in made
    bare = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"|#.*|\{\d+(?:,\d*)?\}", "", made)
    assert bare.count("{") == bare.count("}") > 0
    if kind in proxies.present():
        done = subprocess.run(
            proxies.commands(kind, place, check=True),
            env=proxies.surroundings(place),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_the_file_for_caddy_says_what_an_older_caddy_asks() -> None:
    text = (SERVICE / "Caddyfile").read_text()
    older = proxies.with_old_buffers(text)
    assert "\t\tbuffer_requests\n\t\tbuffer_responses\n\t\tmax_buffer_size 32MiB\n" in older
    assert len(older.splitlines()) == len(text.splitlines()) + 1


@pytest.mark.web
def test_the_files_and_proeve_agree_on_sizes_times_and_names(app: Flask) -> None:
    nginx, caddy = (SERVICE / "nginx.conf").read_text(), (SERVICE / "Caddyfile").read_text()
    assert app.config["MAX_CONTENT_LENGTH"] == MAX_BODY
    assert int(found(r"client_max_body_size +(\d+)m;", nginx)) * MB > MAX_BODY
    taken, kept = found(r"max_size (\d+)MB", caddy), found(r"request_buffers (\d+)MiB", caddy)
    assert int(kept) * MB > int(taken) * 1000**2 > MAX_BODY
    assert int(found(r"large_client_header_buffers \d+ (\d+)k;", nginx)) * 1024 > LONGEST_ADDRESS
    for seconds in (found(r"proxy_read_timeout +(\d+)s;", nginx), found(r"header_timeout (\d+)s", caddy)):
        assert int(seconds) > SLOWEST_ANSWER
    for text in (nginx, caddy):
        assert f"127.0.0.1:{Settings().port}" in text
        assert HOST in text
    assert f"PROEVE_HOSTS={HOST}\n" in (SERVICE / "proeve.env").read_text()
    chapter = " ".join((ROOT / "docs" / "running.md").read_text().split())
    size = found(r"client_max_body_size +(\w+);", nginx)
    assert f"client_max_body_size {size}" in chapter


@pytest.mark.web
def test_the_services_call_commands_that_there_are_with_settings_that_there_are(app: Flask) -> None:
    register_commands(app)
    for name in ("proeve-web", "proeve-sender"):
        verb = found(r"(?m)^ExecStart=/opt/proeve/\.venv/bin/python run\.py (\S+)$", unit(name))
        assert verb in app.cli.commands
        assert "\nEnvironmentFile=/etc/proeve/proeve.env\n" in unit(name)
    given = re.findall(r"(?m)^(?:# )?([A-Z_]+)=", (SERVICE / "proeve.env").read_text())
    known = (ROOT / "config.py").read_text()
    assert [one for one in given if f'"{one}"' not in known] == []


def unit(name: str) -> str:
    return (SERVICE / f"{name}.service").read_text()


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]
