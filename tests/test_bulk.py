"""Many rows in one statement: every kind of value comes back as it went in, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.entities.base import db
from app.entities.bulk import insert_all
from app.entities.engine import transaction
from app.entities.imports import ImportChange, ImportRun
from app.entities.students import Student, StudentTerm, StudentToDo
from app.rules.student_fields import Gender
from tests.factories import make_user, refresh, save
from tests.support.queries import counted

MOMENT = datetime(2026, 11, 25, 12, 30, 15, 250_000, tzinfo=UTC)


def student(number: str, **values: Any) -> dict[str, Any]:
    return {
        "number": number,
        "first_name": "Zoë",
        "infix": "",
        "last_name": 'O"Neil, \\ en {zoon}',
        "gender": Gender.FEMALE,
        "birth_date": date(2008, 2, 29),
        "email": "",
        "search": f"zoe {number}",
        "extra": {"maat": "XL", "lijst": [1, None]},
        "active": True,
        "created_at": MOMENT,
        **values,
    }


def test_values_of_every_kind_come_back_as_they_went_in(app: Flask) -> None:
    rows = [student("001"), student("002", birth_date=None, active=False, gender=Gender.UNKNOWN, extra={})]
    with transaction():
        insert_all(Student, rows)
    refresh()
    kept = db.session.scalars(select(Student).order_by(Student.number)).all()
    assert [{key: getattr(one, key) for key in rows[0]} for one in kept] == rows
    assert [(one.version, one.progress_available) for one in kept] == [(1, False)] * 2  # as the model says


def test_nothing_is_not_the_word_null_in_a_column_of_json(app: Flask) -> None:
    values = {"kind": "students", "file_name": "x", "file_hash": "x", "header_key": "x", "table": {}}
    run = ImportRun(maker_id=make_user().id, **values)
    save(run)
    shape = {"run_id": run.id, "kind": "student", "other_id": 0, "was": None, "version": 1}
    none, some = {"row_id": 1, "changes": None}, {"row_id": 2, "changes": {"email": ["", "a@b"]}}
    with transaction():
        insert_all(ImportChange, [{**shape, **none}, {**shape, **some}])
    there = select(ImportChange.row_id).where(ImportChange.changes.is_(None))
    assert db.session.scalars(there).all() == [1]
    assert db.session.scalars(select(ImportChange.changes).where(ImportChange.row_id == 2)).all() == [
        {"email": ["", "a@b"]}
    ]


def test_a_thousand_rows_are_one_statement_and_none_are_none(app: Flask) -> None:
    with counted() as statements, transaction():
        insert_all(Student, [student(f"{number:05}") for number in range(1000)])
        insert_all(Student, [])
    assert len(statements) == 1
    assert len(db.session.scalars(select(StudentToDo.student_id)).all()) == 1000


def test_what_follows_from_a_student_goes_with_him(app: Flask) -> None:
    with transaction():
        insert_all(Student, [student("001"), student("002")])
    with transaction():
        db.session.delete(db.session.scalars(select(Student).where(Student.number == "001")).one())
    left = db.session.scalars(select(Student.id)).all()
    assert db.session.scalars(select(StudentToDo.student_id)).all() == left
    assert set(db.session.scalars(select(StudentTerm.student_id))) == set(left)
