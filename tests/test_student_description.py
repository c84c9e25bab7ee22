"""A student's field is described once: it is called the same everywhere, and fits in the table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import date
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from app.entities.base import db
from app.entities.engine import transaction
from app.entities.imports import ImportRun
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.imports.forms import mapping_form
from app.imports.kinds import STUDENTS
from app.imports.workbook import example_csv
from app.pages.trail.entries import CHANGES_SHOWN
from app.rules.student_columns import STUDENT_COLUMNS
from app.rules.student_fields import LABELS, PLAIN_FIELDS, fields_in
from tests.factories import refresh
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
# What is typed in each field; a text that is not here gets one of its own.
TYPED = {"number": "0770", "gender": "male", "birth_date": "03-02-2007", "email": "daan@example.nl"}
DAY = date(2026, 11, 24)
FACT = re.compile(r"<dt>([^<]*)</dt>\s*<dd>([^<]*)</dd>")
CHANGE = re.compile(r'<th scope="row"[^>]*>([^<]*)</th><td[^>]*>([^<]*)</td>')
CELL = re.compile(r'<td[^>]* data-label="([^"]*)"[^>]*>([^<]*)</td>')


def typed() -> dict[str, str]:
    return {field.name: TYPED.get(field.name, f"Q{field.name}") for field in PLAIN_FIELDS}


def shown(place: str = "") -> dict[str, str]:
    """label -> the value that stands beside it."""
    fields = fields_in(place) if place else PLAIN_FIELDS
    return {field.label: field.shown(field.read(typed()[field.name], DAY)) for field in fields}


def among(wanted: Mapping[str, str], found: list[tuple[str, str]]) -> dict[str, str]:
    """label -> value, as the page has them, of the values that are looked for."""
    return {unescape(label): value for label, value in found if value in wanted.values()}


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    return visit("administrator")


@pytest.fixture
def student(admin: Visitor) -> int:
    """A student with something in every field, entered with the form."""
    admin.do("/studenten/do/add_student", typed())
    refresh()
    return db.session.scalars(select(Student.id)).one()


def test_no_two_fields_are_called_the_same_or_written_the_same() -> None:
    assert len(set(LABELS.values())) == len(PLAIN_FIELDS)
    assert len(set(shown().values())) == len(PLAIN_FIELDS)


def test_the_form_calls_each_by_its_label_and_takes_as_much_as_the_table_holds(admin: Visitor) -> None:
    page = admin.get("/studenten/do/add_student").text
    labels = dict(re.findall(r'<label class="form-label" for="(\w+)">([^<]*)', page))
    assert {name: label for name, label in labels.items() if name in LABELS} == LABELS
    columns = Student.__table__.c
    held = {field.name: columns[field.name].type.length for field in PLAIN_FIELDS if field.most}  # type: ignore[attr-defined]
    inputs = re.findall(r"<input[^>]*>", page)
    most = {
        name[1]: int(length[1])
        for one in inputs
        if (name := re.search(r' name="(\w+)"', one)) and (length := re.search(r' maxlength="(\d+)"', one))
    }
    assert {name: most.get(name) for name in held} == held


def test_the_form_refuses_what_is_longer_than_the_table_holds(admin: Visitor) -> None:
    for field in PLAIN_FIELDS:
        if field.most:
            answer = admin.post("/studenten/do/add_student", {**typed(), field.name: "1" * (field.most + 1)})
            assert f'id="{field.name}-error"' in answer.text


def test_the_page_shows_them(admin: Visitor, student: int) -> None:
    page = admin.get(f"/studenten/{student}").text
    assert among(shown("page"), FACT.findall(page)) == shown("page")


def test_the_list_has_them_as_columns_to_choose(admin: Visitor, student: int) -> None:
    wanted = [field.name for field in fields_in("list")]
    admin.do("/studenten/do/show_columns", {"columns": wanted})
    page = admin.get("/studenten/").text
    assert among(shown("list"), CELL.findall(page)) == shown("list")
    offered = admin.get("/studenten/do/show_columns").text
    assert [field.label for field in fields_in("list") if f">{field.label}</label>" not in offered] == []


def test_an_examiner_finds_no_column_but_those_that_everybody_sees() -> None:
    seen = {field.name for field in fields_in("list") if field.everybody}
    assert seen == STUDENT_COLUMNS.keys() & LABELS.keys()


def test_the_import_offers_them_and_its_example_has_them(app: Flask) -> None:
    wanted = {field.name: field.label for field in fields_in("import")}
    with app.test_request_context():
        form = mapping_form(STUDENTS, ImportRun(table={"header": ["?"]}))()
        offered = {choice.value: choice.label.removesuffix(" *") for choice in form["column_0"].choices}
        header = example_csv(STUDENTS.columns).decode("utf-8-sig").splitlines()[0].split(";")
    assert {name: label for name, label in offered.items() if name in LABELS} == wanted
    assert [label for label in header if label in LABELS.values()] == list(wanted.values())
    longest = {field.name: field.most for field in fields_in("import") if field.most}
    columns = STUDENTS.by_key
    assert {name: getattr(columns[name], "most", most) for name, most in longest.items()} == longest


def test_the_export_has_them(admin: Visitor, student: int) -> None:
    answer = admin.do(f"/studenten/do/export_students?id={student}", {"kind": "csv"})
    head, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    assert among(shown("export"), list(zip(head, row, strict=True))) == shown("export")


def test_the_student_reads_them_in_what_the_system_keeps(admin: Visitor, student: int, visit: Visit) -> None:
    reader = visit("student")
    with transaction():
        db.session.get_one(Student, student).user_id = reader.user_id
    page = reader.get("/mijn-profiel/gegevens/").text
    assert among(shown(), FACT.findall(page)) == shown()


def test_the_trail_calls_them_so_in_its_own_pages_and_at_the_student(admin: Visitor, student: int) -> None:
    entry = db.session.scalars(select(AuditEntry.id).where(AuditEntry.action == "add_student")).one()
    page = admin.get(f"/logboek/{entry}").text
    assert among(shown(), CHANGE.findall(page)) == shown()
    told = admin.get(f"/studenten/{student}").text
    line = re.search(r'<td[^>]* data-label="Wijziging"[^>]*>([^<]*)<', told)
    assert line is not None
    first = unescape(line[1]).strip().split("; ")
    assert len(first) == CHANGES_SHOWN  # in a list; the page of the entry, above, has them all
    assert set(first) <= {f"{label}: {value}" for label, value in shown().items()}
