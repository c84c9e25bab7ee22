"""What the trail pages read: the entries about one row, filters over all, and the students behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all

from app.entities.assessment import Result
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.planning import Registration, Sitting
from app.entities.students import Student
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import User
from app.permissions import Actor, visible
from app.queries.assessment.committee import period_start
from app.queries.students.search import found_by

ABOUT_MOST = 50


def entries_about(actor: Actor, object_type: str, object_id: int) -> Sequence[AuditEntry]:
    """The newest entries about one row; none for who may not read the trail. One query."""
    about = select(AuditObject.entry_id).where(
        AuditObject.object_type == object_type, AuditObject.object_id == object_id
    )
    found = visible(actor, AuditEntry).where(AuditEntry.id.in_(about))
    return db.session.scalars(found.order_by(AuditEntry.id.desc()).limit(ABOUT_MOST)).all()


def of_actor(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(func.lower(AuditEntry.actor_name).contains(value.lower(), autoescape=True))


def of_action(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(AuditEntry.action == value)


def of_type(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(AuditEntry.object_type == value)


def of_period(statement: Select[Any], value: str) -> Select[Any]:
    return statement.where(AuditEntry.at >= period_start(value))


def of_student(statement: Select[Any], value: str) -> Select[Any]:
    """Entries about these students, or about their exams: by number or name, or the beginning of one."""
    students = select(Student.id).where(found_by(value))
    registrations = select(Registration.id).where(Registration.student_id.in_(students))
    sittings = select(Sitting.id).where(Sitting.registration_id.in_(registrations))
    results = select(Result.id).where(Result.registration_id.in_(registrations))
    about = [
        _objects("Student", students),
        _objects("Registration", registrations),
        _objects("Sitting", sittings),
        _objects("Result", results),
    ]
    return statement.where(AuditEntry.id.in_(select(AuditObject.entry_id).where(or_(*about))))


def _objects(kind: str, ids: Select[Any]) -> ColumnElement[bool]:
    return (AuditObject.object_type == kind) & AuditObject.object_id.in_(ids)


def actions_present() -> Sequence[str]:
    return db.session.scalars(select(AuditEntry.action).distinct()).all()


def types_present() -> Sequence[str]:
    return db.session.scalars(select(AuditEntry.object_type).distinct()).all()


def students_behind(entry_ids: Sequence[int]) -> Mapping[int, Sequence[Student]]:
    """Entry id -> the students it is about, itself or by an exam of theirs; at most two each; two queries."""
    chosen = AuditObject.entry_id.in_(
        select(AuditEntry.id).where(AuditEntry.id.in_(id_set(entry_ids)), AuditEntry.object_count <= 2)
    )
    by_kind = [
        select(AuditObject.entry_id, AuditObject.object_id.label("student_id")).where(
            chosen, AuditObject.object_type == "Student"
        ),
        _by_registration("Registration", Registration.id, chosen),
        _by_registration("Sitting", Sitting.id, chosen, Sitting),
        _by_registration("Result", Result.id, chosen, Result),
    ]
    pairs = {(row.entry_id, row.student_id) for row in db.session.execute(union_all(*by_kind))}
    wanted = sorted({student_id for _entry, student_id in pairs})
    found = {one.id: one for one in db.session.scalars(select(Student).where(Student.id.in_(id_set(wanted))))}
    students: dict[int, list[Student]] = {}
    for entry_id, student_id in sorted(pairs):
        if student_id in found:
            students.setdefault(entry_id, []).append(found[student_id])
    return students


def users_behind(entry_ids: Sequence[int]) -> Mapping[int, User]:
    """Entry id -> the one user it is about; a query."""
    rows = db.session.execute(
        select(AuditObject.entry_id, User)
        .join(User, User.id == AuditObject.object_id)
        .join(AuditEntry, AuditEntry.id == AuditObject.entry_id)
        .where(
            AuditObject.entry_id.in_(id_set(entry_ids)),
            AuditObject.object_type == "User",
            AuditEntry.object_count == 1,
        )
    )
    return {row.entry_id: row.SchoolUser for row in rows}


def _by_registration(kind: str, column: Any, chosen: ColumnElement[bool], through: Any = None) -> Any:
    """(entry, student) for objects that hang on a registration, straight or through another table."""
    statement = select(AuditObject.entry_id, Registration.student_id).join_from(
        AuditObject, through or Registration, column == AuditObject.object_id
    )
    if through is not None:
        statement = statement.join(Registration, Registration.id == through.registration_id)
    return statement.where(chosen, AuditObject.object_type == kind)


def length() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0
