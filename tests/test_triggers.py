"""The database has the triggers of app/entities/triggers, and each version of it those of its own text."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from alembic import command as alembic
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, text

from app.entities.base import db
from app.entities.triggers import TODAY
from migrations import triggers
from tests.support.database import alembic_config
from tools import triggers as tool

pytestmark = pytest.mark.schema

FOUND = {
    "sqlite": "SELECT 'TRIGGER ' || name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT 'TRIGGER ' || tgname || ' ON ' || tgrelid::regclass, pg_get_triggerdef(oid) "
    "FROM pg_trigger WHERE NOT tgisinternal "
    "UNION ALL SELECT 'FUNCTION ' || oid::regprocedure, pg_get_functiondef(oid) FROM pg_proc "
    "WHERE pronamespace = current_schema()::regnamespace",
}
NEXT = """
from migrations.triggers import drop_triggers, make_triggers

revision, down_revision = "9999", "{head}"


def upgrade():
    drop_triggers("{before}")
    make_triggers("9999")


def downgrade():
    drop_triggers("9999")
    make_triggers("{before}")
"""


def todays() -> tuple[str, ...]:
    return TODAY[db.engine.dialect.name]


def found_on(connection: Connection) -> dict[str, str]:
    """Every trigger and function, whoever made it, with its text; white space does not count."""
    rows = connection.execute(text(FOUND[connection.dialect.name]))
    return {name: " ".join(body.split()) for name, body in rows}


def found() -> dict[str, str]:
    with db.engine.connect() as connection:
        return found_on(connection)


def as_made(statements: Iterable[str]) -> dict[str, str]:
    """What this database would have if these were all that it had: made in it, and taken back."""
    with db.engine.connect() as connection:
        for name in sorted(found_on(connection), reverse=True):  # a trigger before its function
            connection.exec_driver_sql(f"DROP {name}")
        for statement in statements:
            connection.execute(text(statement))
        return found_on(connection)


def test_a_migrated_database_has_todays_triggers_and_no_others(app: Flask):
    there = found()
    assert len(there) > 25
    assert there == as_made(todays())


@pytest.mark.parametrize("what", ["none", "one more", "another moment", "another case", "another body"])
def test_a_difference_with_the_database_is_noticed(app: Flask, what: str):
    gone = next(
        one for one in todays() if "DELETE FROM student_term WHERE student_id" in one and "to_do" in one
    )
    body, last = gone.replace("student_term", "student_to_do"), todays()[-1]
    on_sqlite = db.engine.dialect.name == "sqlite"
    drop = triggers.dropping(last, db.engine.dialect.name)
    planted = {
        "none": [drop],
        "one more": [last.replace("TRIGGER count", "TRIGGER also_count")],
        "another moment": [drop, last.replace("AFTER", "BEFORE")],
        "another case": [drop, last.replace("NEW.student_id", "OLD.student_id", 1)],
        "another body": ["DROP TRIGGER student_gone", body]
        if on_sqlite
        else [body.replace("CREATE", "CREATE OR REPLACE")],
    }[what]
    with db.engine.begin() as connection:
        for statement in planted:
            connection.exec_driver_sql(statement)

    assert found() != as_made(todays())


@pytest.mark.parametrize("database", TODAY)
def test_the_newest_text_is_todays(database: str):
    newest = tool.newest("*.sql", triggers.TEXTS)
    assert triggers.read(newest, database) == list(TODAY[database]), "begin a migration, run `make triggers`"


def test_each_version_has_the_triggers_of_its_text(app: Flask):
    texts = triggers.TEXTS.glob(f"*.{db.engine.dialect.name}.sql")
    for number in sorted((file.name[:4] for file in texts), reverse=True):
        db.session.rollback()
        alembic.downgrade(alembic_config(), number)
        assert found() == as_made(triggers.read(number, db.engine.dialect.name))


@pytest.fixture
def versions(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one migration after those that there are; what is written stays out of the repository."""
    texts, folder = tmp_path / "texts", tmp_path / "versions"
    shutil.copytree(triggers.TEXTS, texts)
    folder.mkdir()
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    (folder / "9999_planted.py").write_text(NEXT.format(head=head, before=tool.newest("*.sql", texts)))
    monkeypatch.setattr(triggers, "TEXTS", texts)
    monkeypatch.setattr(tool, "VERSIONS", folder)
    return folder


def change_triggers(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    for database, statements in TODAY.items():
        monkeypatch.setitem(TODAY, database, tuple(one.replace(old, new) for one in statements))


def test_a_next_migration_copies_no_text(
    versions: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """A trigger changes in its module; `make triggers` and the lines of NEXT do the rest, both ways."""
    before = found()
    change_triggers(monkeypatch, "'sending', 'sent'", "'sent'")

    assert tool.main() == 0
    assert 'make_triggers("9999")' in capsys.readouterr().out
    alembic.upgrade(alembic_config(versions), "9999")
    after = found()
    assert after == as_made(todays())
    assert after != before

    alembic.downgrade(alembic_config(versions), "-1")
    assert found() == before


def test_a_migration_that_fails_leaves_the_triggers_where_they_were(versions: Path):
    before, file = found(), versions / "9999_planted.py"
    file.write_text(file.read_text().replace('make_triggers("9999")', "raise InterruptedError", 1))
    with pytest.raises(InterruptedError):
        alembic.upgrade(alembic_config(versions), "9999")
    assert found() == before


def test_triggers_that_stayed_the_same_are_not_written(versions: Path):
    before = list(triggers.TEXTS.iterdir())
    assert tool.main() == 0
    assert list(triggers.TEXTS.iterdir()) == before


def test_a_text_is_never_written_again(versions: Path, monkeypatch: pytest.MonkeyPatch):
    change_triggers(monkeypatch, "'sending', 'sent'", "'sent'")
    assert tool.main() == 0
    change_triggers(monkeypatch, "'waiting', 'sent'", "'sent'")
    assert tool.main() == 1
    with pytest.raises(FileExistsError):
        triggers.write("9999", "sqlite", TODAY["sqlite"])
    assert "'waiting', 'sent'" in "".join(triggers.read("9999", "sqlite"))
