"""What undoing an import reads: what it wrote, and what became of that since. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.exams import Exam
from app.entities.imports import ImportChange, ImportRun, What
from app.entities.planning import Registration, SittingExaminer
from app.entities.students import Enrolment, Student, Supervision, group_member
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import LoginCode, RoleRow, User
from app.permissions import Role
from app.queries.base.hanging import pointing_at
from app.queries.imports.imports import pairs, text_set
from app.queries.users.users import with_role

GIVEN = "given"
TAKEN_OUT = "remove_from_group"  # the action after which being in a group is somebody's own decision
NO_STUDENTS = tuple(role for role in Role if role is not Role.STUDENT)


@dataclass(frozen=True)
class Written:
    """A row that the run made (`was` is None) or changed, as it is now."""

    row: Any
    was: int | None
    version: int
    changes: Mapping[str, Sequence[Any]]  # column -> (old, new)
    given: Mapping[str, Any]  # couplings that came with this version


def written(run: ImportRun, what: What, model: Any, own: Select[Any], *order: Any) -> Sequence[Written]:
    """The rows that the run made or changed, among these; held until the end of the transaction."""
    rows = db.session.execute(
        select(model, ImportChange.was, ImportChange.version, ImportChange.changes)
        .join(ImportChange, ImportChange.row_id == model.id)
        .where(ImportChange.run_id == run.id, ImportChange.kind == what, model.id.in_(own))
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


def out_of_sight(run: ImportRun, own: Select[Any], *whats: What) -> int:
    """Of how many rows the run wrote something that are not among these."""
    hidden = select(func.count(ImportChange.row_id.distinct())).where(
        ImportChange.run_id == run.id, ImportChange.kind.in_(whats), ImportChange.row_id.not_in(own)
    )
    return db.session.scalar(hidden) or 0


# -- students


def standing_on(run: ImportRun, student_ids: Sequence[int]) -> Mapping[int, set[str]]:
    """Student who was new in this run -> the tables that hold something of that student from elsewhere.

    Users are part of the student's version: who has another one is found by that.
    """
    put_in = exists().where(
        ImportChange.run_id == run.id,
        ImportChange.kind == What.MEMBER,
        ImportChange.row_id == group_member.c.student_id,
        ImportChange.other_id == group_member.c.group_id,
    )
    of_run = and_(Enrolment.created_at <= run.finished_at, Enrolment.programme_id.is_not(None))
    own = {"enrolment": of_run, "supervision": true(), "student_group_member": put_in}
    return pointing_at(Student, student_ids, own)


def given_since(run: ImportRun, own: Select[Any], but: Collection[int]) -> Sequence[Any]:
    """The programmes and groups that the run gave to these students: still there, and touched since?"""
    is_enrolment = ImportChange.kind == What.ENROLMENT
    return db.session.execute(
        select(
            Student,
            ImportChange.kind,
            ImportChange.other_id,
            or_(and_(is_enrolment, _enrolled(run)), and_(~is_enrolment, _member())).label("there"),
            and_(is_enrolment, _registered()).label("registered"),
            and_(~is_enrolment, _taken_out(run)).label("touched"),
        )
        .join(Student, Student.id == ImportChange.row_id)
        .where(
            ImportChange.run_id == run.id,
            ImportChange.kind.in_((What.ENROLMENT, What.MEMBER)),
            Student.id.in_(own),
            Student.id.not_in(id_set(list(but))),
        )
        .order_by(Student.name_key, Student.id)
    ).all()


def _enrolled(run: ImportRun) -> ColumnElement[bool]:
    """By this run: a coupling of later has a later moment."""
    return exists().where(
        Enrolment.student_id == ImportChange.row_id,
        Enrolment.programme_id == ImportChange.other_id,
        Enrolment.created_at <= run.finished_at,
    )


def _member() -> ColumnElement[bool]:
    return exists().where(
        group_member.c.student_id == ImportChange.row_id, group_member.c.group_id == ImportChange.other_id
    )


def _registered() -> ColumnElement[bool]:
    return exists().where(
        Registration.student_id == ImportChange.row_id,
        Registration.exam_id == Exam.id,
        Exam.programme_id == ImportChange.other_id,
    )


def _taken_out(run: ImportRun) -> ColumnElement[bool]:
    """Somebody took this student out of a group since: being in one is no longer the import's doing."""
    return exists().where(
        AuditEntry.action == TAKEN_OUT,
        AuditEntry.at > run.finished_at,
        AuditObject.entry_id == AuditEntry.id,
        AuditObject.object_type == "Student",
        AuditObject.object_id == ImportChange.row_id,
    )


def with_members(group_ids: Sequence[int]) -> set[int]:
    """Which of these groups hold anybody."""
    held = select(group_member.c.group_id).where(group_member.c.group_id.in_(id_set(group_ids)))
    return set(db.session.scalars(held.distinct()))


# -- accounts


@dataclass(frozen=True)
class Since:
    """What became of accounts that were new in a run."""

    own: set[int] = field(default_factory=set)  # made by the run
    used: set[int] = field(default_factory=set)  # somebody was in it
    touched: set[int] = field(default_factory=set)  # something else stands on it


def accounts_since(run: ImportRun, ids: Sequence[int], *, of_students: bool) -> Since:
    """Of these accounts: those of students who were new in this run, or the users who were."""
    goes_along = ["login_code", "outbox_mail", "ab_user_role", "student" if of_students else "user_programme"]
    touched = set(pointing_at(User, ids, dict.fromkeys(goes_along, true())))
    used_code = exists().where(LoginCode.user_id == User.id, LoginCode.used_at.is_not(None))
    been_in = or_(User.last_login.is_not(None), func.coalesce(User.password, "") != "", used_code)
    other = or_(User.version != 1, with_role(*NO_STUDENTS)) if of_students else false()
    rows = db.session.execute(
        select(
            User.id,
            been_in.label("used"),
            other.label("other"),
            (User.created_at <= run.finished_at).label("own"),
        ).where(User.id.in_(id_set(ids)))
    ).all()
    return Since(
        own={row.id for row in rows if row.own},
        used={row.id for row in rows if row.used},
        touched=touched | {row.id for row in rows if row.other},
    )


def roles_of_users(user_ids: Sequence[int]) -> dict[int, set[str]]:
    held = pairs(
        select(assoc_user_role.c.user_id, RoleRow.name)
        .join(RoleRow, RoleRow.id == assoc_user_role.c.role_id)
        .where(assoc_user_role.c.user_id.in_(id_set(user_ids)))
    )
    return {user: {name for (name,) in names} for user, names in held.items()}


def roles_in_use(user_ids: Sequence[int]) -> set[tuple[int, str]]:
    """(user, role) that a student or an examenmoment has."""
    theirs = id_set(user_ids)
    supervising = select(Supervision.user_id, Supervision.role).where(Supervision.user_id.in_(theirs))
    assessing = select(SittingExaminer.user_id, SittingExaminer.role).where(
        SittingExaminer.user_id.in_(theirs)
    )
    return {(row[0], row[1]) for row in db.session.execute(supervising.union(assessing))}


def held_by_another(wanted: Mapping[int, str]) -> set[int]:
    """User -> a user name or address: the users who cannot have it again, for somebody else has it now."""
    if not wanted:
        return set()
    names = text_set(sorted(set(wanted.values())))
    rows = db.session.execute(
        select(User.id, User.username, User.email).where(or_(User.username.in_(names), User.email.in_(names)))
    ).all()
    holders: dict[str, set[int]] = {}
    for row in rows:
        holders.setdefault(row.username, set()).add(row.id)
        holders.setdefault(row.email, set()).add(row.id)
    return {user_id for user_id, name in wanted.items() if holders.get(name, set()) - {user_id}}
