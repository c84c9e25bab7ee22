"""A way to PostgreSQL that can freeze: it goes on taking connections, and nothing is answered any more."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import URL, make_url

PORT = 5432


class FreezingProxy:
    """Passes bytes on, both ways, while `flows` is set."""

    def __init__(self, url: str) -> None:
        self.flows = threading.Event()
        self.flows.set()
        self._behind = make_url(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        port = self._listener.getsockname()[1]
        named = self._behind.set(drivername="postgresql", host="127.0.0.1", port=port, query={})
        return named.render_as_string(hide_password=False)

    def freeze(self) -> None:
        self.flows.clear()

    def thaw(self) -> None:
        self.flows.set()

    def close(self) -> None:
        self.thaw()
        for one in [self._listener, *self._open]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = _connected(self._behind)
                self._open += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                self.flows.wait()
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _connected(url: URL) -> socket.socket:
    named = url.query.get("host", "")
    host = named if isinstance(named, str) and named else url.host or "127.0.0.1"
    port = url.port or int(str(url.query.get("port", PORT)))
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    far = socket.socket(socket.AF_UNIX)
    far.connect(str(Path(host) / f".s.PGSQL.{port}"))
    return far


@contextmanager
def freezing(url: str) -> Iterator[FreezingProxy]:
    proxy = FreezingProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
