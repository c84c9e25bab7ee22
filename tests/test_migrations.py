"""A migration means the same for ever: it imports nothing that changes, and what it computes stands in it."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command as alembic
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.event import listen, remove

from app.database import prepare
from app.entities.base import db
from app.entities.exams import Exam
from app.entities.students import Student, StudentTerm
from app.rules.pass_rules import preset
from config import ROOT
from migrations import triggers
from tests.factories import make_exam, make_student, refresh
from tests.support.database import alembic_config
from tests.support.processes import start

VERSIONS = ROOT / "migrations" / "versions"
LASTING = {"alembic", "sqlalchemy", *sys.stdlib_module_names} - {"importlib"}
OWN = "migrations.triggers"  # reads texts that are never changed


# --- what they import ------------------------------------------------------------------------


def passing_imports(file: Path) -> list[str]:
    """What a migration imports that may mean something else tomorrow."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Name) and node.id == "__import__":
            found.append(node.id)
    return [name for name in found if name.split(".")[0] not in LASTING and name != OWN]


def test_no_migration_imports_what_may_change():
    files = [*VERSIONS.glob("*.py"), Path(triggers.__file__)]
    assert len(files) > 18
    assert {file.name: found for file in files if (found := passing_imports(file))} == {}


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        ("import app.entities.base", "app.entities.base"),
        ("from app.rules.people import name_key", "app.rules.people"),
        ("def upgrade():\n    from app import models", "app"),
        ("from . import other", "."),
        ("from config import ROOT", "config"),
        ("from migrations import env", "migrations"),
        ("import importlib", "importlib"),
        ("__import__('app')", "__import__"),
    ],
)
def test_an_import_in_a_migration_is_noticed(tmp_path: Path, planted: str, seen: str):
    (tmp_path / "planted.py").write_text(f"import sqlalchemy as sa\nfrom alembic import op\n{planted}\n")
    assert passing_imports(tmp_path / "planted.py") == [seen]


@pytest.mark.schema
def test_a_migration_that_alembic_writes_imports_nothing_of_ours(app: Flask, tmp_path: Path):
    """The table is missing in the database, so that Alembic writes it out, moments and all."""
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE coupling_run"))
    where = alembic_config(tmp_path)

    alembic.revision(where, "Planted", autogenerate=True, rev_id="planted", version_path=str(tmp_path))

    (written,) = tmp_path.glob("*.py")
    assert passing_imports(written) == []
    assert "sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True)" in written.read_text()
    assert "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = 'planted'" in written.read_text()


# --- what they compute -----------------------------------------------------------------------


@pytest.mark.schema
def test_students_of_before_get_their_words_and_their_place(app: Flask):
    """In words that stand here: not by the rule that a student is entered by today."""
    names = {"first_name": "Łukasz", "infix": "van der", "last_name": "El-Ørsted"}
    student = make_student(**names, number="A-7", email="l.orsted@school-x.example.nl").id
    db.session.rollback()
    alembic.downgrade(alembic_config(), "0009")
    alembic.upgrade(alembic_config(), "head")

    refresh()
    found = db.session.get_one(Student, student)
    words = "lukasz van der el-orsted a-7 l.orsted@school-x.example.nl orsted 7 orsted@school-x.example.nl"
    assert found.search == f"{words} school-x.example.nl"
    assert set(db.session.scalars(select(StudentTerm.term))) == set(found.search.split())
    assert found.name_key == "el-orsted\x1flukasz van der"


OLD_RULES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    # the model of before with its parameters, and the preset that says the same
    ("consortium", {"good_from": 5, "min_points": 1}, "consortium", {"good_from": 5}),
    ("consortium", {"good_percent": 51, "good_from": 4}, "consortium", {"good_percent": 51, "good_from": 4}),
    ("points_to_mark", {"min_points": 2, "rounding": "half_up"}, "points_to_mark", {"rounding": "half_up"}),
    ("points_to_mark", {"pass_mark": "6.0", "good_mark": None}, "points_to_mark", {"pass_mark": "6.0"}),
    ("every_work_process", {"fail_cap": "5.4"}, "every_work_process", {"fail_cap": "5.4"}),
    ("every_work_process", {"measure": "lowest"}, "every_work_process", {"measure": "lowest"}),
    ("every_work_process", {"min_points": "1.5"}, "every_work_process", {"min_points": "1.5"}),
    ("knock_out", {"threshold": 3, "good_from": 4}, "knock_out", {"threshold": 3, "good_from": 4}),
]


@pytest.mark.schema
def test_the_rules_of_before_become_steps_that_decide_the_same(app: Flask):
    """A level is sufficient when it had the points that the rule asked: 1, 2, or 1,5 rounded up."""
    exams = [make_exam(tasks=1, criteria=1).id for _rule in OLD_RULES]
    db.session.rollback()
    alembic.downgrade(alembic_config(), "0026")
    with db.engine.begin() as connection:
        write = text("UPDATE exam SET rule_model = :model, rule_parameters = :given WHERE id = :id")
        for id_, (model, given, _preset, _parameters) in zip(exams, OLD_RULES, strict=True):
            connection.execute(write, {"model": model, "given": json.dumps(given), "id": id_})
    alembic.upgrade(alembic_config(), "head")

    refresh()
    for id_, (_model, given, name, parameters) in zip(exams, OLD_RULES, strict=True):
        exam = db.session.get_one(Exam, id_)
        assert exam.pass_rule == preset(name, parameters)
        enough = [level.sufficient for level in exam.tasks[0].criteria[0].levels]
        assert enough == [False, str(given.get("min_points", 1)) == "1", True]


@pytest.mark.schema
def test_a_rule_in_steps_comes_back_after_a_downgrade(app: Flask):
    rule = preset("mark_per_work_process", {})
    exam = make_exam(pass_rule=rule).id
    db.session.rollback()
    alembic.downgrade(alembic_config(), "0026")
    alembic.upgrade(alembic_config(), "head")

    refresh()
    assert db.session.get_one(Exam, exam).pass_rule == rule


# --- with rows in every table ------------------------------------------------------------------

REVISIONS = sorted(file.name[:4] for file in VERSIONS.glob("[0-9]*.py"))
KEPT = ("student", "registration", "sitting", "sitting_examiner", "outbox_mail", "ab_user", "score_sheet")


def counted_rows() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in KEPT}


@pytest.mark.schema
@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_school_of_before_comes_up_to_date_with_all_its_rows(demo: Flask, revision: str):
    """From every version on: the rows of the demo school, and nothing that points at nothing."""
    before = counted_rows()
    assert all(before.values())
    db.session.remove()
    alembic.downgrade(alembic_config(), revision)
    prepare()
    assert counted_rows() == before
    alembic.check(alembic_config())
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@pytest.mark.schema
def test_postgresql_counts_its_rows_before_a_step_that_needs_it(demo: Flask):
    """0015 at 100,000 students without: not done in twelve minutes; with: 22 seconds."""
    db.session.remove()
    alembic.downgrade(alembic_config(), "0014")
    said: list[str] = []
    listen(db.engine, "before_cursor_execute", note := lambda _c, _cur, sql, *_more: said.append(sql))
    try:
        alembic.upgrade(alembic_config(), "head")
    finally:
        remove(db.engine, "before_cursor_execute", note)
    analysed = [number for number, sql in enumerate(said) if sql == "ANALYZE"]
    heavy = next(number for number, sql in enumerate(said) if sql.startswith("UPDATE student SET programme"))
    if db.engine.dialect.name == "sqlite":
        assert analysed == []
    else:
        assert analysed[0] < heavy
        assert len(analysed) == len(REVISIONS) - 14 + 1, "before the first step and after each"


@pytest.mark.schema
def test_two_that_prepare_at_once_wait_for_each_other(app: Flask):
    db.session.remove()
    alembic.downgrade(alembic_config(), "base")
    db.engine.dispose()
    both = [start(app, "run.py", "prepare") for _each in range(2)]
    ended = [(process.communicate(timeout=100)[0], process.returncode) for process in both]
    assert [status for _said, status in ended] == [0, 0], ended
    assert all(said.count("Gereed") == 1 and "Traceback" not in said for said, _status in ended)
    alembic.check(alembic_config())
