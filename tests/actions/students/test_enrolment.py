"""Koppelen aan opleiding: who changes, who was coupled already, who can't be uncoupled."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from app.actions.base.runner import Selection, preview, run
from app.actions.planning.stopping import stop_exams
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.students import Enrolment, Student
from app.entities.trail import AuditEntry, AuditObject
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


def test_students_are_coupled_and_who_was_so_stays_so(actor: Actors) -> None:
    programme = make_programme(name="Verzorgende-IG")
    had, new = make_student(programme), make_student(last_name="Dijk", infix="", number="0007")
    outcome = run(couple_programme, actor("administrator"), [had.id, new.id], target=f"p{programme.id}")
    assert (outcome.done, outcome.unchanged, list(outcome.ids)) == (1, 1, [new.id])
    assert outcome.names == ["Dijk, Fleur (0007)"]
    assert outcome.summary.startswith("1 student gekoppeld aan Verzorgende-IG")
    assert db.session.query(Enrolment).count() == 2


def test_the_trail_names_the_action_and_exactly_the_changed_students(actor: Actors) -> None:
    programme = make_programme()
    make_student(programme)
    new = [make_student().id, make_student().id]
    run(couple_programme, actor("administrator"), new, target=f"p{programme.id}")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "couple_programme")).one()
    assert entry.object_count == 2
    assert sorted(db.session.scalars(select(AuditObject.object_id))) == new


def test_coupling_twice_changes_nothing(actor: Actors) -> None:
    elective, student = make_elective(), make_student()
    for expected in (1, 0):
        outcome = run(couple_programme, actor("administrator"), [student.id], target=f"e{elective.id}")
        assert outcome.done == expected
    assert db.session.query(AuditEntry).filter_by(action="couple_programme").count() == 1


def test_a_preview_says_what_will_happen_and_does_nothing(actor: Actors) -> None:
    programme, student = make_programme(), make_student()
    outcome = preview(couple_programme, actor("administrator"), [student.id], target=f"p{programme.id}")
    assert outcome.done == 1
    assert db.session.query(Enrolment).count() == 0


@pytest.mark.parametrize("key", ["", "p", "e999999", "p-1", "x1", "p1; DROP TABLE student", "p" + "9" * 50])
def test_something_that_is_no_programme_is_refused_at_the_field(actor: Actors, key: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        run(couple_programme, actor("administrator"), [make_student().id], target=key)
    assert refused.value.field == "target"


def test_a_praktijkbegeleider_couples_own_students_to_own_programmes(app: object) -> None:
    own, other = make_programme(), make_programme()
    supervisor = make_user("school_supervisor", programmes=[own])
    mine = make_student(supervisors=((supervisor, "school_supervisor"),))
    actor = actor_of(supervisor)
    assert run(couple_programme, actor, [mine.id], target=f"p{own.id}").done == 1
    with pytest.raises(RuleBroken):
        run(couple_programme, actor, [mine.id], target=f"p{other.id}")
    with pytest.raises(NotFound):
        run(couple_programme, actor, [mine.id, make_student().id], target=f"p{own.id}")


@pytest.mark.parametrize(
    "role", ["company_supervisor", "school_examiner", "exam_committee", "student", "supplier"]
)
def test_no_other_role_couples(actor: Actors, role: str) -> None:
    programme, student = make_programme(), make_student()
    for act in (couple_programme, uncouple_programme):
        with pytest.raises(NotAllowed):
            run(act, actor(role), [student.id], target=f"p{programme.id}")


def test_uncoupling_leaves_who_is_registered_for_an_exam(actor: Actors) -> None:
    programme = make_programme()
    exam = make_exam(programme)
    free, held, without = make_student(programme), make_student(programme), make_student()
    make_registration(held, exam)
    outcome = run(
        uncouple_programme, actor("administrator"), [free.id, held.id, without.id], target=f"p{programme.id}"
    )
    assert (outcome.done, outcome.unchanged, len(outcome.refused)) == (1, 1, 1)
    assert outcome.refused[0].label == f"{held.sort_name} ({held.number})"
    assert "aangemeld" in outcome.refused[0].reason
    refresh()
    assert [e.student_id for e in db.session.scalars(select(Enrolment))] == [held.id]


def test_who_stopped_its_exams_can_be_uncoupled(actor: Actors) -> None:
    programme = make_programme()
    student = make_student(programme)
    registration = make_registration(student, make_exam(programme))
    run(stop_exams, SYSTEM, [registration.id], reason="De student is verhuisd.")
    assert run(uncouple_programme, actor("administrator"), [student.id], target=f"p{programme.id}").done == 1


def test_all_that_match_is_a_selection_of_the_server(actor: Actors) -> None:
    programme = make_programme()
    for name in ("Dijk", "Dijk", "Berg"):
        make_student(last_name=name)
    matching = Selection(matching=select(Student).where(Student.last_name == "Dijk"))
    assert run(couple_programme, actor("administrator"), matching, target=f"p{programme.id}").done == 2


def test_ten_students_and_five_thousand_take_the_same_few_statements(actor: Actors) -> None:
    administrator, programme = actor("administrator"), make_programme()
    costs = []
    for size, first in ((10, 0), (5000, 10)):
        with transaction():
            db.session.execute(
                insert(Student),
                [
                    {
                        "number": f"N{n}",
                        "first_name": "Fleur",
                        "infix": "",
                        "last_name": f"Groot{size}",
                        "search": "",
                    }
                    for n in range(first, first + size)
                ],
            )
        matching = Selection(matching=select(Student).where(Student.last_name == f"Groot{size}"))
        with counted() as statements:
            assert run(couple_programme, administrator, matching, target=f"p{programme.id}").done == size
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 13
