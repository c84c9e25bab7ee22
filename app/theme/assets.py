"""Static files with their content's hash in the address: kept for a year, new at once when changed."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.security import safe_join

YEAR_SECONDS = 365 * 24 * 3600
ENDPOINTS = ("static", "bootstrap.static")


def register_assets(app: Flask) -> None:
    """`url_for("static", ...)` gets `v=<hash>`; only an answer to such an address may be kept."""

    @app.url_defaults
    def _with_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in ENDPOINTS:
            folder = _folder(app, endpoint)
            path = safe_join(folder, values.get("filename", ""))
            if path is not None and Path(path).is_file():
                values["v"] = _hash_of(path, Path(path).stat().st_mtime_ns)

    @app.after_request
    def _keep(response: Response) -> Response:
        if request.endpoint in ENDPOINTS and "v" in request.args and response.status_code in (200, 304):
            response.cache_control.no_cache = None
            response.cache_control.public = True
            response.cache_control.max_age = YEAR_SECONDS
            response.cache_control.immutable = True
        return response


def _folder(app: Flask, endpoint: str) -> str:
    owner = app.blueprints["bootstrap"] if endpoint == "bootstrap.static" else app
    return str(owner.static_folder)


@cache
def _hash_of(path: str, _changed_ns: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
