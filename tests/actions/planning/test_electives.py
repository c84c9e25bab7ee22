"""The exam of an elective: its examiners come from the student's programme, and no way ends in a dead end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import preview, run
from app.actions.base.wording import say
from app.actions.planning.replacing import replace_company_examiner, replace_school_examiner
from app.actions.planning.stopping import stop_exams
from app.actions.students.couplings import undo_coupling
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.entities.assessment import Assessment
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.programmes import Programme
from app.entities.students import Student
from app.entities.users import User
from app.errors import ChangedMeanwhile, RuleBroken
from app.imports.undo_students import undo_student_import
from app.permissions import Actor, actor_of
from tests.factories import (
    enrol,
    make_elective,
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
)
from tests.factories.base import saved
from tests.support import clock
from tests.support.importing import Wizard, lines
from tests.support.visitor import Visitor
from tests.support.wording import readable

pytestmark = pytest.mark.everywhere
WHY = "De examinator is ziek geworden."
LOSES = "1 gepland examen van een keuzedeel verliest de examinatoren van deze opleiding: "
ALONE = "koppel die student eerst aan een andere opleiding"


@dataclass
class Chosen:
    """A student with a programme and an elective, whose exam is planned with an examiner of the programme."""

    office: Actor
    student: int
    programme: int
    registration: int
    sitting: int
    other: int  # who may examine there too
    exam: str

    def uncouple(self) -> str:
        outcome = run(uncouple_programme, self.office, [self.student], target=f"p{self.programme}")
        assert outcome.done == 1
        return outcome.summary

    def named(self) -> str:
        refresh()
        return f"{self.exam}, kans 1, {db.session.get_one(Student, self.student)}"


@pytest.fixture
def chosen(app: Flask) -> Chosen:
    return choose()


def choose() -> Chosen:
    programme, exam = make_programme(), make_exam(elective := make_elective(), tasks=1)
    student = make_student(programme, elective)
    registration = make_registration(student, exam)
    first, other = (make_user("school_examiner", programmes=[programme]) for _ in range(2))
    sitting = make_sitting(registration, starts_at=clock.now() + timedelta(days=4), school_examiner=first)
    office = actor_of(make_user("administrator"))
    return Chosen(office, student.id, programme.id, registration.id, sitting.id, other.id, exam.code)


def test_uncoupling_names_the_planned_exams_that_lose_their_examiners(chosen: Chosen) -> None:
    target = f"p{chosen.programme}"
    for told in (
        preview(uncouple_programme, chosen.office, [chosen.student], target=target).summary,
        chosen.uncouple(),
    ):
        assert f"{LOSES}{chosen.named()}." in told
        assert ALONE in told


def test_who_follows_another_programme_keeps_its_examiners(chosen: Chosen) -> None:
    other = make_programme()
    enrol(db.session.get_one(Student, chosen.student), other)
    told = chosen.uncouple()
    assert LOSES in told
    assert ALONE not in told


def _of_another(chosen: Chosen) -> None:
    chosen.student = make_student(db.session.get_one(Programme, chosen.programme)).id


def _stopped(chosen: Chosen) -> None:
    run(stop_exams, chosen.office, [chosen.registration], reason="De student is gestopt.")


def _definitive(chosen: Chosen) -> None:
    by = make_user("school_examiner").id
    saved(Assessment(sitting_id=chosen.sitting, definitive_at=clock.now(), definitive_by_id=by))


@pytest.mark.parametrize("how", [_of_another, _stopped, _definitive])
def test_nothing_is_announced_where_nothing_is_lost(chosen: Chosen, how: Callable[[Chosen], None]) -> None:
    how(chosen)
    refresh()
    assert "keuzedeel" not in chosen.uncouple()


def test_more_than_five_are_counted(app: Flask) -> None:
    office, programme, elective = actor_of(make_user("administrator")), make_programme(), make_elective()
    exam, students = make_exam(elective, tasks=1), [make_student(programme, elective) for _ in range(7)]
    for student in students:
        make_sitting(make_registration(student, exam))
    outcome = run(uncouple_programme, office, [one.id for one in students], target=f"p{programme.id}")
    assert "7 geplande examens van keuzedelen verliezen" in outcome.summary
    assert "en nog 2." in outcome.summary


def test_what_was_planned_after_the_page_was_shown_is_announced_first(chosen: Chosen) -> None:
    target = f"p{chosen.programme}"
    shown = preview(uncouple_programme, chosen.office, [chosen.student], target=target).mark
    exam = make_exam(make_elective(), tasks=1)
    make_sitting(make_registration(db.session.get_one(Student, chosen.student), exam))
    with pytest.raises(ChangedMeanwhile):
        run(uncouple_programme, chosen.office, [chosen.student], target=target, shown=shown)


def test_undoing_a_coupling_or_an_import_announces_it_too(app: Flask) -> None:
    wizard = Wizard(actor_of(make_user("administrator")))
    programme, exam = make_programme(crebo="25656"), make_exam(elective := make_elective(), tasks=1)
    target, student = f"p{programme.id}", make_student(elective, number="9").id
    make_sitting(make_registration(db.session.get_one(Student, student), exam))
    run(couple_programme, wizard.actor, [student], target=target)
    made = db.session.scalars(select(CouplingRun.id)).one()
    undone = [
        preview(undo_coupling, wizard.actor, run_id=made),
        run(undo_coupling, wizard.actor, run_id=made),
    ]
    refresh()
    pk = wizard.take(lines(("9", "25656"), header=("Studentnummer", "Crebo")))
    wizard.write(pk)
    undone += [act(undo_student_import, wizard.actor, [pk]) for act in (preview, run)]
    for outcome in undone:
        assert outcome.done == 1
        assert LOSES in outcome.summary


@pytest.mark.parametrize("act", [replace_school_examiner, replace_company_examiner])
def test_replacing_names_the_cause_and_what_to_do_and_then_goes(chosen: Chosen, act: object) -> None:
    chosen.uncouple()
    role = "school_examiner" if act is replace_school_examiner else "company_examiner"
    row = db.session.get_one(User, chosen.other)
    new = row.id if role == "school_examiner" else make_user(role, programmes=list(row.programmes)).id
    data = {"examiner": str(new), "reason": WHY}
    with pytest.raises(RuleBroken) as refused:
        run(act, chosen.office, [chosen.sitting], **data)  # type: ignore[arg-type]
    assert refused.value.field == "examiner"
    said = say(refused.value)
    refresh()
    assert said.startswith(
        f"Niet aan een opleiding gekoppeld: {db.session.get_one(Student, chosen.student)}."
    )
    assert said.endswith("Koppel de student eerst aan een opleiding, bij Studenten.")
    run(couple_programme, chosen.office, [chosen.student], target=f"p{chosen.programme}")
    assert run(act, chosen.office, [chosen.sitting], **data).done == 1  # type: ignore[arg-type]


def test_of_an_elective_the_refusal_speaks_of_the_students_programme(chosen: Chosen) -> None:
    stranger = make_user("school_examiner", programmes=[make_programme()]).id
    with pytest.raises(RuleBroken, match="aan een opleiding van de student is gekoppeld"):
        run(replace_school_examiner, chosen.office, [chosen.sitting], examiner=str(stranger), reason=WHY)


def test_the_page_to_replace_says_it_before_anything_is_chosen(
    visit: Callable[..., Visitor], chosen: Chosen
) -> None:
    visitor = visit("administrator")
    for name in ("replace_school_examiner", "replace_company_examiner"):
        page = f"/examens/do/{name}?id={chosen.sitting}&aanmelding={chosen.registration}"
        said = "Koppel de student eerst aan een opleiding, bij Studenten."
        assert not any(said in text for text in readable(visitor.get(page).text))
    chosen.uncouple()
    for name in ("replace_school_examiner", "replace_company_examiner"):
        page = f"/examens/do/{name}?id={chosen.sitting}&aanmelding={chosen.registration}"
        assert any(said in text for text in readable(visitor.get(page).text))
