"""A school that is really served: `run.py serve` in a process of its own, asked over HTTP."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from flask import Flask

from tests.support.processes import free_port, start

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Told:
    """An answer, and how many seconds it took."""

    status: int
    text: str
    headers: http.client.HTTPMessage
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass
class Served:
    """The server, and what it wrote."""

    port: int
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def ask(self, path: str, form: dict[str, str] | None = None, *, cookie: str = "") -> Told:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=50)
        headers = {"Cookie": cookie} if cookie else {}
        try:
            if form is None:
                connection.request("GET", path, headers=headers)
            else:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                connection.request("POST", path, urlencode(form), headers)
            answer = connection.getresponse()
            return Told(answer.status, answer.read().decode(), answer.headers, time.monotonic() - began)
        finally:
            connection.close()

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(one) for one in children.read_text().split()]

    def until(self, path: str, status: int, *, within: float = 20) -> Told:
        """Ask until the answer has this status."""
        ends = time.monotonic() + within
        while True:
            try:
                told = self.ask(path)
                if told.status == status:
                    return told
            except OSError:
                told = None
            assert time.monotonic() < ends, (path, told, self.lines[-5:])
            time.sleep(0.1)

    def read(self) -> None:
        assert self.process.stdout is not None
        self.lines += iter(self.process.stdout.readline, "")


@contextmanager
def served(app: Flask, *, workers: int = 1, **extra: str) -> Iterator[Served]:
    port = free_port()
    process = start(app, "run.py", "serve", PORT=str(port), WEB_WORKERS=str(workers), **extra)
    server = Served(port, process)
    reading = Thread(target=server.read, daemon=True)
    reading.start()
    try:
        server.until("/healthz", 200, within=90)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)
        reading.join(10)  # to the last line: then whoever held the other end is gone, workers too
        assert process.stdout is not None
        process.stdout.close()
