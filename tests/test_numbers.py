"""A number is given to one row only, and what leaves the building is known by a name of its own."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from alembic import command as alembic
from flask import Flask
from sqlalchemy import delete, insert, inspect, select, text

from app.actions.base.trail import record
from app.entities.base import db, metadata
from app.entities.engine import transaction
from app.entities.numbers import counts_up
from app.models import AuditEntry, Exam, LibraryDocument, Registration, Result, Sitting, Student, StudentGroup
from app.permissions import SYSTEM
from tests.factories import make_exam, make_group, make_registration, make_student
from tests.support.database import alembic_config

pytestmark = pytest.mark.schema

COUNTED = sorted(table.name for table in metadata.tables.values() if counts_up(table))
NAMED: tuple[type[Any], ...] = (
    Exam,
    LibraryDocument,
    Registration,
    Result,
    Sitting,
    Student,
    StudentGroup,
)


def gives_numbers_again(table: str) -> bool:
    """Whether this database can give a number of the table a second time."""
    if db.engine.dialect.name == "postgresql":
        return not db.session.scalar(text(f"SELECT pg_get_serial_sequence('{table}', 'id')"))
    definition = db.session.scalar(text(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")) or ""
    return re.search(r"\bAUTOINCREMENT\b", definition) is None


def test_no_table_of_the_database_gives_a_number_twice(app: Flask):
    """Every table, those of the framework included: whose number the database gives, is given once."""
    tables = inspect(db.engine).get_table_names()
    numbered = [
        name
        for name in tables
        if name != "alembic_version"
        and [str(one["name"]) for one in inspect(db.engine).get_columns(name) if one["name"] == "id"]
    ]
    assert set(numbered) == set(COUNTED)
    assert len(numbered) > 40
    assert [name for name in numbered if gives_numbers_again(name)] == []


def test_a_table_that_would_is_noticed(app: Flask):
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE planted (id INTEGER NOT NULL, PRIMARY KEY (id))"))
    try:
        assert gives_numbers_again("planted")
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("DROP TABLE planted"))


def test_the_number_of_a_row_that_went_does_not_come_back(app: Flask):
    gone = make_student().id
    with transaction():
        db.session.execute(delete(Student).where(Student.id == gone))

    assert make_student().id > gone


@pytest.mark.parametrize("model", NAMED, ids=lambda model: model.__name__)
def test_what_leaves_the_building_has_a_name_of_its_own(app: Flask, model: type[Any]):
    column = model.__table__.c.uid
    assert not column.nullable
    assert {"uid"} in [
        {one.name for one in constraint.columns}
        for constraint in model.__table__.constraints
        if type(constraint).__name__ == "UniqueConstraint"
    ]


def test_every_row_gets_such_a_name_however_it_is_entered(app: Flask):
    """By an object, by one statement for many rows, and by a select."""
    make_student()
    groups = [
        {"name": f"Groep {number}", "location": "", "school_year": "", "colour": ""} for number in range(5)
    ]
    with transaction():
        db.session.execute(insert(StudentGroup), groups)
        kept = (StudentGroup.location, StudentGroup.school_year, StudentGroup.colour, StudentGroup.version)
        columns = ["name", *(one.key for one in kept)]
        again = select(StudentGroup.name + " bis", *kept)
        db.session.execute(insert(StudentGroup).from_select(columns, again))

    names = db.session.scalars(select(StudentGroup.uid)).all()
    assert len(set(names)) == 10
    for name in [*names, db.session.scalars(select(Student.uid)).one()]:
        assert str(uuid.UUID(name)) == name
        assert uuid.UUID(name).version == 4


def test_an_older_database_keeps_its_rows_and_counts_on_past_what_the_trail_knows(app: Flask):
    """Also past the number of a student who went, and of whom only the trail still speaks."""
    student = make_student()
    registration = make_registration(student, make_exam())
    group = make_group()
    with transaction():
        record(SYSTEM, "remove_student", "Student", [student.id + 500])
    made = {Student: student.id, Registration: registration.id, StudentGroup: group.id}
    before = {model: str(db.session.get(model, number)) for model, number in made.items()}
    db.session.remove()
    alembic.downgrade(alembic_config(), "0018")
    alembic.upgrade(alembic_config(), "head")

    assert {model: str(db.session.get(model, number)) for model, number in made.items()} == before
    assert db.session.scalar(select(AuditEntry.action).order_by(AuditEntry.id.desc())) == "remove_student"
    if db.engine.dialect.name == "sqlite":
        assert make_student().id > made[Student] + 500
