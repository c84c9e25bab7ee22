"""Several planners at the same moment: one guest per address, and in one place at a time."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.planning.invitations import invite_company_examiner
from app.entities.base import db
from app.entities.invitations import Guest
from app.entities.planning import Sitting, SittingExaminer
from app.errors import Busy, RuleBroken
from app.permissions import SYSTEM, Role
from app.school import current_school
from tests.actions.planning.test_guests_are_people import SOON, again, make_attempt, plan
from tests.factories import refresh
from tests.support import clock
from tests.support.guests import EMAIL
from tests.support.racer import race

pytestmark = pytest.mark.schema
REFUSED = (RuleBroken, Busy)


def places(sittings: list[int]) -> int:
    """At how many of these sittings somebody examines for the company."""
    refresh()
    coupled = select(SittingExaminer.sitting_id).where(
        SittingExaminer.sitting_id.in_(sittings), SittingExaminer.role == Role.COMPANY_EXAMINER
    )
    return len(db.session.scalars(coupled).all())


@pytest.mark.parametrize("known", [False, True], ids=["a new address", "a guest of before"])
def test_four_who_invite_an_address_for_one_hour_make_one_guest_with_one_moment(
    app: Flask, known: bool
) -> None:
    start = clock.now() + SOON
    if known:
        again(make_attempt(1, starts_at=start + SOON)[0])
    sittings = [make_attempt(1, starts_at=start + timedelta(minutes=n))[0][0] for n in range(8)]

    def work() -> None:
        for sitting in random.sample(sittings, len(sittings)):
            try:
                names = {"first_name": "Bas", "last_name": "Bakker"}
                run(invite_company_examiner, SYSTEM, [sitting], email=EMAIL, **names)
            except REFUSED:
                continue

    assert race(work) == [""] * 4
    assert places(sittings) == 1
    assert len(db.session.scalars(select(Guest)).all()) == 1


def test_a_guest_is_not_invited_and_planned_into_one_hour_at_once(app: Flask) -> None:
    """One planner moves a guest's moment to the hour for which another invites the same guest."""
    moved, examiner = make_attempt(1, starts_at=clock.now() + SOON)
    again(moved)
    asked = make_attempt(1, starts_at=clock.now() + 3 * SOON)[0]
    there = current_school().local(db.session.get_one(Sitting, asked[0]).starts_at)

    def work() -> None:
        acts = [
            lambda: plan(moved, examiner, day=there.date(), start=there),
            lambda: again(asked),
        ]
        for act in random.sample(acts, 2):
            try:
                act()
            except REFUSED:
                continue

    assert race(work) == [""] * 4
    refresh()
    rows = [db.session.get_one(Sitting, one) for one in (*moved, *asked)]
    together = rows[0].starts_at < rows[1].ends_at and rows[1].starts_at < rows[0].ends_at
    assert not (together and places(asked) == 1), "one of the two is refused"
    assert together or places(asked) == 1, "the other is done"
