"""The procedures of docs/running.md, “Backups”, as an operator carries them out, on either database."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask_migrate import downgrade

from app.actions.base.runner import run
from app.actions.base.trail import record
from app.actions.trail.anchor import note_restore
from app.backup import making, occupied, restoring
from app.backup.archive import opened
from app.backup.manifest import known_revisions
from app.clock import utc_now
from app.database import prepare
from app.entities.base import db
from app.entities.engine import transaction
from app.permissions import SYSTEM
from config import ROOT, new_key
from tests.factories import make_student
from tests.support.processes import free_port
from tests.support.towns import Town

pytestmark = pytest.mark.database
RIGHT = "Alles klopt"


def aside_of(told: str) -> list[Path]:
    return [Path(one) for one in re.findall(r"staat nu in (\S+)\.", told)]


# --- a backup --------------------------------------------------------------------------------


def test_a_backup_is_one_file_for_its_owner_alone_and_says_where_and_how_big(town: Town) -> None:
    status, told = town.command("backup")
    assert status == 0, told
    (file,) = (town.folder / "data" / "_backups").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"{file} (" in told
    assert " MB; " in told
    assert re.fullmatch(r"demo-\d{8}T\d{6}Z\.zip", file.name)
    with opened(file) as archive:
        parts = set(archive.manifest.parts)
    assert {"data/secret-key", "data/trail-anchor", "school/school.toml"} < parts
    assert not [name for name in parts if name.endswith((".lock", "-wal", "-shm", ".db"))]
    assert len([line for line in told.splitlines() if line]) == 6, "what was made, and five parts of a check"


def test_a_backup_stands_where_it_is_wanted_and_takes_nobodys_place(town: Town, tmp_path: Path) -> None:
    there = tmp_path / "elders"
    there.mkdir()
    assert town.command("backup", str(there))[0] == 0
    assert town.command("backup", str(there))[0] == 0
    assert len(list(there.iterdir())) == 2
    assert town.command("backup", str(there / "mijn.zip"))[0] == 0
    before = (there / "mijn.zip").read_bytes()
    status, told = town.command("backup", str(there / "mijn.zip"))
    assert (status, "is er al" in told) == (1, True)
    assert (there / "mijn.zip").read_bytes() == before
    status, told = town.command("backup", str(there / "weg" / "mijn.zip"))
    assert (status, "is er niet" in told) == (1, True)
    assert len(list(there.iterdir())) == 3, "nothing else is left behind"


def test_a_backup_while_others_write_is_whole(town: Town, new_town: Callable[[], Town]) -> None:
    stop, wrong = threading.Event(), list[BaseException]()

    def write(app: Any, number: int) -> None:
        with app.app_context():
            count = 0
            while not stop.is_set():
                count += 1
                try:
                    with transaction():
                        record(SYSTEM, "generate_roles", "Student", [1, 2])
                    town.shelve(b"%PDF-1.4 " + f"{number} {count}".encode())
                except BaseException as error:
                    wrong.append(error)
                    raise
            db.session.remove()

    with town.app() as app:
        writers = [threading.Thread(target=write, args=(app, number)) for number in range(2)]
        for one in writers:
            one.start()
        time.sleep(0.3)
        made = [making.make(town.settings) for _n in range(3)]
        stop.set()
        for one in writers:
            one.join()
    assert wrong == []
    documents = [len(one.manifest.documents) for one in made]
    assert documents == sorted(documents)
    assert documents[0] < documents[-1], "the school was written in meanwhile"
    elsewhere = new_town()
    for one in made:
        assert making.missing_documents(one.manifest) == []
        status, told = elsewhere.restore(one.file)
        assert (status, RIGHT in told) == (0, True), told
        time.sleep(1)  # a name by the second


def test_what_is_written_between_two_parts_of_a_backup_does_no_harm(
    town: Town, empty: Town, new_town: Callable[[], Town], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries after the anchor was read, a document after the database was: the worst moments."""
    add = making._add_database

    def busy(*given: Any) -> Any:
        with transaction():
            record(SYSTEM, "generate_roles", "Student", [1])
        found = add(*given)
        with transaction():
            record(SYSTEM, "generate_roles", "Student", [1])
        town.shelve(b"%PDF-1.4 later")
        return found

    monkeypatch.setattr(making, "_add_database", busy)
    with town.app():
        made = making.make(town.settings)
    elsewhere = new_town()
    status, told = elsewhere.restore(made.file)
    assert (status, RIGHT in told) == (0, True), told


def test_a_key_out_of_the_environment_stays_out_of_the_backup(
    empty: Town, new_town: Callable[[], Town]
) -> None:
    empty.key = ("uit de kluis " * 4).strip()
    empty.fill()
    status, told = empty.command("backup")
    assert status == 0, told
    assert "PROEVE_SECRET_KEY" in told
    (file,) = (empty.folder / "data" / "_backups").iterdir()
    with zipfile.ZipFile(file) as archive:
        assert not [one for one in archive.namelist() if empty.key.encode() in archive.read(one)]
    elsewhere = new_town()
    status, told = elsewhere.restore(file)
    assert (status, "PROEVE_SECRET_KEY" in told) == (1, True)
    elsewhere.key = empty.key
    assert elsewhere.restore(file)[0] == 0


def test_a_missing_document_is_said_and_the_backup_made_all_the_same(town: Town) -> None:
    (document,) = (path for path in (town.folder / "data" / "demo" / "library").rglob("*") if path.is_file())
    document.unlink()
    status, told = town.command("backup")
    assert status == 1
    assert f"bestand {document.name}" in told
    assert len(list((town.folder / "data" / "_backups").iterdir())) == 1


def test_a_backup_that_cannot_be_written_leaves_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making.Writer, "add", full)
    status, told = town.command("backup")
    assert (status, "No space left" in told) == (1, True)
    assert list((town.folder / "data" / "_backups").iterdir()) == []


def test_a_file_that_cannot_be_read_is_the_one_that_is_named(town: Town) -> None:
    anchor = town.settings.school_data / "trail-anchor"
    anchor.unlink()
    anchor.mkdir()
    status, told = town.command("backup")
    assert (status, f"{anchor} is niet te lezen" in told) == (1, True), told


def test_that_a_sender_lives_is_not_put_back(town: Town, kept: Path) -> None:
    (town.settings.school_data / "sender-lives").touch()
    with zipfile.ZipFile(town.backup()) as made:
        assert not [name for name in made.namelist() if "sender" in name]


def test_root_is_sent_to_the_user_of_the_school(
    town: Town, monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    if os.geteuid() == 0:
        os.chown(town.folder / "data" / "demo", 65534, 65534)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    before = town.tree()
    for status, told in (town.command("backup"), town.restore(kept)):
        assert (status, "sudo -u" in told) == (1, True)
    assert town.tree() == before


# --- in place ---------------------------------------------------------------------------------


def test_a_restore_in_place_brings_back_what_was_and_keeps_what_is(town: Town, kept: Path) -> None:
    with town.app():
        make_student(last_name="Later")
        (town.settings.school_folder / "school.toml").write_text("stuk")
    was = town.tree()
    status, told = town.restore(kept)
    assert (status, RIGHT in told) == (0, True), told
    assert town.names() == ["Eerste"]
    places = aside_of(told)
    assert [place.parent.name for place in places] == ["data", "schools"]
    assert (places[1] / "school.toml").read_text() == "stuk"
    for name, content in was.items():
        head, school, rest = name.split("/", 2)
        if head == "data" and school == "demo" and not rest.endswith(("-shm", "-wal")):
            moved = places[0] / rest
            assert content == town.tree()[moved.relative_to(town.folder).as_posix()], name
    (entry,) = town.ask(
        "SELECT details FROM audit_entry WHERE action = 'note_restore' ORDER BY id DESC LIMIT 1"
    )
    assert "made_at" in str(entry)
    assert not [path for path in town.folder.rglob("*") if restoring.ROOM in path.name]


def test_a_wrong_restore_is_undone(town: Town, kept: Path) -> None:
    """As docs/running.md says: by the names on SQLite, by the backup that was made first on PostgreSQL."""
    with town.app():
        make_student(last_name="Later")
    status, told = town.restore(kept)
    assert status == 0, told
    if town.kind == "sqlite":
        (aside,) = aside_of(told)
        (town.folder / "data" / "demo").rename(town.folder / "data" / "demo.wrong")
        aside.rename(town.folder / "data" / "demo")
        assert town.command("check-data")[0] == 0
    else:
        found = re.search(r"run.py restore (\S+)", told)
        assert found is not None
        assert town.restore(Path(found[1]))[0] == 0
    assert town.names() == ["Eerste", "Later"]


def test_a_restore_beside_an_old_wal_is_whole(town: Town, kept: Path) -> None:
    if town.kind == "sqlite":
        town.leave_wal()
    else:  # what a newer version left there does not stay either
        town.ask("CREATE TABLE newer (id int PRIMARY KEY, student_id int REFERENCES student (id))")
        town.ask("CREATE FUNCTION newer() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    status, told = town.restore(kept)
    assert (status, RIGHT in told) == (0, True), told
    assert town.ask("SELECT count(*) FROM student WHERE first_name = 'Uit de wal'") == [(0,)]
    if town.kind == "sqlite":
        (aside,) = aside_of(told)
        assert (aside / "proeve.db-wal").stat().st_size
        with closing(sqlite3.connect(aside / "proeve.db")) as connection:
            assert connection.execute("SELECT first_name FROM student").fetchall() == [("Uit de wal",)]
    else:
        assert town.ask("SELECT to_regclass('newer') IS NULL, to_regproc('newer') IS NULL") == [(True, True)]


# --- elsewhere --------------------------------------------------------------------------------


def test_a_restore_on_an_empty_machine_is_the_school(empty: Town, kept: Path, filled: Any) -> None:
    """Nothing is there but the backup and the settings; even the school's name comes out of the backup."""
    source: Town = filled[0]
    status, told = empty.restore(kept)
    assert (status, RIGHT in told) == (0, True), told
    assert aside_of(told) == []
    same = {"secret-key", "trail-anchor"}
    ours, theirs = empty.tree(), source.tree()
    left = {name for name in theirs if name.startswith(("data/demo/library", "schools/"))}
    assert left
    assert {name: ours.get(name) for name in left} == {name: theirs[name] for name in left}
    assert ours["data/demo/secret-key"] == theirs["data/demo/secret-key"], same
    assert empty.names() == source.names() == ["Eerste"]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (empty.folder / "data" / "demo").rglob("*")}
    assert not [path for path, mode in modes.items() if mode & 0o077]
    with empty.app():
        run(note_restore, SYSTEM, made_at="x", held=None)  # its triggers, its numbers: one can work on
        make_student(last_name="Nieuw")
    assert empty.command("check-data")[0] == 0


def test_a_database_in_a_folder_of_its_own_is_put_back_there(empty: Town, kept: Path) -> None:
    if empty.kind == "postgresql":
        empty.url = empty.url.replace("postgresql://", "postgres://")
    else:
        empty.url = f"sqlite:///{empty.folder / 'elders' / 'x.db'}"
    assert empty.restore(kept)[0] == 0
    with empty.app():
        make_student(last_name="Later")
    status, told = empty.restore(kept)
    assert (status, RIGHT in told) == (0, True), told
    assert empty.names() == ["Eerste"]
    if empty.kind == "sqlite":
        assert any(place.name.startswith("x.db.before-") for place in aside_of(told))


def test_two_restores_within_a_second_keep_what_was_there_apart(
    town: Town, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = utc_now()
    monkeypatch.setattr(restoring, "utc_now", lambda: moment)
    asides = []
    for _twice in range(2):
        status, told = town.restore(kept)
        assert (status, RIGHT in told) == (0, True), told
        asides += aside_of(told)
    assert len(set(asides)) == len(asides) > 1
    assert all(place.exists() for place in asides)


# --- what is refused --------------------------------------------------------------------------


def test_a_key_that_is_another_is_refused_and_told_of_when_it_is_insisted_on(town: Town, kept: Path) -> None:
    town.key = ("een andere sleutel " * 3).strip()
    before = town.tree()
    status, told = town.restore(kept)
    assert (status, "sleutel is een andere" in told) == (1, True)
    assert town.tree() == before
    status, told = town.restore(kept, "--other-key")
    assert status == 1
    assert "Fout: De sleutel opent de app van 1 account niet" in told
    assert "Fout: Het anker is niet echt" in told
    assert RIGHT not in told


def test_a_backup_of_another_installation_is_put_back_only_when_it_is_insisted_on(
    town: Town, kept: Path, new_town: Callable[[], Town]
) -> None:
    town.settings.key_file.write_text(f"{new_key()}\n")  # as a school has that was begun apart
    before = town.tree()
    status, told = town.restore(kept)
    assert (status, "van een andere installatie" in told) == (1, True)
    assert town.tree() == before
    assert town.restore(kept, "--other-key")[0] == 0
    begun = new_town()  # nobody works with what only was prepared, as after a restore that was killed
    shutil.copytree(town.folder / "schools", begun.folder / "schools")
    with begun.app():
        prepare()
    assert begun.restore(kept)[0] == 0


def started(town: Town, *arguments: str, **extra: str) -> subprocess.Popen[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PROEVE_", "DATABASE_"))
    }
    return subprocess.Popen(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        env={**kept, **town.environment, "PROEVE_SCHOOL": "demo", **extra},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_school_that_is_served_is_left_alone(town: Town, kept: Path) -> None:
    port = free_port()
    server = started(town, "serve", PORT=str(port), WEB_WORKERS="1")
    try:
        for _try in range(300):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/aanmelden", timeout=5) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                time.sleep(0.1)
        status, told = town.restore(kept)
        assert (status, "in gebruik" in told) == (1, True), told
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/aanmelden", timeout=5) as answer:
            assert answer.status == 200
        assert town.command("backup")[0] == 0, "which a school in use can have made"
    finally:
        server.terminate()
        server.communicate(timeout=30)
    status, told = town.restore(kept)
    assert status == 0, told


def test_whoever_has_the_database_open_is_left_alone(town: Town, kept: Path) -> None:
    """Without Proeve's own lock: another program, or a server on another machine."""
    if town.kind == "sqlite":
        code = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT count(*) FROM student')"
            ".fetchall(); print('open', flush=True); sys.stdin.read()"
        )
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(town.file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        status, told = town.restore(kept)
        other.communicate("")
    else:
        with psycopg.connect(town.url):
            status, told = town.restore(kept)
    assert (status, "in gebruik" in told) == (1, True), told
    assert not [path for path in town.folder.rglob("*") if restoring.ROOM in path.name]
    assert town.restore(kept)[0] == 0


def test_nothing_begins_while_a_backup_is_put_back(town: Town) -> None:
    with occupied.alone(town.settings):
        for word in ("prepare", "backup"):
            status, told = town.command(word)
            assert (status, "net een back-up" in told) == (1, True), told
        for word in ("serve", "send-mail"):
            process = started(town, word, PORT=str(free_port()))
            try:
                told = process.communicate(timeout=60)[0]
            finally:
                process.terminate()
            assert (process.returncode, "net een back-up" in told) == (1, True), told


@pytest.mark.parametrize("at", ["_take_places", "school", "_fill"])
def test_a_restore_that_fails_half_way_changes_nothing(
    town: Town, kept: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    with town.app():
        make_student(last_name="Later")
        (town.settings.school_folder / "school.toml").write_text("stuk")
    move = restoring.Moves.move

    def fails(self: Any, source: Path, target: Path) -> None:
        if at == "school" and target == town.settings.school_folder:
            raise OSError(18, "Invalid cross-device link", str(target))
        move(self, source, target)

    if at == "school":
        monkeypatch.setattr(restoring.Moves, "move", fails)
    elif at == "_fill" and town.kind == "postgresql":
        carry_out = restoring.postgresql._carry_out

        def half(connection: Any, file: Any) -> None:
            carry_out(connection, file)
            connection.execute("SELECT 1 / 0")

        monkeypatch.setattr(restoring.postgresql, "_carry_out", half)
    else:
        take = restoring._take_places

        def taken(*given: Any) -> None:
            take(*given)
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(restoring, "_take_places", taken)
    before = {name for name in town.tree() if "_backups" not in name}
    status, told = town.restore(kept)
    assert status == 1, told
    assert {name for name in town.tree() if "_backups" not in name} == before
    assert (town.settings.school_folder / "school.toml").read_text() == "stuk"
    assert town.names() == ["Eerste", "Later"]


@pytest.mark.parametrize("gone", ["data", "school"])
def test_a_restore_that_was_killed_half_way_is_told_and_can_be_done_again(
    town: Town, kept: Path, gone: str
) -> None:
    """Also when the school's own settings are the folder that is not there for a moment."""
    (town.settings.school_folder / "school.toml").write_text("stuk")
    code = (
        "import os, sys; from app.backup.restoring import Moves; from app.restore import restore\n"
        "move = Moves.move\n"
        "def moved(self, source, target):\n"
        "    move(self, source, target)\n"
        f"    if str(source).endswith('/{'data' if gone == 'data' else 'schools'}/demo'):\n"
        "        os.kill(os.getpid(), 9)\n"
        "Moves.move = moved\n"
        "restore.main(sys.argv[1:])"
    )
    kept_names = {name: value for name, value in os.environ.items() if not name.startswith("PROEVE_")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(kept)], cwd=ROOT, env={**kept_names, **town.environment}, check=False
    )
    assert done.returncode == -9
    place = town.folder / "data" if gone == "data" else town.folder / "schools"
    assert not (place / "demo").exists(), "set aside, and nothing in its place yet"
    status, told = town.command("prepare")
    assert (status, "halverwege gestopt" in told) == (1, True), told
    status, told = town.restore(kept)
    assert (status, RIGHT in told) == (0, True), told
    assert town.command("prepare")[0] == 0
    assert not [path for path in town.folder.rglob("*") if restoring.ROOM in path.name]


def test_what_cannot_be_turned_back_is_said(town: Town, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename, calls = os.rename, list[Path]()

    def fails(source: Path, target: Path) -> None:
        if Path(target).name.startswith("demo.before") or not calls:
            calls.append(source)
            return rename(source, target)
        raise OSError(13, "Permission denied", str(source))

    monkeypatch.setattr(restoring.os, "rename", fails)
    status, told = town.restore(kept)
    assert (status, "Terugdraaien lukte niet" in told, "zelf weer de naam" in told) == (1, True, True), told
    monkeypatch.undo()
    assert "halverwege gestopt" in town.command("prepare")[1]


def test_folders_that_stand_in_each_other_are_refused(town: Town, kept: Path) -> None:
    status, told = town.command("backup", str(town.folder / "data" / "demo"))
    assert (status, "Kies een andere map" in told) == (1, True), told
    status, told = town.command("backup", str(town.folder / "schools" / "demo" / "x.zip"))
    assert (status, "Kies een andere map" in told) == (1, True), told
    before = town.tree()
    status, told = town.restore(kept, PROEVE_SCHOOLS=str(town.folder / "data"))
    assert (status, "elk een eigen map" in told) == (1, True), told
    assert town.tree() == before


def test_an_older_backup_is_brought_up_to_date(town: Town, new_town: Callable[[], Town]) -> None:
    with town.app():
        downgrade(directory=str(ROOT / "migrations"), revision="0023")
        db.session.remove()
        made = making.make(town.settings)
    assert made.manifest.revision == "0023"
    elsewhere = new_town()
    status, told = elsewhere.restore(made.file)
    assert (status, RIGHT in told) == (0, True), told
    assert f"tabellen van versie {known_revisions()[0]}" in told
    assert elsewhere.names() == ["Eerste"]


def test_a_database_of_somebody_else_is_left_alone(empty: Town, kept: Path) -> None:
    if empty.kind == "sqlite":
        empty.url = "postgresql://niemand@127.0.0.1:1/x"
        status, told = empty.restore(kept)
        assert (status, "niet van het ene soort" in told) == (1, True)
        return
    empty.ask("CREATE TABLE theirs (id int)")
    status, told = empty.restore(kept)
    assert (status, "niet van Proeve" in told) == (1, True)
    assert empty.ask("SELECT count(*) FROM theirs") == [(0,)]
    empty.url, empty.kind = "", "sqlite"
    status, told = empty.restore(kept)
    assert (status, "niet van het ene soort" in told) == (1, True)
    assert not (empty.folder / "data" / "demo").exists()
