"""Measures large imports of students and users; for students each step stands beside its floor.

The floors, measured in the same run: calamine alone reads the same file (`read`); that, and as many students
are read out of the database (`check`); the bare driver inserts every row that was written, in tables without
triggers (`write`).
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from openpyxl import Workbook
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.imports.jobs import ask_import
from app.entities.base import db
from app.entities.programmes import Programme
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.imports.kinds import USERS
from app.imports.overview import overview
from app.imports.reader import read_table
from app.imports.work import work_all
from app.imports.write_users import import_users
from app.permissions import actor_of
from app.queries.imports.runs import is_large
from bench.floor import driven
from tests.support.importing import Wizard, lines
from tests.support.queries import counted

HEADER = (
    "Studentnummer",
    "Voornaam",
    "Tussenvoegsel",
    "Achternaam",
    "Geslacht",
    "Geboortedatum",
    "E-mail",
    "Opleiding",
    "Studentgroep",
)
FIRST = ("Fleur", "Noor", "Chloë", "Zoë", "Sem", "Finn", "Mohammed", "İrem", "Anaïs", "Jürgen")
INFIX = ("van der", "de", "", "", "van 't", "", "ten", "", "el", "")
LAST = ("Berg", "Vries", "Jansen-de Boer", "Özdemir", "Hoff", "Bakker", "Kate", "Çelik", "Amrani", "Smit")
GOALS = {"read": 0.5, "check": 2.0, "write": 1.5}  # seconds, for 10,000 rows
TIMES = 3
Show = Callable[[str, float, str], None]


def students(show: Show, rows: int) -> None:
    """Measure an import of new students, then of the same file once more."""
    content = workbook(rows, start=1)
    floor_read = _median(lambda: _raw_read(content))
    floor_check = floor_read + _median(lambda: _raw_facts(rows))
    read = _median(lambda: read_table(content, "x.xlsx"))
    show(f"import of {rows}: read", read, _against("read", rows, read, floor_read))
    administrator = db.session.scalars(select(User).where(User.username == "beheerder")).one()
    wizard = Wizard(actor_of(administrator))
    last = db.session.scalars(select(Student.id).order_by(Student.id.desc()).limit(1)).one()
    for what, goal in (("new", "write"), ("the same again", "")):
        run_id = wizard.take(content, "x.xlsx")
        checked = _seconds(lambda run_id=run_id: _checked(wizard, run_id))
        note = _against("check", rows, checked, floor_check) if goal else ""
        show(f"import of {rows}, {what}: check", checked, note)
        with counted() as statements:
            written = _seconds(lambda run_id=run_id: _written(wizard, run_id))
        note = f"{len(statements)} statements, checked once more inside"
        if goal:
            alone, floor_write = written - checked, _raw_insert(run_id, last)
            note += f"; without that {alone * 1000:.0f} ms, {_against(goal, rows, alone, floor_write)}"
        show(f"import of {rows}, {what}: write", written, note)


def _checked(wizard: Wizard, run_id: int) -> None:
    """Step 4, by the worker or at once."""
    work_all()
    found = overview(wizard.actor, wizard.own_run(run_id))
    assert not found.summary.counts["refused"], found.checked.rows[0].problems


def _written(wizard: Wizard, run_id: int) -> None:
    if not is_large(wizard.own_run(run_id)):
        wizard.write(run_id)
        return
    ask_for_writing(wizard, run_id)


def ask_for_writing(wizard: Wizard, run_id: int) -> None:
    run(ask_import, wizard.actor, [run_id], version=wizard.own_run(run_id).version)
    work_all()


def _raw_insert(run_id: int, before: int) -> float:
    """Seconds to insert every row that this import of new students wrote; `before`: the last id before it."""
    theirs = f"student_id > {before}"
    last = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)).one()
    db.session.remove()
    return driven(
        {
            "student": f"id > {before}",
            "student_term": theirs,
            "student_to_do": theirs,
            "enrolment": theirs,
            "student_group_member": theirs,
            "import_change": f"run_id = {run_id}",
            "audit_object": f"entry_id = {last}",
        }
    )


def _raw_facts(rows: int) -> None:
    """Read as many students out of the database as the check compares rows with."""
    raw: Any = db.engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute(f"SELECT * FROM student ORDER BY number LIMIT {rows}")
    cursor.fetchall()
    raw.close()


def _against(step: str, rows: int, taken: float, floor: float) -> str:
    goal = GOALS[step] * rows / 10_000
    return f"goal {goal * 1000:.0f} ms, {taken / floor:.1f} x the floor of {floor * 1000:.0f} ms"


def workbook(rows: int, *, start: int) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Studenten")
    sheet.append(HEADER)
    for row in student_rows(rows, start):
        sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def student_rows(rows: int, start: int) -> Iterator[Sequence[Any]]:
    born = date(2005, 1, 1)
    for n in range(start, start + rows):
        yield (
            f"0{n:07}",
            FIRST[n % 10],
            INFIX[n // 3 % 10],
            f"{LAST[n // 7 % 10]}{n}",
            "MV"[n % 2],
            born + timedelta(days=n % 1500),
            f"s{n}@student.example.nl",
            "25656",
            f"B{n % 300:03}",
        )


def _raw_read(content: bytes) -> int:
    return len(CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python())


def _median(work: Callable[[], object]) -> float:
    return statistics.median(_seconds(work) for _ in range(TIMES))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# -- users


def users(show: Show) -> None:
    """Measure an import of users with a mailed code each, then of the same file once more."""
    administrator = db.session.scalars(select(User).where(User.username == "beheerder")).one()
    wizard = Wizard(actor_of(administrator), USERS, import_users)
    header = ("E-mail", "Voornaam", "Tussenvoegsel", "Achternaam", "Rollen", "Opleidingen", "Telefoon")
    roles, programmes = "Praktijkbegeleider; Examinator school", "; ".join(_known_programmes())
    rows = [
        (f"u{n}@bench.example.nl", "Sanne", "de", f"Bakker{n}", roles, programmes, f"06-{n:08}")
        for n in range(5000)
    ]
    content = lines(*rows, header=header)
    for what, state in (("5000 users", "new"), ("the same 5000 users", "unchanged")):
        began = time.perf_counter()
        run_id = wizard.take(content, codes="mail")
        show(f"import of {what}: steps 1 to 3", time.perf_counter() - began, "")
        began = time.perf_counter()
        counts = wizard.check(run_id).counts
        show(f"import of {what}: check", time.perf_counter() - began, f"{counts[state]} {state}")
        began = time.perf_counter()
        with counted() as statements:
            wizard.write(run_id)
        show(f"import of {what}: write", time.perf_counter() - began, f"{len(statements)} statements")


def _known_programmes() -> list[str]:
    """Two of the school's programmes, as a file names them."""
    rows = db.session.scalars(select(Programme).order_by(Programme.id).limit(2))
    return [f"{row.name} ({row.crebo}, {row.cohort})" for row in rows]
