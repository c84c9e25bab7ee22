"""Every spreadsheet that we write: no cell is a formula, and what was a name reads back as that name.

The exports are found: every route and every action whose answer is a spreadsheet.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.actions.imports.imports import keep_parts
from app.documents.sheets import xlsx_file
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.exams import Exam
from app.entities.imports import ImportRun
from app.entities.programmes import Programme
from app.entities.students import Student
from app.entities.users import User
from app.imports.kept import packed_parts
from app.imports.reader import read_table
from app.permissions import Role
from app.rules.cells import csv_text, from_csv, put_text
from tests.factories import refresh
from tests.support.visitor import Visitor
from tests.support.world import World
from tests.test_role_matrix import ACTIONS, ROUTES, WORDS, get_rules, offered

APP = Path(__file__).parent.parent / "app"
SPREADSHEETS = ("spreadsheetml", "text/csv")
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet calculates when a text begins so
FORMULA = '=HYPERLINK("http://evil.example","klik")'
HOSTILE = [FORMULA, "+31 6 12345678", "-1+1", "@SUM(A1)", "'=1+1", '=1;2"3', "–", "-"]


@pytest.fixture
def world(world: World) -> World:
    with transaction():
        for column, start in ((Student.first_name, "="), (Student.last_name, "+"), (Student.infix, "@")):
            text = f"{start}1+cmd|' /C calc'!A0"[: column.type.length]
            db.session.execute(update(Student).values({column: text}))
        db.session.execute(update(User).values(first_name="=1+1", last_name="@SUM(1)", organisation="-2+3"))
        db.session.execute(update(Exam).values(title=FORMULA))
        db.session.execute(update(Programme).values(name="=2+2"))
        for one in db.session.scalars(db.select(ImportRun)):
            one.table = {"header": ["=1+1", "Studentnummer"], "count": 1}
            keep_parts(one, list(packed_parts([[2, ["=2+2", "@x"]]])))
    refresh()
    return world


def exports(app: Flask, world: World, page: Visitor) -> Iterator[tuple[str, TestResponse]]:
    """Every answer that is a spreadsheet: by address, in each kind, and as what an action gives."""
    for rule in get_rules(app):
        expected = ROUTES[rule.endpoint]
        for kind in ("csv", "xlsx"):
            words = {**WORDS, "kind": kind}
            values = {n: words[n] if n in words else world.own[expected.row] for n in rule.arguments}
            built = rule.build(values)
            if built is not None:
                yield built[1], page.get(built[1])
            if "kind" not in rule.arguments:
                break
    for base, act in offered():
        if "export" in act.name or "sheet" in act.name:
            row = ACTIONS[act.name].row
            for kind in ("csv", "xlsx", ""):
                path = f"{base}/do/{act.name}?all=1" + (f"&id={world.own[row]}" if row else "")
                yield path, page.do(path, {"kind": kind, "format": kind})


def cells_of(answer: TestResponse) -> list[tuple[str, Any]]:
    """(type, value) of every cell; a csv's are of type "csv"."""
    if answer.data[:2] == b"PK":
        book = load_workbook(io.BytesIO(answer.data))
        return [(c.data_type, c.value) for sheet in book for line in sheet.iter_rows() for c in line]
    text = answer.data.decode("utf-8-sig")
    return [("csv", value) for line in csv.reader(io.StringIO(text), delimiter=";") for value in line]


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.EXAM_COMMITTEE, Role.SCHOOL_SUPERVISOR])
def test_no_cell_of_any_export_is_a_formula(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], role: Role
) -> None:
    found, wrong = [], []
    for path, answer in exports(app, world, visitor_of(world.user(role))):
        if answer.status_code == 200 and answer.content_type.partition(";")[0].endswith(("sheet", "csv")):
            found.append(path)
            for kind, value in cells_of(answer):
                bare = kind == "csv" and str(value).startswith(RISKY) and not _is_number(str(value))
                wrong += [(path, value)] if kind == "f" or bare else []
    assert wrong == []
    assert {"/uitslagen/export/csv", "/uitslagen/export/xlsx"} <= set(found) or role is Role.EXAM_COMMITTEE
    assert found


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-\d+([.,]\d+)?", text) is not None


def test_a_name_in_an_export_is_the_name_that_was_typed(
    app: Flask, world: World, visitor_of: Callable[..., Visitor]
) -> None:
    """The workbook has it as it is; the csv with an apostrophe, and our own reader takes that off."""
    page = visitor_of(world.user(Role.ADMINISTRATOR))
    student = db.session.get_one(Student, world.own["student"])
    for kind in ("xlsx", "csv"):
        table = read_table(page.get(f"/uitslagen/export/{kind}").data, f"uitslagen.{kind}")
        assert student.first_name in [row.values[1] for row in table.rows]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_we_write_in_a_cell_reads_back_unchanged(text: str) -> None:
    book = Workbook()
    sheet: Any = book.active
    put_text(sheet.cell(1, 1), text)
    out = io.BytesIO()
    book.save(out)
    cell = load_workbook(io.BytesIO(out.getvalue())).worksheets[0].cell(1, 1)
    assert (cell.data_type, cell.value) == ("s", text)
    assert from_csv(csv_text(text)) == text
    assert not csv_text(text).startswith(RISKY)


@pytest.mark.parametrize("odd", [0, 0x1B, 0x0D, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF], ids=hex)
def test_what_no_workbook_can_hold_is_left_out_of_a_name_and_the_file_still_opens(odd: int) -> None:
    with xlsx_file("Blad", ["Naam"], [[f"Noor{chr(odd)} Smit"]]) as file:
        assert load_workbook(file)["Blad"]["A2"].value == "Noor Smit"


@given(st.text())
def test_a_text_in_a_csv_never_begins_as_a_formula_and_is_never_changed(text: str) -> None:
    assert not csv_text(text).startswith(RISKY)
    assert from_csv(csv_text(text)) == text


def test_every_file_that_writes_a_spreadsheet_uses_the_one_helper() -> None:
    writers = [
        path for path in APP.rglob("*.py") if re.search(r"csv\.writer\(|import Workbook\b", path.read_text())
    ]
    assert writers
    helper = re.compile(r"from app\.rules(\.cells import| import (\w+, )*cells\b)")
    without = [str(path) for path in writers if not helper.search(path.read_text())]
    assert without == []


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.EXAM_COMMITTEE])
def test_every_export_says_once_what_it_is(
    app: Flask, world: World, visitor_of: Callable[..., Visitor], role: Role
) -> None:
    kinds = set()
    for path, answer in exports(app, world, visitor_of(world.user(role))):
        if "attachment" not in answer.headers.get("Content-Disposition", ""):
            continue
        kind = answer.headers["Content-Type"]
        assert (len(answer.headers.getlist("Content-Type")), kind.count("charset") < 2) == (1, True), path
        kinds.add(kind)
    assert "text/csv; charset=utf-8" in kinds
    assert not [kind for kind in kinds if kind.startswith("text/csv") and kind != "text/csv; charset=utf-8"]
