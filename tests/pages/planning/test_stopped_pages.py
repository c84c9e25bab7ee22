"""The pages of a stopped exam, of an examiner who takes over, and of an attempt that must wait."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.actions.base.runner import run
from app.actions.planning.replacing import replace_school_examiner
from app.actions.planning.stopping import stop_exams
from app.actions.students.activation import deactivate_students
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.planning import Registration, Sitting
from app.entities.users import User
from app.permissions import SYSTEM, Actor, actor_of
from app.queries.base.picker import user_label
from tests.factories import make_user, refresh
from tests.factories.assessment import PlannedExam, close_as_school, save_as
from tests.factories.assessment import plan_exam as planned
from tests.support.queries import counted
from tests.support.resit import Resit, make_resit
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
WHY = "De student is verhuisd."
PLAN = re.compile(r'href="([^"]*/examens/do/plan_exam\?[^"]*)"')


@pytest.fixture
def exam(app: Flask) -> PlannedExam:
    """Two tasks: one of today and scored, one of tomorrow."""
    made = planned(tasks=2)
    with transaction():
        coming = db.session.get_one(Sitting, made.sittings[1])
        coming.starts_at += timedelta(days=1)
        coming.ends_at += timedelta(days=1)
    save_as(made.school, made.sittings[0], made.levels())
    return made


@pytest.fixture
def resit(app: Flask) -> Resit:
    made = make_resit()
    made.plan()
    return made


def text(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def who(actor: Actor) -> User:
    refresh()
    return db.session.get_one(User, actor.id)


def path(exam: PlannedExam) -> str:
    return f"/examens/aanmelding/{exam.registration}"


class TestStopped:
    def test_from_the_button_to_the_badge_and_back(self, exam: PlannedExam, visit: Visit) -> None:
        office = visit("administrator")
        page = office.get(path(exam)).text
        assert f"stop_exams?id={exam.registration}" in page
        stop = f"/examens/do/stop_exams?id={exam.registration}&aanmelding={exam.registration}"
        told = text(office.post(stop, {"reason": WHY}).text)
        assert "Blijft, met de scores: Opdracht 1" in told
        assert "Vervalt: Opdracht 2" in told
        assert office.do(stop, {"reason": WHY}).headers["Location"] == path(exam)
        page = office.get(path(exam)).text
        assert "Gestopt op" in page
        assert WHY in page
        assert "plan_exam" not in page
        assert "replace_school_examiner" not in page
        office.do(f"/examens/do/resume_exams?id={exam.registration}&aanmelding={exam.registration}")
        assert "Gestopt" not in office.get(path(exam)).text

    def test_the_examiners_list_and_form_are_empty_of_it(self, exam: PlannedExam, visitor_of: Visit) -> None:
        page = visitor_of(who(exam.school))
        student = db.session.get_one(Registration, exam.registration).student.full_name
        assert student in page.get("/te-beoordelen/").text
        assert student in page.get("/").text
        run(stop_exams, SYSTEM, [exam.registration], reason=WHY)
        assert student not in page.get("/te-beoordelen/").text
        assert student not in page.get("/").text
        shown = page.get(f"/te-beoordelen/{exam.sittings[0]}").text
        assert "Dit examen is gestopt" in shown
        assert '<input type="radio"' not in shown
        fields = {"version": "1", **{f"level-{c}": str(level) for c, level in exam.levels("G").items()}}
        answer = page.post(f"/te-beoordelen/{exam.sittings[0]}", fields)
        assert answer.status_code == 422
        assert answer.text.count(" checked") == 3, "what was typed is still there"

    def test_the_student_sees_that_it_was_stopped_and_expects_nothing(
        self, exam: PlannedExam, visitor_of: Visit
    ) -> None:
        account = make_user("student")
        with transaction():
            db.session.get_one(Registration, exam.registration).student.user_id = account.id
        run(stop_exams, SYSTEM, [exam.registration], reason=WHY)
        page = visitor_of(who(actor_of(account))).get("/mijn-examens/").text
        assert "Er is nu niets ingepland" in page
        assert "Gestopt, kans 1" in page
        assert WHY not in page

    def test_a_student_who_leaves_has_it_said_first(self, exam: PlannedExam, visit: Visit) -> None:
        office = visit("administrator")
        student = db.session.get_one(Registration, exam.registration).student_id
        told = text(office.post(f"/studenten/do/deactivate_students?id={student}").text)
        assert "1 examen stopt daarmee" in told
        office.do(f"/studenten/do/deactivate_students?id={student}")
        assert "Gestopt" in office.get(f"/studenten/{student}").text
        assert "De student werd gedeactiveerd." in office.get(path(exam)).text

    def test_one_moment_has_its_own_button_where_there_are_more(
        self, exam: PlannedExam, visit: Visit
    ) -> None:
        office = visit("administrator")
        page = office.get(path(exam)).text
        assert f"remove_moments?id={exam.sittings[1]}" in page
        assert f"remove_moments?id={exam.sittings[0]}" not in page
        office.do(f"/examens/do/remove_moments?id={exam.sittings[1]}&aanmelding={exam.registration}")
        refresh()
        page = office.get(path(exam)).text
        assert db.session.get(Sitting, exam.sittings[1]) is None
        assert "remove_moments" not in page
        assert "remove_planning" not in page

    def test_an_examiner_and_the_committee_have_no_such_button(
        self, exam: PlannedExam, visit: Visit, visitor_of: Visit
    ) -> None:
        for page in (visit("exam_committee"), visitor_of(who(exam.school))):
            shown = page.get(path(exam)).text
            for name in ("stop_exams", "resume_exams", "remove_", "replace_"):
                assert name not in shown


class TestTakingOver:
    def test_from_the_button_to_the_new_examiners_form(
        self, exam: PlannedExam, visit: Visit, visitor_of: Visit
    ) -> None:
        office = visit("administrator")
        programme = db.session.get_one(Registration, exam.registration).exam.programme
        new = make_user("school_examiner", programmes=[programme])
        ids = "&amp;".join(f"id={one}" for one in exam.sittings)
        assert f"replace_school_examiner?{ids}" in office.get(path(exam)).text
        assert (
            f"replace_school_examiner?id={exam.sittings[0]}"
            in office.get(f"/te-beoordelen/{exam.sittings[0]}").text
        )
        address = f"/examens/do/replace_school_examiner?id={exam.sittings[0]}&aanmelding={exam.registration}"
        assert user_label(new) in html.unescape(office.get(address).text)
        short = office.do(address, {"examiner": str(new.id), "reason": "ziek"})
        assert short.status_code == 422
        assert f'value="{new.id}" selected' in short.text or f'selected value="{new.id}"' in short.text
        told = text(office.post(address, {"examiner": str(new.id), "reason": WHY}).text)
        assert f"{exam.school.name} → {new.full_name}" in told
        assert f"wat {exam.school.name} invulde, blijft staan" in told
        office.do(address, {"examiner": str(new.id), "reason": WHY})
        page = visitor_of(who(actor_of(new)))
        shown = text(page.get(f"/te-beoordelen/{exam.sittings[0]}").text)
        assert f"Eerder ingevuld door {exam.school.name}" in shown
        assert f"School, eerder: {exam.school.name}" in shown
        assert "0 van 3 ingevuld" in shown

    def test_the_result_names_who_filled_in_earlier(self, app: Flask, visit: Visit) -> None:
        exam = planned()
        programme = db.session.get_one(Registration, exam.registration).exam.programme
        new = make_user("school_examiner", programmes=[programme])
        save_as(exam.school, exam.sittings[0], exam.levels("O"))
        run(replace_school_examiner, SYSTEM, exam.sittings, examiner=str(new.id), reason=WHY)
        first, exam.school = exam.school, actor_of(new)
        close_as_school(exam, 0, "G")
        shown = text(visit("exam_committee").get(f"/te-beoordelen/uitslag/{exam.registration}").text)
        assert f"eerder ingevuld door {first.name} (Examinator school)" in shown

    def test_a_company_examiner_sees_the_name_and_not_the_scores(
        self, exam: PlannedExam, visitor_of: Visit
    ) -> None:
        programme = db.session.get_one(Registration, exam.registration).exam.programme
        new = make_user("school_examiner", programmes=[programme])
        run(replace_school_examiner, SYSTEM, exam.sittings, examiner=str(new.id), reason=WHY)
        shown = visitor_of(who(exam.company)).get(f"/te-beoordelen/{exam.sittings[0]}").text
        assert "Eerder ingevuld door" in shown
        assert "School, eerder" not in shown


class TestAnAttemptThatWaits:
    def reopened(self, resit: Resit) -> int:
        resit.take_second()
        resit.reopen()
        return resit.sitting(2)

    def test_its_page_block_and_lists_say_so(self, resit: Resit, visit: Visit, visitor_of: Visit) -> None:
        sitting, office = self.reopened(resit), visit("administrator")
        two, programme = resit.attempt(2), resit.attempt(1).exam.programme_id
        sentence, short = "Kans 1 is heropend", "Eerst overleggen"
        overview = office.get(f"/examens/?opleiding={programme}").text
        assert overview.count('class="block-alert"') == 1
        assert sentence in overview
        shown = office.get(f"/examens/aanmelding/{two.id}").text
        assert sentence in shown
        assert short in shown
        assert short in office.get(f"/studenten/{resit.student}").text
        examiner = visitor_of(who(resit.second))
        assert short in examiner.get("/te-beoordelen/").text
        form = examiner.get(f"/te-beoordelen/{sitting}").text
        assert sentence in form
        assert "definitief maken…" not in form
        assert short not in office.get(f"/examens/aanmelding/{resit.attempt(1).id}").text

    def test_saving_says_it_again_and_definitive_is_refused(self, resit: Resit, visitor_of: Visit) -> None:
        sitting = self.reopened(resit)
        examiner = visitor_of(who(resit.second))
        task = db.session.get_one(Sitting, sitting).task
        fields = {"version": "0", **{f"level-{c.id}": str(c.levels[1].id) for c in task.criteria}}
        answer = examiner.post(f"/te-beoordelen/{sitting}", fields)
        assert "Kans 1 is heropend" in examiner.get(answer.headers["Location"]).text
        refused = examiner.do(f"/te-beoordelen/do/make_definitive?id={sitting}")
        assert refused.status_code == 422
        assert "definitief maken kan pas als kans 1 definitief is" in refused.text

    def test_the_planning_button_changes_the_attempt_of_its_page(self, resit: Resit, visit: Visit) -> None:
        self.reopened(resit)
        office = visit("administrator")
        one, two = resit.attempt(1).id, resit.attempt(2).id
        links = [
            html.unescape(PLAN.findall(office.get(f"/examens/aanmelding/{key}").text)[0])
            for key in (one, two)
        ]
        assert [link.rpartition("aanmelding=")[2] for link in links] == [str(one), str(two)]
        shown = [text(office.get(link).text) for link in links]
        assert "al beoordeeld; de planning blijft staan" in shown[0]
        assert "Kans 2" in shown[1]

    def test_an_attempt_that_cannot_be_changed_is_refused_in_words(self, resit: Resit, visit: Visit) -> None:
        one = resit.attempt(1)
        address = f"/examens/do/plan_exam?kies={one.exam_id}&id={resit.student}&aanmelding={one.id}"
        shown = text(visit("administrator").get(address).text)
        assert "De planning van deze aanmelding ligt vast" in shown

    def test_with_two_results_each_page_says_which_counts(self, resit: Resit, visit: Visit) -> None:
        resit.take_second()
        resit.close(2, "V", resit.second)
        office = visit("administrator")
        for number, other in ((1, 2), (2, 1)):
            shown = text(office.get(f"/examens/aanmelding/{resit.attempt(number).id}").text)
            assert f"Kans {other}" in shown
            assert "De hoogste uitslag telt" in shown


def test_the_pages_take_no_more_queries_for_more_attempts(app: Flask, visit: Visit) -> None:
    office = visit("administrator")

    def queries(resit: Resit) -> int:
        address = f"/examens/?opleiding={resit.attempt(1).exam.programme_id}"
        office.get(address)
        with counted() as statements:
            assert office.get(address).status_code == 200
        return len(statements)

    plain, waiting = make_resit(), make_resit()
    waiting.plan()
    waiting.reopen()
    assert queries(plain) == queries(waiting)


def test_a_stopped_student_is_in_nobodys_calendar(app: Flask, exam: PlannedExam) -> None:
    from app.queries.access.calendar import own_moments

    account = make_user("student")
    with transaction():
        db.session.get_one(Registration, exam.registration).student.user_id = account.id
    people = [exam.school, exam.company, actor_of(account)]
    assert all(len(own_moments(who(one))) == 2 for one in people)
    student = db.session.get_one(Registration, exam.registration).student_id
    run(deactivate_students, SYSTEM, [student])
    assert all(own_moments(who(one)) == [] for one in people)
