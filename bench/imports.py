"""The import of students at size, each step beside its physical floor, measured in the same run.

Floors: the same file read by calamine alone (`read`), the same rows inserted by the bare driver in one
transaction (`write`); a check touches every cell once, so its floor is parsing the rows out of JSON.
"""

from __future__ import annotations

import io
import json
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from openpyxl import Workbook
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text

from app.entities.base import db
from app.entities.users import User
from app.imports.kept import pack
from app.imports.reader import read_table
from app.permissions import actor_of
from tests.support.importing import Wizard
from tests.support.queries import counted

HEADER = ("Studentnummer", "Voornaam", "Tussenvoegsel", "Achternaam", "Geslacht", "Geboortedatum",
          "E-mail", "Opleiding", "Studentgroep")  # fmt: skip
FIRST = ("Fleur", "Noor", "Chloë", "Zoë", "Sem", "Finn", "Mohammed", "İrem", "Anaïs", "Jürgen")
INFIX = ("van der", "de", "", "", "van 't", "", "ten", "", "el", "")
LAST = ("Berg", "Vries", "Jansen-de Boer", "Özdemir", "Hoff", "Bakker", "Kate", "Çelik", "Amrani", "Smit")
GOALS = {"read": 0.5, "check": 2.0, "write": 1.5}  # seconds, for 10,000 rows
TIMES = 3
Show = Callable[[str, float, str], None]


def imports(show: Show, rows: int = 10_000) -> None:
    content = workbook(rows, start=1)
    read, floor = _best(lambda: read_table(content, "x.xlsx")), _best(lambda: _raw_read(content))
    show(f"{rows} rows: read", read, _against("read", read, floor))
    show(f"{rows} rows: table as JSON", _best(lambda: json.dumps(pack(read_table(content, "x.xlsx")))), "")
    administrator = db.session.scalars(select(User).where(User.username == "beheerder")).one()
    wizard = Wizard(actor_of(administrator))
    for what, state in (("new", "new"), ("the same", "unchanged")):
        began = time.perf_counter()
        run_id = wizard.take(content, "x.xlsx")
        show(f"{rows} rows, {what}: steps 1 to 3", time.perf_counter() - began, "")
        checked = _best(lambda run_id=run_id: wizard.check(run_id).counts)
        show(f"{rows} rows, {what}: check", checked, _against("check", checked, 0))
        began = time.perf_counter()
        with counted() as statements:
            wizard.write(run_id)
        taken = time.perf_counter() - began
        show(f"{rows} rows, {what}: check and write", taken, f"{len(statements)} statements")
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MB", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)


def _against(step: str, taken: float, floor: float) -> str:
    ratio = f", {taken / floor:.1f} x the floor of {floor * 1000:.0f} ms" if floor else ""
    return f"goal {GOALS[step] * 1000:.0f} ms{ratio}"


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
            f"0{n:07}", FIRST[n % 10], INFIX[n // 3 % 10], f"{LAST[n // 7 % 10]}{n}", "MV"[n % 2],
            born + timedelta(days=n % 1500), f"s{n}@student.example.nl", "25656" if n % 2 else "25655",
            f"B{n % 300:03}",
        )  # fmt: skip


def _raw_read(content: bytes) -> int:
    return len(CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python())


def _best(work: Callable[[], object]) -> float:
    found = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return statistics.median(found)
