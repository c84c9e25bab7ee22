"""What each scope of the rights table means for each kind of row: a condition, for one user in one role.

Only `visible` (app/permissions.py) reads `SCOPES`. A pair that is not there shows nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from app.clock import utc_now
from app.entities.assessment import Assessment, Result
from app.entities.exams import Exam
from app.entities.factors import Passkey
from app.entities.imports import ImportRun
from app.entities.invitations import Invitation
from app.entities.library import LibraryDocument, LibraryPlacement
from app.entities.membership import groups_with, has_members
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.programmes import Elective, Programme, ProgrammeElective
from app.entities.sessions import UserSession
from app.entities.students import Student, StudentGroup, Supervision
from app.entities.users import User, user_programme
from app.school import current_school


class Scope(enum.StrEnum):
    ALL = "all"
    OWN_PROGRAMMES = "own programmes"
    OWN_STUDENTS = "own students"
    ASSIGNED = "assigned sittings"
    ACCOUNTABLE = "assigned sittings, as the accountable one"
    SELF = "self"
    OWN_ROLES = "own roles"


def _supervised(user: int | None, role: str) -> Any:
    return select(Supervision.student_id).where(Supervision.user_id == user, Supervision.role == role)


def _assigned_sittings(user: int | None, role: str) -> Any:
    return select(SittingExaminer.sitting_id).where(
        SittingExaminer.user_id == user, SittingExaminer.role == role
    )


def _own_programmes(user: int | None) -> Any:
    return select(user_programme.c.programme_id).where(user_programme.c.user_id == user)


def _assigned_registrations(user: int | None, role: str) -> Any:
    return select(Sitting.registration_id).where(Sitting.id.in_(_assigned_sittings(user, role)))


def _own_student(user: int | None) -> Any:
    return select(Student.id).where(Student.user_id == user)


def _registrations_of(students: Any) -> Any:
    return select(Registration.id).where(Registration.student_id.in_(students))


def _sittings_of(students: Any) -> Any:
    return select(Sitting.id).where(Sitting.registration_id.in_(_registrations_of(students)))


def _programme_exam(user: int | None, _role: str) -> ColumnElement[bool]:
    offered = select(ProgrammeElective.elective_id).where(
        ProgrammeElective.programme_id.in_(_own_programmes(user))
    )
    return or_(Exam.programme_id.in_(_own_programmes(user)), Exam.elective_id.in_(offered))


def _programme_elective(user: int | None, _role: str) -> ColumnElement[bool]:
    return Elective.id.in_(
        select(ProgrammeElective.elective_id).where(ProgrammeElective.programme_id.in_(_own_programmes(user)))
    )


def _own_shelf(_user: int | None, role: str) -> ColumnElement[bool]:
    shelved = exists().where(
        LibraryPlacement.document_id == LibraryDocument.id, LibraryPlacement.role == role
    )
    return and_(LibraryDocument.removed_at.is_(None), shelved)


Rule = Callable[[int | None, str], ColumnElement[bool]]

SCOPES: Mapping[tuple[type[Any], Scope], Rule] = {
    (Programme, Scope.OWN_PROGRAMMES): lambda u, r: Programme.id.in_(_own_programmes(u)),
    (Elective, Scope.OWN_PROGRAMMES): _programme_elective,
    (Exam, Scope.OWN_PROGRAMMES): _programme_exam,
    (User, Scope.SELF): lambda u, r: User.id == u,
    (ImportRun, Scope.SELF): lambda u, r: ImportRun.maker_id == u,
    (UserSession, Scope.SELF): lambda u, r: UserSession.user_id == u,
    (Passkey, Scope.SELF): lambda u, r: Passkey.user_id == u,
    (Student, Scope.OWN_STUDENTS): lambda u, r: Student.id.in_(_supervised(u, r)),
    (Student, Scope.ASSIGNED): lambda u, r: Student.id.in_(
        select(Registration.student_id).where(Registration.id.in_(_assigned_registrations(u, r)))
    ),
    (Student, Scope.SELF): lambda u, r: Student.user_id == u,
    # An empty group says nothing about anybody, and a supervisor must be able to fill the one just made.
    (StudentGroup, Scope.OWN_STUDENTS): lambda u, r: or_(
        StudentGroup.id.in_(groups_with(_supervised(u, r))),
        ~has_members(),
    ),
    # An examiner has no business with groups.
    (StudentGroup, Scope.ASSIGNED): lambda u, r: false(),
    (Registration, Scope.OWN_STUDENTS): lambda u, r: Registration.student_id.in_(_supervised(u, r)),
    (Registration, Scope.ASSIGNED): lambda u, r: Registration.id.in_(_assigned_registrations(u, r)),
    (Registration, Scope.SELF): lambda u, r: Registration.student_id.in_(_own_student(u)),
    (Sitting, Scope.OWN_STUDENTS): lambda u, r: Sitting.id.in_(_sittings_of(_supervised(u, r))),
    (Sitting, Scope.ASSIGNED): lambda u, r: Sitting.id.in_(_assigned_sittings(u, r)),
    # Whoever else assesses: who answers for it is the examiner of the school.
    (Sitting, Scope.ACCOUNTABLE): lambda u, r: Sitting.id.in_(_assigned_sittings(u, "school_examiner")),
    (Sitting, Scope.SELF): lambda u, r: Sitting.id.in_(_sittings_of(_own_student(u))),
    (Assessment, Scope.OWN_STUDENTS): lambda u, r: Assessment.sitting_id.in_(_sittings_of(_supervised(u, r))),
    (Assessment, Scope.ASSIGNED): lambda u, r: Assessment.sitting_id.in_(_assigned_sittings(u, r)),
    (Result, Scope.OWN_STUDENTS): lambda u, r: Result.registration_id.in_(
        _registrations_of(_supervised(u, r))
    ),
    (Result, Scope.ASSIGNED): lambda u, r: Result.registration_id.in_(_assigned_registrations(u, r)),
    (Result, Scope.SELF): lambda u, r: Result.registration_id.in_(_registrations_of(_own_student(u))),
    (LibraryDocument, Scope.OWN_ROLES): _own_shelf,
}


def invitation_works() -> ColumnElement[bool]:
    """Condition on Invitation: not withdrawn, not definitive, and the sitting is not too long ago."""
    closed = exists().where(
        Assessment.sitting_id == Invitation.sitting_id, Assessment.definitive_at.is_not(None)
    )
    since = utc_now() - timedelta(days=current_school().invitation_days)
    recent = exists().where(Sitting.id == Invitation.sitting_id, Sitting.ends_at > since)
    return and_(Invitation.withdrawn_at.is_(None), recent, ~closed)
