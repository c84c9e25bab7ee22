"""“Alle 93, behalve deze”: all rows that match a filter, without those that were unticked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from app.entities.base import db
from app.entities.students import Student
from tests.factories import make_exam, make_programme, make_student, refresh
from tests.support.visitor import Visitor, announced

Visit = Callable[..., Visitor]
DO = "/studenten/do/deactivate_students"
REASON = {"reason": "Van school gegaan"}


@pytest.fixture
def students(app: Flask) -> Sequence[int]:
    """Five who match a filter on their programme, and one who does not."""
    programme = make_programme()
    made = [make_student(programme, last_name=f"Vos{n}").id for n in range(5)]
    return [programme.id, *made, make_student(make_programme(), last_name="Bakker").id]


def still_active() -> set[int]:
    refresh()
    return set(db.session.scalars(select(Student.id).where(Student.active)))


def left_out_on(page: str) -> list[str]:
    part = page.partition('class="targets-out"')[2].partition("</ul>")[0]
    return re.findall(r"<li>([^<]+)</li>", part)


def test_the_check_page_names_who_is_left_out_and_the_rest_is_done(
    students: Sequence[int], visit: Visit
) -> None:
    programme, first, second, *others, elsewhere = students
    admin = visit("administrator")
    path = f"{DO}?all=1&opleiding={programme}&zonder={first}&zonder={second}"
    page = admin.get(path).text
    assert "Behalve 2, die u hebt weggelaten" in page
    assert ["Vos0" in left_out_on(page)[0], "Vos1" in left_out_on(page)[1]] == [True, True]
    told = admin.post(path, REASON)
    assert len(left_out_on(told.text)) == 2
    admin.post(path, {**REASON, **announced(told)})
    assert still_active() == {first, second, elsewhere}
    assert len(others) == 3


def test_what_was_announced_without_somebody_is_not_done_to_them(
    students: Sequence[int], visit: Visit
) -> None:
    programme, first, *_rest = students
    admin = visit("administrator")
    told = announced(admin.post(f"{DO}?all=1&opleiding={programme}&zonder={first}", REASON))
    before = still_active()
    answer = admin.post(f"{DO}?all=1&opleiding={programme}", {**REASON, **told})
    assert answer.status_code == 409
    assert still_active() == before


def test_a_row_that_the_filter_does_not_find_is_not_left_out(students: Sequence[int], visit: Visit) -> None:
    programme, *_five, elsewhere = students
    page = visit("administrator").get(f"{DO}?all=1&opleiding={programme}&zonder={elsewhere}").text
    assert left_out_on(page) == []


def test_nonsense_is_no_row_and_beside_ticked_rows_it_says_nothing(
    students: Sequence[int], visit: Visit
) -> None:
    programme, first, second, *_rest = students
    admin = visit("administrator")
    assert admin.get(f"{DO}?all=1&opleiding={programme}&zonder=x").status_code == 404
    page = admin.get(f"{DO}?id={first}&id={second}&zonder={second}").text
    assert left_out_on(page) == []


def test_planning_keeps_who_is_left_out_through_its_steps(app: Flask, visit: Visit) -> None:
    programme = make_programme()
    exam = make_exam(programme)
    students = [make_student(programme, last_name=f"Vos{n}").id for n in range(3)]
    admin = visit("administrator")
    chosen = admin.get(
        f"/examens/choose/?action=plan_exam&all=1&opleiding={programme.id}&zonder={students[0]}",
        follow_redirects=True,
    ).text
    assert f'name="zonder" value="{students[0]}"' in chosen
    form = admin.get(
        f"/examens/do/plan_exam?all=1&zonder={students[0]}&opleiding={programme.id}&kies={exam.id}"
    ).text
    assert ["Vos0" in name for name in left_out_on(form)] == [True]
    assert "2 studenten" in form
