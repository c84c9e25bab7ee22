"""Static files with their content's hash in the address: kept for a year, new at once when changed."""

import hashlib
import os
import stat
from functools import cache
from pathlib import Path
from typing import Any

import flask
from werkzeug.security import safe_join

YEAR_SECONDS = 365 * 24 * 3600
ENDPOINTS = ("static", "bootstrap.static")


def register_assets(app: flask.Flask) -> None:
    """Add `v=<hash>` to each static address, and let browsers keep only answers to such addresses."""

    @app.url_defaults
    def _with_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in ENDPOINTS:
            path = safe_join(_folder(app, endpoint), values.get("filename", ""))
            changed_ns = _changed_ns(path) if path is not None else None
            if path is not None and changed_ns is not None:
                values["v"] = _hash_of(path, changed_ns)

    @app.after_request
    def _keep(response: flask.Response) -> flask.Response:
        if (
            flask.request.endpoint in ENDPOINTS
            and "v" in flask.request.args
            and response.status_code in (200, 304)
        ):
            response.cache_control.no_cache = None
            response.cache_control.public = True
            response.cache_control.max_age = YEAR_SECONDS
            response.cache_control.immutable = True
        return response


def _folder(app: flask.Flask, endpoint: str) -> str:
    owner = app.blueprints["bootstrap"] if endpoint == "bootstrap.static" else app
    return str(owner.static_folder)


def _changed_ns(path: str) -> int | None:
    """When this file was changed, in ns; None: no file. One call only, as a page asks it for ten files."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else None


@cache
def _hash_of(path: str, _changed_ns: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
