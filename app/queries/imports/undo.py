"""What undoing an import reads: what it wrote, and what changed of that since. A fixed number of queries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role

from app import models
from app.entities.base import db
from app.entities.engine import id_set, lock_rows, text_set
from app.entities.imports import What
from app.entities.students import group_member, group_rule
from app.permissions import Role
from app.queries.base.hanging import pointing_at
from app.queries.base.made import made_in
from app.queries.imports import present
from app.queries.users.users import with_role

GIVEN = "given"
# After one of these, being in a group is no longer the import's doing.
TAKEN_OUT = ("remove_from_group", "remove_members")
NO_STUDENTS = tuple(role for role in Role if role is not Role.STUDENT)


@dataclass(frozen=True)
class Written:
    """A row that the run made (`was` is None) or changed, as it is now."""

    row: Any
    was: int | None
    version: int
    changes: Mapping[str, Sequence[Any]]  # column -> (old, new)
    given: Mapping[str, Any]  # couplings that came with this version


def written(
    run: models.ImportRun, what: What, model: Any, own: sa.Select[Any], *order: Any
) -> Sequence[Written]:
    """The rows among `own` that the run made or changed; locked until the end of the transaction."""
    rows = db.session.execute(
        sa.select(model, models.ImportChange.was, models.ImportChange.version, models.ImportChange.changes)
        .join(models.ImportChange, models.ImportChange.row_id == model.id)
        .where(models.ImportChange.run_id == run.id, models.ImportChange.kind == what, model.id.in_(own))
        .order_by(*order, model.id)
        .with_for_update(of=model)
    )
    return [
        Written(
            row,
            was,
            version,
            {k: v for k, v in (changes or {}).items() if k != GIVEN},
            (changes or {}).get(GIVEN, {}),
        )
        for row, was, version, changes in rows
    ]


def lock_students(run: models.ImportRun, whats: Collection[What]) -> None:
    """Wait for who works on one of these students, also on one whom the run only coupled."""
    theirs = (models.ImportChange.run_id == run.id, models.ImportChange.kind.in_(whats))
    lock_rows(models.Student.__table__, sa.select(models.ImportChange.row_id).where(*theirs))


def out_of_sight(run: models.ImportRun, own: sa.Select[Any], *whats: What) -> int:
    """How many rows the run wrote something of that are not among `own`."""
    hidden = sa.select(sa.func.count(models.ImportChange.row_id.distinct())).where(
        models.ImportChange.run_id == run.id,
        models.ImportChange.kind.in_(whats),
        models.ImportChange.row_id.not_in(own),
    )
    return db.session.scalar(hidden) or 0


def own_row(run: models.ImportRun, since: Any) -> sa.ColumnElement[bool]:
    """Condition on a coupling (`since`: when it was made): the run made it."""
    return made_in(since, run.rows_at, run.finished_at)


# -- students


def standing_on(run: models.ImportRun, student_ids: Sequence[int]) -> Mapping[int, set[str]]:
    """New student of this run -> the tables that hold something of theirs that the run did not write.

    Coupled users are not looked at: another one raises the student's version, which shows the difference.
    """
    put_in = sa.exists().where(
        models.ImportChange.run_id == run.id,
        models.ImportChange.kind == What.MEMBER,
        models.ImportChange.row_id == group_member.c.student_id,
        models.ImportChange.other_id == group_member.c.group_id,
        own_row(run, group_member.c.created_at),
    )
    of_run = sa.and_(own_row(run, models.Enrolment.created_at), models.Enrolment.programme_id.is_not(None))
    own = {"enrolment": of_run, "supervision": sa.true(), "student_group_member": put_in}
    return pointing_at(models.Student, student_ids, own)


def given_since(run: models.ImportRun, own: sa.Select[Any], but: Collection[int]) -> Sequence[Any]:
    """The programmes and groups that the run gave to these students, as they are now.

    `there`: the coupling of the run itself; `again`: another one, of later; `ruled`: a rule fills the group;
    `touched`: somebody decided on the student's groups.
    """
    is_enrolment = models.ImportChange.kind == What.ENROLMENT
    enrolled, member = _enrolled(), _member()
    of_run = (
        enrolled.where(own_row(run, models.Enrolment.created_at)),
        member.where(own_row(run, group_member.c.created_at)),
    )
    return db.session.execute(
        sa.select(
            models.Student,
            models.ImportChange.kind,
            models.ImportChange.other_id,
            sa.or_(sa.and_(is_enrolment, of_run[0]), sa.and_(~is_enrolment, of_run[1])).label("there"),
            sa.or_(sa.and_(is_enrolment, enrolled), sa.and_(~is_enrolment, member)).label("again"),
            sa.and_(is_enrolment, _registered()).label("registered"),
            sa.and_(~is_enrolment, _ruled()).label("ruled"),
            sa.and_(~is_enrolment, _taken_out(run)).label("touched"),
        )
        .join(models.Student, models.Student.id == models.ImportChange.row_id)
        .where(
            models.ImportChange.run_id == run.id,
            models.ImportChange.kind.in_((What.ENROLMENT, What.MEMBER)),
            models.Student.id.in_(own),
            models.Student.id.not_in(id_set(list(but))),
        )
        .order_by(models.Student.name_key, models.Student.id)
    ).all()


def left_since(run: models.ImportRun, own: sa.Select[Any]) -> Sequence[Any]:
    """The students whom the run took out of a group, with that group as it is now.

    `name`: None when the group is gone; `ruled`: a rule fills it; `held`: the student is in it again.
    """
    return db.session.execute(
        sa.select(
            models.Student,
            models.ImportChange.other_id,
            models.ImportChange.changes,
            models.StudentGroup.name,
            _ruled().label("ruled"),
            _member().label("held"),
        )
        .join(models.Student, models.Student.id == models.ImportChange.row_id)
        .outerjoin(models.StudentGroup, models.StudentGroup.id == models.ImportChange.other_id)
        .where(
            models.ImportChange.run_id == run.id,
            models.ImportChange.kind == What.LEFT,
            models.Student.id.in_(own),
        )
        .order_by(models.Student.name_key, models.Student.id)
    ).all()


def _enrolled() -> sa.Exists:
    return sa.exists().where(
        models.Enrolment.student_id == models.ImportChange.row_id,
        models.Enrolment.programme_id == models.ImportChange.other_id,
    )


def _member() -> sa.Exists:
    return sa.exists().where(
        group_member.c.student_id == models.ImportChange.row_id,
        group_member.c.group_id == models.ImportChange.other_id,
    )


def _registered() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        models.Registration.student_id == models.ImportChange.row_id,
        models.Registration.exam_id == models.Exam.id,
        models.Exam.programme_id == models.ImportChange.other_id,
    )


def _taken_out(run: models.ImportRun) -> sa.Exists:
    """Condition: somebody took this student out of a group since, and so decided on their groups."""
    return sa.exists().where(
        models.AuditEntry.action.in_(TAKEN_OUT),
        models.AuditEntry.at > run.finished_at,
        models.AuditObject.entry_id == models.AuditEntry.id,
        models.AuditObject.object_type == "Student",
        models.AuditObject.object_id == models.ImportChange.row_id,
    )


def _ruled() -> sa.Exists:
    return sa.exists().where(group_rule.c.group_id == models.ImportChange.other_id)


def with_members(group_ids: Sequence[int]) -> set[int]:
    """Which of these groups hold anybody."""
    held = sa.select(group_member.c.group_id).where(group_member.c.group_id.in_(id_set(group_ids)))
    return set(db.session.scalars(held.distinct()))


# -- accounts


@dataclass(frozen=True)
class Since:
    """Ids of accounts, by what happened to them since a run."""

    own: set[int] = field(default_factory=set)  # made by the run
    used: set[int] = field(default_factory=set)  # somebody was in it
    touched: set[int] = field(default_factory=set)  # something else stands on it


def accounts_since(run: models.ImportRun, ids: Sequence[int], *, of_students: bool) -> Since:
    """What happened since the run to the accounts of its new users (`of_students`: of its new students)."""
    goes_along = ["login_code", "outbox_mail", "ab_user_role", "student" if of_students else "user_programme"]
    touched = set(pointing_at(models.User, ids, dict.fromkeys(goes_along, sa.true())))
    used_code = sa.exists().where(
        models.LoginCode.user_id == models.User.id, models.LoginCode.used_at.is_not(None)
    )
    been_in = sa.or_(
        models.User.last_login.is_not(None), sa.func.coalesce(models.User.password, "") != "", used_code
    )
    other = sa.or_(models.User.version != 1, with_role(*NO_STUDENTS)) if of_students else sa.false()
    rows = db.session.execute(
        sa.select(
            models.User.id,
            been_in.label("used"),
            other.label("other"),
            _made_meanwhile(run, models.User.created_at).label("own"),
        ).where(models.User.id.in_(id_set(ids)))
    ).all()
    return Since(
        own={row.id for row in rows if row.own},
        used={row.id for row in rows if row.used},
        touched=touched | {row.id for row in rows if row.other},
    )


def _made_meanwhile(run: models.ImportRun, since: Any) -> sa.ColumnElement[bool]:
    began = sa.true() if run.rows_at is None else since >= run.rows_at
    return sa.and_(began, since <= run.finished_at)


def locked_accounts(ids: Sequence[int]) -> Sequence[models.User]:
    """These accounts, as they are now; locked until the end of the transaction."""
    own = sa.select(models.User).where(models.User.id.in_(id_set(ids))).order_by(models.User.id)
    return db.session.scalars(own.with_for_update(of=models.User)).all()


def roles_of_users(user_ids: Sequence[int]) -> dict[int, set[str]]:
    """User id -> the names of their roles; a user without any is left out."""
    held = present.pairs(
        sa.select(assoc_user_role.c.user_id, models.RoleRow.name)
        .join(models.RoleRow, models.RoleRow.id == assoc_user_role.c.role_id)
        .where(assoc_user_role.c.user_id.in_(id_set(user_ids)))
    )
    return {user: {name for (name,) in names} for user, names in held.items()}


def roles_in_use(user_ids: Sequence[int]) -> set[tuple[int, str]]:
    """The pairs (user id, role) in which these users supervise a student or examine at an examenmoment."""
    theirs = id_set(user_ids)
    supervising = sa.select(models.Supervision.user_id, models.Supervision.role).where(
        models.Supervision.user_id.in_(theirs)
    )
    assessing = sa.select(models.SittingExaminer.user_id, models.SittingExaminer.role).where(
        models.SittingExaminer.user_id.in_(theirs)
    )
    return {(row[0], row[1]) for row in db.session.execute(supervising.union(assessing))}


def held_by_another(wanted: Mapping[int, str]) -> set[int]:
    """The users who cannot get their old name or address back (`wanted`): somebody else has it now."""
    if not wanted:
        return set()
    names = text_set(sorted(set(wanted.values())))
    rows = db.session.execute(
        sa.select(models.User.id, models.User.username, models.User.email).where(
            sa.or_(models.User.username.in_(names), models.User.email.in_(names))
        )
    ).all()
    holders: dict[str, set[int]] = {}
    for row in rows:
        holders.setdefault(row.username, set()).add(row.id)
        holders.setdefault(row.email, set()).add(row.id)
    return {user_id for user_id, name in wanted.items() if holders.get(name, set()) - {user_id}}
