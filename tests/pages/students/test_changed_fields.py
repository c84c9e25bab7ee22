"""A field of the school's own that changed in school.toml: what is kept stays, is shown, can be mended."""

from __future__ import annotations

import dataclasses
import html
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from app.entities.base import db
from app.entities.students import Student
from app.permissions import Role
from app.queries.students.fields import misfits
from app.rules.fields import FieldType, StudentField
from app.serving import doubts
from config import Settings
from tests.factories import make_student, make_user, refresh
from tests.support.forms import as_shown
from tests.support.queries import counted
from tests.support.visitor import Visitor

# What an older school.toml may have let in, and how people read it.
KEPT: list[tuple[Any, str]] = [
    ("Kelder", "Kelder"),
    ("2008-11-24", "24-11-2008"),
    (12, "12"),
    (12.5, "12,5"),
    (True, "Ja"),
    (False, "Nee"),
]
FIELDS = [
    StudentField("vak", "Vak", FieldType.TEXT),
    StudentField("vak", "Vak", FieldType.NUMBER),
    StudentField("vak", "Vak", FieldType.DATE),
    StudentField("vak", "Vak", FieldType.CHOICE, ("Zolder", "Gang")),
    StudentField("vak", "Vak", FieldType.YES_NO),
]
FITS = {
    FieldType.TEXT: {"Kelder", "2008-11-24", 12, 12.5, True, False},
    FieldType.NUMBER: {12, 12.5},
    FieldType.DATE: {"2008-11-24"},
    FieldType.CHOICE: set(),
    FieldType.YES_NO: {True, False},
}
A_FIT = {
    FieldType.NUMBER: "7",
    FieldType.DATE: "01-02-2026",
    FieldType.CHOICE: "Gang",
    FieldType.YES_NO: "yes",
}


@pytest.fixture
def with_fields(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(*fields: StudentField) -> None:
        school = dataclasses.replace(app.extensions["proeve_school"], student_fields=fields)
        monkeypatch.setitem(app.extensions, "proeve_school", school)

    return put


@pytest.fixture
def office(app: Flask, visitor_of: Callable[..., Visitor]) -> Visitor:
    return visitor_of(make_user(Role.ADMINISTRATOR))


def kept_of(student: int) -> dict[str, Any]:
    refresh()
    return db.session.get_one(Student, student).extra


def cell_of_export(office: Visitor, student: int) -> Any:
    answer = office.do(f"/studenten/do/export_students?id={student}", {"kind": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    head, row = sheet.iter_rows(values_only=True)
    return row[head.index("Vak")]


@pytest.mark.everywhere
@pytest.mark.parametrize("field", FIELDS, ids=lambda one: str(one.type))
@pytest.mark.parametrize(("kept", "read"), KEPT, ids=[repr(kept) for kept, _read in KEPT])
def test_what_is_kept_stays_and_is_shown_as_it_was(
    with_fields: Callable[..., None], office: Visitor, field: StudentField, kept: Any, read: str
) -> None:
    closed = field.type in {FieldType.CHOICE, FieldType.YES_NO}
    fits = any(kept is one or (type(kept) is type(one) and kept == one) for one in FITS[field.type])
    student = make_student(last_name="Aa", extra={"vak": kept}).id
    with_fields(field)
    if field.type is FieldType.TEXT and kept == "2008-11-24":
        read = kept  # a text is what it is
    assert f"<dd>{read}</dd>" in office.get(f"/studenten/{student}").text
    office.do("/studenten/do/show_columns", {"columns": ["number", "extra_vak"]})
    assert f">{read}<" in office.get("/studenten/").text
    exported = cell_of_export(office, student)
    if field.type is FieldType.NUMBER and fits:
        assert exported == kept
        assert not isinstance(exported, str)
    elif field.type is FieldType.DATE and fits:
        assert isinstance(exported, datetime)
        assert exported.date().isoformat() == kept
    else:
        assert str(exported) == read
    if closed:
        for value in ("-", "?", "yes", "no", "Gang"):
            shown = "Aa, Fleur" in office.get("/studenten/?" + f"extra_vak={value}").text
            assert shown == ((value == "?" and not fits) or (fits and value == ("yes" if kept else "no")))
    assert [(one.label, one.rows) for one in misfits()] == ([] if fits else [("Vak", 1)])

    path = f"/studenten/do/change_student?id={student}"
    form = office.get(path).text
    assert ("past niet bij dit veld" in html.unescape(form)) != fits
    assert office.post(path, {**as_shown(form), "number": "4711"}).status_code == 302, "nothing else is asked"
    assert kept_of(student) == {"vak": kept}
    assert type(kept_of(student)["vak"]) is type(kept)
    if field.type in A_FIT:
        mended = {**as_shown(office.get(path).text), "extra_vak": A_FIT[field.type]}
        assert office.post(path, mended).status_code == 302
        refresh()
        assert misfits() == []


def test_a_value_that_does_not_fit_is_not_typed_anew(
    with_fields: Callable[..., None], office: Visitor
) -> None:
    """What stood there may stay; another one like it is refused."""
    student = make_student(extra={"vak": "Kelder"}).id
    with_fields(StudentField("vak", "Vak", FieldType.DATE))
    path = f"/studenten/do/change_student?id={student}"
    answer = office.post(path, {**as_shown(office.get(path).text), "extra_vak": "Zolder"})
    assert "“Zolder” is geen datum" in answer.text
    assert kept_of(student) == {"vak": "Kelder"}


def test_a_field_that_went_keeps_what_it_had_and_says_so(
    app: Flask, with_fields: Callable[..., None], office: Visitor, visitor_of: Callable[..., Visitor]
) -> None:
    ids = [make_student(extra={"vak": value}).id for value in ("Kelder", "Zolder")]
    with_fields()
    page = office.get(f"/studenten/{ids[0]}").text
    assert "vak (veld vervallen)" in page
    assert "Kelder" in page
    told = html.unescape(office.get("/instellingen/").text)
    assert "Dit veld is vervallen. Bij 2 studenten staat er nog iets in" in told
    supplier = visitor_of(make_user(Role.SUPPLIER)).get("/instellingen/")
    assert supplier.status_code == 200
    assert "vervallen" not in supplier.text
    real = dataclasses.replace(app.extensions["proeve_school"], demo=False)
    assert any(one.startswith("vak: Dit veld is vervallen") for one in doubts(real, Settings(tls=True)))
    path = f"/studenten/do/change_student?id={ids[0]}"
    assert office.post(path, {**as_shown(office.get(path).text), "number": "4711"}).status_code == 302
    assert kept_of(ids[0]) == {"vak": "Kelder"}


def test_the_count_leads_to_the_students_that_it_counts(
    with_fields: Callable[..., None], office: Visitor
) -> None:
    for name, value in (("Aa", "Kelder"), ("Bee", "Gang"), ("Cee", "Kelder"), ("Dee", None)):
        make_student(last_name=name, extra={"vak": value} if value else {})
    with_fields(FIELDS[3])
    told = html.unescape(office.get("/instellingen/").text)
    assert '<a href="/studenten/?extra_vak=%3F">Bij 2 studenten past de waarde niet' in told
    listed = office.get("/studenten/?extra_vak=%3F").text
    assert [name for name in ("Aa", "Bee", "Cee", "Dee") if f">{name}, Fleur" in listed] == ["Aa", "Cee"]
    assert "Past niet bij dit veld" in listed


def test_what_does_not_fit_any_more_costs_one_statement_to_count(
    app: Flask, with_fields: Callable[..., None]
) -> None:
    for number in range(5):
        make_student(extra={"vak": f"Kelder {number}", "oud": number})
    with_fields(StudentField("vak", "Vak", FieldType.NUMBER))
    with counted() as statements:
        assert [(one.label, one.rows, one.gone) for one in misfits()] == [("oud", 5, True), ("Vak", 5, False)]
    assert len(statements) == 1
    assert db.session.scalars(select(Student.id)).all()
