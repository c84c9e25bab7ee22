"""A school that somebody started by README, as the world meets it: behind a proxy, with mail that arrives."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support import proxies, readme
from tests.support.authority import papers_for
from tests.support.database import plain_url
from tests.support.postgres import create_database, drop_database, server_url
from tests.support.processes import ROOT, free_port
from tests.support.proxies import Place
from tests.support.smtp import MailServer, listening
from tests.support.terminal import typed

KIND = os.environ.get("PROEVE_TEST_DATABASE", "sqlite")
PATIENCE = 20.0  # seconds


@dataclass(frozen=True)
class Site:
    """`settings`: what README's first step exports, with the places of this machine."""

    school: str
    folder: Path
    settings: dict[str, str]
    mails: MailServer
    mail_port: int
    place: Place

    def new_school(self, answers: Sequence[tuple[str, str]]) -> tuple[int, str]:
        """README's command that makes the school, at a terminal."""
        made = readme.command("new-school", self.school)
        return typed(made.words, answers, readme.environment({**self.settings, **made.settings}))

    @property
    def said(self) -> str:
        """What the server said so far."""
        return (self.folder / "served.txt").read_text()

    @contextmanager
    def served(self) -> Iterator[str]:
        """README's command that serves, behind the best proxy of this machine; gives the site's name."""
        asked = readme.command("serve", self.school)
        mail = {
            "SMTP_HOST": "localhost",  # SMTP_SECURITY is what it is without a word: STARTTLS
            "SMTP_PORT": str(self.mail_port),
            "SSL_CERT_FILE": str(self.place.papers.authority),
        }
        given = {**self.settings, **asked.settings, **mail, "PORT": str(self.place.behind)}
        place = replace(self.place, host=asked.settings["PROEVE_HOSTS"])
        with (self.folder / "served.txt").open("w") as file:
            process = subprocess.Popen(
                asked.words,
                cwd=ROOT,
                env=readme.environment(given),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            with proxies.standing(proxies.present()[0], place):
                self._until_ready(place, process)
                yield place.host
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=40)

    def _until_ready(self, place: Place, process: subprocess.Popen[bytes]) -> None:
        ends = time.monotonic() + 60
        while True:
            connection = proxies.asking(place)
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            told = answer.read().decode()
            connection.close()
            if answer.status == 200:
                return
            assert process.poll() is None, self.said
            assert time.monotonic() < ends, (told, self.said)
            time.sleep(0.1)

    def mail_to(self, address: str, *, about: str = "") -> str:
        """The text of the newest mail to this address (whose subject says this), as soon as it is there."""
        ends = time.monotonic() + PATIENCE
        while True:
            mine = [one for one in self.mails.received if one["To"] == address and about in one["Subject"]]
            if mine and (body := mine[-1].get_body(("plain",))) is not None:
                return str(body.get_content())
            assert time.monotonic() < ends, (address, self.mails.addresses(), self.said)
            time.sleep(0.05)


@contextmanager
def empty_site(folder: Path, school: str) -> Iterator[Site]:
    """A machine with an empty folder, a certificate, a mail server, and on PostgreSQL an empty database."""
    host = readme.command("serve", school).settings["PROEVE_HOSTS"]
    exported = {
        name: str(folder / Path(written).name) if written.startswith("/") else ""
        for name, written in readme.exported().items()
    }
    assert sorted(exported) == ["DATABASE_URL", "PROEVE_DATA", "PROEVE_SCHOOLS"]
    with ExitStack() as ending:
        if KIND == "postgresql":
            name = f"proeve_site_{os.getpid()}"
            exported["DATABASE_URL"] = plain_url(create_database(server_url(), name))
            ending.callback(drop_database, server_url(), name)
        own = folder / "proxy"
        own.mkdir()
        papers = papers_for(own, [host, "localhost"])
        mails, port = ending.enter_context(listening(tls=papers.serving(), only_tls=True))
        place = Place.new(own, papers, free_port(), host)
        settings = {name: value for name, value in exported.items() if value}
        yield Site(school, folder, settings, mails, port, place)
