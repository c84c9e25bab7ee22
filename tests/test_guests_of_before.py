"""Guests of before an address was one person: merged where it is the same person, and every mail goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alembic import command as alembic
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import select, text

from app.actions.assessment.assessment import save_scores
from app.actions.base.runner import run
from app.actions.base.trail import broken_at
from app.actions.planning.invitations import withdraw_invitation
from app.entities.assessment import ScoreSheet
from app.entities.base import db
from app.entities.invitations import Guest, Invitation
from app.entities.mail import InvitationMail, OutboxMail
from app.entities.planning import SittingExaminer
from app.entities.users import User
from app.permissions import SYSTEM, actor_of
from app.queries.mail.mail_bodies import ready_body
from app.queries.planning.invitation_codes import code_for, token_for
from tests.factories import refresh
from tests.support import clock
from tests.support.database import alembic_config
from tests.support.guests import EMAIL, GuestVisitor, Invited, guest_of, invite, make_invited, sitting_of

pytestmark = pytest.mark.schema


def before() -> None:
    """The tables as they were, with an address and a code per sitting."""
    db.session.rollback()
    held = ScriptDirectory.from_config(alembic_config()).get_revision("0021")
    assert isinstance(held.down_revision, str)
    alembic.downgrade(alembic_config(), held.down_revision)


def upgraded() -> None:
    alembic.upgrade(alembic_config(), "head")
    refresh()


def directly(statement: str, **values: object) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)


def examiner_of(invited: Invited) -> int | None:
    return db.session.scalar(
        select(SittingExaminer.user_id).where(
            SittingExaminer.sitting_id == invited.sitting, SittingExaminer.role == "company_examiner"
        )
    )


@pytest.fixture
def four(app: Flask) -> list[Invited]:
    """Three of one name and address, the first of whom has saved, and one of another name there."""
    made = [make_invited(starts_at=clock.now() - timedelta(hours=2 * n)) for n in range(1, 5)]
    levels = {c.id: c.levels[1].id for c in sitting_of(made[1]).task.criteria}
    run(save_scores, actor_of(guest_of(made[1])), [made[1].sitting], version=0, levels=levels, remarks={})
    before()
    directly("UPDATE invitation SET email = :email", email=EMAIL)
    directly("UPDATE ab_user SET last_name = 'Molenaar' WHERE id = :id", id=made[3].guest)
    return made


def test_one_name_at_one_address_is_one_guest_with_all_that_was_theirs(four: list[Invited]) -> None:
    upgraded()
    assert [examiner_of(one) for one in four] == [four[0].guest] * 3 + [four[3].guest]
    assert db.session.scalars(select(ScoreSheet.examiner_id)).all() == [four[0].guest]
    assert set(db.session.scalars(select(Invitation.user_id))) == {four[0].guest, four[3].guest}
    assert set(db.session.scalars(select(OutboxMail.to_user_id))) == {four[0].guest, four[3].guest}
    guests = {row.user_id: (row.email, row.doubled) for row in db.session.scalars(select(Guest))}
    assert guests == {four[0].guest: (EMAIL, True), four[3].guest: (EMAIL, False)}
    gone = [db.session.get_one(User, one.guest) for one in four[1:3]]
    assert [(user.active, user.last_name) for user in gone] == [(False, "(samengevoegd)")] * 2
    assert broken_at() is None


def test_every_code_and_link_that_is_out_goes_on_working(app: Flask, four: list[Invited]) -> None:
    upgraded()
    told = db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
    keys = [mail.guest_key for mail in told]
    assert all(key is not None for key in keys)
    for key, one in zip(keys, four, strict=True):
        assert key is not None
        for path, sent in (
            ("/uitnodiging/", {"code": code_for(key.nonce)}),
            ("/uitnodiging/link", {"token": token_for(key.nonce)}),
        ):
            page = GuestVisitor(app)
            assert page.post(path, sent).status_code == 302
            page._token = ""
            assert page.get(f"/te-beoordelen/{one.sitting}").status_code == 200


def test_every_mail_that_waited_still_goes(four: list[Invited]) -> None:
    upgraded()
    waiting = db.session.scalars(select(OutboxMail).where(OutboxMail.state == "waiting")).all()
    assert len(waiting) == 4
    assert [mail.id for mail in waiting if ready_body(mail) is None] == []
    assert len(db.session.scalars(select(InvitationMail.mail_id)).all()) == 4


def test_the_next_invitation_goes_to_the_latest_of_the_address(app: Flask, four: list[Invited]) -> None:
    upgraded()
    free = make_invited(starts_at=clock.now() + timedelta(days=9))
    assert free.guest not in {one.guest for one in four}, "no number is used twice"
    run(withdraw_invitation, SYSTEM, [free.sitting])
    assert invite(free.sitting, email=EMAIL, last_name="Molenaar") == four[3].guest


def test_what_went_out_of_term_stays_forgotten(app: Flask) -> None:
    make_invited()
    before()
    directly("UPDATE invitation SET email = '', nonce = '', selector = '', code_hash = ''")
    upgraded()
    assert db.session.scalars(select(Guest.email)).all() == [None]


def test_going_back_keeps_the_latest_moment_and_its_code(app: Flask) -> None:
    invited = make_invited(email=EMAIL)
    make_invited(starts_at=clock.now() + timedelta(days=2), email=EMAIL)
    code = invited.code
    before()
    upgraded()
    assert GuestVisitor(app).post("/uitnodiging/", {"code": code}).status_code == 302
