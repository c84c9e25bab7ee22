"""A guest who loses a moment is named before it is done, and in the trail with their address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.action import Action
from app.actions.base.outcome import Outcome
from app.actions.base.runner import preview, run
from app.actions.planning.ended import NAMED, ended_told, not_back_told
from app.actions.planning.invitations import resend_invitation, withdraw_invitation
from app.actions.planning.planning import plan_exam
from app.actions.planning.removal import remove_moments, remove_planning
from app.actions.planning.replacing import replace_company_examiner
from app.actions.planning.stopping import resume_exams, stop_exams
from app.actions.students.activation import deactivate_students, reactivate_students
from app.entities.base import db
from app.entities.planning import Registration
from app.entities.trail import AuditEntry
from app.permissions import SYSTEM, Role
from app.queries.planning.plan import Slot, Wish
from app.school import current_school
from tests.actions.planning.test_guests_are_people import score
from tests.factories import make_user, refresh
from tests.support import clock
from tests.support.guests import Invited, guest_of, invite, make_invited, sitting_of

WHY = "De student is verhuisd."
Ask = tuple[Action, list[int], dict[str, Any]]


@pytest.fixture
def invited(app: Flask) -> Invited:
    return make_invited(starts_at=clock.now() + timedelta(days=2))


def student_of(invited: Invited) -> int:
    return db.session.get_one(Registration, invited.registration).student_id


def stop(invited: Invited) -> Ask:
    return stop_exams, [invited.registration], {"reason": WHY}


def bin_all(invited: Invited) -> Ask:
    return remove_planning, [invited.registration], {}


def bin_one(invited: Invited) -> Ask:
    return remove_moments, [invited.sitting], {}


def replace(invited: Invited) -> Ask:
    return replace_company_examiner, [invited.sitting], {"examiner": "", "reason": WHY}


def withdraw(invited: Invited) -> Ask:
    return withdraw_invitation, [invited.sitting], {}


def leave(invited: Invited) -> Ask:
    return deactivate_students, [student_of(invited)], {}


def plan(invited: Invited) -> Ask:
    """Somebody with an account is planned in the guest's place."""
    exam = db.session.get_one(Registration, invited.registration).exam
    assert exam.programme is not None
    company = make_user(Role.COMPANY_EXAMINER, programmes=[exam.programme]).id
    exam_id, student = exam.id, student_of(invited)
    start = current_school().local(sitting_of(invited).starts_at)
    slot = Slot(invited.examiner, company, start.date(), start.time().replace(second=0, microsecond=0), 60)
    return plan_exam, [student], {"exam_id": exam_id, "wish": Wish(together=slot)}


ENDINGS = [stop, bin_all, bin_one, replace, withdraw, leave, plan]


def told(outcome: Outcome) -> str:
    return "\n".join([outcome.summary, *outcome.names])


def last_entry() -> str:
    refresh()
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    return str(entry.details)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_page_names_the_guest_who_goes(invited: Invited, ending: Callable[[Invited], Ask]) -> None:
    act, ids, data = ending(invited)
    name = guest_of(invited).full_name
    assert name in told(preview(act, SYSTEM, ids, **data))
    refresh()
    assert invited.row.withdrawn_at is None


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_trail_names_the_address_that_it_ended_for(
    invited: Invited, ending: Callable[[Invited], Ask]
) -> None:
    act, ids, data = ending(invited)
    address = invited.person.email or ""
    run(act, SYSTEM, ids, **data)
    assert address in last_entry()
    # What sends a code names the address just so.
    other = make_invited(starts_at=clock.now() + timedelta(days=3))
    run(resend_invitation, SYSTEM, [other.sitting])
    assert (other.person.email or "") in last_entry()


def test_of_many_guests_the_sentence_counts_those_whom_it_does_not_name(app: Flask) -> None:
    guests = {number: f"Bakker {number}" for number in range(1, NAMED + 3)}
    assert f"Bakker {NAMED}, en nog 2" in ended_told(guests)
    assert f"Bakker {NAMED}, en nog 2" in not_back_told(guests)
    assert "en nog" not in ended_told(dict(list(guests.items())[:NAMED]))


@pytest.mark.parametrize("ending", [one for one in ENDINGS if one is not withdraw])
def test_nothing_is_said_of_guests_where_none_was_invited(
    invited: Invited, ending: Callable[[Invited], Ask]
) -> None:
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    act, ids, data = ending(invited)
    assert "uitgenodigd" not in told(preview(act, SYSTEM, ids, **data)).lower()


@pytest.mark.parametrize("scored", [False, True])
def test_who_takes_an_exam_up_again_hears_whose_invitation_does_not_come_back(
    invited: Invited, scored: bool
) -> None:
    if scored:
        invited = make_invited()
        score(invited.sitting, guest_of(invited))
    name, address = guest_of(invited).full_name, invited.person.email or ""
    run(stop_exams, SYSTEM, [invited.registration], reason=WHY)
    announced = told(preview(resume_exams, SYSTEM, [invited.registration]))
    assert f"{name} ({address})" in announced
    assert "nodig opnieuw uit" in announced
    run(resume_exams, SYSTEM, [invited.registration])
    assert address in last_entry()
    assert "niet opnieuw uitgenodigd" in last_entry()


def test_so_does_who_activates_a_student_again(invited: Invited) -> None:
    student, address = student_of(invited), invited.person.email or ""
    run(deactivate_students, SYSTEM, [student])
    assert address in told(preview(reactivate_students, SYSTEM, [student]))
    run(reactivate_students, SYSTEM, [student])
    assert address in last_entry()


def test_who_was_withdrawn_before_it_was_stopped_is_not_named(invited: Invited) -> None:
    first, second = invited.person.email or "", "later@bakkerij.example"
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    invite(invited.sitting, email=second, last_name="Later")
    run(stop_exams, SYSTEM, [invited.registration], reason=WHY)
    announced = told(preview(resume_exams, SYSTEM, [invited.registration]))
    assert second in announced
    assert first not in announced
