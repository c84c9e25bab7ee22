"""The list of students at size: each page beside what the database alone needs for rows like these."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select

from app.documents.sheets import xlsx_file
from app.documents.students import students_file
from app.entities.base import db
from app.entities.programmes import Programme
from app.entities.students import Student
from app.queries.student_export import export_rows
from tests.support.visitor import Visitor

TIMES = 5
EXPORTED, COLUMNS = 30_000, 8
Show = Callable[[str, float, str], None]


def pages(visitor: Visitor, show: Show) -> None:
    """Time, queries, the slowest of them, size; the floor is 25 rows by their ids through the bare driver."""
    programme = db.session.scalars(select(Programme.id).where(Programme.crebo == "25656")).one()
    middle = db.session.scalars(select(Student.id).order_by(Student.id).offset(500).limit(1)).one()
    floor = _floor()
    db.session.remove()
    for what, query in {
        "students, first page": "",
        "students, behind a row": f"?na={middle}",
        "students, last page": "?einde=1",
        "students, last by number": "?order=number&einde=1",
        "students, searched by number": "?q=4976402",
        "students, searched by name": "?q=van+den+berg",
        "students, searched by one letter": "?q=b",
        "students, of one programme": f"?opleiding={programme}",
        "students, of one programme, last page": f"?opleiding={programme}&einde=1",
        "students, without a programme": "?state=no-programme",
        "students, with nothing planned": "?state=nothing-planned",
        "students, without an inlogcode": "?state=no-code",
    }.items():
        path = f"/studenten/{query}"
        visitor.get(path)
        with timed_statements() as took:
            answer = visitor.get(path)
        assert answer.status_code == 200, path
        taken = statistics.median(_seconds(lambda path=path: visitor.get(path)) for _ in range(TIMES))
        slowest = max(took) * 1000
        note = f"{len(took)} queries, slowest {slowest:.0f} ms, {len(answer.data) / 1024:.0f} KB"
        show(what, taken, f"{note}; floor {floor * 1000:.1f} ms")


def export(show: Show) -> None:
    """A workbook of 30,000 students; the floor is openpyxl alone with as many short texts."""
    ids = db.session.scalars(select(Student.id).order_by(Student.id).limit(EXPORTED)).all()
    floor = _seconds(lambda: xlsx_file("x", ["x"] * COLUMNS, _plain(len(ids))).close())
    for kind in ("xlsx", "csv"):
        taken = _seconds(lambda kind=kind: students_file(kind, export_rows(ids)).close())
        note = f"{len(ids)} rows of 12; floor ({COLUMNS} columns, openpyxl alone) {floor:.1f} s"
        show(f"export, {kind}", taken, note)


def _plain(count: int) -> Iterator[list[str]]:
    return ([f"waarde {number} {column}" for column in range(COLUMNS)] for number in range(count))


def _floor() -> float:
    ids = db.session.scalars(select(Student.id).order_by(Student.id).limit(25)).all()
    statement = f"SELECT * FROM student WHERE id IN ({', '.join(map(str, ids))})"
    raw = db.engine.raw_connection()
    try:
        return statistics.median(_seconds(lambda: _fetch(raw, statement)) for _ in range(TIMES))
    finally:
        raw.close()


def _fetch(raw: Any, statement: str) -> Any:
    cursor = raw.cursor()
    cursor.execute(statement)
    return cursor.fetchall()


@contextmanager
def timed_statements() -> Iterator[list[float]]:
    """Seconds per statement, its rows read to the end: SQLite does its work while they are read."""
    done: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            done.append((statement, parameters))

    took: list[float] = []
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield took
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    raw = db.engine.raw_connection()
    for statement, parameters in done:
        cursor = raw.cursor()
        began = time.perf_counter()
        cursor.execute(statement, parameters)
        cursor.fetchall()
        took.append(time.perf_counter() - began)
    raw.rollback()
    raw.close()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
