"""Te beoordelen, uitslag, examencommissie and logboek, as their users see them; and who gets nowhere."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select, text

from app.actions.assessment.adoption import record_adoption
from app.actions.base.runner import run
from app.entities.assessment import Adoption, Assessment, Result
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.planning import Registration, Sitting
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.permissions import Actor, actor_of
from app.rules.pass_rules import preset
from tests.factories import make_user, refresh
from tests.factories.assessment import PlannedExam, close_as_school, plan_exam, save_as, version_of
from tests.support import clock
from tests.support.database import open_trail
from tests.support.queries import counted
from tests.support.visitor import Visitor

Open = Callable[[Actor], Visitor]


@pytest.fixture
def exam(app: Flask) -> PlannedExam:
    return plan_exam()


@pytest.fixture
def opened(visitor_of: Callable[..., Visitor]) -> Open:
    """The application as this actor sees it."""
    return lambda actor: visitor_of(db.session.get_one(User, actor.id))


def person(*roles: str) -> Actor:
    return actor_of(make_user(*roles))


def path(exam: PlannedExam, sitting: int = 0) -> str:
    return f"/te-beoordelen/{exam.sittings[sitting]}"


def filled(exam: PlannedExam, label: str = "V", version: int = 0, **more: str) -> dict[str, str]:
    levels = {f"level-{criterion}": str(level) for criterion, level in exam.levels(label).items()}
    return {"version": str(version), **levels, **more}


def definitive(sitting: int) -> bool:
    refresh()
    found = select(Assessment.definitive_at).where(Assessment.sitting_id == sitting)
    return db.session.scalar(found) is not None


def student_of(exam: PlannedExam) -> Student:
    refresh()
    return db.session.get_one(Registration, exam.registration).student


def heads(page: str) -> list[str]:
    """The groups of the list, in order."""
    return re.findall(r'<h2 id="todo-\w+">(\w[\w ]*\w) ', page)


def move(exam: PlannedExam, **delta: Any) -> None:
    with transaction():
        sitting = db.session.get_one(Sitting, exam.sittings[0])
        sitting.starts_at += timedelta(**delta)
        sitting.ends_at += timedelta(**delta)


class TestTheList:
    def test_todays_exam_stays_in_sight_all_day(self, exam: PlannedExam, opened: Open) -> None:
        """An examiner must find it before, during and after the hour itself."""
        for hour in (0, 8, 12, 22):
            with transaction():
                sitting = db.session.get_one(Sitting, exam.sittings[0])
                sitting.starts_at = clock.at(clock.today(), hour)
                sitting.ends_at = sitting.starts_at + timedelta(minutes=90)
            for actor in (exam.school, exam.company):
                assert heads(opened(actor).get("/te-beoordelen/").text) == ["Vandaag"]

    def test_past_coming_and_finished_have_their_own_place(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.school)
        move(exam, days=5)
        assert heads(page.get("/te-beoordelen/").text) == ["Komend"]
        move(exam, days=-12)
        assert heads(page.get("/te-beoordelen/").text) == ["Nog te beoordelen"]
        close_as_school(exam)
        assert heads(page.get("/te-beoordelen/").text) == ["Klaar"]

    def test_an_exam_of_several_days_is_there_on_each_of_them(self, exam: PlannedExam, opened: Open) -> None:
        with transaction():
            sitting = db.session.get_one(Sitting, exam.sittings[0])
            sitting.starts_at -= timedelta(days=3)
            sitting.ends_at += timedelta(days=3)
        assert heads(opened(exam.school).get("/te-beoordelen/").text) == ["Vandaag"]

    def test_who_has_saved_when_is_there(self, exam: PlannedExam, opened: Open) -> None:
        save_as(exam.company, exam.sittings[0], exam.levels(count=2))
        page = opened(exam.school).get("/te-beoordelen/").text
        assert "U: nog niets" in page
        assert "Bedrijf: 2 van 3" in page

    def test_an_examiner_without_exams_reads_why_it_is_empty(self, app: Flask, opened: Open) -> None:
        page = opened(person("school_examiner")).get("/te-beoordelen/").text
        assert "Er is niets te beoordelen" in page

    def test_the_page_takes_as_many_queries_for_many_as_for_few(self, app: Flask, opened: Open) -> None:
        def queries(exams: int) -> int:
            made = [plan_exam() for _ in range(exams)]
            for one in made:
                save_as(one.school, one.sittings[0], one.levels())
            actor = made[0].school
            with transaction():
                for one in made[1:]:
                    for examiner in db.session.get_one(Sitting, one.sittings[0]).examiners:
                        if examiner.role == "school_examiner":
                            examiner.user_id = actor.id
            page = opened(actor)
            page.get("/te-beoordelen/")
            with counted() as statements:
                assert page.get("/te-beoordelen/").status_code == 200
            return len(statements)

        few, many = queries(2), queries(12)
        assert few == many <= 15


class TestTheForm:
    def test_what_is_saved_is_there_again(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.school)
        first = exam.criteria[0][0]
        remark = {f"remark-{first['id']}": "Goed voorbereid"}
        answer = page.post(path(exam), filled(exam, "G", remark="Een mooie dag", **remark))
        assert answer.headers["Location"] == path(exam)
        shown = page.get(path(exam)).text
        assert shown.count(" checked") == 3
        assert "Goed voorbereid" in shown
        assert "Een mooie dag" in shown
        assert "3 van 3 ingevuld" in shown

    def test_a_part_may_be_saved(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.company)
        criterion = exam.criteria[0][0]
        page.post(path(exam), {"version": "0", f"level-{criterion['id']}": str(criterion["V"])})
        assert "1 van 3 ingevuld" in page.get(path(exam)).text

    def test_the_school_sees_the_companys_scores_and_not_the_other_way_round(
        self, exam: PlannedExam, opened: Open
    ) -> None:
        save_as(exam.school, exam.sittings[0], exam.levels("G"), remark="Van de school")
        save_as(exam.company, exam.sittings[0], exam.levels("O"), version=1, remark="Van het bedrijf")
        school, company = opened(exam.school).get(path(exam)).text, opened(exam.company).get(path(exam)).text
        assert "Van het bedrijf" in school
        assert f"Bedrijf: {exam.company.name}" in school
        assert "Van de school" not in company
        assert f"School: {exam.school.name}" not in company

    def test_a_company_examiner_who_supervises_the_student_sees_no_more(
        self, exam: PlannedExam, opened: Open
    ) -> None:
        from tests.factories import supervise

        user = make_user("company_examiner", "company_supervisor")
        with transaction():
            for one in db.session.get_one(Sitting, exam.sittings[0]).examiners:
                if one.role == "company_examiner":
                    one.user_id = user.id
        supervise(student_of(exam), user, "company_supervisor")
        save_as(exam.school, exam.sittings[0], exam.levels("G"), remark="Van de school")
        assert "Van de school" not in opened(actor_of(user)).get(path(exam)).text

    def test_texts_are_shown_as_texts(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.school)
        page.post(path(exam), filled(exam, remark="</textarea><script>alert(1)</script>"))
        assert "<script>alert(1)" not in page.get(path(exam)).text

    def test_before_the_day_there_is_nothing_to_save(self, exam: PlannedExam, opened: Open) -> None:
        move(exam, days=2)
        page = opened(exam.school)
        assert "vanaf de dag" in page.get(path(exam)).text
        assert page.post(path(exam), filled(exam)).status_code == 422
        assert version_of(exam.sittings[0]) == 0

    @pytest.mark.parametrize("role", ["administrator", "exam_committee"])
    def test_others_read_it_and_have_no_button(self, exam: PlannedExam, opened: Open, role: str) -> None:
        save_as(exam.school, exam.sittings[0], exam.levels("G"))
        page = opened(person(role)).get(path(exam))
        assert page.status_code == 200
        assert f"School: {exam.school.name}" in page.text
        assert "Opslaan" not in page.text

    def test_what_was_typed_stays_when_it_is_refused(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.school)
        first = exam.criteria[0][0]["id"]
        answer = page.post(path(exam), filled(exam, "G", **{f"remark-{first}": "te lang " * 300}))
        assert answer.status_code == 422
        assert answer.text.count(" checked") == 3
        assert "te lang te lang" in answer.text
        assert f'id="remark-{first}-error"' in answer.text

    def test_a_late_save_after_definitive_is_refused_and_still_readable(
        self, exam: PlannedExam, opened: Open
    ) -> None:
        company = opened(exam.company)
        close_as_school(exam)
        answer = company.post(path(exam), filled(exam, remark="Net te laat"))
        assert answer.status_code == 422
        assert "Net te laat" in answer.text
        assert "definitief" in answer.text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"version": "abc"},
            {"version": "-1"},
            {"level-1; DROP TABLE score": "1"},
            {"level-999999999": "1"},
            {"level-99999999999999999999": "1"},
            {"remark-٣": "x"},
        ],
    )
    def test_a_form_that_was_tampered_with_is_refused(
        self, exam: PlannedExam, opened: Open, wrong: dict[str, str]
    ) -> None:
        assert opened(exam.school).post(path(exam), {**filled(exam), **wrong}).status_code == 422
        assert version_of(exam.sittings[0]) == 0

    def test_without_its_token_nothing_is_saved(self, exam: PlannedExam, opened: Open) -> None:
        answer = opened(exam.school).client.post(path(exam), data=filled(exam))
        assert answer.status_code == 400
        assert version_of(exam.sittings[0]) == 0


class TestTwoTabs:
    def test_the_second_sees_both_versions_and_loses_nothing(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.school)
        first, second = exam.criteria[0][0]["id"], exam.criteria[0][1]["id"]
        save_as(exam.school, exam.sittings[0], exam.levels("V"), remarks={first: "Van de telefoon"})
        stale = filled(exam, "G", **{f"remark-{first}": "Van de laptop", f"remark-{second}": "Ook dit"})
        answer = page.post(path(exam), stale)
        assert answer.status_code == 409
        for there in ("Van de telefoon", "Van de laptop", "Ook dit", "Mijn keuze", "Wat er nu staat"):
            assert there in answer.text
        assert version_of(exam.sittings[0]) == 1

    def test_the_choice_is_saved(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.school)
        first, second, third = (one["id"] for one in exam.criteria[0])
        save_as(exam.school, exam.sittings[0], exam.levels("V"), remarks={first: "Van de telefoon"})
        page.post(path(exam), filled(exam, "G", **{f"remark-{first}": "Van de laptop"}))
        chosen = {
            **filled(exam, "V", version=1),
            f"level-{second}": str(exam.levels("G")[second]),
            f"remark-{first}": "Van de telefoon\nVan de laptop",
        }
        assert page.post(path(exam), chosen).status_code == 302
        shown = page.get(path(exam)).text
        assert "Van de telefoon\nVan de laptop" in shown
        wanted = {first: "V", second: "G", third: "V"}
        for criterion, label in wanted.items():
            assert f'value="{exam.levels(label)[criterion]}" checked' in shown

    def test_where_nothing_is_chosen_the_page_sends_what_was_typed(
        self, exam: PlannedExam, opened: Open
    ) -> None:
        """The hidden fields stand behind the choices: the first value of a name counts."""
        page = opened(exam.school)
        save_as(exam.school, exam.sittings[0], exam.levels("V"))
        shown = page.post(path(exam), filled(exam, "G")).text
        for criterion, mine in exam.levels("G").items():
            radio = shown.index(f'name="level-{criterion}" value="{mine}" required')
            hidden = shown.index(f'<input type="hidden" name="level-{criterion}" value="{mine}"')
            assert radio < hidden

    def test_what_only_the_other_tab_filled_in_stays(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.school)
        save_as(exam.school, exam.sittings[0], exam.levels("V", count=1))
        answer = page.post(path(exam), {"version": "0", "remark": "Van hier"})
        assert answer.status_code == 409
        assert "Alleen daar ingevuld" in answer.text

    def test_the_other_examiners_save_asks_nothing(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.school)
        save_as(exam.company, exam.sittings[0], exam.levels("O"))
        assert page.post(path(exam), filled(exam, "V")).status_code == 302
        assert "heeft intussen ook opgeslagen" in page.get(path(exam)).text


class TestDefinitive:
    def test_save_and_close_asks_first_and_then_shows_the_result(
        self, exam: PlannedExam, opened: Open
    ) -> None:
        page = opened(exam.school)
        answer = page.post(path(exam), filled(exam, definitive="1"))
        confirm = answer.headers["Location"]
        asked = page.get(confirm)
        assert "nog niets opgeslagen" in asked.text
        assert not definitive(exam.sittings[0])
        assert page.do(confirm).headers["Location"] == path(exam)
        assert definitive(exam.sittings[0])
        shown = page.get(path(exam)).text
        assert f"/te-beoordelen/uitslag/{exam.registration}" in shown
        assert '<input type="radio"' not in shown

    def test_with_a_criterion_missing_the_form_says_which(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.school)
        data = {**filled(exam), "definitive": "1"}
        last = exam.criteria[0][2]["id"]
        del data[f"level-{last}"]
        answer = page.post(path(exam), data)
        assert answer.headers["Location"] == f"{path(exam)}#criterion-{last}"
        assert "Vul eerst in: 1.3" in page.get(path(exam)).text
        assert not definitive(exam.sittings[0])

    def test_a_company_examiner_is_refused_by_every_route(self, exam: PlannedExam, opened: Open) -> None:
        page = opened(exam.company)
        page.post(path(exam), filled(exam))
        address = f"/te-beoordelen/do/make_definitive?id={exam.sittings[0]}"
        assert page.get(address).status_code == 403
        assert page.do(address).status_code == 403
        assert page.do(f"{address}&all=1").status_code == 403
        for other in ("planning", "studenten", "examens", "uitslagen", "gebruikers", "examencommissie"):
            assert page.do(f"/{other}/do/make_definitive?id={exam.sittings[0]}").status_code in {403, 404}
        page.post(path(exam), filled(exam, "G", version=1, definitive="1"))
        assert not definitive(exam.sittings[0])

    def test_also_with_both_roles_when_he_is_the_companys_here(self, exam: PlannedExam, opened: Open) -> None:
        both = make_user("company_examiner", "school_examiner")
        with transaction():
            for one in db.session.get_one(Sitting, exam.sittings[0]).examiners:
                if one.role == "company_examiner":
                    one.user_id = both.id
        page = opened(actor_of(both))
        page.post(path(exam), filled(exam))
        address = f"/te-beoordelen/do/make_definitive?id={exam.sittings[0]}"
        assert page.do(address).status_code == 404
        assert not definitive(exam.sittings[0])

    @pytest.mark.parametrize("roles", [("school_examiner",), ("company_examiner",)])
    def test_somebody_elses_sitting_is_not_there(
        self, exam: PlannedExam, opened: Open, roles: tuple[str, ...]
    ) -> None:
        page = opened(person(*roles))
        close_as_school(exam)
        assert page.get(path(exam)).status_code == 404
        assert page.post(path(exam), filled(exam)).status_code == 404
        assert page.get(f"/te-beoordelen/uitslag/{exam.registration}").status_code == 404
        assert page.do(f"/te-beoordelen/do/make_definitive?id={exam.sittings[0]}").status_code in {403, 404}

    def test_an_administrator_reopens_with_a_reason(self, exam: PlannedExam, opened: Open) -> None:
        close_as_school(exam)
        page = opened(person("administrator"))
        address = f"/te-beoordelen/do/reopen_assessment?id={exam.sittings[0]}"
        assert page.do(address, {"reason": "kort"}).status_code == 422
        assert definitive(exam.sittings[0])
        assert page.do(address, {"reason": "Verkeerde student beoordeeld"}).status_code == 302
        assert not definitive(exam.sittings[0])


class TestTheResult:
    def test_the_student_sees_it_once_it_is_definitive(self, exam: PlannedExam, opened: Open) -> None:
        user = make_user("student")
        with transaction():
            student_of(exam).user_id = user.id
        page = opened(actor_of(user))
        address = f"/te-beoordelen/uitslag/{exam.registration}"
        assert page.get(address).status_code == 404
        save_as(exam.company, exam.sittings[0], exam.levels("O"))
        close_as_school(exam, label="G")
        shown = page.get(address)
        assert shown.status_code == 200
        assert "Definitief: geslaagd (G)" in shown.text
        assert "Bedrijf" not in shown.text  # the company's scores are no outcome
        assert path(exam) not in shown.text

    def test_another_student_finds_nothing(self, exam: PlannedExam, opened: Open) -> None:
        close_as_school(exam)
        assert opened(person("student")).get(f"/te-beoordelen/uitslag/{exam.registration}").status_code == 404

    def test_it_says_why_and_shows_every_criterion(self, exam: PlannedExam, opened: Open) -> None:
        close_as_school(exam, label="O")
        shown = opened(exam.school).get(f"/te-beoordelen/uitslag/{exam.registration}").text
        assert "Definitief: niet geslaagd (O)" in shown
        assert "Voor V is niet alles gehaald:" in shown
        assert "Niet gehaald: criterium 1.1 (O), 1.2 (O), 1.3 (O)." in shown
        assert "Zo komt de uitslag tot stand" in shown
        assert "<li>V als:<ul><li>elk criterium is voldoende</li></ul></li>" in shown

    def test_each_work_process_has_its_own_outcome_and_the_exam_its_end_mark(
        self, app: Flask, opened: Open
    ) -> None:
        exam = plan_exam(criteria=4, pass_rule=preset("mark_per_work_process", {}))
        close_as_school(exam, label="V")
        shown = opened(exam.school).get(f"/te-beoordelen/uitslag/{exam.registration}").text
        assert shown.count("2 van 4 punten → 5,5") == 2
        assert "Gemiddelde van 5,5 · 5,5 → 5,5" in shown
        assert re.search(r"<dt>Eindcijfer</dt>\s*<dd[^>]*>\s*6\s*</dd>", shown)
        assert "vanaf de helft naar boven" in shown

    def test_a_result_of_before_rules_were_steps_shows_what_it_was_frozen_with(
        self, exam: PlannedExam, opened: Open
    ) -> None:
        close_as_school(exam, label="O")
        with transaction():
            result = db.session.scalars(select(Result)).one()
            part = {"points": 1, "max_points": 6, "passed": False, "mark": "2.5"}
            outcome = {
                "passed": False,
                "grade": "O",
                "mark": None,
                "points": 0,
                "max_points": 6,
                "reasons": [["Niet alle criteria zijn voldoende: %(criteria)s.", {"criteria": "1.1"}]],
                "work_processes": [{**part, "key": "B1-K1-W1"}],
                "tasks": [{**part, "key": str(task["id"])} for task in result.detail["tasks"] * 2],
            }
            rule = {"model": "consortium", "label": "Alle criteria voldoende (O/V/G)", "parameters": {}}
            result.detail = {**result.detail, "outcome": outcome, "rule": rule}
        shown = opened(exam.school).get(f"/te-beoordelen/uitslag/{exam.registration}").text
        for told in ("Niet alle criteria zijn voldoende: 1.1.", "Alle criteria voldoende (O/V/G)", "2,5"):
            assert told in shown
        assert f"1. {result.detail['tasks'][0]['title']}" in shown
        assert "Zo komt de uitslag tot stand" not in shown
        assert shown.count("result-criterion") == 3


@pytest.fixture
def results(app: Flask) -> list[PlannedExam]:
    """One passed, one failed."""
    exams = [plan_exam(), plan_exam()]
    for one, label in zip(exams, ("V", "O"), strict=True):
        close_as_school(one, label=label)
    return exams


# What the committee asks of two results, one passed and one failed -> how many are found.
FILTERS = {
    "outcome=passed": 1,
    "outcome=failed": 1,
    "adopted=no": 2,
    "adopted=yes": 0,
    "period=7": 2,
    "period=year": 2,
    "programme=999999": 0,
    "exam=x": 0,
    "student=bestaat+niet": 0,
    "student=fleur": 2,
}


class TestTheCommittee:
    def test_sees_all_and_is_refused_every_change(
        self, app: Flask, results: list[PlannedExam], opened: Open
    ) -> None:
        page = opened(person("exam_committee"))
        assert "1–2 van 2" in page.get("/examencommissie/").text
        result = db.session.scalars(select(Result.id)).first()
        sitting = results[0].sittings[0]
        for address in (
            f"/te-beoordelen/{sitting}",
            f"/te-beoordelen/do/make_definitive?id={sitting}",
            f"/te-beoordelen/do/reopen_assessment?id={sitting}",
            f"/uitslagen/do/record_adoption?id={result}",
            "/uitslagen/do/record_adoption?all=1",
        ):
            assert (
                page.do(address, {"reason": "Een goede reden", "decided_on": "2026-01-01"}).status_code == 403
            )
        assert page.do(f"/examencommissie/do/record_adoption?id={result}").status_code in {404, 405}
        refresh()
        assert db.session.scalars(select(Adoption)).all() == []

    def test_filters(self, results: list[PlannedExam], opened: Open) -> None:
        """The page and the file alike; all of them on one school, which is dear to make."""
        page = opened(person("exam_committee"))
        for query, count in FILTERS.items():
            text = page.get(f"/examencommissie/export/csv?{query}").text
            found = list(csv.reader(io.StringIO(text), delimiter=";"))
            assert len(found) - 1 == count, query
            shown = page.get(f"/examencommissie/?{query}").text
            assert ("Niets gevonden" in shown) == (count == 0), query

    def test_the_spreadsheet_holds_no_formula(self, results: list[PlannedExam], opened: Open) -> None:
        with transaction():
            student = student_of(results[0])
            student = db.session.get_one(Student, student.id)
            student.last_name, student.first_name = "=2+3", "@SUM(A1)"
        page = opened(person("exam_committee"))
        answer = page.get("/examencommissie/export/xlsx")
        assert "attachment" in answer.headers["Content-Disposition"]
        sheet = load_workbook(io.BytesIO(answer.data)).active
        assert sheet is not None
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
        assert "=2+3" in [cell.value for cell in cells]
        assert "'=2+3" in page.get("/examencommissie/export/csv").text

    def test_only_known_kinds_of_file(self, results: list[PlannedExam], opened: Open) -> None:
        assert opened(person("exam_committee")).get("/examencommissie/export/exe").status_code == 404


class TestAdopting:
    def test_all_that_match_after_counting_and_naming_them(
        self, results: list[PlannedExam], opened: Open
    ) -> None:
        page = opened(person("administrator"))
        today = f"{clock.today():%Y-%m-%d}"
        address = "/uitslagen/do/record_adoption?all=1&outcome=passed"
        asked = page.post(address, {"decided_on": today})
        assert asked.text.count("<li>Fleur van der Berg") == 1
        refresh()
        assert db.session.scalars(select(Adoption)).all() == []
        page.do(address, {"decided_on": today})
        refresh()
        adopted = [one.result.passed for one in db.session.scalars(select(Adoption))]
        assert adopted == [True]

    def test_a_date_in_the_future_is_said_at_its_field(
        self, results: list[PlannedExam], opened: Open
    ) -> None:
        page = opened(person("administrator"))
        answer = page.do("/uitslagen/do/record_adoption?all=1", {"decided_on": "2999-01-01"})
        assert answer.status_code == 422
        assert "in de toekomst" in answer.text

    def test_others_do_not_see_the_action(self, results: list[PlannedExam], opened: Open) -> None:
        page = opened(results[0].school).get("/uitslagen/").text
        assert "1–1 van 1" in page
        assert "Vaststelling vastleggen" not in page


class TestTheTrail:
    def test_reads_as_sentences_newest_first(self, exam: PlannedExam, opened: Open) -> None:
        save_as(exam.school, exam.sittings[0], exam.levels("O"))
        close_as_school(exam, label="V")
        page = opened(person("administrator")).get("/logboek/").text
        assert page.index(">Maak definitief</a>") < page.index(">Beoordeling opslaan</a>")
        assert "Criterium 1.1: O → V" in page
        assert student_of(exam).full_name in page

    def test_filters_on_the_student_behind_a_sitting(self, exam: PlannedExam, opened: Open) -> None:
        other = plan_exam()
        save_as(exam.school, exam.sittings[0], exam.levels())
        save_as(other.school, other.sittings[0], other.levels())
        page = opened(person("exam_committee"))
        number = student_of(exam).number
        assert "1–1 van 1" in page.get(f"/logboek/?student={number}").text
        assert "1–1 van 1" in page.get(f"/logboek/?who={exam.school.name.split()[-1]}&period=7").text
        assert "Niets gevonden" in page.get("/logboek/?object=Result").text
        assert "1–2 van 2" in page.get("/logboek/?action=save_scores").text

    def test_the_page_of_an_entry_shows_all_changes(self, exam: PlannedExam, opened: Open) -> None:
        save_as(exam.school, exam.sittings[0], exam.levels("G"))
        refresh()
        entry = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
        shown = opened(person("administrator")).get(f"/logboek/{entry}").text
        assert "Criterium 1.3" in shown

    @pytest.mark.parametrize(
        "role",
        [
            "supplier",
            "school_supervisor",
            "company_supervisor",
            "school_examiner",
            "company_examiner",
            "student",
        ],
    )
    def test_is_not_for_others(self, exam: PlannedExam, opened: Open, role: str) -> None:
        page = opened(person(role))
        for address in ("/logboek/", "/logboek/1", "/logboek/controle"):
            assert page.get(address).status_code == 403

    def test_a_sound_chain_is_called_sound(self, exam: PlannedExam, opened: Open) -> None:
        save_as(exam.school, exam.sittings[0], exam.levels("G"))
        assert "Het logboek is gaaf" in opened(person("exam_committee")).get("/logboek/controle").text

    @pytest.mark.schema
    @pytest.mark.parametrize(
        "tampering",
        [
            "UPDATE audit_entry SET actor_name = 'Iemand anders' WHERE id = {entry}",
            "UPDATE audit_object SET object_id = object_id + 1 WHERE entry_id = {entry}",
            "DELETE FROM audit_object WHERE entry_id = {entry}",
        ],
    )
    def test_a_change_behind_our_back_is_found(
        self, exam: PlannedExam, opened: Open, unprotected: None, tampering: str
    ) -> None:
        save_as(exam.school, exam.sittings[0], exam.levels("G"))
        close_as_school(exam)
        found = select(AuditEntry.id).where(AuditEntry.action == "save_scores").order_by(AuditEntry.id)
        entry = db.session.scalars(found).first()
        with transaction() as session:
            session.execute(text(tampering.format(entry=entry)))
        shown = opened(person("administrator")).get("/logboek/controle").text
        assert f"Vanaf regel {entry} " in shown


@pytest.fixture
def unprotected(app: Flask) -> None:
    """The trail without the triggers that guard it, as for somebody with the database's own keys."""
    open_trail()


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("/examencommissie/", "exam_committee"),
        ("/uitslagen/", "administrator"),
        ("/logboek/", "administrator"),
    ],
)
def test_a_long_list_takes_as_many_queries_as_a_short_one(
    app: Flask, opened: Open, address: str, role: str
) -> None:
    page = opened(person(role))

    def queries() -> int:
        page.get(address)
        with counted() as statements:
            assert page.get(address).status_code == 200
        return len(statements)

    def more(count: int) -> None:
        for _ in range(count):
            close_as_school(plan_exam(criteria=1))
        adopter = person("administrator")
        refresh()
        ids = [one.id for one in db.session.scalars(select(Result)) if one.adoption is None][::2]
        run(record_adoption, adopter, ids, decided_on=clock.today())

    more(2)
    few = queries()
    more(10)
    assert queries() == few <= 15
