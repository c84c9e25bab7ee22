"""A guest who is invited without an account, and the browser that they come in with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.planning.invitations import invite_company_examiner
from app.entities.base import db
from app.entities.exams import Exam
from app.entities.invitations import Guest, GuestKey, Invitation
from app.entities.planning import Sitting
from app.entities.users import User
from app.permissions import SYSTEM, Role
from app.queries.planning.invitation_codes import code_for, token_for
from app.rules.code_format import grouped
from tests.factories import (
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
)
from tests.factories.base import numbers
from tests.support import clock
from tests.support.visitor import TOKEN, Visitor


@dataclass(frozen=True)
class Invited:
    """A sitting of today with its school examiner, and the guest who is invited for it."""

    sitting: int
    registration: int
    guest: int
    examiner: int

    @property
    def row(self) -> Invitation:
        """The latest invitation to this sitting."""
        rows = db.session.scalars(
            select(Invitation)
            .where(Invitation.user_id == self.guest, Invitation.sitting_id == self.sitting)
            .order_by(Invitation.id)
            .execution_options(populate_existing=True)
        ).all()
        return rows[-1]

    @property
    def person(self) -> Guest:
        return db.session.get_one(Guest, self.guest, populate_existing=True)

    @property
    def key(self) -> GuestKey:
        """The key that the next mail to the guest holds."""
        keys = db.session.scalars(
            select(GuestKey)
            .where(GuestKey.user_id == self.guest)
            .order_by(GuestKey.ended_at.is_not(None).desc(), GuestKey.id)
            .execution_options(populate_existing=True)
        ).all()
        return keys[-1]

    @property
    def code(self) -> str:
        """The code as the mail holds it."""
        return grouped(code_for(self.key.nonce))

    @property
    def token(self) -> str:
        return token_for(self.key.nonce)


EMAIL = "bas@bakkerij.example"


def make_invited(*, starts_at: datetime | None = None, exam: Exam | None = None, email: str = "") -> Invited:
    """A guest with an address of their own, unless `email` names one, for a sitting that is going on now."""
    programme = make_programme()
    exam = exam or make_exam(programme, tasks=1)
    examiner = make_user(Role.SCHOOL_EXAMINER, programmes=[programme])
    registration = make_registration(make_student(programme), exam)
    sitting = make_sitting(
        registration, starts_at=starts_at or clock.now() - timedelta(minutes=30), school_examiner=examiner
    )
    ids = sitting.id, registration.id, examiner.id
    guest = invite(ids[0], email=email or f"bas{next(numbers)}@bakkerij.example")
    return Invited(ids[0], ids[1], guest, ids[2])


def invite(sitting_id: int, *, email: str = EMAIL, last_name: str = "Bakker") -> int:
    """Invite a guest for this sitting; gives the guest's id."""
    run(
        invite_company_examiner,
        SYSTEM,
        [sitting_id],
        first_name="Bas",
        last_name=last_name,
        email=email,
        organisation="Bakkerij De Korenaar",
    )
    return db.session.scalars(
        select(Invitation.user_id).where(
            Invitation.sitting_id == sitting_id, Invitation.withdrawn_at.is_(None)
        )
    ).one()


class GuestVisitor(Visitor):
    """Comes in as a guest does: the page of the mail, and the code or the link's token."""

    def token(self) -> str:
        if not self._token:
            found = TOKEN.search(self.get("/uitnodiging/").text)
            assert found, "no csrf token on the page"
            self._token = found[1]
        return self._token


def come_in(app: Flask, invited: Invited) -> GuestVisitor:
    page = GuestVisitor(app)
    answer = page.post("/uitnodiging/", {"code": invited.code})
    assert answer.status_code == 302, answer.text
    page._token = ""  # the session is a new one
    return page


def guest_of(invited: Invited) -> User:
    return db.session.get_one(User, invited.guest)


def sitting_of(invited: Invited) -> Sitting:
    return db.session.get_one(Sitting, invited.sitting)
