"""Who is who by e-mail address: an address is one person, with an account or as a guest, or both."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set, lock_rows
from app.queries.planning import facts


@dataclass(frozen=True)
class Known:
    """The one at an address. `examines`: as company examiner of the asked sittings; a guest always may."""

    id: int
    name: str
    guest: bool
    examines: bool
    scored: bool = False  # filled something in, so that the name stays as it is


def same_person(users: Collection[int]) -> Mapping[int, int]:
    """The id of each of these users, and of everybody with an address of theirs -> one id for the person.

    One query.
    """
    mine, theirs = _addressed().subquery(), _addressed().subquery()
    pairs = db.session.execute(
        sa.select(theirs.c.id, theirs.c.address)
        .select_from(mine)
        .join(theirs, theirs.c.address == mine.c.address)
        .where(mine.c.id.in_(id_set(sorted(users))))
        .order_by(theirs.c.id)
    ).all()
    first: dict[str, int] = {}
    for user_id, address in pairs:
        first.setdefault(address, user_id)
    return {user_id: first[address] for user_id, address in pairs}


def everybody_like(users: sa.Select[Any]) -> sa.Select[int]:
    """The ids of these users, and of everybody with an address of theirs."""
    mine, theirs = _addressed().subquery(), _addressed().subquery()
    return (
        sa.select(theirs.c.id)
        .select_from(mine)
        .join(theirs, theirs.c.address == mine.c.address)
        .where(mine.c.id.in_(users))
    )


def lock_people(users: sa.Select[Any]) -> None:
    """Lock these users and everybody with an address of theirs, by id.

    Who plans, invites or mails somebody takes turns: nobody is in two places, and no mail or code of theirs
    is made from what a colleague is just changing.
    """
    lock_rows(models.User.__table__, everybody_like(users))


def lock_address(address: str) -> None:
    """Lock everybody at this address (in lower case): who that is, is sure only after it."""
    known = _addressed().subquery()
    lock_rows(models.User.__table__, sa.select(known.c.id).where(known.c.address == address))


def _addressed() -> sa.Select[int, str]:
    """Every user with the address that reaches them; a guest whose address went has one of nobody's."""
    address = sa.func.coalesce(models.Guest.email, models.User.email)
    return sa.select(models.User.id.label("id"), address.label("address")).outerjoin(
        models.Guest, models.Guest.user_id == models.User.id
    )


def at_address(address: str, sittings: Sequence[int]) -> Known | None:
    """Who has this address (in lower case); an account before a guest. None: nobody yet."""
    account = db.session.scalars(
        sa.select(models.User).where(models.User.email == address, models.User.guest.is_(False))
    ).one_or_none()
    if account is not None:
        return Known(account.id, account.full_name, guest=False, examines=_examines(account.id, sittings))
    scored = sa.exists().where(models.ScoreSheet.examiner_id == models.Guest.user_id)
    found = db.session.execute(
        sa.select(models.User, scored.label("scored"))
        .join(models.Guest, models.Guest.user_id == models.User.id)
        .where(models.Guest.email == address, models.Guest.doubled.is_(False))
    ).one_or_none()
    if found is None:
        return None
    guest, scored_before = found
    return Known(guest.id, guest.full_name, guest=True, examines=True, scored=bool(scored_before))


def _examines(user_id: int, sittings: Sequence[int]) -> bool:
    """Whether planning would take this user as company examiner of each of these sittings."""
    attempts = sa.select(models.Sitting.registration_id).where(models.Sitting.id.in_(id_set(sittings)))
    rows = db.session.execute(
        sa.select(models.Registration.student_id, models.Exam)
        .join(models.Exam, models.Exam.id == models.Registration.exam_id)
        .where(models.Registration.id.in_(attempts))
    ).all()
    return all(_examines_exam(user_id, student_id, exam) for student_id, exam in rows)


def _examines_exam(user_id: int, student_id: int, exam: models.Exam) -> bool:
    followed = sa.select(models.Enrolment.programme_id).where(
        models.Enrolment.student_id == student_id, models.Enrolment.programme_id.is_not(None)
    )
    programmes = [exam.programme_id] if exam.programme_id is not None else [*db.session.scalars(followed)]
    examiners = facts.examiners_among([user_id], programmes)
    return any(facts.COMPANY in one.roles for one in examiners)
