"""Proxies that speak TLS in front of Proeve: the files of docs/service as they are written, and one of ours.

`present()` names those that this machine has; "own" is always among them, so that a machine without nginx and
Caddy tries the same. Put in are a name, ports, a certificate and places of files, and nothing else.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

from tests.support.authority import Papers
from tests.support.processes import ROOT, free_port

SERVICE = ROOT / "docs" / "service"
NGINX, CADDY, OWN = "nginx", "caddy", "own"
HOST = "examens.school.example"  # as the files name the site
LARGEST = 26 * 1024 * 1024
BUFFERS_SINCE = (2, 6, 3)  # of Caddy; see the head of docs/service/Caddyfile


@dataclass(frozen=True)
class Place:
    """Where a proxy stands: for which site, on which ports, before which port, with whose papers."""

    folder: Path
    papers: Papers
    behind: int
    host: str = HOST
    plain: int = 0
    secure: int = 0

    @classmethod
    def new(cls, folder: Path, papers: Papers, behind: int, host: str = HOST) -> Place:
        return cls(folder, papers, behind, host, free_port(), free_port())


def program(kind: str) -> str | None:
    """Where it is. Debian keeps nginx where only root looks."""
    return shutil.which(kind) or shutil.which(kind, path="/usr/sbin:/usr/local/sbin")


def present() -> list[str]:
    """The proxies that can be tried here, the best first."""
    return [*(kind for kind in (NGINX, CADDY) if program(kind)), OWN]


# -- the files, with what is this machine's own put in


def put_in(text: str, places: Mapping[str, str]) -> str:
    for written, ours in places.items():
        assert written in text, f"{written!r} stands no longer in the file"
        text = text.replace(written, ours)
    return text


def nginx_files(place: Place) -> Path:
    """docs/service/nginx.conf for this place, in an nginx that needs nothing of the machine."""
    before = "[::1]" if _has_ipv6() else "127.0.0.2"
    ours = put_in(
        (SERVICE / "nginx.conf").read_text(),
        {
            HOST: place.host,
            "127.0.0.1:5000": f"127.0.0.1:{place.behind}",
            "listen 80;": f"listen 127.0.0.1:{place.plain};",
            "listen [::]:80;": f"listen {before}:{place.plain};",
            "listen 443 ": f"listen 127.0.0.1:{place.secure} ",
            "listen [::]:443 ": f"listen {before}:{place.secure} ",
            "/etc/ssl/proeve/fullchain.pem": str(place.papers.chain),
            "/etc/ssl/proeve/privkey.pem": str(place.papers.key),
            "/var/log/nginx/proeve.log": str(place.folder / "proeve.log"),
        },
    )
    (place.folder / "proeve.conf").write_text(ours)
    kept = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {one}_temp_path {place.folder}/{one};\n" for one in kept)
    main = place.folder / "nginx.conf"
    main.write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\ndaemon off;\npid {place.folder}/pid;\n"
        f"error_log {place.folder}/error.log;\nevents {{ worker_connections 512; }}\n"
        f"http {{\n{temporary}    include {place.folder}/proeve.conf;\n}}\n"
    )
    return main


def caddy_files(place: Place) -> Path:
    """docs/service/Caddyfile for this place; for a Caddy too old for two of its lines, what it says then."""
    text, papers = (SERVICE / "Caddyfile").read_text(), place.papers
    if caddy_version() < BUFFERS_SINCE:
        text = with_old_buffers(text)
    ours = put_in(
        text,
        {
            f"\n{HOST} {{": f"\n{place.host} {{\n\tbind 127.0.0.1\n\ttls {papers.chain} {papers.key}",
            "127.0.0.1:5000": f"127.0.0.1:{place.behind}",
            "\tlog {\n": f"\tlog {{\n\t\toutput file {place.folder}/proeve.log\n",
        },
    )
    ports = f"{{\n\tadmin off\n\thttp_port {place.plain}\n\thttps_port {place.secure}\n}}\n"
    file = place.folder / "Caddyfile"
    file.write_text(ports + ours)
    return file


def with_old_buffers(text: str) -> str:
    """With the lines that the file's head gives for a Caddy of before 2.6.3, instead of the newer ones."""
    older = re.search(r"^# ((?:buffer_\w+, )+max_buffer_size \w+)", text, re.MULTILINE)
    assert older, "the head of the file says no longer what an older Caddy asks"
    lines = "\n".join(f"\t\t{one}" for one in older[1].split(", "))
    found, times = re.subn(r"(?m)^\t\trequest_buffers \S+\n\t\tresponse_buffers \S+$", lines, text)
    assert times == 1
    return found


def caddy_version() -> tuple[int, ...]:
    """Of the Caddy of this machine; without one: new enough for the file as it stands."""
    there = program(CADDY)
    if there is None:
        return BUFFERS_SINCE
    told = subprocess.run([there, "version"], capture_output=True, text=True, check=True)
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", told.stdout)
    assert found, told.stdout
    return tuple(int(one) for one in found.groups())


def commands(kind: str, place: Place, *, check: bool = False) -> list[str]:
    """The command that serves these files, or only looks whether they are right."""
    if kind == NGINX:
        asked = [program(NGINX) or NGINX, "-p", str(place.folder), "-c", str(nginx_files(place))]
        return [*asked, "-t"] if check else asked
    verb = "validate" if check else "run"
    return [program(CADDY) or CADDY, verb, "--adapter", "caddyfile", "--config", str(caddy_files(place))]


def surroundings(place: Place) -> dict[str, str]:
    """Caddy keeps things in the home of who runs it."""
    home = {name: str(place.folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    return {**os.environ, **home}


# -- running


@contextmanager
def standing(kind: str, place: Place) -> Iterator[Place]:
    """A proxy of this kind while the block lasts."""
    with _own(place) if kind == OWN else _program(kind, place):
        yield place


@contextmanager
def _program(kind: str, place: Place) -> Iterator[None]:
    said = place.folder / "said.txt"
    with said.open("w") as file:
        process = subprocess.Popen(
            commands(kind, place), env=surroundings(place), stdout=file, stderr=subprocess.STDOUT
        )
        try:
            _listens(place.secure, lambda: process.poll() is None or said.read_text())
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _listens(port: int, lives: Callable[[], object]) -> None:
    ends = time.monotonic() + 20
    while True:
        with closing(socket.socket()) as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert (told := lives()) is True, told
        assert time.monotonic() < ends, "the proxy does not listen"
        time.sleep(0.05)


def _has_ipv6() -> bool:
    try:
        with closing(socket.socket(socket.AF_INET6)) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


def asking(place: Place, *, secure: bool = True) -> http.client.HTTPConnection:
    """A connection to the site, by a program that trusts the home-made authority and no other."""
    port = place.secure if secure else place.plain
    line: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
    if secure:
        line = place.papers.asking().wrap_socket(line, server_hostname=place.host)
    connection = http.client.HTTPConnection(place.host, timeout=30)
    connection.sock = line
    return connection


# -- our own, for a machine that has no other


@contextmanager
def _own(place: Place) -> Iterator[None]:
    secure = _Secure(("127.0.0.1", place.secure), _passing(place), place.papers.serving())
    plain = ThreadingHTTPServer(("127.0.0.1", place.plain), _sending_on(place))
    threads = [Thread(target=one.serve_forever, args=(0.05,), daemon=True) for one in (secure, plain)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for server in (secure, plain):
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


class _Secure(ThreadingHTTPServer):
    """Shakes hands in the thread of the connection: who only opens one holds nobody up."""

    request_queue_size = 128
    block_on_close = False  # a browser keeps connections open; their threads end with the process

    def __init__(self, place: tuple[str, int], handler: type[BaseHTTPRequestHandler], trust: ssl.SSLContext):
        self._trust = trust
        super().__init__(place, handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(60)
        with suppress(OSError), self._trust.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up is no news."""


def _passing(place: Place) -> type[BaseHTTPRequestHandler]:
    class Passing(_Quiet):
        """Takes a whole request in, passes it on, and takes the whole answer off Proeve's hands."""

        def answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            if size > LARGEST:
                self.close_connection = True
                self.tell(413, (), b"")
                return
            body = self.rfile.read(size)
            if len(body) < size:  # the visitor hung up
                self.close_connection = True
                return
            asked = {k: v for k, v in self.headers.items() if k.lower() not in PER_CONNECTION}
            visitor, known = self.client_address[0], self.headers.get("X-Forwarded-For")
            asked |= {
                "X-Forwarded-For": f"{known}, {visitor}" if known else visitor,
                "X-Forwarded-Proto": "https",
                "Connection": "close",
            }
            connection = http.client.HTTPConnection("127.0.0.1", place.behind, timeout=65)
            try:
                with suppress(
                    BrokenPipeError, ConnectionResetError
                ):  # Proeve may answer before it read it all
                    connection.request(self.command, self.path, body or None, asked)
                given = connection.getresponse()
                self.tell(given.status, given.headers.items(), given.read())
            except OSError:
                self.tell(503, AWAY_HEADERS.items(), AWAY)
            finally:
                connection.close()

    return Passing


def _sending_on(place: Place) -> type[BaseHTTPRequestHandler]:
    class SendingOn(_Quiet):
        def answer(self) -> None:
            there = f"https://{place.host}{quote(self.path, safe=SAFE)}"
            self.tell(301, {"Location": there}.items(), b"")

    return SendingOn


SAFE = "/?&=%~:@!$'()*+,;-._"
AWAY = b'<!doctype html><meta charset="utf-8"><h1>Proeve is er even niet</h1>'
AWAY_HEADERS = {
    "Retry-After": "30",
    "Cache-Control": "no-store",
    "Content-Type": "text/html",
    "Content-Security-Policy": "default-src 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
PER_CONNECTION = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "x-forwarded-for",
    "x-forwarded-proto",
}


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        raise NotImplementedError

    def tell(self, status: int, headers: Any, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {*PER_CONNECTION, "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = lambda self: self.answer()  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: Any) -> None:
        """The tests look at answers."""
