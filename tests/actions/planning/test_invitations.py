"""Inviting a company examiner without an account: coupled, mailed, kept while planning, withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.assessment.assessment import make_definitive, save_scores
from app.actions.base.runner import run
from app.actions.planning.invitations import invite_company_examiner, resend_invitation, withdraw_invitation
from app.actions.planning.planning import plan_exam
from app.actions.planning.removal import remove_planning
from app.entities.assessment import Result
from app.entities.base import db
from app.entities.invitations import GuestKey, Invitation
from app.entities.mail import OutboxMail
from app.entities.planning import Registration, SittingExaminer
from app.entities.programmes import Programme
from app.entities.users import User
from app.errors import NotFound, RuleBroken
from app.permissions import SYSTEM, Actor, Role, actor_of
from app.queries.planning.invitation_codes import by_code, by_token
from app.queries.planning.invitations import invitations_of, why_ended
from app.queries.planning.plan import Slot, Wish
from app.school import current_school
from tests.factories import make_user, refresh
from tests.support import clock
from tests.support.guests import EMAIL, Invited, guest_of, invite, make_invited, sitting_of
from tests.support.queries import counted


def company_of(invited: Invited) -> int | None:
    refresh()
    return db.session.scalar(
        select(SittingExaminer.user_id).where(
            SittingExaminer.sitting_id == invited.sitting, SittingExaminer.role == Role.COMPANY_EXAMINER
        )
    )


def mail_states() -> list[str]:
    refresh()
    return list(db.session.scalars(select(OutboxMail.state).order_by(OutboxMail.id)))


def replan(invited: Invited, *, company: int | None = None, hours: int = 2) -> None:
    """As the planning screen does: another time, and perhaps an examiner of the company."""
    sitting = sitting_of(invited)
    start = current_school().local(sitting.starts_at + timedelta(hours=hours))
    slot = Slot(
        school_examiner_id=invited.examiner,
        company_examiner_id=company,
        day=start.date(),
        start=start.time().replace(second=0, microsecond=0),
        minutes=60,
        location=sitting.location,
    )
    registration = db.session.get_one(Registration, invited.registration)
    run(plan_exam, SYSTEM, [registration.student_id], exam_id=registration.exam_id, wish=Wish(together=slot))


def test_the_guest_is_the_company_examiner_of_this_sitting_and_has_a_mail(app: Flask) -> None:
    invited = make_invited(email=EMAIL)
    assert company_of(invited) == invited.guest
    guest = guest_of(invited)
    assert (guest.full_name, guest.guest, guest.organisation) == ("Bas Bakker", True, "Bakkerij De Korenaar")
    mail = db.session.scalars(select(OutboxMail)).one()
    assert (mail.to_address, mail.state, mail.purpose) == (EMAIL, "waiting", "invitation")
    registration = db.session.get_one(Registration, invited.registration)
    assert registration.student.full_name not in mail.body


def test_a_sitting_has_one_company_examiner_invited_or_not(app: Flask) -> None:
    invited = make_invited()
    with pytest.raises(RuleBroken, match="al uitgenodigd"):
        invite(invited.sitting)
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    assert company_of(invited) is None
    other = invite(invited.sitting, last_name="Molenaar", email="m@molen.example")
    assert other != invited.guest
    assert company_of(invited) == other


def test_a_sitting_of_long_ago_is_for_nobody(app: Flask) -> None:
    with pytest.raises(RuleBroken, match="te lang geleden"):
        make_invited(starts_at=clock.now() - timedelta(days=20))


def test_a_supervisor_invites_for_own_students_only(app: Flask, actor: Callable[..., Actor]) -> None:
    invited = make_invited()
    supervisor = actor(Role.SCHOOL_SUPERVISOR)
    for act in (invite_company_examiner, resend_invitation, withdraw_invitation):
        with pytest.raises(NotFound):
            run(act, supervisor, [invited.sitting])


def test_scores_trail_and_result_of_a_guest_are_those_of_any_company_examiner(app: Flask) -> None:
    invited = make_invited()
    levels = {c.id: c.levels[2].id for c in sitting_of(invited).task.criteria}
    run(save_scores, actor_of(guest_of(invited)), [invited.sitting], version=0, levels=levels, remarks={})
    examiner = actor_of(db.session.get_one(User, invited.examiner))
    run(save_scores, examiner, [invited.sitting], version=1, levels=levels, remarks={})
    run(make_definitive, examiner, [invited.sitting])
    result = db.session.scalars(select(Result)).one()
    task = result.detail["tasks"][0]
    assert {"role": "company_examiner", "name": "Bas Bakker"} in task["examiners"]
    assert task["criteria"][0]["company_level"] is not None


def test_sending_again_replaces_the_mail_that_waits(app: Flask) -> None:
    invited = make_invited()
    run(resend_invitation, SYSTEM, [invited.sitting])
    assert mail_states() == ["cancelled", "waiting"]
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    assert mail_states() == ["cancelled", "cancelled"]
    with pytest.raises(RuleBroken, match="niemand uitgenodigd"):
        run(resend_invitation, SYSTEM, [invited.sitting])


def opens(key: GuestKey | None) -> bool:
    return key is not None and not why_ended(key.user_id)


def test_who_is_invited_again_has_a_new_key_and_the_old_one_stays_dead(app: Flask) -> None:
    invited = make_invited()
    code, token = invited.code, invited.token
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    assert not opens(by_code(code))
    assert invite(invited.sitting, email=invited.person.email or "") == invited.guest
    refresh()
    assert (opens(by_code(code)), opens(by_token(token))) == (False, False)
    assert (opens(by_code(invited.code)), opens(by_token(invited.token))) == (True, True)
    mails = db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
    assert mails[-1].guest_key_id == invited.key.id


def test_a_key_that_opens_another_moment_stays_when_one_was_withdrawn(app: Flask) -> None:
    """One code opens all moments of a guest; that of a moment which goes on is not taken away."""
    invited = make_invited(email=EMAIL)
    other = make_invited(email=EMAIL, starts_at=clock.now() + timedelta(days=1))
    code = invited.code
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    assert opens(by_code(code))
    invite(invited.sitting)
    refresh()
    assert (opens(by_code(code)), other.code) == (True, code)


def test_planning_another_time_keeps_the_guest_and_tells_him(app: Flask) -> None:
    invited = make_invited(starts_at=clock.now() + timedelta(days=3))
    code = invited.code
    replan(invited)
    assert company_of(invited) == invited.guest
    assert mail_states() == ["cancelled", "waiting"]
    assert invited.code == code, "the code that he has goes on working"
    replan(invited, hours=0)
    assert mail_states() == ["cancelled", "waiting"], "nothing changed: no mail"


def test_choosing_an_examiner_of_the_company_takes_the_guests_place(app: Flask) -> None:
    invited = make_invited(starts_at=clock.now() + timedelta(days=3))
    programme_id = db.session.get_one(Registration, invited.registration).exam.programme_id
    chosen = make_user(Role.COMPANY_EXAMINER, programmes=[db.session.get_one(Programme, programme_id)]).id
    replan(invited, company=chosen, hours=0)
    assert company_of(invited) == chosen
    assert invited.row.withdrawn_at is not None
    assert mail_states() == ["cancelled"]


def test_a_guest_cannot_be_chosen_for_another_sitting(app: Flask) -> None:
    invited = make_invited(starts_at=clock.now() + timedelta(days=3))
    with pytest.raises(RuleBroken, match="examinator van het bedrijf"):
        replan(invited, company=invited.guest)


def test_removing_the_planning_ends_the_invitation(app: Flask) -> None:
    invited = make_invited()
    run(remove_planning, SYSTEM, [invited.registration])
    row = db.session.scalars(select(Invitation)).one()
    assert (row.sitting_id, row.withdrawn_at is not None) == (None, True)
    assert mail_states() == ["cancelled"]


def test_the_states_of_many_invitations_take_one_query(app: Flask) -> None:
    sittings = [make_invited().sitting for _n in range(3)]
    with counted() as statements:
        found = invitations_of(sittings)
    assert len(statements) == 1
    assert {state.mail_state for state in found.values()} == {"waiting"}
