"""What Proeve keeps on disk is for its own system user alone: made so, and refused at start when not."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import private
from app import create_app
from app.actions.library.files import Upload, store
from app.entities.base import db
from app.imports import bar
from app.queries.library.library import path_of
from config import Settings
from tests.support.processes import command

pytestmark = pytest.mark.web


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_handed() -> Iterator[None]:
    """A machine on which everybody may read a new file, unless its maker says otherwise."""
    was = os.umask(0)
    yield
    os.umask(was)


@pytest.mark.usefixtures("open_handed")
def test_the_database_and_all_beside_it_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    app = create_app(Settings(school="demo", data=tmp_path / "data"))
    folder = tmp_path / "data" / "demo"
    with app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE tried (id INTEGER)")
        connection.commit()
        stored = path_of(store(Upload("x.pdf", "application/pdf", b"%PDF-1.4")))
        found = {path.name: mode(path) for path in folder.iterdir() if path.is_file()}
        connection.close()
        db.engine.dispose()
    assert mode(folder) == 0o700
    assert set(found) == {"secret-key", "proeve.db", "proeve.db-wal", "proeve.db-shm"}
    assert {*found.values(), mode(stored)} == {0o600}


def test_a_folder_that_others_can_read_is_refused_with_a_sentence(tmp_path: Path) -> None:
    settings = Settings(school="demo", data=tmp_path)
    settings.make_private()
    path = tmp_path / "demo"
    path.chmod(0o740)
    with pytest.raises(SystemExit, match=f"{path} lezen.*chmod") as refusal:
        settings.make_private()
    subprocess.run(str(refusal.value).rpartition(": ")[2], shell=True, check=True)  # noqa: S602
    settings.make_private()


@pytest.mark.parametrize("name", ["proeve.db", "proeve.db-wal", "proeve.db-shm"])
def test_a_database_that_others_can_read_is_mended_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    settings = Settings(school="demo", data=tmp_path)
    settings.make_private()
    path = tmp_path / "demo" / name
    path.touch(mode=0o600)
    settings.make_private()
    assert capsys.readouterr().err == ""
    path.chmod(0o644)
    settings.make_private()
    assert mode(path) == 0o600
    assert f"anderen konden {path} lezen. Dat is hersteld" in capsys.readouterr().err


def test_a_start_on_a_database_that_others_can_read_ends_with_a_sentence(app: Flask) -> None:
    folder = app.extensions["proeve_settings"].school_data
    folder.chmod(0o750)
    try:
        status, shown = command(app, "verify-trail")
    finally:
        folder.chmod(0o700)
    assert status == 1
    assert f"Anderen kunnen {folder} lezen. Doe dit en start opnieuw: chmod -R go= {folder}" in shown
    assert "Traceback" not in shown


def test_with_a_database_elsewhere_the_folder_of_the_files_is_still_the_owners_alone(tmp_path: Path) -> None:
    settings = Settings(
        school="demo", data=tmp_path, given_key="k" * 40, database_url="postgresql://nergens/x"
    )
    settings.make_private()
    assert mode(tmp_path / "demo") == 0o700
    assert os.listdir(tmp_path / "demo") == []


def test_a_sqlite_database_in_a_folder_of_its_own_is_looked_at_there(tmp_path: Path) -> None:
    file = tmp_path / "elders" / "x.db"
    settings = Settings(school="demo", data=tmp_path, database_url=f"sqlite:///{file}")
    settings.make_private()
    assert (mode(file.parent), mode(file)) == (0o700, 0o600)
    file.chmod(0o644)
    settings.make_private()
    assert mode(file) == 0o600
    file.parent.chmod(0o755)
    with pytest.raises(SystemExit, match="een map van Proeve alleen"):
        settings.make_private()


def opened_by(settings: Settings) -> Path:
    """The file that SQLAlchemy really opens with these settings."""
    app = create_app(settings)
    with app.app_context(), db.engine.connect() as connection:
        path = connection.exec_driver_sql("PRAGMA database_list").one()[2]
        connection.close()
        db.engine.dispose()
    return Path(path)


@pytest.mark.usefixtures("open_handed")
@pytest.mark.parametrize(
    "written",
    [
        "sqlite:///{folder}/x.db",
        "sqlite:///{folder}/x.db?timeout=9",
        "sqlite+pysqlite:///{folder}/x.db?timeout=9&check_same_thread=false",
        "sqlite:///{folder}/x%20y.db",
        "sqlite:///file:{folder}/x.db?uri=true&mode=rwc",
        "sqlite:///file:{folder}/x%2520y.db?uri=true",
        "sqlite:///x.db",
        "sqlite:///beneden/x.db?timeout=9",
        "sqlite:///file:x.db?uri=true",
    ],
)
def test_the_file_that_is_opened_is_the_one_that_is_made_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setattr("config.INSTANCE", tmp_path / "instance")
    settings = Settings(
        school="demo", data=tmp_path / "data", database_url=written.format(folder=tmp_path / "elders")
    )
    opened = opened_by(settings)
    assert opened == settings.database_file()
    assert opened.is_relative_to(tmp_path)
    assert (mode(opened), mode(opened.parent)) == (0o600, 0o700)
    beside = opened.with_name(f"{opened.name}-wal")
    beside.touch(mode=0o666)
    settings.make_private()
    assert mode(beside) == 0o600


def test_a_link_to_a_database_is_followed(tmp_path: Path) -> None:
    """SQLite writes -wal and -shm beside the file itself."""
    (tmp_path / "elders").mkdir(mode=0o755)
    (tmp_path / "weg.db").symlink_to(tmp_path / "elders" / "x.db")
    settings = Settings(school="demo", data=tmp_path, database_url=f"sqlite:///{tmp_path / 'weg.db'}")
    with pytest.raises(SystemExit, match="elders lezen"):
        settings.make_private()


@pytest.mark.parametrize(
    "written",
    ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true&mode=memory", "postgresql://nergens/x"],
)
def test_a_database_without_a_file_has_none(tmp_path: Path, written: str) -> None:
    assert Settings(school="demo", data=tmp_path, database_url=written).database_file() is None


@pytest.mark.usefixtures("open_handed")
def test_every_folder_and_file_in_the_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    app = create_app(Settings(school="demo", data=tmp_path))
    with app.app_context():
        store(Upload("x.pdf", "application/pdf", b"%PDF-1.4"))
        bar.tell(1, 5)
    inside = list((tmp_path / "demo").rglob("*"))
    assert {mode(path) for path in inside if path.is_dir()} == {0o700}
    assert {mode(path) for path in inside if path.is_file()} == {0o600}


def test_a_file_for_which_there_is_no_room_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty key would be refused as too short at the next start."""

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("private.os.fsync", full)
    settings = Settings(school="demo", data=tmp_path)
    with pytest.raises(SystemExit, match=r"secret-key is niet te maken.*No space left") as refusal:
        settings.secret_keys()
    assert "None" not in str(refusal.value)
    assert os.listdir(tmp_path / "demo") == []


def test_what_the_disk_refuses_any_command_is_a_sentence(app: Flask, tmp_path: Path) -> None:
    """A name that is too long stands for what root meets too: rights it has everywhere."""
    status, shown = command(app, "backup", str(tmp_path / ("x" * 300)))
    assert (status, len(shown.strip().splitlines()), "File name too long" in shown) == (1, 1, True), shown


@pytest.mark.usefixtures("open_handed")
def test_a_private_file_is_replaced_whole_and_stays_its_owners_alone(tmp_path: Path) -> None:
    path, link = tmp_path / "geheim", tmp_path / "weg"
    private.make_file(path, "oud")
    link.symlink_to(path)
    private.replace_file(link, "nieuw")
    assert (path.read_text(), mode(path), link.is_symlink()) == ("nieuw", 0o600, True)
    with pytest.raises(FileExistsError):
        private.make_file(path)
    with pytest.raises(TypeError):
        private.replace_file(path, None)  # type: ignore[arg-type]
    assert sorted(os.listdir(tmp_path)) == ["geheim", "weg"]
    assert path.read_text() == "nieuw"
