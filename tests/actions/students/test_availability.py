"""Exams that a student won't take, and the progress tab that is opened."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.planning.stopping import stop_exams
from app.actions.students.availability import exclude_exam, include_exam, release_progress
from app.entities.base import db
from app.entities.students import ExamExclusion, Student
from app.entities.trail import AuditEntry
from app.errors import NotAllowed, NotFound, RuleBroken
from app.permissions import SYSTEM, Actor, actor_of
from tests.factories import (
    make_elective,
    make_exam,
    make_programme,
    make_registration,
    make_student,
    make_user,
    refresh,
)
from tests.support.queries import counted

Actors = Callable[..., Actor]


def pairs() -> set[tuple[int, int]]:
    refresh()
    return {(row.student_id, row.exam_id) for row in db.session.scalars(select(ExamExclusion))}


def test_an_exam_becomes_unavailable_for_who_has_it(actor: Actors) -> None:
    programme, elective = make_programme(), make_elective()
    exam, of_elective = make_exam(programme), make_exam(elective)
    both, one = make_student(programme, elective), make_student(programme)
    outcome = run(exclude_exam, actor("administrator"), [both.id, one.id], exams=[exam.id, of_elective.id])
    assert (outcome.done, outcome.unchanged) == (2, 0)
    assert pairs() == {(both.id, exam.id), (both.id, of_elective.id), (one.id, exam.id)}
    again = run(exclude_exam, actor("administrator"), [both.id, one.id], exams=[exam.id, of_elective.id])
    assert (again.done, again.unchanged) == (0, 2)
    told = [one.details["exams"] for one in db.session.query(AuditEntry).filter_by(action="exclude_exam")]
    assert sorted(told) == sorted([[str(exam)], [str(of_elective)]]), "each about the students who had it"


def test_who_is_registered_keeps_the_exam_and_the_reason_is_given(actor: Actors) -> None:
    programme = make_programme()
    exam = make_exam(programme)
    planned, free = make_student(programme), make_student(programme)
    make_registration(planned, exam)
    outcome = run(exclude_exam, actor("administrator"), [planned.id, free.id], exams=[exam.id])
    assert (outcome.done, outcome.unchanged) == (1, 0)
    assert [(r.label, r.reason) for r in outcome.refused] == [
        (f"{planned.sort_name} ({planned.number})", f"is al aangemeld voor {exam}")
    ]
    assert pairs() == {(free.id, exam.id)}


def test_an_exam_that_was_stopped_can_be_made_unavailable(actor: Actors) -> None:
    programme = make_programme()
    exam, student = make_exam(programme), make_student(programme)
    registration = make_registration(student, exam)
    run(stop_exams, SYSTEM, [registration.id], reason="De student is verhuisd.")
    assert run(exclude_exam, actor("administrator"), [student.id], exams=[exam.id]).done == 1


def test_an_exam_of_another_programme_cannot_be_chosen(actor: Actors) -> None:
    student, exam = make_student(make_programme()), make_exam()
    for exams in ([exam.id], [], [999999]):
        with pytest.raises(RuleBroken) as refused:
            run(exclude_exam, actor("administrator"), [student.id], exams=exams)
        assert refused.value.field == "exams"


def test_an_exam_becomes_available_again(actor: Actors) -> None:
    programme = make_programme()
    exam = make_exam(programme)
    out, never = make_student(programme), make_student(programme)
    run(exclude_exam, actor("administrator"), [out.id], exams=[exam.id])
    outcome = run(include_exam, actor("administrator"), [out.id, never.id], exams=[exam.id])
    assert (outcome.done, outcome.unchanged) == (1, 1)
    assert pairs() == set()
    with pytest.raises(RuleBroken):
        run(include_exam, actor("administrator"), [out.id], exams=[exam.id])


def test_the_progress_tab_is_opened_and_closed(actor: Actors) -> None:
    on, off = make_student(progress_available=True), make_student()
    outcome = run(release_progress, actor("administrator"), [on.id, off.id], available="on")
    assert (outcome.done, outcome.unchanged, list(outcome.ids)) == (1, 1, [off.id])
    refresh()
    assert set(db.session.scalars(select(Student.progress_available))) == {True}
    assert run(release_progress, actor("administrator"), [on.id, off.id], available="off").done == 2
    refresh()
    assert set(db.session.scalars(select(Student.progress_available))) == {False}
    with pytest.raises(RuleBroken):
        run(release_progress, actor("administrator"), [on.id], available="misschien")


def test_a_praktijkbegeleider_does_so_for_own_students_only(app: object) -> None:
    supervisor, programme = make_user("school_supervisor"), make_programme()
    exam = make_exam(programme)
    own, other = (
        make_student(programme, supervisors=((supervisor, "school_supervisor"),)),
        make_student(programme),
    )
    actor = actor_of(supervisor)
    assert run(release_progress, actor, [own.id], available="on").done == 1
    assert run(exclude_exam, actor, [own.id], exams=[exam.id]).done == 1
    with pytest.raises(NotFound):
        run(release_progress, actor, [other.id], available="on")
    with pytest.raises(NotFound):
        run(exclude_exam, actor, [own.id, other.id], exams=[exam.id])


@pytest.mark.parametrize("role", ["company_supervisor", "school_examiner", "exam_committee", "student"])
def test_no_other_role_does(actor: Actors, role: str) -> None:
    student = make_student()
    with pytest.raises(NotAllowed):
        run(release_progress, actor(role), [student.id], available="on")
    for act in (exclude_exam, include_exam):
        with pytest.raises(NotAllowed):
            run(act, actor(role), [student.id], exams=[1])


def test_more_students_cost_no_more_statements(actor: Actors) -> None:
    administrator, programme = actor("administrator"), make_programme()
    exam = make_exam(programme)
    costs = []
    for size in (2, 40):
        students = [make_student(programme).id for _ in range(size)]
        make_registration(db.session.get_one(Student, students[0]), exam)
        with counted() as statements:
            run(exclude_exam, administrator, students, exams=[exam.id])
        with counted() as others:
            run(release_progress, administrator, students, available="on")
        costs.append((len(statements), len(others)))
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 11


def test_who_has_none_of_the_exams_is_told_apart_from_who_is_so_already(actor: Actors) -> None:
    programme, administrator = make_programme(), actor("administrator")
    exam = make_exam(programme)
    chosen = [make_student(programme).id, make_student(make_programme()).id, make_student().id]
    for act, words in ((exclude_exam, "niet meer"), (include_exam, "weer")):
        outcome = run(act, administrator, chosen, exams=[exam.id])
        assert (outcome.done, outcome.unchanged, outcome.refused) == (1, 0, [])
        assert outcome.summary == (
            f"{exam}: {words} beschikbaar voor 1 student. Bij 2 studenten hoort geen van de gekozen examens."
        )
