"""Static files are kept by browsers, and a changed file gets another address."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, url_for

from app.theme.assets import register_assets


def test_an_address_with_the_hash_may_be_kept_for_a_year(themed: Flask) -> None:
    with themed.test_request_context():
        address = url_for("static", filename="proeve.css")
    assert "?v=" in address
    with themed.test_client().get(address) as response:
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_an_address_without_it_may_not(themed: Flask) -> None:
    with themed.test_client().get("/static/proeve.css") as response:
        assert "immutable" not in response.headers["Cache-Control"]


def test_bootstraps_files_have_a_hash_too(themed: Flask) -> None:
    with themed.test_request_context():
        assert "?v=" in url_for("bootstrap.static", filename="css/bootstrap.min.css")


def test_a_changed_file_gets_another_address(tmp_path: Path) -> None:
    app = Flask("changing", static_folder=str(tmp_path))
    register_assets(app)
    file = tmp_path / "look.css"
    file.write_text("a {}")
    with app.test_request_context():
        before = url_for("static", filename="look.css")
        file.write_text("b {}")
        os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
        assert url_for("static", filename="look.css") != before


def test_no_file_outside_the_folder_is_read(tmp_path: Path) -> None:
    inside = tmp_path / "static"
    inside.mkdir()
    (tmp_path / "secret").write_text("x")
    app = Flask("closed", static_folder=str(inside))
    register_assets(app)
    with app.test_request_context():
        assert "v=" not in url_for("static", filename="../secret")
