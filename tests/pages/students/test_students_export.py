"""Exporting students: exactly the filtered or ticked ones, in the trail, in the memory of a few."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.documents.sheets import csv_file, xlsx_file
from app.entities.base import db
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import User
from tests.factories import make_elective, make_group, make_programme, make_student, make_user, supervise
from tests.factories import refresh as look_again
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
EXPORT = "/studenten/do/export_students"


def table(answer: TestResponse) -> list[list[Any]]:
    """The rows of the file below its headings."""
    if answer.data[:2] == b"PK":
        sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
        return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))[1:]


def named(answer: TestResponse) -> list[dict[str, Any]]:
    """The rows of a workbook by their headings."""
    head, *rows = load_workbook(io.BytesIO(answer.data)).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def test_the_file_holds_what_is_filtered_or_ticked_and_the_trail_names_them(visit: Visit) -> None:
    one, two = make_programme(name="Verzorgende-IG"), make_programme(name="Apothekersassistent")
    teacher = make_user("school_supervisor", first_name="Sanne", infix="de", last_name="Boer")
    elective = make_elective(code="K0262")
    full = make_student(one, two, elective, last_name="Vol", supervisors=((teacher, "school_supervisor"),))
    make_group(full, name="VZ-IG 2A")
    bare = make_student(one, last_name="=Kaal", infix="", email="", birth_date=None, number="007")
    make_student(last_name="Buiten")
    visitor = visit("administrator")
    answer = visitor.do(f"{EXPORT}?all=1&opleiding={one.id}", {"kind": "xlsx"})
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=studenten-2")
    first, second = named(answer)
    assert (first["Achternaam"], second["Achternaam"]) == ("=Kaal", "Vol")
    assert list(first.values())[:7] == ["007", "Fleur", None, "=Kaal", "Vrouw", None, None]
    assert second["Geboortedatum"].date() == date(2008, 3, 14)
    coupled = [second[name] for name in ("Opleiding", "Keuzedelen", "Studentgroepen", "Praktijkbegeleider")]
    assert coupled == ["Apothekersassistent, Verzorgende-IG", "K0262", "VZ-IG 2A", "Sanne de Boer"]
    look_again()
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.details) == ("export_students", {"file": "xlsx", "rows": 2})
    told = select(AuditObject.object_id).where(AuditObject.entry_id == entry.id)
    assert set(db.session.scalars(told)) == {full.id, bare.id}
    ticked = visitor.do(f"{EXPORT}?id={bare.id}", {"kind": "csv", "token": "e" * 43})
    assert [row[3] for row in table(ticked)] == ["'=Kaal"]
    # A download that is asked for again by the browser: the same file, noted once.
    assert visitor.do(f"{EXPORT}?id={bare.id}", {"kind": "csv", "token": "e" * 43}).data == ticked.data


def test_a_praktijkbegeleider_takes_own_students_along_and_readers_nobody(visit: Visit) -> None:
    visitor = visit("school_supervisor")
    supervise(make_student(last_name="Eigen"), db.session.get_one(User, visitor.user_id), "school_supervisor")
    other = make_student(last_name="Ander")
    rows = table(visitor.do(f"{EXPORT}?all=1", {"kind": "csv"}))
    assert [row[3] for row in rows] == ["Eigen"]
    assert visitor.do(f"{EXPORT}?id={other.id}", {"kind": "csv"}).status_code == 404
    for role in ("exam_committee", "school_examiner", "company_supervisor"):
        assert visit(role).do(f"{EXPORT}?all=1", {"kind": "csv"}).status_code == 403
    assert visitor.do(f"{EXPORT}?all=1", {"kind": "exe"}).status_code == 422


def test_thirty_students_take_no_more_statements_than_three(visit: Visit) -> None:
    visitor, cost = visit("administrator"), []
    visitor.token()
    programme = make_programme()
    for _round in range(2):
        for _number in range(3 if not cost else 27):
            make_student(programme)
        look_again()
        with counted() as statements:
            visitor.do(f"{EXPORT}?all=1", {"kind": "csv"})
        cost.append(len(statements))
    assert cost[0] == cost[1]


@pytest.mark.parametrize(
    "write", [lambda rows: xlsx_file("x", ["a", "b"], rows), lambda rows: csv_file("ab", rows)]
)
def test_a_longer_file_takes_no_more_memory(write: Callable[[Iterator[Any]], Any]) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        write((f"naam {number}", "=x") for number in range(count)).close()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(6000) < peak(600) + 300_000
