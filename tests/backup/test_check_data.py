"""`run.py check-data`, each fault is a line and a status."""

from __future__ import annotations

import re
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.backup import checking, postgresql
from app.errors import RuleBroken
from tests.support.towns import Town

pytestmark = pytest.mark.database


def test_all_is_well_in_five_lines(town: Town) -> None:
    status, told = town.command("check-data")
    assert status == 0, told
    assert [line.split(":")[0] for line in told.splitlines()] == [
        "Database",
        "Verbanden",
        "Logboek",
        "Bibliotheek",
        "Aanmelden",
    ]
    assert "(apps: 1, accounts: 1)" in told
    assert "1 bestand, " in told


def document(town: Town) -> Path:
    (found,) = (path for path in (town.folder / "data" / "demo" / "library").rglob("*") if path.is_file())
    return found


def changed_document(town: Town) -> None:
    document(town).write_bytes(b"%PDF-1.4 anders")


def another_key(town: Town) -> None:
    (town.folder / "data" / "demo" / "secret-key").write_text("een andere sleutel " * 3)


def without_checks(town: Town, *statements: str) -> None:
    """As somebody with the database in their hands: no trigger, no constraint."""
    if town.kind == "sqlite":
        with closing(sqlite3.connect(town.file)) as connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return
    with psycopg.connect(town.url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement)


def cut_trail(town: Town) -> None:
    last = "(SELECT max(id) FROM audit_entry)"
    without_checks(
        town,
        f"DELETE FROM audit_object WHERE entry_id = {last}",
        f"DELETE FROM audit_entry WHERE id = {last}",
    )


def changed_trail(town: Town) -> None:
    without_checks(town, "UPDATE audit_entry SET actor_name = 'Iemand anders' WHERE id = 1")


def lost_row(town: Town) -> None:
    without_checks(town, "UPDATE library_document SET uploaded_by_id = 999")


def loose_reference(town: Town) -> None:
    """A constraint that PostgreSQL was told not to look at; on SQLite a row is lost all the same."""
    if town.kind == "sqlite":
        return lost_row(town)
    add = "ALTER TABLE library_document ADD CONSTRAINT refers FOREIGN KEY (uploaded_by_id)"
    town.ask(f"{add} REFERENCES ab_user (id) NOT VALID")
    return None


def older_tables(town: Town) -> None:
    town.ask("UPDATE alembic_version SET version_num = '0023'")


def without_anchor(town: Town) -> None:
    (town.folder / "data" / "demo" / "trail-anchor").unlink()


FAULTS: dict[str, tuple[Callable[[Town], Any], str]] = {
    "a document gone": (lambda town: document(town).unlink(), "Fout: 1 bestand van de bibliotheek"),
    "a document changed": (changed_document, "Fout: 1 bestand van de bibliotheek"),
    "another key": (another_key, "Fout: De sleutel opent de app van 1 account niet"),
    "a cut trail": (cut_trail, "Fout: De"),
    "a changed trail": (changed_trail, "Fout: Het logboek klopt niet vanaf regel 1"),
    "no anchor": (
        lambda town: (town.folder / "data/demo/trail-anchor").unlink(),
        "Fout: Het anker ontbreekt",
    ),
    "a row that points at nothing": (lost_row, "Fout: Rijen wijzen naar iets wat er niet is"),
    "a constraint that holds nothing": (loose_reference, "Fout: Rijen wijzen naar iets wat er niet is"),
    "tables of another version": (older_tables, "Fout: De tabellen zijn van versie 0023"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_a_line_and_a_status(town: Town, fault: str) -> None:
    make, said = FAULTS[fault]
    make(town)
    status, told = town.command("check-data")
    assert (status, said in told) == (1, True), told
    assert "Traceback" not in told
    assert len(told.splitlines()) >= 5, "every other part is looked at as well"


def test_a_page_that_does_not_answer_is_a_fault(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SIGN_IN", "/er-niet")
    status, told = town.command("check-data")
    assert (status, "antwoordt 404" in told) == (1, True), told


def test_a_table_that_cannot_be_read_is_a_fault(town: Town, kept: Path) -> None:
    """Nothing is put over it either: what is there could not be kept."""
    if town.kind == "sqlite":
        content = bytearray(town.file.read_bytes())
        content[4096 * 30 :] = bytes(len(content) - 4096 * 30)
        town.file.write_bytes(content)
    else:
        town.ask("UPDATE pg_class SET relfilenode = 999999 WHERE relname = 'student'")
    status, told = town.command("check-data")
    assert (status, "Fout: De database is" in told) == (1, True), told
    status, told = town.restore(kept)
    if town.kind == "postgresql":
        assert (status, "Maak een lege database" in told) == (1, True), told
    else:
        assert (status, "staat nu in" in told) == (0, True), told


# --- PostgreSQL's own programs ----------------------------------------------------------------


def program(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_a_pg_dump_that_is_not_there_or_too_old_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuleBroken, match=r"pg_dump is er niet. Installeer.* 16"):
        postgresql.usable("pg_dump", 160014)
    program(tmp_path, "pg_dump", "echo 'pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)'")
    with pytest.raises(RuleBroken, match="is versie 15, en de server 16"):
        postgresql.usable("pg_dump", 160014)
    assert postgresql.usable("pg_dump", 150020) == str(tmp_path / "pg_dump")
    program(tmp_path, "pg_dump", "echo 'pg_dump: kapot' >&2; exit 3")
    with pytest.raises(RuleBroken, match="pg_dump lukte niet: pg_dump: kapot"):
        postgresql.usable("pg_dump", 150020)


def test_no_password_stands_on_a_command_line(tmp_path: Path) -> None:
    town = Town(
        tmp_path, url="postgresql://wie:ge%20heim@127.0.0.1:5432/x?sslmode=disable&application_name=y"
    )
    with postgresql._environment(town.settings) as given:
        written = Path(given["PGSERVICEFILE"]).read_text()
        assert stat.S_IMODE(Path(given["PGSERVICEFILE"]).parent.stat().st_mode) == 0o700
    assert given["PGPASSWORD"] == "ge heim"
    assert "heim" not in written
    assert re.findall(r"^(\w+)=", written, re.MULTILINE) == [
        "host",
        "dbname",
        "user",
        "port",
        "sslmode",
        "application_name",
    ]
