"""What a backup says of itself: of which school and version it is, and the checksum of every part."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from alembic.script import ScriptDirectory

from config import ROOT
from environment import NAME

FORMAT = 1  # of the archive; a number that this version does not know is a newer one
SQLITE, POSTGRESQL = "sqlite", "postgresql"
DATABASE = {SQLITE: "database.sqlite", POSTGRESQL: "database.pgdump"}  # the part that holds it, by kind


@dataclass(frozen=True)
class Part:
    """One file of the backup."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Content:
    """What a copy of the database holds."""

    revision: str
    rows: dict[str, int]  # of each table
    documents: tuple[str, ...]  # the hashes of the kept files that it names


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The manifest, as it stands in the archive beside the parts."""

    school: str
    made_at: datetime
    proeve: str
    database: str
    revision: str
    rows: Mapping[str, int]  # of each table
    documents: tuple[str, ...]  # the hashes of the kept files that the database names
    keys: tuple[str, ...]  # the fingerprints of the school's keys, the newest first
    parts: Mapping[str, Part] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def count(self) -> int:
        return sum(self.rows.values())

    def text(self) -> str:
        return json.dumps({**asdict(self), "made_at": self.made_at.isoformat()}, indent=1, sort_keys=True)


def read_manifest(raw: bytes) -> Manifest:
    """The manifest in these bytes. ValueError when it is none; a newer format is read as far as it goes."""
    try:
        kept: dict[str, Any] = json.loads(raw)
        if isinstance(kept["format"], int) and kept["format"] > FORMAT:
            kept = {name: kept.get(name) for name in Manifest.__dataclass_fields__} | {"parts": {}}
        parts = {str(name): Part(**part) for name, part in kept.pop("parts").items()}
        made_at = datetime.fromisoformat(kept.pop("made_at"))
        documents, keys = (tuple(kept.pop(name) or ()) for name in ("documents", "keys"))
        found = Manifest(**kept, documents=documents, keys=keys, made_at=made_at, parts=parts)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("no manifest") from error
    if not isinstance(found.school, str) or not NAME.fullmatch(found.school):
        raise ValueError("no name of a school")
    if not isinstance(found.format, int):
        raise ValueError("no format")
    if found.format <= FORMAT and DATABASE.get(found.database) not in parts:
        raise ValueError("no database of a kind that we know")
    return found


@cache
def proeve_version() -> str:
    """The version of this Proeve, as pyproject.toml has it."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


@cache
def known_revisions() -> tuple[str, ...]:
    """The migrations that this version of Proeve knows, the newest first."""
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    return tuple(script.revision for script in scripts.walk_revisions())


def is_newer(manifest: Manifest) -> bool:
    """Whether a newer version of Proeve than this one made it."""
    return (
        manifest.format > FORMAT
        or manifest.revision not in known_revisions()
        or _numbers(manifest.proeve) > _numbers(proeve_version())
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in str(version).split(".") if part.isdecimal())
