"""Every setting: its name, the environment variable behind it, the default and what it means.

A school sets what is its own in schools/<name>/school.toml; this file is about the machine.
"""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.util import asbool

import environment
import private

ROOT = Path(__file__).parent
INSTANCE = ROOT / "instance"  # where a relative path of SQLite begins, as Flask-SQLAlchemy has it
SHORTEST_KEY = 32  # characters
CONNECT_TIMEOUT = 3  # seconds that a database server has to take a connection


SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class Settings:
    # PROEVE_SCHOOL: which of the schools' folders this process serves.
    school: str = field(default_factory=lambda: environment.folder_name("PROEVE_SCHOOL", "demo"))
    # PROEVE_SCHOOLS: where the folders of schools stand; outside the code, a new version leaves them alone.
    schools: Path = field(default_factory=lambda: environment.folder("PROEVE_SCHOOLS", ROOT / "schools"))
    # PROEVE_DATA: where databases, uploads and secrets are kept.
    data: Path = field(default_factory=lambda: environment.folder("PROEVE_DATA", ROOT / "data"))
    # DATABASE_URL: PostgreSQL for a real school; empty: SQLite in the data folder.
    database_url: str = field(default_factory=lambda: environment.database("DATABASE_URL"), repr=False)
    # DATABASE_TIMEOUT: seconds that one statement of a page may take on PostgreSQL.
    database_timeout: float = field(
        default_factory=lambda: environment.seconds("DATABASE_TIMEOUT", 30, 1, 50)
    )
    # HOST and PORT: where to listen. A demo school listens on loopback only.
    host: str = field(default_factory=lambda: environment.machine("HOST", "127.0.0.1"))
    port: int = field(default_factory=lambda: environment.whole("PORT", 5000, 1, 65_535))
    # PROEVE_DEMO_ANYWHERE=1: let a demo school (known passwords!) listen elsewhere too.
    demo_anywhere: bool = field(default_factory=lambda: environment.flag("PROEVE_DEMO_ANYWHERE"))
    # PROEVE_TLS=1: served behind TLS; cookies become Secure and HSTS is sent.
    tls: bool = field(default_factory=lambda: environment.flag("PROEVE_TLS"))
    # PROEVE_HOSTS: host names this school answers to, separated by commas; empty: only this machine's own.
    hosts: tuple[str, ...] = field(default_factory=lambda: environment.hosts("PROEVE_HOSTS"))
    # PROEVE_PROXIES: how many proxies stand in front; that many X-Forwarded-For addresses are believed.
    proxies: int = field(default_factory=lambda: environment.whole("PROEVE_PROXIES", 0, 0, 9))
    # PROEVE_SECRET_KEY: signs cookies, makes login codes, encrypts; empty: a file made at first start.
    given_key: str = field(default_factory=lambda: environment.text("PROEVE_SECRET_KEY"), repr=False)
    # PROEVE_OLD_SECRET_KEYS: the keys before it, which still read; newest first, one a line.
    given_old_keys: str = field(
        default_factory=lambda: environment.text("PROEVE_OLD_SECRET_KEYS"), repr=False
    )
    # PROEVE_ADDRESS: the address of this site as mails name it; without it: the first of PROEVE_HOSTS.
    address: str = field(default_factory=lambda: environment.site("PROEVE_ADDRESS"))
    # SMTP_HOST: the mail server; empty: nothing is sent and mails wait in the outbox.
    smtp_host: str = field(default_factory=lambda: environment.machine("SMTP_HOST", ""))
    # SMTP_SECURITY: starttls (default), tls or none; SMTP_PORT: empty is 587, 465 or 25, in that order.
    smtp_security: str = field(
        default_factory=lambda: environment.one_of("SMTP_SECURITY", "starttls", SMTP_PORTS)
    )
    smtp_port: int = field(default_factory=lambda: environment.whole("SMTP_PORT", 0, 0, 65_535))
    # SMTP_USER, and SMTP_PASSWORD or a file that holds it: SMTP_PASSWORD_FILE.
    smtp_user: str = field(default_factory=lambda: environment.text("SMTP_USER"))
    smtp_password: str = field(
        default_factory=lambda: environment.secret("SMTP_PASSWORD", "SMTP_PASSWORD_FILE"), repr=False
    )
    # SMTP_TIMEOUT: seconds to wait for a mail server that does not answer.
    smtp_timeout: float = field(default_factory=lambda: environment.seconds("SMTP_TIMEOUT", 20, 1, 600))
    # REDIS_URL: wakes a sender in a process of its own (`run.py send-mail`); empty: every web worker sends.
    redis_url: str = field(default_factory=lambda: environment.redis("REDIS_URL"), repr=False)
    # WEB_WORKERS: processes that serve.
    workers: int = field(default_factory=lambda: environment.whole("WEB_WORKERS", 2, 1, 64))

    @property
    def school_folder(self) -> Path:
        return self.schools / self.school

    @property
    def school_data(self) -> Path:
        return self.data / self.school

    def site(self) -> str:
        """The address of this site, without a slash at its end."""
        scheme = "https" if self.tls else "http"
        fallback = f"{scheme}://{self.hosts[0]}" if self.hosts else f"{scheme}://{self.host}:{self.port}"
        return (self.address or fallback).rstrip("/")

    def url(self) -> str:
        """The address of this school's database, with the driver that we install."""
        if not self.database_url:
            return f"sqlite:///{self.school_data.resolve() / 'proeve.db'}"
        for prefix in ("postgresql://", "postgres://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
        return _with_whole_path(self.database_url)

    def is_remote(self) -> bool:
        """Whether the database is a server whose address says nothing about how long to wait."""
        url = make_url(self.url())
        return url.get_backend_name() == "postgresql" and "connect_timeout" not in url.query

    def shown_url(self) -> str:
        """The same, to be read by people: without a password, wherever in the address it stands."""
        url = make_url(self.url())
        place = {name: value for name, value in url.query.items() if name in {"host", "port"}}
        return url.set(query=place).render_as_string(hide_password=True)

    @property
    def key_file(self) -> Path:
        return self.school_data / "secret-key"

    def secret_keys(self) -> tuple[str, ...]:
        """The school's keys, newest first: the first one writes, each of them reads.

        Out of the environment, or out of a file that the first start makes, one a line. SystemExit with a
        sentence when a key is too short, or others can read the file.
        """
        if self.given_key:
            older = filter(str.strip, self.given_old_keys.splitlines())
            return (
                _usable(self.given_key, "PROEVE_SECRET_KEY"),
                *(_usable(key, "PROEVE_OLD_SECRET_KEYS") for key in older),
            )
        if self.given_old_keys.strip():
            raise SystemExit(
                "PROEVE_OLD_SECRET_KEYS staat er zonder PROEVE_SECRET_KEY. Zet de nieuwste sleutel daar, of "
                f"haal beide weg en bewaar alle sleutels in {self.key_file}, de nieuwste bovenaan."
            )
        with private.made_or_told():
            private.make_folder(self.school_data)
            with suppress(FileExistsError):
                private.make_file(self.key_file, new_key())
            private.refuse_open([self.key_file], f"chmod 600 {self.key_file}")
            text = self.key_file.read_text(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return tuple(_usable(key, str(self.key_file)) for key in lines or [""])

    def database_file(self) -> Path | None:
        """The file that SQLite opens, whatever links lead there; None: in memory, or another database."""
        path = _sqlite_path(make_url(self.url()))
        return Path(path).resolve() if path else None

    def make_private(self) -> None:
        """Make the data folder, and SQLite's file, for their owner alone; a file that is not, is mended.

        SystemExit: others can read a folder, or it cannot be made.
        """
        file = self.database_file()
        with private.made_or_told():
            private.make_folder(self.school_data)
            private.refuse_open([self.school_data], f"chmod -R go= {self.school_data}")
            if not file:
                return
            if file.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
            private.make_folder(file.parent)
            beside = "zet de database in een map van Proeve alleen, of doe chmod go="
            private.refuse_open([file.parent], f"{beside} {file.parent}")
            with suppress(FileExistsError):
                private.make_file(file)  # empty: a database without tables. -wal and -shm take its mode
            files = [file.with_name(file.name + end) for end in ("", "-wal", "-shm", "-journal")]
            private.mend(files)
            private.refuse_open(files, f"chmod 600 {file}*")


def _with_whole_path(written: str) -> str:
    """The address of a database, with the whole path of a SQLite file: what is opened is what is private."""
    url = make_url(written)
    path = _sqlite_path(url)
    if not path:
        return written
    whole = str(INSTANCE / path)  # an absolute path stays what it is
    database = f"file:{quote(whole)}" if _is_uri(url) else whole
    return url.set(database=database).render_as_string(hide_password=False)


def _sqlite_path(url: URL) -> str:
    """The path of a SQLite file, as this address has it; "": in memory, or another database."""
    if url.get_backend_name() != "sqlite" or url.query.get("mode") == "memory":
        return ""
    name = url.database or ""
    path = unquote(urlsplit(name).path) if _is_uri(url) else name
    return "" if path == ":memory:" else path


def _is_uri(url: URL) -> bool:
    """Whether SQLite itself reads it as an address: `sqlite:///file:/var/x.db?uri=true`."""
    return asbool(url.query.get("uri", False)) and (url.database or "").startswith("file:")


def new_key() -> str:
    return secrets.token_urlsafe(48)


def _usable(key: str, place: str) -> str:
    if len(key) < SHORTEST_KEY:
        raise SystemExit(
            f"De sleutel in {place} is te kort: {SHORTEST_KEY} tekens of meer. Haal hem weg, dan maakt "
            "Proeve zelf een nieuwe. Wat met een andere sleutel is versleuteld, gaat daarna niet open: zie "
            "docs/running.md."
        )
    return key


def flask_config(settings: Settings) -> dict[str, object]:
    """The settings under the names that Flask and its extensions know."""
    newest, *older = settings.secret_keys()
    return {
        "SECRET_KEY": newest,
        "SECRET_KEY_FALLBACKS": list(older),
        "WTF_CSRF_SECRET_KEY": [*reversed(older), newest],  # a form that is open now can still be sent
        "SQLALCHEMY_DATABASE_URI": settings.url(),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "hide_parameters": True,  # an error in the log names no value of a row
            "pool_use_lifo": True,  # the connection that was used last knows most plans and pages
            **({"connect_args": {"connect_timeout": CONNECT_TIMEOUT}} if settings.is_remote() else {}),
        },
        "MAX_CONTENT_LENGTH": 25 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 5000,
        "PROVIDE_AUTOMATIC_OPTIONS": False,  # no page of ours answers OPTIONS
        "SESSION_COOKIE_NAME": "__Host-proeve" if settings.tls else "proeve",
        "SESSION_COOKIE_SECURE": settings.tls,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_PROTECTION": None,  # Flask-Login's own check of the cookie: our sessions stand on the server
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "nl",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Amsterdam",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "LANGUAGES": {"nl": {"flag": "nl", "name": "Nederlands"}, "en": {"flag": "gb", "name": "English"}},
        "MAIL_SERVER": settings.smtp_host,
        "MAIL_PORT": settings.smtp_port or SMTP_PORTS[settings.smtp_security],
        "MAIL_USE_TLS": settings.smtp_security == "starttls",
        "MAIL_USE_SSL": settings.smtp_security == "tls",
        "MAIL_USERNAME": settings.smtp_user or None,
        "MAIL_PASSWORD": settings.smtp_password or None,
        # Flask-AppBuilder: `run.py prepare` makes its tables and permissions; its API and views are off.
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_SECURITY_VIEWS": False,
        "FAB_ADD_SECURITY_API": False,
        "FAB_ADD_MENU_API": False,
        "FAB_ADD_OPENAPI_VIEWS": False,
        "FAB_API_SWAGGER_UI": False,
        "AUTH_ROLE_ADMIN": "supplier",
        "AUTH_ROLE_PUBLIC": "public",
        "AUTH_USER_REGISTRATION": False,
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
    }
