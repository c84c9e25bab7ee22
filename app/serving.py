"""Serves a school with gunicorn, from our own command, so that there is no second program to configure."""

import contextvars
import errno
import ipaddress
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from app import mailer
from app.demo import accounts
from app.entities.base import db
from app.errors import RuleBroken
from app.queries.access.factors import unreadable_apps
from app.queries.students.field_words import misfit_text
from app.queries.students.fields import misfits
from app.rules.text import N_
from app.school import School
from config import ROOT, Settings

DEMO_NAME = "ROC Demostad"
GRACE = 10  # seconds that a running request has when the server stops
LOOKS_EVERY = 0.5  # seconds
LONGEST_ADDRESS = 8190  # bytes; a page of a thousand ticked rows asks for less


class PatientArbiter(Arbiter):
    """Lets running requests finish on Ctrl-C, as gunicorn does on SIGTERM."""

    def handle_int(self) -> None:
        self.handle_term()


class Server(BaseApplication):
    """gunicorn around an application that exists already. Each sync worker has its own connections."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._sender: mailer.Sender | None = None
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        for name, value in {
            "bind": f"{host}:{self._settings.port}",
            "workers": self._settings.workers,
            "worker_class": "sync",
            "timeout": 60,
            "loglevel": "warning",
            "proc_name": "proeve",
            "graceful_timeout": GRACE,
            "limit_request_line": LONGEST_ADDRESS,
            "limit_request_fields": 60,
            "limit_request_field_size": 8190,
            "forwarded_allow_ips": "",  # PROEVE_PROXIES decides (app/pages/base/surface.py)
            "control_socket_disable": True,
            "post_fork": self._after_fork,
            "post_worker_init": self._begin,
            "worker_exit": self._end,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app

    def run(self) -> None:
        PatientArbiter(self).run()

    def _begin(self, worker: Any) -> None:
        """Begin a worker: leave Ctrl-C to the parent, end with it, and start the sender of mails.

        A terminal sends Ctrl-C to every process; the parent stops its workers itself.
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(
            target=_end_with_parent, args=(worker,), name="watch of the parent", daemon=True
        ).start()
        if not self._settings.redis_url:
            self._sender = mailer.start_sender(self._app)

    def _end(self, _arbiter: Any, _worker: Any) -> None:
        """Finish the mail that is being sent. The other mails wait for the next start."""
        if self._sender is not None:
            self._sender.stop(graceful=True)

    def _after_fork(self, _arbiter: Any, _worker: Any) -> None:
        """Forget the parent's database connections without closing them; a worker opens its own."""
        with self._app.app_context():
            db.engine.dispose(close=False)


def _end_with_parent(worker: Any) -> None:
    """End this worker when its parent was killed, and let go of the port: gunicorn looks after 30 seconds.

    A request that is running is finished first, as at any other stop.
    """
    while os.getppid() == worker.ppid:
        time.sleep(LOOKS_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LOOKS_EVERY)
    for one in worker.sockets:
        one.close()
    time.sleep(GRACE)
    os._exit(1)


def serve(app: Flask, settings: Settings) -> None:
    """Serve until stopped. It runs in an empty context: requests must not see the command's own."""
    contextvars.Context().run(Server(app, settings).run)


def demo_values(school: School) -> list[str]:
    """What a real school must not go live with: values that stand in the demo school's file."""
    if school.demo:
        return []
    wrong = [
        ("name", school.name, school.name == DEMO_NAME),
        ("supplier.email", school.supplier.email, _is_example(school.supplier.email)),
        ("mail.sender", school.mail_sender, _is_example(school.mail_sender)),
        ("help.email", school.help.email, _is_example(school.help.email)),
        ("help.name", school.help.name, DEMO_NAME in school.help.name),
        ("logo", str(school.logo or ""), _is_demo_logo(school)),
    ]
    told = N_("%(place)s in school.toml is nog van de demoschool (%(value)s). Zet er uw eigen waarde neer.")
    return [_(told, place=place, value=value) for place, value, left in wrong if left]


def _is_example(address: str) -> bool:
    return address.rpartition("@")[2].rpartition(".")[0].endswith("example") or address.endswith(".example")


def _is_demo_logo(school: School) -> bool:
    theirs = ROOT / "schools" / "demo" / "logo.svg"
    return school.logo is not None and theirs.exists() and school.logo.read_bytes() == theirs.read_bytes()


def check_place(school: School, settings: Settings) -> None:
    """Check that this school may be served on this address.

    RuleBroken: a demo school would be open to others, a real one has no host name, or the port is taken.
    """
    if not school.demo and not settings.hosts:
        raise RuleBroken(
            N_(
                "Zet PROEVE_HOSTS op de naam van deze site, bijvoorbeeld PROEVE_HOSTS=examens.school.nl. "
                "Proeve antwoordt alleen op die naam."
            )
        )
    if left := demo_values(school):
        raise RuleBroken(" ".join(left))
    if school.demo and not settings.demo_anywhere and not _is_loopback(settings.host):
        raise RuleBroken(
            N_(
                "Een demoschool heeft bekende wachtwoorden en luistert daarom alleen op deze computer "
                "(127.0.0.1), niet op %(host)s. Met PROEVE_DEMO_ANYWHERE=1 staat u dat toch toe."
            ),
            host=settings.host,
        )
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((settings.host, settings.port))
        except OSError as error:
            raise _refusal(error, settings) from error


def _refusal(error: OSError, settings: Settings) -> RuleBroken:
    if error.errno == errno.EADDRINUSE:
        return RuleBroken(
            N_(
                "Poort %(port)s is al in gebruik. Stop wat daar draait, of kies een andere, zoals "
                "PORT=%(other)s."
            ),
            port=settings.port,
            other=settings.port + 1,
        )
    return RuleBroken(
        N_("Proeve kan niet luisteren op %(host)s, poort %(port)s: %(reason)s."),
        host=settings.host,
        port=settings.port,
        reason=error.strerror or str(error),
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


AS_ROOT = N_(
    "Let op: Proeve draait als root. Wie een fout in Proeve vindt, heeft dan de hele machine. Maak een eigen "
    "gebruiker voor Proeve, geef die de map met de gegevens (chown -R) en start Proeve als die gebruiker."
)


def runs_as_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def texts_behind(folder: Path) -> bool:
    """Whether the texts of a language were not made ready since the last version came."""
    pairs = [(source, source.with_suffix(".mo")) for source in folder.glob("*/LC_MESSAGES/*.po")]
    return any(not made.exists() or made.stat().st_mtime < source.stat().st_mtime for source, made in pairs)


def doubts(school: School, settings: Settings) -> list[str]:
    """Warnings about settings that do not stop a real school from starting, but need mending."""
    if school.demo:
        return []
    found = [_(AS_ROOT)] if runs_as_root() else []
    if texts_behind(ROOT / "app" / "translations"):
        found.append(
            _(
                "Let op: de Engelse teksten ontbreken, of zijn van een oudere versie. Doe dit in de map van "
                "Proeve en start opnieuw: make translations"
            )
        )
    if not settings.tls:
        found.append(
            _(
                "Let op: PROEVE_TLS staat uit. Wachtwoorden en cookies gaan dan onversleuteld over het "
                "netwerk. Zet een proxy met TLS voor Proeve en PROEVE_TLS=1."
            )
        )
    named = urlsplit(settings.site()).hostname or ""
    if settings.hosts and named not in {one.lower() for one in settings.hosts}:
        found.append(
            _(
                "Let op: PROEVE_ADDRESS noemt %(name)s, en dat staat niet in PROEVE_HOSTS. De links in "
                "mails werken dan niet.",
                name=named,
            )
        )
    if not settings.smtp_host or not school.mail_sender:
        found.append(
            _("Let op: er gaat geen mail uit. Zet SMTP_HOST, en in school.toml de afzender ([mail] sender).")
        )
    if lost := unreadable_apps():
        found.append(
            ngettext(
                "Let op: %(num)s authenticator-app is versleuteld met een sleutel die Proeve niet heeft. Zet "
                "de oude sleutel terug naast de nieuwe: zie docs/running.md.",
                "Let op: %(num)s authenticator-apps zijn versleuteld met een sleutel die Proeve niet heeft. "
                "Zet de oude sleutel terug naast de nieuwe: zie docs/running.md.",
                lost,
            )
        )
    return [*found, *(f"{one.label}: {misfit_text(one)}" for one in misfits())]


def welcome(school: School, settings: Settings) -> str:
    """The text for the terminal: the address, and for a demo school the accounts and their password."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    here = f"http://{host}:{settings.port}/"
    lines = ["", f"  Proeve · {school.name}"]
    if settings.hosts:  # it answers to those names alone
        lines += [f"  {settings.site()}/", "  " + _("voor de proxy: %(place)s", place=here), ""]
    else:
        lines += [f"  {here}", ""]
    if school.demo:
        width = max(len(_(one.role.label)) for one in accounts.ACCOUNTS) + 2
        lines += [f"  {_('Rol'):<{width}}{_('Gebruikersnaam')}"]
        lines += [f"  {_(one.role.label):<{width}}{one.username}" for one in accounts.ACCOUNTS]
        lines += ["", "  " + _("Wachtwoord van allemaal: %(password)s", password=accounts.PASSWORD)]
    return "\n".join([*lines, "  " + _("Stoppen: Ctrl-C"), ""])
