"""Settings out of the environment, read as strictly as school.toml: a wrong one is a sentence and an end.

Sentences are in Dutch: the school's language isn't known yet at this point.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

OURS = "PROEVE_"
# What the tests and their tools read (tests/, tools/), which a program that they start gets too.
OF_TESTS = ("PROEVE_TEST_", "PROEVE_PICTURES", "PROEVE_CHROMIUM")
YES, NO = {"1", "true", "yes", "ja"}, {"", "0", "false", "no", "nee"}
HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.IGNORECASE)
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.IGNORECASE)
NEARLY = 0.88  # how alike a name must be to one of ours; other programs have settings, too
# With the driver that we install, or without one.
DATABASES = ("postgresql", "postgres", "postgresql+psycopg", "sqlite", "sqlite+pysqlite")
WITH_DRIVER = "postgresql+psycopg"
DATABASE = "postgresql://gebruiker:wachtwoord@server/database, of leeg voor SQLite"
SQLITE_OPTIONS = {
    *("timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements"),  # of Python
    *("uri", "mode", "cache", "psow", "nolock", "immutable", "vfs"),  # of SQLite
}

_asked: set[str] = set()


def text(name: str, default: str = "") -> str:
    _asked.add(name)
    return os.environ.get(name, default).strip()


def flag(name: str) -> bool:
    given = text(name).lower()
    if given not in YES | NO:
        _refuse(name, given, "1 (aan) of 0 (uit)")
    return given in YES


def whole(name: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` up to and including `high`."""
    given = text(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", given, re.ASCII) or not low <= int(given) <= high:
        _refuse(name, given, f"een heel getal van {low} tot en met {high}")
    return int(given)


def seconds(name: str, default: float, low: float, high: float) -> float:
    given = text(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", given, re.ASCII) or not low <= float(given) <= high:
        _refuse(name, given, f"seconden, van {low:g} tot en met {high:g}, bijvoorbeeld {default:g}")
    return float(given)


def one_of(name: str, default: str, known: Collection[str]) -> str:
    given = (text(name) or default).lower()
    if given not in known:
        _refuse(name, given, " of ".join([", ".join(list(known)[:-1]), list(known)[-1]]), known)
    return given


def folder_name(name: str, default: str) -> str:
    """The name of a folder of ours: no path, so that nothing is made or read elsewhere."""
    given = text(name) or default
    if not NAME.fullmatch(given):
        _refuse(name, given, "letters, cijfers, - en _")
    return given


def folder(name: str, default: Path) -> Path:
    given = Path(text(name) or default)
    try:
        wrong = given.exists() and not given.is_dir()
    except OSError as error:  # a folder on the way that we may not enter, or a name that is too long
        raise SystemExit(f"{name}={given} is niet te gebruiken ({error.strerror}).") from None
    if wrong:
        _refuse(name, str(given), "een map")
    return given


def machine(name: str, default: str) -> str:
    """The address or name of a machine."""
    given = text(name) or default
    if given and not _is_host(given):
        _refuse(name, given, "een adres of naam, zoals 127.0.0.1 of mail.school.nl")
    return given


def hosts(name: str) -> tuple[str, ...]:
    """Host names, separated by commas: names alone, without https:// and without a port."""
    given = [one.strip() for one in text(name).split(",")]
    wrong = next((one for one in given if one and not _is_host(one)), None)
    if wrong is not None:
        _refuse(name, wrong, "namen met komma's ertussen, zonder https:// en poort: examens.school.nl")
    return tuple(filter(None, given))


def site(name: str) -> str:
    """The address of a site, or ""."""
    given = text(name)
    if given and not _is_site(given):
        _refuse(name, given, "een adres met https:// ervoor, zoals https://examens.school.nl")
    return given


def database(name: str) -> str:
    """The address of a database, or "". It may hold a password: no sentence repeats it."""
    given = text(name)
    if not given:
        return ""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        _refuse(name, "…", DATABASE)
    if url.drivername not in DATABASES:
        _refuse(name, "…", DATABASE)
    if url.drivername.startswith("sqlite"):
        _refuse_options(name, url.query, SQLITE_OPTIONS)
        if url.database in {None, "", ":memory:"} or url.query.get("mode") == "memory":
            _refuse(name, "…", f"{DATABASE}. Een database in het geheugen is weg als Proeve stopt")
    else:
        bare = given.partition("?")[0]
        if bare.count("@") > 1 or "#" in bare:
            _refuse(name, "…", f"{DATABASE}. In een wachtwoord schrijft u @ als %40, / als %2F, # als %23")
        if not url.database and "dbname" not in url.query:  # the server would take one of its own
            _refuse(name, "…", f"{DATABASE}. De naam van de database ontbreekt")
        _refuse_options(name, url.query, _libpq_options())
        if not str(url.query.get("connect_timeout", 0)).isdecimal():
            _refuse(name, "…", "bij connect_timeout een heel getal (seconden)")
        try:
            url.set(drivername=WITH_DRIVER).get_dialect()().create_connect_args(url)
        except (ArgumentError, ValueError, TypeError):  # such as a port among the options that is no number
            _refuse(name, "…", DATABASE)
    return given


def _libpq_options() -> set[str]:
    """Every option that PostgreSQL's own library knows. Asked for only where there is a PostgreSQL."""
    from psycopg.pq import Conninfo

    return {one.keyword.decode() for one in Conninfo.get_defaults()}


def _refuse_options(name: str, asked: Collection[str], known: Collection[str]) -> None:
    if wrong := next((one for one in asked if one not in known), None):
        near = get_close_matches(wrong, known, 1)
        hint = f" Bedoelt u {near[0]}?" if near else ""
        raise SystemExit(f"{name} heeft een optie die de database niet kent: {wrong}.{hint}")


def redis(name: str) -> str:
    """The address of Redis, or "". It may hold a password: no sentence repeats it."""
    given = text(name)
    if given and not _is_redis(given):
        _refuse(name, "…", "redis://server:6379/0, of leeg")
    return given


def _is_redis(given: str) -> bool:
    from redis import ConnectionPool

    try:
        parts = urlsplit(given)
        if parts.scheme not in {"redis", "rediss", "unix"} or parts.port == 0:
            return False
        ConnectionPool.from_url(given).make_connection()  # it connects to nothing yet
    except (ValueError, TypeError):  # a port that is no number, an option that nobody knows
        return False
    return parts.scheme == "unix" or bool(re.fullmatch(r"/?[0-9]{0,4}", parts.path, re.ASCII))


def secret(name: str, file_name: str) -> str:
    """A secret out of the environment, or out of the file that the environment names."""
    path = text(file_name)
    _asked.add(name)
    if not path:
        return os.environ.get(name, "")
    if os.environ.get(name):
        raise SystemExit(f"{name} en {file_name} staan er allebei. Laat er een van weg.")
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "geen tekst"
        raise SystemExit(f"{file_name}={path} is niet te lezen ({why}).") from None


def refuse_unknown() -> None:
    """SystemExit for a setting of ours that nobody asked for: a typing error would change nothing, unseen."""
    for name in sorted(os.environ):
        if name.startswith(OURS) and not name.startswith(OF_TESTS) and name not in _asked:
            near = get_close_matches(name, _asked, 1, 0.8)  # they all begin alike
            hint = f" Bedoelt u {near[0]}?" if near else " Zie config.py voor wat er is."
            raise SystemExit(f"{name} is geen instelling van Proeve.{hint}")
        if (meant := _nearly_ours(name)) is not None:
            raise SystemExit(f"{name} is geen instelling van Proeve. Bedoelt u {meant}?")


def _nearly_ours(name: str) -> str | None:
    """The setting without PROEVE_ that somebody who typed this name meant, when it is not there itself."""
    if name in _asked or name.startswith(OURS):
        return None
    ours = [one for one in _asked if "_" in one and not one.startswith(OURS) and one not in os.environ]
    return next(iter(get_close_matches(name.upper(), ours, 1, NEARLY)), None)


def _is_host(given: str) -> bool:
    try:
        ipaddress.ip_address(given)
    except ValueError:
        return bool(HOST.fullmatch(given)) and len(given) <= 253
    return True


def _is_site(given: str) -> bool:
    try:
        parts = urlsplit(given)
        named = _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:  # a port that is no number, a bracket too few
        return False
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    return parts.scheme in {"http", "https"} and named and bare


def _refuse(name: str, given: str, allowed: str, known: Collection[str] = ()) -> NoReturn:
    if "@" in given:  # the right values hold none, and before it stands a password
        given = "…"
    near = get_close_matches(given, known, 1)
    hint = f" Bedoelt u {near[0]}?" if near else ""
    raise SystemExit(f"{name}={given} klopt niet. Toegestaan: {allowed}.{hint}")
