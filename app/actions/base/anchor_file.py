"""The file that holds the trail's end: read, locked, and replaced whole (decision 0031)."""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app

from app.clock import utc_now
from app.sealing import is_signed, signature
from config import Settings

NAME = "trail-anchor"
PURPOSE = "the end of the audit trail"
LONGEST = 4096  # bytes; ours is a tenth of that
PATIENCE = 2.0  # seconds to wait for another process that writes it
PAUSE = 0.005


class Forged(Exception):
    """The file holds something that none of this school's keys signed."""


class Foreign(Exception):
    """The file was signed with our key, and for another school."""


@dataclass(frozen=True)
class Anchor:
    """The trail's end as it was last seen: how many entries, and the last one with its hash."""

    school: str
    since: datetime  # when it was begun, or begun anew by an administrator
    at: datetime
    count: int
    entry: int
    hash: str


def place() -> Path:
    settings: Settings = current_app.extensions["proeve_settings"]
    return settings.school_data.resolve() / NAME


def school_key() -> str:
    settings: Settings = current_app.extensions["proeve_settings"]
    return settings.school


def anchor_at(count: int, entry: int, last_hash: str, *, since: datetime | None = None) -> Anchor:
    """An anchor of now. `since`: that of the anchor before it; None: it begins now."""
    now = utc_now()
    return Anchor(school_key(), since or now, now, count, entry, last_hash)


def read() -> Anchor | None:
    """The anchor; None: there is no file. Forged, Foreign, or OSError when it cannot be read."""
    try:
        with place().open("rb") as file:
            raw = file.read(LONGEST + 1)
    except FileNotFoundError:
        return None
    try:
        kept: dict[str, Any] = json.loads(raw)
        given = str(kept.pop("signature"))
        if len(raw) > LONGEST or not is_signed(_signed_text(kept), given, PURPOSE):
            raise Forged
        moments = {name: datetime.fromisoformat(kept[name]) for name in ("since", "at")}
        anchor = Anchor(**{**kept, **moments})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Forged from error
    if anchor.school != school_key():
        raise Foreign
    return anchor


@contextmanager
def held() -> Iterator[None]:
    """Let one process at a time work on the file. TimeoutError (an OSError) when another holds it long."""
    path = place().with_name(f"{NAME}.lock")
    until = time.monotonic() + PATIENCE
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise TimeoutError(f"{path} is held by another process") from None
                time.sleep(PAUSE)
        yield
    finally:
        os.close(handle)  # this gives the lock back, too


def write(anchor: Anchor) -> None:
    """Replace the file: it holds the old anchor or the new one, also when the power goes. Call it `held`.

    The folder is not synced, which would double the cost: an older anchor follows by itself.
    """
    kept = {**asdict(anchor), "since": anchor.since.isoformat(), "at": anchor.at.isoformat()}
    text = json.dumps({**kept, "signature": signature(_signed_text(kept), PURPOSE)}, indent=1)
    path = place()
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{NAME}-")  # for its owner only
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise


def forget() -> None:
    """Remove the file, with the demo school that it belongs to."""
    place().unlink(missing_ok=True)


def _signed_text(kept: dict[str, Any]) -> str:
    return json.dumps(kept, sort_keys=True, ensure_ascii=True)
