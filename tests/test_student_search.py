"""Students are found by the beginning of any word, through an index, whoever wrote them and however."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import Select, delete, select, text, update

from app.entities.base import db
from app.entities.engine import transaction
from app.entities.students import Student, StudentTerm
from app.queries.students.search import found_by
from tests.factories import make_student


def test_the_words_of_a_student_follow_every_write_and_an_index_finds_them(app: Flask) -> None:
    """Triggers keep them: one row or a bulk statement, a form or SQL of somebody's own."""
    student = make_student(search="zoe o'celik a\"b\\c 0001")
    make_student(search="zoef 0002")

    def found(text: str) -> list[int]:
        return list(db.session.scalars(select(Student.id).where(found_by(text)).order_by(Student.id)))

    assert found("ZOÉ") == [student.id, student.id + 1]
    assert found("o'ce zoe") == found('a"b\\') == [student.id]
    assert found("elik") == found("zoe 0002 x") == []
    with transaction():
        db.session.execute(update(Student).values(search="fleur", first_name="Fleur"))
    assert found("zoe") == []
    assert len(found("fl")) == 2
    plan = plan_of(select(Student.id).where(found_by("berg")))
    assert "student_term" in plan
    assert "SCAN student_term" not in plan
    assert "Seq Scan on student_term" not in plan
    with transaction():
        db.session.execute(delete(Student))
    assert db.session.scalars(select(StudentTerm)).all() == []


def plan_of(statement: Select[Any]) -> str:
    """How the database would go about it; PostgreSQL would rather read a table of two rows as a whole."""
    written = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    if db.engine.dialect.name == "sqlite":
        return str(db.session.execute(text(f"EXPLAIN QUERY PLAN {written}")).all())
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    return str(db.session.execute(text(f"EXPLAIN {written}")).all())
