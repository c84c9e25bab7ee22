"""What the trail pages read: the entries about one row, filters over all, and the students behind them."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor, visible
from app.queries.assessment.committee import period_start
from app.queries.students.search import found_by

ABOUT_MOST = 50
FEW = 8  # rows of all kinds; an entry about more says how many


def entries_about(actor: Actor, object_type: str, object_id: int) -> Sequence[models.AuditEntry]:
    """The newest entries about one row; none for an actor who may not read the trail. One query."""
    about = sa.select(models.AuditObject.entry_id).where(
        models.AuditObject.object_type == object_type, models.AuditObject.object_id == object_id
    )
    found = visible(actor, models.AuditEntry).where(models.AuditEntry.id.in_(about))
    return db.session.scalars(found.order_by(models.AuditEntry.id.desc()).limit(ABOUT_MOST)).all()


def entries_about_attempt(
    actor: Actor, registration_id: int, sittings: Sequence[int]
) -> Sequence[models.AuditEntry]:
    """The newest entries about an attempt and its moments: planning, invitations, scores. One query."""
    about = sa.select(models.AuditObject.entry_id).where(
        sa.or_(
            (models.AuditObject.object_type == "Registration")
            & (models.AuditObject.object_id == registration_id),
            (models.AuditObject.object_type == "Sitting")
            & models.AuditObject.object_id.in_(id_set(sittings)),
        )
    )
    found = visible(actor, models.AuditEntry).where(models.AuditEntry.id.in_(about))
    return db.session.scalars(found.order_by(models.AuditEntry.id.desc()).limit(ABOUT_MOST)).all()


def of_actor(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(
        sa.func.lower(models.AuditEntry.actor_name).contains(value.lower(), autoescape=True)
    )


def of_action(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(models.AuditEntry.action == value)


def of_type(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(models.AuditEntry.object_type == value)


def of_period(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    return statement.where(models.AuditEntry.at >= period_start(value))


def of_student(statement: sa.Select[Any], value: str) -> sa.Select[Any]:
    """Entries about students with this number or name (or its beginning), or about their exams."""
    students = sa.select(models.Student.id).where(found_by(value))
    registrations = sa.select(models.Registration.id).where(models.Registration.student_id.in_(students))
    sittings = sa.select(models.Sitting.id).where(models.Sitting.registration_id.in_(registrations))
    results = sa.select(models.Result.id).where(models.Result.registration_id.in_(registrations))
    about = [
        _objects("Student", students),
        _objects("Registration", registrations),
        _objects("Sitting", sittings),
        _objects("Result", results),
    ]
    return statement.where(
        models.AuditEntry.id.in_(sa.select(models.AuditObject.entry_id).where(sa.or_(*about)))
    )


def _objects(kind: str, ids: sa.Select[Any]) -> sa.ColumnElement[bool]:
    return (models.AuditObject.object_type == kind) & models.AuditObject.object_id.in_(ids)


def actions_present() -> Sequence[str]:
    return db.session.scalars(sa.select(models.AuditEntry.action).distinct()).all()


def types_present() -> Sequence[str]:
    return db.session.scalars(sa.select(models.AuditEntry.object_type).distinct()).all()


def students_behind(entry_ids: Sequence[int]) -> Mapping[int, Sequence[models.Student]]:
    """Entry id -> the students it is about, directly or by their exams. Two queries.

    Only for entries about a few rows: `students_of` is for the page of one entry.
    """
    about = models.AuditObject.__table__.alias()
    more = sa.select(about.c.entry_id).where(about.c.entry_id == models.AuditEntry.id).offset(FEW).limit(1)
    chosen = models.AuditObject.entry_id.in_(
        sa.select(models.AuditEntry.id).where(
            models.AuditEntry.id.in_(id_set(entry_ids)),
            models.AuditEntry.object_count <= 2,
            more.scalar_subquery().is_(None),
        )
    )
    pairs = {(row.entry_id, row.student_id) for row in db.session.execute(_students_by_entry(chosen))}
    wanted = sorted({student_id for _entry, student_id in pairs})
    found = {
        one.id: one
        for one in db.session.scalars(sa.select(models.Student).where(models.Student.id.in_(id_set(wanted))))
    }
    students: dict[int, list[models.Student]] = {}
    for entry_id, student_id in sorted(pairs):
        if student_id in found:
            students.setdefault(entry_id, []).append(found[student_id])
    return students


def students_of(actor: Actor, entry_id: int) -> sa.Select[Any]:
    """All students an entry is about, directly or by their exams, whom this actor may see."""
    about = _students_by_entry(models.AuditObject.entry_id == entry_id).subquery()
    return visible(actor, models.Student).where(models.Student.id.in_(sa.select(about.c.student_id)))


def _students_by_entry(chosen: sa.ColumnElement[bool]) -> sa.CompoundSelect[Any]:
    """(entry id, student id) of these audit objects."""
    return sa.union_all(
        sa.select(models.AuditObject.entry_id, models.AuditObject.object_id.label("student_id")).where(
            chosen, models.AuditObject.object_type == "Student"
        ),
        _by_registration("Registration", models.Registration.id, chosen),
        _by_registration("Sitting", models.Sitting.id, chosen, models.Sitting),
        _by_registration("Result", models.Result.id, chosen, models.Result),
    )


def users_behind(entry_ids: Sequence[int]) -> Mapping[int, models.User]:
    """Entry id -> the one user it is about. One query."""
    rows = db.session.execute(
        sa.select(models.AuditObject.entry_id, models.User)
        .join(models.User, models.User.id == models.AuditObject.object_id)
        .join(models.AuditEntry, models.AuditEntry.id == models.AuditObject.entry_id)
        .where(
            models.AuditObject.entry_id.in_(id_set(entry_ids)),
            models.AuditObject.object_type == "User",
            models.AuditEntry.object_type == "User",
            models.AuditEntry.object_count == 1,
        )
    )
    return {row.entry_id: row.SchoolUser for row in rows}


def _by_registration(kind: str, column: Any, chosen: sa.ColumnElement[bool], through: Any = None) -> Any:
    """(entry id, student id) for objects that belong to a registration, directly or through another table."""
    statement = sa.select(models.AuditObject.entry_id, models.Registration.student_id).join_from(
        models.AuditObject, through or models.Registration, column == models.AuditObject.object_id
    )
    if through is not None:
        statement = statement.join(models.Registration, models.Registration.id == through.registration_id)
    return statement.where(chosen, models.AuditObject.object_type == kind)
