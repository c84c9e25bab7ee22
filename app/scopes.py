"""What each scope of the rights table means for each kind of row: a condition, for one user in one role.

Only `visible` (app/permissions.py) reads `SCOPES`. A pair that is not there shows nothing.
"""

import enum
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role

from app import models
from app.clock import utc_now
from app.entities.membership import groups_with, has_members
from app.school import current_school

STUDENT = "student"  # the role's name in app/permissions.py


class Scope(enum.StrEnum):
    ALL = "all"
    STAFF = "everybody but the students"
    OWN_PROGRAMMES = "own programmes"
    OWN_STUDENTS = "own students"
    ASSIGNED = "assigned sittings"
    ACCOUNTABLE = "assigned sittings, as the accountable one"
    SELF = "self"
    OWN_ROLES = "own roles"


def _supervised(user: int | None, role: str) -> Any:
    return sa.select(models.Supervision.student_id).where(
        models.Supervision.user_id == user, models.Supervision.role == role
    )


def _assigned_sittings(user: int | None, role: str) -> Any:
    return sa.select(models.SittingExaminer.sitting_id).where(
        models.SittingExaminer.user_id == user, models.SittingExaminer.role == role
    )


def _own_programmes(user: int | None) -> Any:
    return sa.select(models.user_programme.c.programme_id).where(models.user_programme.c.user_id == user)


def _assigned_registrations(user: int | None, role: str) -> Any:
    return sa.select(models.Sitting.registration_id).where(
        models.Sitting.id.in_(_assigned_sittings(user, role))
    )


def _own_student(user: int | None) -> Any:
    return sa.select(models.Student.id).where(models.Student.user_id == user)


def _registrations_of(students: Any) -> Any:
    return sa.select(models.Registration.id).where(models.Registration.student_id.in_(students))


def _sittings_of(students: Any) -> Any:
    return sa.select(models.Sitting.id).where(models.Sitting.registration_id.in_(_registrations_of(students)))


def _programme_exam(user: int | None, _role: str) -> sa.ColumnElement[bool]:
    offered = sa.select(models.ProgrammeElective.elective_id).where(
        models.ProgrammeElective.programme_id.in_(_own_programmes(user))
    )
    return sa.or_(models.Exam.programme_id.in_(_own_programmes(user)), models.Exam.elective_id.in_(offered))


def _programme_elective(user: int | None, _role: str) -> sa.ColumnElement[bool]:
    return models.Elective.id.in_(
        sa.select(models.ProgrammeElective.elective_id).where(
            models.ProgrammeElective.programme_id.in_(_own_programmes(user))
        )
    )


def _own_shelf(_user: int | None, role: str) -> sa.ColumnElement[bool]:
    shelved = sa.exists().where(
        models.LibraryPlacement.document_id == models.LibraryDocument.id, models.LibraryPlacement.role == role
    )
    return sa.and_(models.LibraryDocument.removed_at.is_(None), shelved)


def _staff(_user: int | None, _role: str) -> sa.ColumnElement[bool]:
    """Users with a role beside that of student, or who are no student at all (decision 0030)."""
    held = sa.select(assoc_user_role.c.user_id).join(
        models.RoleRow, models.RoleRow.id == assoc_user_role.c.role_id
    )
    is_student = sa.exists().where(models.Student.user_id == models.User.id)
    return sa.or_(
        models.User.id.in_(held.where(models.RoleRow.name != STUDENT)),
        sa.and_(models.User.id.not_in(held.where(models.RoleRow.name == STUDENT)), ~is_student),
    )


Rule = Callable[[int | None, str], sa.ColumnElement[bool]]

SCOPES: Mapping[tuple[type[Any], Scope], Rule] = {
    (models.Programme, Scope.OWN_PROGRAMMES): lambda u, r: models.Programme.id.in_(_own_programmes(u)),
    (models.Elective, Scope.OWN_PROGRAMMES): _programme_elective,
    (models.Exam, Scope.OWN_PROGRAMMES): _programme_exam,
    (models.User, Scope.STAFF): _staff,
    # Another's run holds users, students among them, that a supplier does not see.
    (models.ImportRun, Scope.STAFF): lambda u, r: models.ImportRun.maker_id == u,
    (models.User, Scope.SELF): lambda u, r: models.User.id == u,
    (models.ImportRun, Scope.SELF): lambda u, r: models.ImportRun.maker_id == u,
    (models.UserSession, Scope.SELF): lambda u, r: models.UserSession.user_id == u,
    (models.Passkey, Scope.SELF): lambda u, r: models.Passkey.user_id == u,
    (models.Student, Scope.OWN_STUDENTS): lambda u, r: models.Student.id.in_(_supervised(u, r)),
    (models.Student, Scope.ASSIGNED): lambda u, r: models.Student.id.in_(
        sa.select(models.Registration.student_id).where(
            models.Registration.id.in_(_assigned_registrations(u, r))
        )
    ),
    (models.Student, Scope.SELF): lambda u, r: models.Student.user_id == u,
    # An empty group says nothing about anybody, and a supervisor must be able to fill the one just made.
    (models.StudentGroup, Scope.OWN_STUDENTS): lambda u, r: sa.or_(
        models.StudentGroup.id.in_(groups_with(_supervised(u, r))),
        ~has_members(),
    ),
    # An examiner has no business with groups.
    (models.StudentGroup, Scope.ASSIGNED): lambda u, r: sa.false(),
    (models.Registration, Scope.OWN_STUDENTS): lambda u, r: models.Registration.student_id.in_(
        _supervised(u, r)
    ),
    (models.Registration, Scope.ASSIGNED): lambda u, r: models.Registration.id.in_(
        _assigned_registrations(u, r)
    ),
    (models.Registration, Scope.SELF): lambda u, r: models.Registration.student_id.in_(_own_student(u)),
    (models.Sitting, Scope.OWN_STUDENTS): lambda u, r: models.Sitting.id.in_(_sittings_of(_supervised(u, r))),
    (models.Sitting, Scope.ASSIGNED): lambda u, r: models.Sitting.id.in_(_assigned_sittings(u, r)),
    # Whoever else assesses, the examiner of the school answers for it.
    (models.Sitting, Scope.ACCOUNTABLE): lambda u, r: models.Sitting.id.in_(
        _assigned_sittings(u, "school_examiner")
    ),
    (models.Sitting, Scope.SELF): lambda u, r: models.Sitting.id.in_(_sittings_of(_own_student(u))),
    (models.Assessment, Scope.OWN_STUDENTS): lambda u, r: models.Assessment.sitting_id.in_(
        _sittings_of(_supervised(u, r))
    ),
    (models.Assessment, Scope.ASSIGNED): lambda u, r: models.Assessment.sitting_id.in_(
        _assigned_sittings(u, r)
    ),
    (models.Result, Scope.OWN_STUDENTS): lambda u, r: models.Result.registration_id.in_(
        _registrations_of(_supervised(u, r))
    ),
    (models.Result, Scope.ASSIGNED): lambda u, r: models.Result.registration_id.in_(
        _assigned_registrations(u, r)
    ),
    (models.Result, Scope.SELF): lambda u, r: models.Result.registration_id.in_(
        _registrations_of(_own_student(u))
    ),
    (models.LibraryDocument, Scope.OWN_ROLES): _own_shelf,
}


def invitation_works() -> sa.ColumnElement[bool]:
    """Condition on Invitation: not withdrawn, not definitive, and the sitting is not too long ago."""
    closed = sa.exists().where(
        models.Assessment.sitting_id == models.Invitation.sitting_id,
        models.Assessment.definitive_at.is_not(None),
    )
    since = utc_now() - timedelta(days=current_school().invitation_days)
    recent = sa.exists().where(
        models.Sitting.id == models.Invitation.sitting_id, models.Sitting.ends_at > since
    )
    # Also in a query that reads sittings or assessments itself.
    about = models.Invitation
    return sa.and_(about.withdrawn_at.is_(None), recent.correlate(about), ~closed.correlate(about))
