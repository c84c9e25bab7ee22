"""Two who change moments of one guest at the same moment: the guest reads how it is after both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.actions.planning.invitations import resend_invitation, withdraw_invitation
from app.actions.planning.removal import remove_moments
from app.actions.planning.replacing import replace_company_examiner
from app.actions.planning.stopping import stop_exams
from app.actions.school.retention import forget_outdated
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.invitations import Guest, GuestKey, Invitation
from app.entities.mail import OutboxMail
from app.entities.planning import Sitting, SittingExaminer
from app.entities.users import User
from app.mail.invitation import INVITATION, INVITATION_ENDED
from app.permissions import SYSTEM, Role
from app.queries.planning.invitations import open_sittings
from app.queries.planning.when import when_label
from app.school import current_school
from tests.actions.planning.test_guests_are_people import again, mails, make_attempt, plan
from tests.factories import make_programme, make_user, refresh
from tests.support import clock
from tests.support.at_once import while_half_done
from tests.support.guests import EMAIL


def changes(start: datetime) -> dict[str, Callable[[], object]]:
    """What a planner can do at a student of whose two moments the guest examines the first."""
    programme = make_programme()
    other = make_user(Role.COMPANY_EXAMINER, programmes=[programme]).id
    sittings, examiner = make_attempt(2, starts_at=start, programme=programme)
    again(sittings[:1])
    registration = db.session.get_one(Sitting, sittings[0]).registration_id
    reason = "Zo is het afgesproken"
    day = current_school().local(start).date() + timedelta(days=7)
    return {
        "send again": lambda: run(resend_invitation, SYSTEM, sittings[:1]),
        "invite for more": lambda: again(sittings[1:]),
        "move": lambda: plan(sittings, examiner, day=day),
        "withdraw": lambda: run(withdraw_invitation, SYSTEM, sittings[:1]),
        "replace": lambda: run(
            replace_company_examiner, SYSTEM, sittings[:1], examiner=str(other), reason=reason
        ),
        "remove": lambda: run(remove_moments, SYSTEM, sittings[:1]),
        "stop": lambda: run(stop_exams, SYSTEM, [registration], reason=reason),
    }


CHANGES = ("send again", "invite for more", "move", "withdraw", "replace", "remove", "stop")
STILL = "U wordt nog wel verwacht"


@pytest.mark.parametrize("second", CHANGES)
@pytest.mark.parametrize("first", CHANGES)
def test_whatever_two_planners_change_at_once_the_guest_reads_how_it_is(
    app: Flask, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    start = clock.at(clock.monday() + timedelta(days=28), 9)
    at_one, at_other = changes(start), changes(start + timedelta(days=1))
    with transaction():
        db.session.execute(update(OutboxMail).values(state="sent"))

    answers = while_half_done(monkeypatch, at_one[first], at_other[second])
    assert not [one for one in answers if isinstance(one, Exception)]

    refresh()
    guest = db.session.scalars(select(Guest.user_id)).one()
    moments = [db.session.get_one(Sitting, one) for one in open_sittings(guest)]
    expected = [when_label(one.starts_at, one.ends_at) for one in moments]
    (key,) = db.session.scalars(select(GuestKey.id).where(GuestKey.ended_at.is_(None)))
    waiting = mails("waiting")
    for mail in [one for one in waiting if one.purpose == INVITATION]:
        assert mail.guest_key_id == key, "its code works"
        assert told_in(mail.body) == expected
    assert sum(one.purpose == INVITATION for one in waiting) <= 1
    ended = [one.body for one in waiting if one.purpose == INVITATION_ENDED]
    if second in {"withdraw", "replace", "remove", "stop"}:
        assert told_in(ended[-1].partition(STILL)[2]) == expected


def told_in(text: str) -> list[str]:
    """The moments that the text names, in order."""
    moments = db.session.scalars(select(Sitting).order_by(Sitting.starts_at)).all()
    whens = [when_label(one.starts_at, one.ends_at) for one in moments]
    lines = text.splitlines()
    listed = [line for line in lines if line.startswith("Wanneer: ")] or lines
    return [when for when in whens if any(when in line for line in listed)]


@pytest.mark.parametrize("night_first", [True, False])
def test_a_guest_whose_term_is_over_is_invited_as_the_night_forgets_them(
    app: Flask, monkeypatch: pytest.MonkeyPatch, night_first: bool
) -> None:
    """They are forgotten and then a new guest, or invited in time and kept; never invited and forgotten."""
    before, asked = make_attempt(1)[0], make_attempt(1)[0]
    again(before)
    with transaction():
        long_ago = clock.now() - timedelta(days=800)
        db.session.execute(update(Invitation).values(withdrawn_at=long_ago))
        db.session.execute(delete(SittingExaminer).where(SittingExaminer.role == Role.COMPANY_EXAMINER))
    jobs = [lambda: run(forget_outdated, SYSTEM), lambda: again(asked)]
    answers = while_half_done(monkeypatch, *(jobs if night_first else jobs[::-1]))
    assert all(isinstance(one, Outcome) for one in answers), answers

    refresh()
    live = db.session.scalars(select(Invitation).where(Invitation.withdrawn_at.is_(None))).one()
    guest = db.session.get_one(Guest, live.user_id)
    assert (guest.email, db.session.get_one(User, live.user_id).active) == (EMAIL, True)
    assert [one.to_address for one in mails("waiting")] == [EMAIL]
