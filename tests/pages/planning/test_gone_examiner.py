"""An examiner whom a colleague deactivated while a planner filled in the form: only that is said."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask

from app.actions.base.runner import run
from app.actions.students.activation import deactivate_students
from app.actions.users.users import deactivate_users
from app.entities.base import db
from app.entities.exams import Exam
from app.entities.students import Student
from app.permissions import SYSTEM
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
)
from tests.support import clock
from tests.support.forms import as_shown
from tests.support.visitor import TOKEN, Visitor, lose_token

pytestmark = pytest.mark.web

ERRORS = re.compile(r'<li><a href="#([a-z_]+)\d*[a-z_]*">')
GONE = "Deze keuze is er niet meer. Kies opnieuw."


@pytest.mark.parametrize("planned", [0, 1, 2])
@pytest.mark.parametrize("times", ["one for all", "one for each"])
@pytest.mark.parametrize("gone", ["school_examiner", "company_examiner"])
def test_only_the_choice_that_went_is_said_and_the_times_stay(
    app: Flask, visit: Callable[..., Visitor], planned: int, times: str, gone: str
) -> None:
    programme = make_programme()
    exam = make_exam(programme, tasks=1)
    stays, goes = (make_user(role, programmes=[programme]).id for role in ("school_examiner", gone))
    students = [make_student(programme).id for _ in range(2)]
    for number, student in enumerate(students[:planned]):
        registration = make_registration(
            db.session.get_one(Student, student), db.session.get_one(Exam, exam.id)
        )
        make_sitting(registration, starts_at=clock.at(clock.today() + timedelta(days=3), 9 + 2 * number))
    page = visit("administrator")
    chosen = "".join(f"&id={one}" for one in students)
    path = f"/examens/do/plan_exam?kies={exam.id}&opleiding={programme.id}{chosen}"
    own = [f"start{one}" for one in students] if times == "one for each" else ["all_start"]
    typed = {
        **as_shown(page.get(path).text),
        "all_school_examiner": str(stays),
        "all_day": f"{clock.today() + timedelta(days=9):%Y-%m-%d}",
        **dict.fromkeys(own, "10:15"),
        f"all_{gone}": str(goes),
    }
    run(deactivate_users, SYSTEM, [goes])

    answer = page.post(path, typed)

    told = html.unescape(answer.text)
    assert answer.status_code == 422
    assert ERRORS.findall(told) == [f"all_{gone}"]
    assert GONE in told
    shown = as_shown(answer.text)
    assert {name: shown[name] for name in own} == {key: ["10:15"] for key in own}
    assert shown["all_day"] == [f"{date.fromisoformat(typed['all_day']):%d-%m-%Y}"]


def test_with_a_time_for_each_student_none_is_asked_for_all(
    app: Flask, visit: Callable[..., Visitor]
) -> None:
    programme = make_programme()
    exam, students = make_exam(programme, tasks=1), [make_student(programme).id for _ in range(2)]
    school = make_user("school_examiner", programmes=[programme]).id
    page = visit("administrator")
    chosen = "".join(f"&id={one}" for one in students)
    path = f"/examens/do/plan_exam?kies={exam.id}&opleiding={programme.id}{chosen}"
    typed = {
        **as_shown(page.get(path).text),
        "all_school_examiner": str(school),
        "all_day": f"{clock.today() + timedelta(days=9):%Y-%m-%d}",
        f"start{students[0]}": "10:15",
        f"start{students[1]}": "13:30",
    }
    answer = page.post(path, typed)
    assert answer.status_code == 200
    assert "10:15" in answer.text
    assert "13:30" in answer.text
    answer = page.post(path, {**typed, f"start{students[1]}": ""})
    assert answer.status_code == 422
    assert ERRORS.findall(answer.text) == ["all_start"]


@pytest.mark.parametrize("way", ["sent", "given back"])
def test_a_time_of_each_student_is_told_when_only_one_student_is_left(
    app: Flask, visit: Callable[..., Visitor], way: str
) -> None:
    """The form for one has no such fields."""
    programme = make_programme()
    exam, students = make_exam(programme, tasks=1), [make_student(programme).id for _ in range(2)]
    page = visit("administrator")
    chosen = "".join(f"&id={one}" for one in students)
    path = f"/examens/do/plan_exam?kies={exam.id}&opleiding={programme.id}{chosen}"
    shown = page.get(path).text
    typed = {**as_shown(shown), f"start{students[0]}": "10:15"}
    run(deactivate_students, SYSTEM, [students[1]])
    if way == "sent":
        told = page.post(path, typed).text
    else:
        page._token = TOKEN.findall(shown)[-1]
        lose_token(page)
        told = page.get(page.post(path, typed).headers["Location"], follow_redirects=True).text
    assert "“10:15”. Dat veld is er niet meer." in html.unescape(told)
