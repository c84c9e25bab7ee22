"""Measures the list of students, bulk couplings and the export, each figure beside its goal and its floor.

The floor is what the database (or openpyxl) alone needs for the same rows, measured in the same run.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from openpyxl import Workbook
from sqlalchemy import event, func, select

from app.actions.base.action import Action
from app.actions.base.runner import Selection, preview, run
from app.actions.groups.members import add_to_groups
from app.actions.students.couplings import undo_coupling
from app.actions.students.enrolment import couple_programme
from app.actions.students.supervision import couple_users
from app.documents.students import students_file
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.programmes import Elective, Programme
from app.entities.students import Student, StudentGroup
from app.entities.users import User
from app.permissions import Actor, Role
from app.queries.students.export import SEPARATOR, export_rows
from app.queries.users.users import with_role
from bench.floor import entering, raising
from tests.support.queries import counted
from tests.support.visitor import Visitor

TIMES = 5
EXPORTED, COLUMNS = 30_000, 8
# The goals, at 100,000 students.
QUERIES, QUERY_MS, PAGE_KB = 8, 30, 60
# On PostgreSQL up to three of these statements lock what is coupled (decision 38).
STATEMENTS, THOUSAND_S, ALL_S, EXPORT_S = 13, 0.2, 5.0, 5.0
Show = Callable[[str, float, str], None]


def met(value: float, goal: float) -> str:
    return "ok" if value <= goal else "NOT MET"


# -- pages


def pages(visitor: Visitor, show: Show) -> None:
    """Measure pages: time, queries, the slowest query, size. Floor: 25 rows by id through the bare driver."""
    programme = db.session.scalars(select(Programme.id).where(Programme.crebo == "25656")).one()
    middle = db.session.scalars(select(Student.id).order_by(Student.id).offset(500).limit(1)).one()
    half = db.session.scalars(
        select(Student.id).order_by(Student.last_name).offset(_students() // 2).limit(1)
    ).one()
    floor = _floor()
    db.session.remove()
    print(
        f"  goal of a page: {QUERIES} queries, none over {QUERY_MS} ms, {PAGE_KB} KB;"
        f" floor {floor * 1000:.2f} ms"
    )
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
        "students, without one, last by number": "?state=no-programme&order=number&einde=1",
        "students, without a praktijkbegeleider": "?state=no-supervisor",
        "students, with nothing planned": "?state=nothing-planned",
        "students, without an inlogcode": "?state=no-code",
        "students, without one, last page": "?state=no-code&einde=1",
        "students, without one, from the middle": f"?state=no-code&na={half}",
        "students, progress not available": "?state=no-progress",
    }.items():
        path = f"/studenten/{query}"
        visitor.get(path)  # one to warm up
        with timed_statements() as took:
            answer = visitor.get(path)
        assert answer.status_code == 200, path
        taken = statistics.median(_seconds(lambda path=path: visitor.get(path)) for _ in range(TIMES))
        slowest, size = max(took) * 1000, len(answer.data) / 1024
        verdict = {met(len(took), QUERIES), met(slowest, QUERY_MS), met(size, PAGE_KB)} - {"ok"}
        note = (
            f"{len(took)} queries, slowest {slowest:.0f} ms, {size:.0f} KB: {'NOT MET' if verdict else 'ok'}"
        )
        show(what, taken, f"{note}; {sum(took) / floor:,.0f}x the floor in the database")


def _students() -> int:
    return db.session.scalar(select(func.count()).select_from(Student)) or 0


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
        took.append(min(_answered(raw, statement, parameters) for _ in range(TIMES)))
    raw.rollback()
    raw.close()


def _answered(raw: Any, statement: str, parameters: Any) -> float:
    """Seconds for one answer. The best of several counts: the others waited for another program."""
    cursor = raw.cursor()
    began = time.perf_counter()
    cursor.execute(statement, parameters)
    cursor.fetchall()
    return time.perf_counter() - began


# -- coupling many at once


def bulk(actor: Actor, show: Show) -> None:
    """Measure coupling a thousand students and then everybody, and undoing it.

    The floor only writes as many of those rows and of the trail's: each in one statement, in tables without
    our triggers.
    """
    ids = db.session.scalars(select(Student.id).order_by(Student.id).limit(1000)).all()
    groups = db.session.scalars(select(StudentGroup.id).order_by(StudentGroup.id).limit(1)).all()
    user = db.session.scalars(select(User.id).where(with_role(Role.SCHOOL_SUPERVISOR)).limit(1)).one()
    programme = db.session.scalars(select(Programme.id).order_by(Programme.id).limit(1)).one()
    elective = db.session.scalars(select(Elective.id).order_by(Elective.id).limit(1)).one()
    acts: tuple[tuple[str, str, Action, dict[str, Any]], ...] = (
        ("a programme", "enrolment", couple_programme, {"target": f"p{programme}"}),
        ("an elective", "enrolment", couple_programme, {"target": f"e{elective}"}),
        ("a group", "student_group_member", add_to_groups, {"groups": groups}),
        ("a user", "supervision", couple_users, {"users": [f"{Role.SCHOOL_SUPERVISOR.value}:{user}"]}),
    )
    run(couple_programme, actor, ids[:10], target=f"p{programme}")  # one to warm up, as a page has
    run(undo_coupling, actor, run_id=_last_coupling())
    print(f"  goal of coupling: {STATEMENTS} statements; {THOUSAND_S} s for 1000, {ALL_S:.0f} s for all")
    for who, selection, goal in (
        ("1000", Selection(ids=ids), THOUSAND_S),
        ("all", Selection(matching=select(Student)), ALL_S),
    ):
        for what, table, act, more in acts:
            db.session.remove()
            shown, token = preview(act, actor, selection, **more).mark, f"{what} {who}".replace(" ", "-")
            db.session.remove()
            began = time.perf_counter()
            with counted() as statements:
                done = run(act, actor, selection, token=token, shown=shown, **more).done
            taken = time.perf_counter() - began
            floor = entering(table, done) + entering("audit_object", done)
            if act is couple_users:  # this raises the version of each of these students
                floor += raising("student", done)
            verdict = "ok" if len(statements) <= STATEMENTS and taken <= goal else "NOT MET"
            note = f"{done} done, {len(statements)} statements: {verdict}; {taken / floor:.1f}x the floor"
            show(f"coupling {who} to {what}", taken, note)
            run_id = _last_coupling()
            show("  undone", _seconds(lambda run_id=run_id: run(undo_coupling, actor, run_id=run_id)), "")


def _last_coupling() -> int:
    return db.session.scalars(select(CouplingRun.id).order_by(CouplingRun.id.desc()).limit(1)).one()


# -- the export


def export(show: Show) -> None:
    """Measure the export of 30,000 students; the floor is openpyxl alone with the same cells."""
    ids = db.session.scalars(select(Student.id).order_by(Student.id).limit(EXPORTED)).all()
    rows = [tuple(str(value or "").replace(SEPARATOR, ", ") for value in row) for row in export_rows(ids)]
    print(f"  goal of the export: {EXPORTED} rows of {COLUMNS} in {EXPORT_S:.0f} s, in the memory of a few")
    floor = _seconds(lambda: _openpyxl_alone(rows))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for kind in ("xlsx", "csv"):
        taken = _seconds(lambda kind=kind: students_file(kind, export_rows(ids)).close())
        share = taken * COLUMNS / len(rows[0])  # of the file's own twelve columns
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        note = f"{len(ids)} rows of {len(rows[0])}; of {COLUMNS}: {share:.1f} s, {met(share, EXPORT_S)}"
        show(f"export, {kind}", taken, f"{note}; {taken / floor:.1f}x openpyxl alone; {grown:.0f} MB more")


def _openpyxl_alone(rows: list[tuple[str, ...]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("x")
    for row in rows:
        sheet.append([value or None for value in row])
    with open("/dev/null", "wb") as nowhere:
        book.save(nowhere)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
