"""The kinds of value in a TOML file: each reads a value strictly and says what is allowed."""

import datetime as dt
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from flask_babel import lazy_gettext as _l

from app.rules.cleaning import clean
from app.rules.people import email_plausible

T = TypeVar("T")
S = TypeVar("S", bound=str)

_WEB = re.compile(r"https://[A-Za-z0-9.-]{1,200}(?:[/?#][!-~]{0,300})?")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}  # Unicode's names for control characters, surrogates and ends of lines
_SVG = re.compile(
    rb"(\xef\xbb\xbf)?(?>\s+|<\?xml.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(\[.*?\]\s*)?>)*+<svg[\s>]", re.DOTALL
)
_PNG = b"\x89PNG\r\n\x1a\n"


class Kind(Generic[T]):
    """The kind of value that a field may hold."""

    @property
    def allowed(self) -> Any:
        """What is allowed, in words that fit behind “toegestaan:”."""
        raise NotImplementedError

    def read(self, value: object, folder: Path) -> T | None:
        """The value as Proeve keeps it; None: not allowed. `folder`: where the file stands."""
        raise NotImplementedError

    def near(self, value: object) -> str:
        """The known value most like a refused one; empty when none is."""
        return ""


@dataclass(frozen=True)
class Flag(Kind[bool]):
    @property
    def allowed(self) -> Any:
        return _l("true of false, zonder aanhalingstekens")

    def read(self, value: object, folder: Path) -> bool | None:
        return value if isinstance(value, bool) else None


@dataclass(frozen=True)
class Whole(Kind[int]):
    """A whole number from `low` up to and including `high`; true is no number, nor is 2.0."""

    low: int
    high: int

    @property
    def allowed(self) -> Any:
        return _l("een geheel getal van %(low)s tot en met %(high)s", low=self.low, high=self.high)

    def read(self, value: object, folder: Path) -> int | None:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return value if whole and isinstance(value, int) and self.low <= value <= self.high else None


@dataclass(frozen=True)
class Day(Kind[dt.date]):
    @property
    def allowed(self) -> Any:
        return _l("een datum, zoals 2026-11-24")

    def read(self, value: object, folder: Path) -> dt.date | None:
        return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None


@dataclass(frozen=True)
class Text(Kind[str]):
    """A text that isn't blank, cleaned; `lines`: it may have more than one line."""

    limit: int = 200
    lines: bool = False

    @property
    def allowed(self) -> Any:
        if self.lines:
            return _l(
                "een tekst van 1 tot en met %(limit)s tekens, tussen aanhalingstekens", limit=self.limit
            )
        return _l(
            "een tekst van 1 tot en met %(limit)s tekens op één regel, tussen aanhalingstekens",
            limit=self.limit,
        )

    def read(self, value: object, folder: Path) -> str | None:
        if not isinstance(value, str):
            return None
        refused = {one for one in value if unicodedata.category(one) in _UNSEEN}
        text = clean(value).strip()
        fits = len(text) > 0 and max(len(text), len(value)) <= self.limit
        return text if fits and not refused - set("\n\t" if self.lines else "") else None


@dataclass(frozen=True)
class Choice(Kind[S]):
    """One of a closed list."""

    values: Collection[S]

    @property
    def allowed(self) -> Any:
        return ", ".join(sorted(self.values))

    def read(self, value: object, folder: Path) -> S | None:
        return next((one for one in self.values if isinstance(value, str) and value.strip() == one), None)

    def near(self, value: object) -> str:
        return nearest(value, self.values)


@dataclass(frozen=True)
class Mail(Kind[str]):
    @property
    def allowed(self) -> Any:
        return _l("een e-mailadres, zoals examenbureau@school.nl")

    def read(self, value: object, folder: Path) -> str | None:
        return value if isinstance(value, str) and email_plausible(value) else None


@dataclass(frozen=True)
class Web(Kind[str]):
    """An address of a page, over TLS."""

    @property
    def allowed(self) -> Any:
        return _l("een adres dat met https:// begint, zoals https://www.school.nl/handleiding")

    def read(self, value: object, folder: Path) -> str | None:
        return value if isinstance(value, str) and _WEB.fullmatch(value) else None


@dataclass(frozen=True)
class Colour(Kind[str]):
    @property
    def allowed(self) -> Any:
        return _l("een kleur als # met zes cijfers of letters a tot en met f, zoals #1b4f8a")

    def read(self, value: object, folder: Path) -> str | None:
        return value if isinstance(value, str) and _COLOUR.fullmatch(value) else None


@dataclass(frozen=True)
class Zone(Kind[str]):
    """A time zone that this machine knows."""

    @property
    def allowed(self) -> Any:
        return _l("een tijdzone die bestaat, zoals Europe/Amsterdam")

    def read(self, value: object, folder: Path) -> str | None:
        try:
            return ZoneInfo(value).key if isinstance(value, str) else None
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None

    def near(self, value: object) -> str:
        return nearest(value, available_timezones())


@dataclass(frozen=True)
class Picture(Kind[Path]):
    """The name of a picture in the file's own folder, with the content that its ending promises."""

    @property
    def allowed(self) -> Any:
        return _l("de naam van een plaatje (.svg of .png) in dezelfde map")

    def read(self, value: object, folder: Path) -> Path | None:
        name = Text(255).read(value, folder)
        path = folder / (name or "")
        try:
            inside = path.resolve().is_relative_to(folder.resolve()) and path.is_file()
        except (OSError, RuntimeError):  # a name that no disk can hold, or a link to itself
            return None
        return path if inside and _is_picture(path) else None


def _is_picture(path: Path) -> bool:
    try:
        held = path.read_bytes()
    except OSError:
        return False
    kind = path.suffix.lower()
    return (kind == ".png" and held.startswith(_PNG)) or (kind == ".svg" and _SVG.match(held) is not None)


def nearest(value: object, known: Collection[str]) -> str:
    """The known word most like this one; empty when none is."""
    if not isinstance(value, str):
        return ""
    as_known = {one.casefold(): one for one in known}
    return next((as_known[one] for one in get_close_matches(value.casefold(), as_known, n=1)), "")
