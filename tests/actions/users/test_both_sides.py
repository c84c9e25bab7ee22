"""No address makes one person of the examiner of the school and the guest of the company at one moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.access.email_change import change_email, confirm_email
from app.actions.assessment.assessment import make_definitive
from app.actions.base import runner
from app.actions.base.runner import run
from app.actions.planning.invitations import withdraw_invitation
from app.actions.planning.replacing import replace_company_examiner
from app.actions.planning.stopping import stop_exams
from app.actions.users.users import add_user, edit_user
from app.entities.base import db
from app.entities.profile import EmailChange
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import Busy, RuleBroken
from app.permissions import SYSTEM, Role, actor_of
from app.queries.access.codes import address_code
from tests.actions.planning.test_guests_are_people import (
    again,
    examiners_of,
    make_attempt,
    plan,
    rename_account,
    replaced,
    score,
)
from tests.actions.planning.test_stopping import at_once
from tests.factories import make_user, refresh
from tests.support import clock
from tests.support.guests import EMAIL, Invited, guest_of, make_invited, sitting_of

WHY = "De examinator is ziek geworden."
ROLES = [Role.SCHOOL_EXAMINER.value]
Give = Callable[[User, str], None]


def by_user_management(user: User, email: str) -> None:
    run(
        edit_user,
        SYSTEM,
        [user.id],
        version=user.version,
        first_name=user.first_name,
        last_name=user.last_name,
        email=email,
        roles=ROLES,
    )


def by_the_user(user: User, email: str) -> None:
    actor = actor_of(user)
    run(change_email, actor, email=email)
    change = db.session.scalars(select(EmailChange).order_by(EmailChange.id.desc())).first()
    assert change is not None
    run(confirm_email, actor, code=address_code(change.nonce))


GIVERS = [by_user_management, by_the_user]


@pytest.fixture
def invited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Invited:
    monkeypatch.setattr(runner, "demand", lambda *_given: None)  # every proof was given
    return make_invited(email=EMAIL)


def school_of(invited: Invited) -> User:
    refresh()
    return db.session.get_one(User, invited.examiner)


def address_of(invited: Invited) -> str:
    return school_of(invited).email


@pytest.mark.parametrize("give", GIVERS)
def test_an_account_does_not_get_the_address_of_the_guest_of_its_own_moment(
    invited: Invited, give: Give
) -> None:
    before = address_of(invited)
    with pytest.raises(RuleBroken, match="Eén persoon beoordeelt niet voor beide kanten") as refused:
        give(school_of(invited), EMAIL.upper())
    assert refused.value.field == ("email" if give is by_user_management else "code")
    assert refused.value.params["name"] == guest_of(invited).full_name
    assert address_of(invited) == before


@pytest.mark.parametrize("give", GIVERS)
def test_nor_of_a_guest_who_filled_in_and_went(invited: Invited, give: Give) -> None:
    score(invited.sitting, guest_of(invited))
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    with pytest.raises(RuleBroken, match="beide kanten"):
        give(school_of(invited), EMAIL)


@pytest.mark.parametrize("give", GIVERS)
def test_nor_when_they_filled_in_themselves_and_were_replaced(invited: Invited, give: Give) -> None:
    score(invited.sitting, school_of(invited))
    exam = sitting_of(invited).registration.exam
    assert exam.programme is not None
    other = make_user(Role.SCHOOL_EXAMINER, programmes=[exam.programme]).id
    assert replaced([invited.sitting], other) == ""
    with pytest.raises(RuleBroken, match="beide kanten"):
        give(school_of(invited), EMAIL)


def gone(invited: Invited) -> None:
    run(withdraw_invitation, SYSTEM, [invited.sitting])


def closed(invited: Invited) -> None:
    score(invited.sitting, school_of(invited))
    run(make_definitive, actor_of(school_of(invited)), [invited.sitting])


def stopped(invited: Invited) -> None:
    run(stop_exams, SYSTEM, [invited.registration], reason=WHY)


@pytest.mark.parametrize("free", [gone, closed, stopped])
@pytest.mark.parametrize("give", GIVERS)
def test_where_they_meet_at_no_open_moment_the_address_is_free(
    invited: Invited, give: Give, free: Callable[[Invited], None]
) -> None:
    free(invited)
    give(school_of(invited), EMAIL)
    assert address_of(invited) == EMAIL


@pytest.mark.parametrize("give", GIVERS)
def test_so_it_is_where_both_are_of_the_company(invited: Invited, give: Give) -> None:
    """The account filled in before the guest came: one person on one side."""
    exam = sitting_of(invited).registration.exam
    assert exam.programme is not None
    roles = (Role.COMPANY_EXAMINER, Role.SCHOOL_EXAMINER)
    company = make_user(*roles, programmes=[exam.programme]).id
    gone(invited)
    for taker in (str(company), ""):
        run(replace_company_examiner, SYSTEM, [invited.sitting], examiner=taker, reason=WHY)
        if taker:
            score(invited.sitting, db.session.get_one(User, company))
    again([invited.sitting])
    give(db.session.get_one(User, company), EMAIL)
    refresh()
    assert db.session.get_one(User, company).email == EMAIL


def test_a_new_account_examines_nowhere_yet_and_may_have_it(invited: Invited) -> None:
    run(
        add_user,
        SYSTEM,
        first_name="Bas",
        last_name="Bakker",
        email=EMAIL,
        roles=[Role.COMPANY_EXAMINER],
    )
    assert db.session.scalars(select(User).where(User.email == EMAIL)).one().full_name == "Bas Bakker"


@pytest.mark.parametrize("change", ["time", "place"])
def test_planning_does_not_go_on_with_one_person_on_both_sides(app: Flask, change: str) -> None:
    """The address changed before this was refused: nobody plans on with that pair."""
    invited = make_invited(email=EMAIL, starts_at=clock.now() + timedelta(days=2))
    rename_account(school_of(invited), EMAIL)
    begins = sitting_of(invited).starts_at + timedelta(days=change == "time")
    with pytest.raises(RuleBroken, match="twee keer") as refused:
        plan([invited.sitting], invited.examiner, day=begins.date(), start=begins)
    assert refused.value.field == "all_school_examiner"
    assert examiners_of([invited.sitting]) == {invited.guest}


@pytest.mark.schema
def test_two_at_once_do_not_pass_each_other(app: Flask) -> None:
    """A planner invites the address that the examiner of the school takes in the same instant."""
    for number in range(6):
        address = f"samen{number}@bakkerij.example"
        sittings, examiner = make_attempt(1, starts_at=clock.now() + timedelta(days=2 + number))
        user = db.session.get_one(User, examiner)
        version, names = user.version, {"first_name": user.first_name, "last_name": user.last_name}
        answers = at_once(
            partial(again, sittings, email=address),
            partial(run, edit_user, SYSTEM, [examiner], version=version, email=address, **names, roles=ROLES),
        )
        refused = [one for one in answers if isinstance(one, RuleBroken | Busy)]
        assert len(refused) == 1, answers


@pytest.mark.everywhere
@pytest.mark.parametrize("by_address", [True, False])
def test_the_trail_tells_of_the_user_name_that_becomes_the_new_address(
    app: Flask, monkeypatch: pytest.MonkeyPatch, by_address: bool
) -> None:
    monkeypatch.setattr(runner, "demand", lambda *_given: None)  # every proof was given
    name = "oud@example.nl" if by_address else "anna"
    user = make_user("school_examiner", email="oud@example.nl", username=name)
    by_the_user(user, "nieuw@example.nl")
    refresh()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "confirm_email")).one()
    told = {"username": ["oud@example.nl", "nieuw@example.nl"]} if by_address else {}
    assert entry.details == {"email": ["oud@example.nl", "nieuw@example.nl"], **told}
