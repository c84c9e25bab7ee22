"""Two people at work at once: what one has open never lands on what another has made meanwhile."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actions.assessment.assessment import reopen_assessment
from app.actions.base.runner import run
from app.actions.planning.removal import remove_planning
from app.entities.assessment import Adoption, Assessment, Result, ScoreSheet
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.exams import Exam
from app.entities.planning import Registration, Sitting
from app.entities.students import Enrolment
from app.entities.users import User
from app.permissions import SYSTEM, actor_of
from tests.factories import make_programme, make_registration, make_sitting, make_student, make_user, refresh
from tests.factories.assessment import PlannedExam, close_as_school, plan_exam, save_as
from tests.support.forms import forms_on
from tests.support.visitor import Visitor, announced

VisitorOf = Callable[..., Visitor]


def examiner(exam: PlannedExam, who: str = "school") -> User:
    return db.session.get_one(User, getattr(exam, who).id)


def plan_for_another(exam: PlannedExam) -> int:
    """The same exam for another student, with the same people; gives the registration's id."""
    planned = db.session.scalars(select(Exam)).one()
    registration = make_registration(make_student(), planned)
    for task in planned.tasks:
        make_sitting(
            registration, task, school_examiner=examiner(exam), company_examiner=examiner(exam, "company")
        )
    return registration.id


def score_form(exam: PlannedExam, page: Visitor) -> dict[str, Any]:
    """Everything filled in, as the open page sends it."""
    fields = forms_on(page.get(f"/te-beoordelen/{exam.sittings[0]}").text)[""]
    shown = {name: one.values[0] for name, one in fields.items() if one.kind == "hidden"}
    chosen = {f"level-{criterion}": str(level) for criterion, level in exam.levels().items()}
    return {**shown, **chosen, "remark": "Ging vlot"}


def test_scores_never_land_on_another_student(app: Flask, visitor_of: VisitorOf) -> None:
    """The examiner has the form of A's newest moment open; the planner bins A's exam and plans it for B."""
    exam = plan_exam()
    page = visitor_of(examiner(exam))
    form = score_form(exam, page)
    run(remove_planning, SYSTEM, [exam.registration])
    plan_for_another(exam)

    answer = page.post(f"/te-beoordelen/{exam.sittings[0]}", form)

    assert answer.status_code == 404
    assert "Dit examenmoment bestaat niet meer" in answer.text
    refresh()
    assert db.session.scalar(select(func.count()).select_from(Assessment)) == 0


def test_scores_are_refused_when_the_number_is_another_moments_by_now(
    app: Flask, visitor_of: VisitorOf
) -> None:
    """As after a backup that was put back: the same number, and yet another moment."""
    exam = plan_exam()
    page = visitor_of(examiner(exam))
    form = score_form(exam, page)
    with transaction():
        db.session.execute(Sitting.__table__.update().values(uid="another moment"))

    answer = page.post(f"/te-beoordelen/{exam.sittings[0]}", form)

    assert answer.status_code == 404
    assert "Dit examenmoment bestaat niet meer" in answer.text
    refresh()
    assert db.session.scalar(select(func.count()).select_from(ScoreSheet)) == 0


def test_the_bin_removes_nobody_elses_exam(app: Flask, visitor_of: VisitorOf) -> None:
    """Two planners have the bin of A open; one presses and plans B, then the other presses."""
    exam = plan_exam()
    late = visitor_of(make_user("administrator"))
    path = f"/examens/do/remove_planning?id={exam.registration}"
    pressed = announced(late.get(path))
    run(remove_planning, SYSTEM, [exam.registration])
    planned = plan_for_another(exam)

    answer = late.post(path, pressed)

    assert answer.status_code == 404
    assert "is al verwijderd" in answer.text
    refresh()
    assert db.session.scalars(select(Registration.id)).all() == [planned]


def test_the_bin_leaves_what_was_moved_meanwhile(app: Flask, visitor_of: VisitorOf) -> None:
    exam = plan_exam()
    page = visitor_of(make_user("administrator"))
    path = f"/examens/do/remove_planning?id={exam.registration}"
    pressed = announced(page.get(path))
    with transaction():
        db.session.get_one(Registration, exam.registration).version += 1

    answer = page.post(path, pressed)

    assert answer.status_code == 409
    assert "Intussen gewijzigd" in answer.text
    refresh()
    assert db.session.get(Registration, exam.registration) is not None


def test_a_new_registration_has_no_history_of_another(app: Flask, visitor_of: VisitorOf) -> None:
    exam = plan_exam()
    run(remove_planning, SYSTEM, [exam.registration])
    other = plan_for_another(exam)

    page = visitor_of(make_user("administrator")).get(f"/examens/aanmelding/{other}").text

    history = html.unescape(page).partition("Geschiedenis")[2]
    assert "staat nog niets over deze aanmelding" in history
    assert "verwijder" not in history


def test_definitive_is_what_the_page_announced(app: Flask) -> None:
    """It says geslaagd; then the company and, in another tab, the school itself say something else."""
    exam = plan_exam()
    save_as(exam.school, exam.sittings[0], exam.levels("V"))
    page = Visitor(app, examiner(exam))
    path = f"/te-beoordelen/do/make_definitive?id={exam.sittings[0]}"
    shown = page.get(path)
    assert "geslaagd" in shown.text
    pressed = announced(shown)
    save_as(exam.company, exam.sittings[0], exam.levels("O"), version=1)
    save_as(exam.school, exam.sittings[0], exam.levels("O"), version=2)

    answer = page.post(path, pressed)

    told = html.unescape(answer.text)
    assert answer.status_code == 409
    assert "Intussen gewijzigd" in told
    assert "Er stond: " in told
    assert "niet geslaagd" in told
    assert "Beoordeling opslaan" in told, "what was done meanwhile, and by whom"
    assert examiner(exam, "company").full_name in told
    refresh()
    assert db.session.scalars(select(Assessment.definitive_at)).one() is None
    assert db.session.scalar(select(func.count()).select_from(Result)) == 0


def test_everybody_who_is_coupled_was_counted(app: Flask, visitor_of: VisitorOf) -> None:
    """ "Alle 3 selecteren"; a colleague's import adds a fourth before the button is pressed."""
    programme = make_programme()
    for number in range(3):
        make_student(last_name="Berg", number=f"10{number}")
    page = visitor_of(make_user("administrator"))
    path, chosen = "/studenten/do/couple_programme?all=1&q=Berg", {"target": f"p{programme.id}"}
    pressed = announced(page.post(path, chosen))
    make_student(last_name="Berg", number="103")

    answer = page.post(path, {**chosen, **pressed})

    assert answer.status_code == 409
    assert "Intussen gewijzigd" in answer.text
    refresh()
    assert db.session.scalar(select(func.count()).select_from(Enrolment)) == 0


@pytest.mark.parametrize("again", [True, False], ids=["assessed again", "left open"])
def test_no_other_result_is_adopted_than_the_one_on_the_page(
    app: Flask, visitor_of: VisitorOf, again: bool
) -> None:
    """A passed result is on the page; its assessment is reopened, and becomes a failed one."""
    exam = plan_exam()
    close_as_school(exam)
    office = make_user("administrator")
    page = Visitor(app, office)
    result = db.session.scalars(select(Result.id)).one()
    path = f"/uitslagen/do/record_adoption?id={result}"
    day = {"decided_on": f"{db.session.get_one(Result, result).decided_at:%Y-%m-%d}"}
    pressed = announced(page.post(path, day))
    run(reopen_assessment, actor_of(office), [exam.sittings[0]], reason="Verkeerd ingevuld formulier")
    if again:
        close_as_school(exam, label="O")

    answer = page.post(path, {**day, **pressed})

    assert answer.status_code == 404
    assert "Er is niets gewijzigd" in answer.text
    refresh()
    assert db.session.scalar(select(func.count()).select_from(Adoption)) == 0


def test_two_tabs_of_one_user_are_two_pages(app: Flask) -> None:
    """The same button in two tabs: the second says that it is done already, and does nothing."""
    exam = plan_exam()
    office = make_user("administrator")
    first, second = Visitor(app, office), Visitor(app, office)
    path = f"/examens/do/remove_planning?id={exam.registration}"
    pressed = [announced(tab.get(path)) for tab in (first, second)]
    assert first.post(path, pressed[0]).status_code == 302
    assert second.post(path, pressed[1]).status_code == 404
