"""The school's own fields of a student, as the demo school has them: form, page, list, import and export."""

from __future__ import annotations

import csv
import dataclasses
import io
import re

import openpyxl
import pytest
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.students.students import change_student
from app.entities.base import db
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.imports.kinds import STUDENTS
from app.imports.workbook import example_xlsx
from app.permissions import actor_of
from app.rules.fields import FieldType, StudentField
from tests.factories import make_student, make_user, refresh, supervise
from tests.support.importing import Wizard, lines

START = StudentField("start", "Gestart op", FieldType.DATE, required=True)
PERSON = {"number": "1", "first_name": "Daan", "last_name": "Vos", "gender": "unknown"}


@pytest.fixture
def with_a_date(app, monkeypatch):
    """A school that asks one thing more of each student."""
    school = app.extensions["proeve_school"]
    more = dataclasses.replace(school, student_fields=(*school.student_fields, START))
    monkeypatch.setitem(app.extensions, "proeve_school", more)


def extra(number: str = "1"):
    refresh()
    return db.session.scalars(select(Student.extra).where(Student.number == number)).one()


class TestForm:
    def test_a_student_is_entered_with_them_and_the_page_shows_them(self, visit):
        admin = visit("administrator")
        typed = {**PERSON, "extra_locatie": "Dependance Noord", "extra_pok_getekend": "yes"}
        admin.do("/studenten/do/add_student", typed)
        assert extra() == {"locatie": "Dependance Noord", "pok_getekend": True}
        pk = db.session.scalars(select(Student.id)).one()
        page = admin.get(f"/studenten/{pk}").text
        assert "POK getekend" in page
        assert "Dependance Noord" in page

    def test_what_is_wrong_is_told_at_the_field_and_what_was_typed_stays(self, visit, with_a_date):
        admin = visit("administrator")
        wrong = {**PERSON, "extra_locatie": "Dependance Noord", "extra_start": "31-2-2026"}
        answer = admin.post("/studenten/do/add_student", wrong)
        assert "“31-2-2026” is geen datum." in answer.text
        assert 'value="31-2-2026"' in answer.text
        assert '<option selected value="Dependance Noord">' in answer.text
        empty = admin.post("/studenten/do/add_student", {**wrong, "extra_start": ""})
        assert 'id="extra_start-error"' in empty.text

    def test_a_change_stands_in_the_trail_and_a_choice_that_is_no_more_stays(self, visit):
        student = make_student(number="1", extra={"locatie": "Kelder", "was_ooit": 1})
        admin = visit("administrator")
        href = f"/studenten/do/change_student?id={student.id}"
        assert '<option selected value="Kelder">' in admin.get(href).text
        same = {
            "number": "1",
            "first_name": "Fleur",
            "last_name": student.last_name,
            "infix": "van der",
            "gender": "female",
            "birth_date": "14-03-2008",
            "email": student.email,
            "version": "1",
            "extra_locatie": "Kelder",
            "extra_pok_getekend": "no",
        }
        admin.do(href, same)
        assert extra() == {"locatie": "Kelder", "was_ooit": 1, "pok_getekend": False}
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "change_student")).one()
        assert entry.details == {"extra_pok_getekend": ["", "Nee"]}
        assert "POK getekend: Nee" in admin.get(f"/studenten/{student.id}").text
        assert "POK getekend" in admin.get("/logboek/").text

    def test_who_changes_something_else_takes_nothing_away(self, app):
        student = make_student(number="1", extra={"locatie": "Hoofdgebouw"})
        person = {"number": "1", "first_name": "Flor", "last_name": "Vos"}
        run(change_student, actor_of(make_user("administrator")), [student.id], version=1, **person)
        assert extra() == {"locatie": "Hoofdgebouw"}


class TestList:
    def test_a_column_is_chosen_and_a_filter_finds_what_is_and_what_is_not_filled_in(self, visit):
        make_student(last_name="Aa", extra={"locatie": "Hoofdgebouw", "pok_getekend": True})
        make_student(last_name="Bee", extra={"locatie": "Dependance Noord", "pok_getekend": False})
        make_student(last_name="Cee")
        admin = visit("administrator")
        admin.do("/studenten/do/show_columns", {"columns": ["number", "extra_locatie"]})
        wanted = {
            "extra_locatie=Hoofdgebouw": ["Aa"],
            "extra_locatie=-": ["Cee"],
            "extra_pok_getekend=no": ["Bee"],
            "extra_pok_getekend=yes": ["Aa"],
            "extra_pok_getekend=-": ["Cee"],
            "extra_pok_getekend=q": [],
            "extra_locatie=Hoofdgebouw&extra_pok_getekend=no": [],
        }
        for query, names in wanted.items():
            page = admin.get(f"/studenten/?{query}").text
            assert [name for name in ("Aa", "Bee", "Cee") if f">{name}, Fleur" in page] == names, query
        page = admin.get("/studenten/?extra_locatie=Hoofdgebouw").text
        assert re.search(r"<td[^>]*>\s*Hoofdgebouw", page)
        assert '<span class="chip-label">Leslocatie:</span> Hoofdgebouw' in page

    def test_who_works_with_students_sees_them_and_a_company_neither_sees_nor_filters_them(self, visit):
        student = make_student(last_name="Aa", extra={"locatie": "Hoofdgebouw"})
        school, company = visit("school_supervisor"), visit("company_supervisor")
        for visitor, role in ((school, "school_supervisor"), (company, "company_supervisor")):
            supervise(student, db.session.get(User, visitor.user_id), role)
        assert "extra_locatie" in school.get("/studenten/").text
        page = company.get("/studenten/?extra_locatie=Dependance+Noord").text
        assert "Aa, Fleur" in page
        assert "extra_locatie" not in page
        assert "POK getekend" not in company.get(f"/studenten/{student.id}").text


def test_a_student_reads_what_the_school_keeps_of_him_beside_the_rest(visit, with_a_date):
    student = visit("student")
    extra = {"locatie": "Hoofdgebouw", "pok_getekend": True, "start": "2026-09-01", "was_ooit": 1}
    make_student(user_id=student.user_id, extra=extra)
    page = student.get("/mijn-profiel/gegevens/").text
    told = ("Wat de school zelf van mij bijhoudt", "Leslocatie", "Hoofdgebouw", "01-09-2026", "was_ooit")
    assert [text for text in told if text not in page] == []


class TestFiles:
    header = ("Studentnummer", "Voornaam", "Achternaam", "Leslocatie", "POK getekend")

    def test_a_file_brings_them_in_and_step_3_asks_what_is_not_in_the_list(self, app):
        wizard = Wizard(actor_of(make_user("administrator")))
        make_student(number="2", extra={"locatie": "Dependance Haven", "was_ooit": 1})
        rows = [("1", "A", "Vos", "hoofdgebouw", "ja"), ("2", "B", "Vos", "Noord", "")]
        content = lines(*rows, header=self.header)
        wizard.bring_in(content, values={"extra_locatie": {"Noord": "Dependance Noord"}})
        assert extra("1") == {"locatie": "Hoofdgebouw", "pok_getekend": True}
        assert extra("2") == {"locatie": "Dependance Noord", "was_ooit": 1}
        assert wizard.bring_in(content).unchanged == 2

    def test_a_wrong_value_and_a_missing_one_are_told_at_their_column(self, app, with_a_date):
        wizard = Wizard(actor_of(make_user("administrator")))
        rows = [("1", "A", "Vos", "Nergens", "ja", "31-2-26"), ("2", "B", "Vos", "", "", "")]
        first, second = wizard.check(
            wizard.take(lines(*rows, header=(*self.header, "Gestart op")), values={})
        ).rows
        told = [problem.remark for problem in first.problems]
        assert any("Leslocatie: “Nergens” staat niet in de lijst" in one for one in told)
        assert any("Gestart op: “31-2-26” is geen datum" in one for one in told)
        assert [one.remark for one in second.problems] == ["Gestart op: Deze cel is leeg. Vul Gestart op in."]

    def test_the_example_file_explains_them(self, app, with_a_date):
        book = openpyxl.load_workbook(io.BytesIO(example_xlsx(STUDENTS.columns, "Studenten")))
        explained = {row[0]: row[3] for row in book["Uitleg"].iter_rows(values_only=True)}
        assert explained["Leslocatie"] == "Kies uit: Hoofdgebouw, Dependance Noord, Dependance Haven."
        assert explained["Gestart op"].endswith("Verplicht voor een nieuwe student.")

    def test_the_export_has_them_as_the_import_reads_them(self, visit):
        student = make_student(extra={"locatie": "Hoofdgebouw", "pok_getekend": False})
        admin = visit("administrator")
        answer = admin.do(f"/studenten/do/export_students?id={student.id}", {"kind": "csv"})
        head, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
        assert head[-2:] == ["Leslocatie", "POK getekend"]
        assert row[-2:] == ["Hoofdgebouw", "Nee"]
