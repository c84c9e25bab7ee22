"""Who examines sittings for one side, or did so before: whoever takes the other side is somebody else."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.entities.engine import id_set, text_set
from app.queries.planning.stopped import goes_on
from app.queries.planning.when import when_label


def others_at(sittings: Collection[int], role: str) -> Mapping[int, Mapping[int, str]]:
    """Sitting id -> who examines or scored there in another role than this: user id -> name. Two queries."""
    there, sheet = models.SittingExaminer, models.ScoreSheet
    now = (
        sa.select(there.sitting_id, models.User)
        .join(models.User, models.User.id == there.user_id)
        .where(there.role != role, there.sitting_id.in_(id_set(sorted(sittings))))
    )
    before = (
        sa.select(models.Assessment.sitting_id, models.User)
        .join(sheet, sheet.assessment_id == models.Assessment.id)
        .join(models.User, models.User.id == sheet.examiner_id)
        .where(sheet.role != role, models.Assessment.sitting_id.in_(id_set(sorted(sittings))))
    )
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for sitting_id, user in (*db.session.execute(before), *db.session.execute(now)):
        found[sitting_id][user.id] = user.full_name
    return found


@dataclass(frozen=True)
class Meeting:
    """A moment at which somebody would come to stand on both sides, and the guest whom they would be."""

    guest: str
    moment: str


def meetings(addresses: Mapping[int, str]) -> Mapping[int, Meeting]:
    """User id -> a moment at which, with this address, they would be the guest of the other side.

    Only moments that go on and are not definitive. These are locked, as by whoever invites: of two at once
    the second sees what the first did. Four queries at most, and some for each meeting that is found.
    """
    theirs = _open_places(id_set(sorted(addresses))) if addresses else ()
    if not theirs:
        return {}
    chosen = id_set(sorted({sitting_id for sitting_id, _user, _role in theirs}))
    locking = sa.select(models.Sitting.id).where(models.Sitting.id.in_(chosen)).order_by(models.Sitting.id)
    db.session.execute(locking.with_for_update()).all()
    addressed = sa.select(models.Guest.user_id).where(
        models.Guest.email.in_(text_set(sorted(addresses.values())))
    )
    there = _open_places(addressed, chosen)
    if not there:
        return {}
    guests = {guest.user_id: guest for guest in db.session.scalars(_guests({user for _s, user, _r in there}))}
    return {
        user: _meeting(guests[other], sitting_id)
        for sitting_id, user, role in theirs
        for at, other, their_role in there
        if at == sitting_id and role != their_role and guests[other].email == addresses[user]
    }


def _open_places(users: Any, sittings: Any = None) -> Sequence[sa.Row[int, int, str]]:
    """Sitting, user and role of these users where they examine an open moment, or scored. One query."""
    there, sheet = models.SittingExaminer, models.ScoreSheet
    now = sa.select(there.sitting_id, there.user_id, there.role).where(there.user_id.in_(users))
    before = (
        sa.select(models.Assessment.sitting_id, sheet.examiner_id, sheet.role)
        .join(sheet, sheet.assessment_id == models.Assessment.id)
        .where(sheet.examiner_id.in_(users))
    )
    places = now.union(before).subquery()
    statement = (
        sa.select(*places.c)
        .join(models.Sitting, models.Sitting.id == places.c.sitting_id)
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .where(models.Assessment.definitive_at.is_(None), goes_on())
        .order_by(*places.c)
    )
    if sittings is not None:
        statement = statement.where(places.c.sitting_id.in_(sittings))
    return db.session.execute(statement).all()


def _guests(users: Collection[int]) -> sa.Select[models.Guest]:
    return (
        sa.select(models.Guest)
        .where(models.Guest.user_id.in_(id_set(sorted(users))))
        .options(orm.joinedload(models.Guest.user))
    )


def _meeting(guest: models.Guest, sitting_id: int) -> Meeting:
    sitting = db.session.get_one(models.Sitting, sitting_id)
    exam, when = sitting.registration.exam.code, when_label(sitting.starts_at, sitting.ends_at)
    return Meeting(guest.user.full_name, f"{exam}, {sitting.task.title}, {when}")
