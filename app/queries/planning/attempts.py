"""How the attempts of one student at one exam stand to each other, over all versions of the exam."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Role
from app.queries.planning.facts import SCHOOL
from app.queries.users.users import with_role
from app.rules import attempts as rules
from app.rules import blocks
from app.rules.text import Reason
from app.school import current_school

SUPERVISOR = Role.SCHOOL_SUPERVISOR.value
PLANNED = "plan_exam"  # the action that plans, by its name in the trail


@dataclass(frozen=True)
class OtherResult:
    """Another attempt that has a result too."""

    registration_id: int
    attempt: int
    block: blocks.Block


@dataclass(frozen=True)
class Later:
    """A later attempt, the number of the earlier one that was asked about, and whether it has a result."""

    registration: models.Registration
    earlier: int
    decided: bool


def school_rules() -> rules.AttemptRules:
    school = current_school()
    return rules.AttemptRules(school.max_attempts, school.improve_allowed)


def waiting_for(registrations: Sequence[int]) -> Mapping[int, Reason]:
    """Registration id -> why it must wait for an earlier attempt; the others are left out. One query."""
    own, (opened, passed) = models.Registration, earlier_attempts()
    rows = db.session.execute(
        sa.select(own.id, own.attempt, opened, passed).where(
            own.id.in_(id_set(registrations)),
            own.attempt > 1,
            own.stopped_at.is_(None),
            own.id.not_in(sa.select(models.Result.registration_id)),
        )
    )
    reasons = {id_: why_wait(attempt, *earlier) for id_, attempt, *earlier in rows}
    return {id_: why for id_, why in reasons.items() if why is not None}


@cache  # to make these costs more than to run them
def earlier_attempts() -> tuple[sa.ScalarSelect[int], sa.ScalarSelect[int]]:
    """Columns beside Registration: the first earlier attempt that is open, and the first that was passed."""
    own, other = models.Registration, orm.aliased(models.Registration)
    mine, theirs = orm.aliased(models.Exam), orm.aliased(models.Exam)
    key = sa.select(mine.key).where(mine.id == own.exam_id).correlate(own).scalar_subquery()
    earlier = (
        sa.select(sa.func.min(other.attempt))
        .join(theirs, theirs.id == other.exam_id)
        .where(other.student_id == own.student_id, other.attempt < own.attempt, theirs.key == key)
        .correlate(own)
    )
    result = models.Result.registration_id == other.id
    opened = earlier.where(other.stopped_at.is_(None), ~sa.exists().where(result).correlate(other))
    passed = earlier.where(sa.exists().where(result, models.Result.passed).correlate(other))
    return opened.scalar_subquery(), passed.scalar_subquery()


def why_wait(attempt: int, opened: int | None, passed: int | None) -> Reason | None:
    """Why an attempt without a result waits, by what `earlier_attempts` gave."""
    facts = [rules.AttemptFacts(number, definitive=False) for number in (opened,) if number]
    facts += [rules.AttemptFacts(number, definitive=True, passed=True) for number in (passed,) if number]
    return rules.why_wait(attempt, facts, school_rules()) if facts else None


def later_attempts(registrations: Sequence[int]) -> Sequence[Later]:
    """The later attempts that were not stopped, with a result or without, each with its exam. One query."""
    own, other = orm.aliased(models.Registration), orm.aliased(models.Registration)
    decided = sa.exists().where(models.Result.registration_id == other.id).correlate(other)
    rows = db.session.execute(
        _others(own, other)
        .with_only_columns(other, own.attempt, decided)
        .where(
            own.id.in_(id_set(registrations)),
            other.attempt > own.attempt,
            other.stopped_at.is_(None),
        )
        .options(orm.joinedload(other.exam))
        .order_by(other.id, own.attempt)
    ).all()
    return [Later(*row) for row in rows]


def who_has(registrations: Sequence[models.Registration]) -> Mapping[int, Sequence[models.User]]:
    """Registration id -> its examiners of the school, and who planned it last. Four queries.

    When the planner has gone: the student's supervisors of the school, and else the administrators.
    """
    ids = [one.id for one in registrations]
    examiners = _users_of(
        sa.select(models.Sitting.registration_id, models.SittingExaminer.user_id)
        .join(models.Sitting, models.Sitting.id == models.SittingExaminer.sitting_id)
        .where(models.Sitting.registration_id.in_(id_set(ids)), models.SittingExaminer.role == SCHOOL)
    )
    planner = _users_of(_last_planner(ids))
    supervisors = _users_of(
        sa.select(models.Registration.id, models.Supervision.user_id)
        .join(models.Supervision, models.Supervision.student_id == models.Registration.student_id)
        .where(models.Registration.id.in_(id_set(ids)), models.Supervision.role == SUPERVISOR)
    )
    office = _users_of(
        sa.select(models.Registration.id, models.User.id)
        .join(models.User, with_role(Role.ADMINISTRATOR))
        .where(models.Registration.id.in_(id_set(ids)))
    )
    found = {}
    for id_ in ids:
        planners = planner.get(id_) or supervisors.get(id_) or office.get(id_, [])
        once = {user.id: user for user in [*examiners.get(id_, []), *planners]}
        found[id_] = list(once.values())
    return found


def _last_planner(registrations: Sequence[int]) -> Any:
    """(registration, user) of the latest entry in the trail that planned it."""
    about = (models.AuditObject.object_type == "Registration") & (models.AuditEntry.action == PLANNED)
    latest = (
        sa.select(models.AuditObject.object_id, sa.func.max(models.AuditEntry.id).label("entry_id"))
        .join(models.AuditEntry, models.AuditEntry.id == models.AuditObject.entry_id)
        .where(about, models.AuditObject.object_id.in_(id_set(registrations)))
        .group_by(models.AuditObject.object_id)
        .subquery()
    )
    return sa.select(latest.c.object_id, models.AuditEntry.actor_id).join(
        models.AuditEntry, models.AuditEntry.id == latest.c.entry_id
    )


def _users_of(pairs: Any) -> Mapping[int, Sequence[models.User]]:
    """Registration id -> the active users of these pairs, each once, by id."""
    which = pairs.distinct().subquery()
    registration_id, user_id = which.c
    rows = db.session.execute(
        sa.select(registration_id, models.User)
        .join(models.User, models.User.id == user_id)
        .where(models.User.active.is_(True), models.User.guest.is_(False))
        .order_by(models.User.id)
    )
    found: dict[int, list[models.User]] = defaultdict(list)
    for id_, user in rows:
        found[id_].append(user)
    return found


def other_results(registration_id: int) -> Sequence[OtherResult]:
    """The other attempts that have a result, by number. One query."""
    own, other = orm.aliased(models.Registration), orm.aliased(models.Registration)
    rows = db.session.execute(
        _others(own, other)
        .join(models.Result, models.Result.registration_id == other.id)
        .outerjoin(models.Adoption, models.Adoption.result_id == models.Result.id)
        .with_only_columns(other.id, other.attempt, models.Result, models.Adoption.result_id)
        .where(own.id == registration_id)
        .order_by(other.attempt)
    ).all()
    return [
        OtherResult(
            id_,
            attempt,
            blocks.decided_block(
                blocks.ResultFacts(result.passed, result.grade, result.mark),
                adopted=adopted is not None,
                attempt=attempt,
            ),
        )
        for id_, attempt, result, adopted in rows
    ]


def _others(own: Any, other: Any) -> sa.Select[Any]:
    """Pairs of two attempts of one student at one exam, whichever version each took."""
    mine, theirs = orm.aliased(models.Exam), orm.aliased(models.Exam)
    return (
        sa.select(own.id)
        .join(mine, mine.id == own.exam_id)
        .join(other, sa.and_(other.student_id == own.student_id, other.id != own.id))
        .join(theirs, sa.and_(theirs.id == other.exam_id, theirs.key == mine.key))
    )
