"""Scenes on planning, invitations, assessing and results."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from sqlalchemy import select, update

from app.actions.planning.inviting import choice_of
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.invitations import Guest
from app.entities.planning import Registration, Sitting
from app.entities.users import User
from app.permissions import actor_of
from app.queries.planning.persons import at_address
from app.queries.planning.plan import Slot, Wish
from app.rules.sessions import Opening
from app.rules.tokens import new_token
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
)
from tests.factories.assessment import close_as_school, plan_exam, save_as
from tests.support import clock
from tests.support.guests import make_invited
from tests.support.scenes.stage import Stage, scene


@scene("plan_exam")
def _plan_exam(s: Stage) -> None:
    programme = make_programme()
    exam = make_exam(programme, tasks=2)
    students = [make_student(programme).id for _ in range(2)]
    day = clock.today() + timedelta(days=10)

    def slot(start: time, minutes: int, location: str, note: str) -> Wish:
        school = make_user("school_examiner", programmes=[programme]).id
        company = make_user("company_examiner", programmes=[programme]).id
        return Wish(together=Slot(school, company, day, start, minutes, location=location, note=note))

    for wish in (slot(time(9), 120, "Lokaal 2.04", "Neem uw pas mee"), slot(time(10), 90, "Keuken", "")):
        s.run("plan_exam", *students, exam_id=exam.id, wish=wish)


@scene("remove_planning")
def _remove_planning(s: Stage) -> None:
    programme = make_programme()
    registration = make_registration(make_student(programme), exam := make_exam(programme, tasks=2))
    examiners: dict[str, Any] = {
        "school_examiner": make_user("school_examiner"),
        "company_examiner": make_user("company_examiner"),
    }
    for task in exam.tasks:
        make_sitting(registration, task, **examiners)
    with transaction():
        db.session.execute(update(Sitting).values(note="Neem uw pas mee"))
    stopped, bare = _stopped(s), make_registration(make_student(), make_exam()).id
    s.run("stop_exams", bare, reason="De student is ziek geworden")  # before anything was planned
    begun = plan_exam(tasks=2)  # what was scored stays
    save_as(begun.school, begun.sittings[0], {}, remark="Rustig gewerkt")
    s.run("remove_planning", registration.id, make_invited().registration, stopped, bare, begun.registration)


INVITED: dict[str, Any] = {
    "first_name": "Bas",
    "infix": "de",
    "last_name": "Bakker",
    "email": "bas@bakkerij.example",
    "organisation": "Bakkerij De Korenaar",
}


@scene("invite_company_examiner")
def _invite_company_examiner(s: Stage) -> None:
    """Somebody new, as they are known, under another name, and of another company; who scored; an account."""

    def invite(**given: Any) -> int:
        registration = make_registration(make_student(), make_exam(make_programme(), tasks=1))
        ago = clock.now() - timedelta(hours=2 * registration.id)  # each at a time of its own
        sitting = make_sitting(registration, starts_at=ago, school_examiner=make_user("school_examiner"))
        s.run("invite_company_examiner", sitting.id, **{**INVITED, **given})
        return sitting.id

    invite()
    guest = db.session.scalars(select(Guest.user_id)).one()
    invite()
    known = at_address(INVITED["email"], ())
    assert known is not None
    person = choice_of(known, rename=True)
    invite(first_name="Basil", last_name="Molenaar", person=person)
    sitting = invite(first_name="Basil", last_name="Molenaar", organisation="De Molen")
    save_as(actor_of(s.one(User, guest)), sitting, {}, remark="Rustig gewerkt")
    invite(first_name="Basil", last_name="Molenaar", organisation="Weer een ander")


@scene("resend_invitation")
def _resend_invitation(s: Stage) -> None:
    s.run("resend_invitation", make_invited().sitting)


@scene("withdraw_invitation")
def _withdraw_invitation(s: Stage) -> None:
    s.run("withdraw_invitation", make_invited().sitting)


@scene("use_invitation")
def _use_invitation(s: Stage) -> None:
    s.run("use_invitation", key_id=make_invited().key.id, opening=Opening(new_token()))


@scene("save_scores")
def _save_scores(_s: Stage) -> None:
    exam = plan_exam()
    criterion = exam.criteria[0][0]["id"]
    save_as(exam.school, exam.sittings[0], exam.levels("O"), 0, {criterion: "Kan beter"}, "Rustig gewerkt")
    save_as(exam.school, exam.sittings[0], exam.levels("V"), 1, {criterion: "Goed zo"}, "Vlot gewerkt")
    save_as(exam.company, exam.sittings[0], exam.levels("V"), 2)


@scene("make_definitive")
def _make_definitive(_s: Stage) -> None:
    close_as_school(plan_exam(), label="V")


@scene("reopen_assessment")
def _reopen_assessment(s: Stage) -> None:
    exam = plan_exam()
    close_as_school(exam)
    s.run("reopen_assessment", exam.sittings[0], reason="Verkeerde scores ingevuld")


@scene("record_adoption")
def _record_adoption(s: Stage) -> None:
    s.run("record_adoption", s.world.own["result"], actor=s.admin, decided_on=clock.today())


def _crewed(tasks: int = 1) -> Any:
    """A registration with moments, each with both examiners; its examiners may examine the programme."""
    programme = make_programme()
    registration = make_registration(make_student(programme), exam := make_exam(programme, tasks=tasks))
    people: dict[str, Any] = {
        role: make_user(role, programmes=[programme]) for role in ("school_examiner", "company_examiner")
    }
    day = clock.now() + timedelta(days=10)
    for number, task in enumerate(exam.tasks):
        make_sitting(registration, task, starts_at=day + timedelta(days=number), **people)
    return registration, programme


def _sittings_of(registration: int) -> list[int]:
    own = select(Sitting.id).where(Sitting.registration_id == registration).order_by(Sitting.id)
    return list(db.session.scalars(own))


def _stopped(s: Stage) -> int:
    """A stopped exam of which the moment is still there."""
    registration: int = _crewed()[0].id
    s.run("stop_exams", registration, reason="De student is gestopt met de opleiding")
    return registration


@scene("remove_moments")
def _remove_moments(s: Stage) -> None:
    registration = _crewed(tasks=2)[0].id
    for moments in (
        _sittings_of(registration)[:1],
        _sittings_of(_stopped(s)),
        [make_invited().sitting, *_sittings_of(_stopped(s))],
    ):
        s.run("remove_moments", *moments)


def pass_meanwhile(registration: int) -> None:
    """Let the moments of a stopped exam be over by now, that were still to come when it was stopped."""
    now = clock.now()
    with transaction():
        db.session.execute(
            update(Registration)
            .where(Registration.id == registration)
            .values(stopped_at=now - timedelta(days=2))
        )
        db.session.execute(
            update(Sitting)
            .where(Sitting.registration_id == registration, Sitting.starts_at > now)
            .values(starts_at=now - timedelta(days=1), ends_at=now - timedelta(days=1) + timedelta(hours=1))
        )


@scene("stop_exams")
def _stop_exams(s: Stage) -> None:
    invited = make_invited()  # to a moment that stays, as the other examiner scored it
    save_as(actor_of(s.one(User, invited.examiner)), invited.sitting, {}, remark="Rustig gewerkt")
    for registration in (_crewed()[0].id, invited.registration):
        s.run("stop_exams", registration, reason="De student is gestopt met de opleiding")
    assert s.one(Sitting, invited.sitting).examiners[1:] == []


@scene("resume_exams")
def _resume_exams(s: Stage) -> None:
    passed = _stopped(s)
    pass_meanwhile(passed)
    s.run("resume_exams", _stopped(s), passed)


@scene("replace_school_examiner")
def _replace_school_examiner(s: Stage) -> None:
    registration, programme = _crewed(tasks=2)
    new, ids = make_user("school_examiner", programmes=[programme]).id, _sittings_of(registration.id)
    s.run("replace_school_examiner", *ids, examiner=str(new), reason="De examinator is ziek geworden")


@scene("replace_company_examiner")
def _replace_company_examiner(s: Stage) -> None:
    registration, programme = _crewed()
    new, ids = make_user("company_examiner", programmes=[programme]).id, _sittings_of(registration.id)
    s.run("replace_company_examiner", *ids, examiner=str(new), reason="De examinator is ziek geworden")
    s.run("replace_company_examiner", *ids, examiner="", reason="Er komt niemand van het bedrijf")
    invited = make_invited().sitting
    s.run("replace_company_examiner", invited, examiner="", reason="Er komt niemand van het bedrijf")
