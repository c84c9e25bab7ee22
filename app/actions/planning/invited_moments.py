"""The moments that somebody is invited for: locked, refused with a reason, coupled."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.actions.planning.clashes import Wanted, moment_label, refuse_clashes
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.errors import NotFound, RuleBroken
from app.permissions import Actor, Role
from app.queries.planning import invitations, persons, sides
from app.rules import invitations as invitation_rules
from app.rules import sides as side_rules
from app.rules import steps

COMPANY = Role.COMPANY_EXAMINER.value


def locked(wanted: Sequence[int], *, among: Sequence[int] = ()) -> Sequence[models.Sitting]:
    """These sittings by time, locked. NotFound for one of another attempt than the sittings `among`."""
    found = db.session.scalars(
        sa.select(models.Sitting)
        .where(models.Sitting.id.in_(id_set(wanted)))
        .order_by(models.Sitting.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    attempts = {one.registration_id for one in found if one.id in set(among or wanted)}
    if len(found) != len(wanted) or any(one.registration_id not in attempts for one in found):
        raise NotFound
    return sorted(found, key=lambda one: (one.starts_at, one.id))


def refuse(sittings: Sequence[models.Sitting], *, again: bool = False) -> None:
    there = invitations.taken([one.id for one in sittings])
    for one in sittings:
        stopped = steps.why_not_change(stopped=one.registration.stopped_at is not None)
        why = stopped or invitation_rules.why_not_invite(
            definitive=there[one.id].definitive,
            expired=invitations.too_long_ago(one.ends_at),
            company="" if again else there[one.id].company,
            invited="" if again else there[one.id].invited,
        )
        if why is not None:
            raise why.as_error()


def refuse_busy(actor: Actor, user: models.User, sittings: Sequence[models.Sitting]) -> None:
    """RuleBroken when they would be in two places, or examine for both sides at one of these sittings."""
    ids = [one.id for one in sittings]
    person = persons.same_person([user.id])
    for others in sides.others_at(ids, COMPANY).values():
        why = side_rules.why_not_both(user.id, others, person)
        if why is not None:
            raise RuleBroken(why.message, field="email", **why.params)
    words = labels(ids)
    wanted = [
        Wanted(
            one.starts_at,
            one.ends_at,
            moment_label(one.starts_at, one.ends_at, *words[one.id]),
            examiners={user.id: user.full_name},
        )
        for one in sittings
    ]
    refuse_clashes(actor, wanted, leaving_out=ids)


def labels(sittings: Sequence[int]) -> Mapping[int, tuple[str, str, str]]:
    """Sitting id -> its exam, task and student in words. One query."""
    rows = db.session.scalars(
        sa.select(models.Sitting)
        .where(models.Sitting.id.in_(id_set(sittings)))
        .options(
            orm.joinedload(models.Sitting.task),
            orm.joinedload(models.Sitting.registration).joinedload(models.Registration.exam),
            orm.joinedload(models.Sitting.registration).joinedload(models.Registration.student),
        )
    )
    return {
        one.id: (one.registration.exam.code, one.task.title, str(one.registration.student)) for one in rows
    }


def couple(sittings: Sequence[models.Sitting], user_id: int) -> None:
    rows = [{"sitting_id": one.id, "role": COMPANY, "user_id": user_id} for one in sittings]
    db.session.execute(sa.insert(models.SittingExaminer), rows)
    changed(sittings)


def changed(sittings: Sequence[models.Sitting]) -> None:
    """Raise the registrations' versions, so that planning forms that are open notice the change."""
    touched = sorted({one.registration_id for one in sittings})
    db.session.execute(
        sa.update(models.Registration)
        .where(models.Registration.id.in_(id_set(touched)))
        .values(version=models.Registration.version + 1),
        execution_options=QUIETLY,
    )
