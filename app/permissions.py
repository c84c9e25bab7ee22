"""Who may do what, on which rows. One table, and two functions that read it.

`RIGHTS` is the whole of it: permission -> role -> scope. Flask-AppBuilder's roles are generated from
it (app/actions/users/roles.py), `may` answers for the act and `visible` for the rows; what a scope means
for a kind of row stands in app/scopes.py. Not in the table: no.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true

from app.entities.assessment import Assessment, Result
from app.entities.base import db, utc_now
from app.entities.exams import Exam
from app.entities.factors import Passkey
from app.entities.imports import ImportRun
from app.entities.invitations import Invitation
from app.entities.library import LibraryDocument
from app.entities.mail import OutboxMail
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Elective, Programme
from app.entities.school import SystemUpdate
from app.entities.sessions import UserSession
from app.entities.students import Student, StudentGroup
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.rules.second_factor import Shown
from app.rules.text import N_
from app.school import current_school
from app.scopes import SCOPES, Scope


class Role(enum.StrEnum):
    SUPPLIER = "supplier"
    ADMINISTRATOR = "administrator"
    SCHOOL_SUPERVISOR = "school_supervisor"
    COMPANY_SUPERVISOR = "company_supervisor"
    SCHOOL_EXAMINER = "school_examiner"
    COMPANY_EXAMINER = "company_examiner"
    EXAM_COMMITTEE = "exam_committee"
    STUDENT = "student"

    @property
    def label(self) -> str:
        return ROLE_LABELS[self]


ROLE_LABELS = {
    Role.SUPPLIER: N_("Leverancier"),
    Role.ADMINISTRATOR: N_("Beheerder"),
    Role.SCHOOL_SUPERVISOR: N_("Praktijkbegeleider"),
    Role.COMPANY_SUPERVISOR: N_("Praktijkopleider"),
    Role.SCHOOL_EXAMINER: N_("Examinator school"),
    Role.COMPANY_EXAMINER: N_("Examinator bedrijf"),
    Role.EXAM_COMMITTEE: N_("Examencommissie"),
    Role.STUDENT: N_("Student"),
}

# The users that a student can be coupled to (manual, step 4b).
SUPERVISION_ROLES = (
    Role.SCHOOL_SUPERVISOR,
    Role.COMPANY_SUPERVISOR,
    Role.SCHOOL_EXAMINER,
    Role.COMPANY_EXAMINER,
)


# Who can be the mentor of a group: the school's own people who work with students. Whoever comes from a
# company, or only reads, is not whom one asks about a class.
MENTOR_ROLES = (Role.SCHOOL_SUPERVISOR, Role.SCHOOL_EXAMINER, Role.ADMINISTRATOR)


class Permission(enum.StrEnum):
    """ "<area>.<verb>": in Flask-AppBuilder `can_<verb>` on view `<area>`."""

    PROGRAMMES_SEE = "programmes.see"
    PROGRAMMES_LOAD = "programmes.load"
    EXAMS_SEE = "exams.see"
    USERS_SEE = "users.see"
    USERS_EDIT = "users.edit"
    USERS_IMPORT = "users.import"
    USERS_VIEW_AS = "users.view_as"
    OUTBOX_SEE = "users.outbox"
    OUTBOX_SEND = "users.send"
    STUDENTS_SEE = "students.see"
    STUDENTS_ADD = "students.add"
    STUDENTS_EDIT = "students.edit"
    STUDENTS_IMPORT = "students.import"
    GROUPS_EDIT = "students.groups"
    GROUPS_IMPORT = "students.import_groups"
    GROUPS_RULE = "students.group_rules"
    IMPORT_RUNS = "imports.runs"
    IMPORT_WORK = "imports.work"
    LIBRARY_MANAGE = "library.manage"
    LIBRARY_READ = "library.read"
    PLANNING_SEE = "planning.see"
    PLANNING_EDIT = "planning.edit"
    ASSESSMENT_SEE = "assessment.see"
    ASSESSMENT_TODO = "assessment.todo"
    ASSESSMENT_FILL = "assessment.fill"
    ASSESSMENT_DEFINITIVE = "assessment.definitive"
    ASSESSMENT_REOPEN = "assessment.reopen"
    RESULTS_SEE = "assessment.results"
    ADOPTION_RECORD = "assessment.adopt"
    COMMITTEE_SEE = "assessment.committee"
    OWN_EXAMS = "planning.own"
    PROGRESS_RELEASE = "progress.release"
    PROGRESS_SEE = "progress.see"
    PROGRESS_FILL = "progress.fill"
    OWN_PROGRESS = "progress.own"
    SETTINGS_READ = "school.read"
    SETTINGS_EDIT = "school.edit"
    PROFILE = "school.profile"
    START = "school.start"
    TRAIL_READ = "trail.read"


P, R, S = Permission, Role, Scope

RIGHTS: Mapping[Permission, Mapping[Role, Scope]] = {
    P.PROGRAMMES_SEE: {
        R.SUPPLIER: S.ALL,
        R.ADMINISTRATOR: S.ALL,
        R.SCHOOL_SUPERVISOR: S.OWN_PROGRAMMES,
        R.EXAM_COMMITTEE: S.ALL,
    },
    P.PROGRAMMES_LOAD: {R.SUPPLIER: S.ALL},
    P.EXAMS_SEE: {
        R.SUPPLIER: S.ALL,
        R.ADMINISTRATOR: S.ALL,
        R.SCHOOL_SUPERVISOR: S.OWN_PROGRAMMES,
        R.EXAM_COMMITTEE: S.ALL,
    },
    P.USERS_SEE: {R.SUPPLIER: S.ALL, R.ADMINISTRATOR: S.ALL},
    P.USERS_EDIT: {R.SUPPLIER: S.ALL, R.ADMINISTRATOR: S.ALL},
    P.USERS_IMPORT: {R.SUPPLIER: S.ALL, R.ADMINISTRATOR: S.ALL},
    P.USERS_VIEW_AS: {R.ADMINISTRATOR: S.ALL},
    P.OUTBOX_SEE: {R.ADMINISTRATOR: S.ALL},
    P.OUTBOX_SEND: {R.ADMINISTRATOR: S.ALL},
    P.STUDENTS_SEE: {
        R.ADMINISTRATOR: S.ALL,
        R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS,
        R.COMPANY_SUPERVISOR: S.OWN_STUDENTS,
        R.SCHOOL_EXAMINER: S.ASSIGNED,
        R.COMPANY_EXAMINER: S.ASSIGNED,
        R.EXAM_COMMITTEE: S.ALL,
    },
    P.STUDENTS_ADD: {R.ADMINISTRATOR: S.ALL, R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS},
    P.STUDENTS_EDIT: {R.ADMINISTRATOR: S.ALL, R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS},
    P.STUDENTS_IMPORT: {R.ADMINISTRATOR: S.ALL},
    P.GROUPS_EDIT: {R.ADMINISTRATOR: S.ALL, R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS},
    P.GROUPS_IMPORT: {R.ADMINISTRATOR: S.ALL},
    # A rule fills a group with whoever follows a programme: only for who may see all of them.
    P.GROUPS_RULE: {R.ADMINISTRATOR: S.ALL},
    P.IMPORT_RUNS: {R.SUPPLIER: S.SELF, R.ADMINISTRATOR: S.SELF},
    P.IMPORT_WORK: {},  # the worker's, which is nobody
    P.LIBRARY_MANAGE: {R.SUPPLIER: S.ALL, R.ADMINISTRATOR: S.ALL},
    P.LIBRARY_READ: {
        R.ADMINISTRATOR: S.OWN_ROLES,
        R.SCHOOL_SUPERVISOR: S.OWN_ROLES,
        R.COMPANY_SUPERVISOR: S.OWN_ROLES,
        R.SCHOOL_EXAMINER: S.OWN_ROLES,
        R.COMPANY_EXAMINER: S.OWN_ROLES,
        R.EXAM_COMMITTEE: S.OWN_ROLES,
        R.STUDENT: S.OWN_ROLES,
    },
    P.PLANNING_SEE: {
        R.ADMINISTRATOR: S.ALL,
        R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS,
        R.COMPANY_SUPERVISOR: S.OWN_STUDENTS,
        R.SCHOOL_EXAMINER: S.ASSIGNED,
        R.COMPANY_EXAMINER: S.ASSIGNED,
        R.EXAM_COMMITTEE: S.ALL,
    },
    P.PLANNING_EDIT: {R.ADMINISTRATOR: S.ALL, R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS},
    P.OWN_EXAMS: {R.STUDENT: S.SELF},
    P.ASSESSMENT_SEE: {
        R.ADMINISTRATOR: S.ALL,
        R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS,
        R.COMPANY_SUPERVISOR: S.OWN_STUDENTS,
        R.SCHOOL_EXAMINER: S.ASSIGNED,
        R.COMPANY_EXAMINER: S.ASSIGNED,
        R.EXAM_COMMITTEE: S.ALL,
    },
    P.ASSESSMENT_TODO: {R.SCHOOL_EXAMINER: S.ASSIGNED, R.COMPANY_EXAMINER: S.ASSIGNED},
    P.ASSESSMENT_FILL: {R.SCHOOL_EXAMINER: S.ASSIGNED, R.COMPANY_EXAMINER: S.ASSIGNED},
    P.ASSESSMENT_DEFINITIVE: {R.SCHOOL_EXAMINER: S.ACCOUNTABLE},
    P.ASSESSMENT_REOPEN: {R.ADMINISTRATOR: S.ALL},
    P.RESULTS_SEE: {
        R.ADMINISTRATOR: S.ALL,
        R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS,
        R.COMPANY_SUPERVISOR: S.OWN_STUDENTS,
        R.SCHOOL_EXAMINER: S.ASSIGNED,
        R.COMPANY_EXAMINER: S.ASSIGNED,
        R.EXAM_COMMITTEE: S.ALL,
        R.STUDENT: S.SELF,
    },
    P.ADOPTION_RECORD: {R.ADMINISTRATOR: S.ALL},
    P.COMMITTEE_SEE: {R.EXAM_COMMITTEE: S.ALL},
    P.PROGRESS_RELEASE: {R.ADMINISTRATOR: S.ALL, R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS},
    P.PROGRESS_SEE: {
        R.ADMINISTRATOR: S.ALL,
        R.SCHOOL_SUPERVISOR: S.OWN_STUDENTS,
        R.COMPANY_SUPERVISOR: S.OWN_STUDENTS,
        R.EXAM_COMMITTEE: S.ALL,
    },
    P.PROGRESS_FILL: {R.COMPANY_SUPERVISOR: S.OWN_STUDENTS},
    P.OWN_PROGRESS: {R.STUDENT: S.SELF},
    P.SETTINGS_READ: {R.SUPPLIER: S.ALL, R.ADMINISTRATOR: S.ALL},
    P.SETTINGS_EDIT: {R.SUPPLIER: S.ALL},
    P.PROFILE: dict.fromkeys(Role, S.SELF),
    P.START: dict.fromkeys(Role, S.SELF),
    P.TRAIL_READ: {R.ADMINISTRATOR: S.ALL, R.EXAM_COMMITTEE: S.ALL},
}

# What somebody invited for one sitting has of a company examiner's rights: that sitting, and no more.
GUEST_RIGHTS = frozenset({P.ASSESSMENT_SEE, P.ASSESSMENT_FILL})
# What stays its user's own while an administrator looks along ("bekijk als").
PERSONAL = frozenset({P.PROFILE})

# What a row of each kind is shown by, unless a page asks for another permission.
READ: Mapping[type[Any], Permission] = {
    Programme: P.PROGRAMMES_SEE,
    Elective: P.PROGRAMMES_SEE,
    Exam: P.EXAMS_SEE,
    User: P.USERS_SEE,
    OutboxMail: P.OUTBOX_SEE,
    Student: P.STUDENTS_SEE,
    StudentGroup: P.STUDENTS_SEE,
    ImportRun: P.IMPORT_RUNS,
    LibraryDocument: P.LIBRARY_READ,
    Registration: P.PLANNING_SEE,
    Sitting: P.PLANNING_SEE,
    Assessment: P.ASSESSMENT_SEE,
    Result: P.RESULTS_SEE,
    SystemUpdate: P.SETTINGS_READ,
    AuditEntry: P.TRAIL_READ,
    UserSession: P.PROFILE,
    Passkey: P.PROFILE,
}


def permission_pair(permission: Permission) -> tuple[str, str]:
    """The framework's way to name it: students.see -> can_see on students."""
    area, _, verb = permission.value.partition(".")
    return f"can_{verb}", area


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in user, or the system (no id, every right). Never a session, never a request."""

    id: int | None
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    system: bool = False
    guest: bool = False  # invited for one sitting, without an account
    read_only: bool = False  # an administrator looks through this user's eyes: nothing is written
    shown: Shown = field(default_factory=Shown)  # what this person has shown of who they are, and when


SYSTEM = Actor(id=None, name="Proeve", system=True)


def actor_of(user: User, shown: Shown | None = None) -> Actor:
    """The actor that a signed-in user is; roles unknown to the table are left out."""
    known = {role.value for role in Role}
    return Actor(
        id=user.id,
        name=user.full_name,
        roles=frozenset(Role(role.name) for role in user.roles if role.name in known),
        guest=bool(user.guest),
        shown=shown or Shown(),
    )


def may(actor: Actor, permission: Permission, obj: Any = None) -> bool:
    """Whether the actor has the permission at all, or on this row."""
    if actor.system:
        return True
    if (actor.guest and permission not in GUEST_RIGHTS) or (actor.read_only and permission in PERSONAL):
        return False
    granted = RIGHTS.get(permission, {})
    if not any(role in granted for role in actor.roles):
        return False
    if obj is None:
        return True
    model = type(obj)
    found = db.session.execute(visible(actor, model, permission).where(model.id == obj.id))
    return found.first() is not None


M = TypeVar("M")


def visible(actor: Actor, model: type[M], permission: Permission | None = None) -> Select[M]:
    """The rows of `model` on which the actor has the permission (default: the one to read it)."""
    if actor.system:
        return select(model)
    asked = permission or READ[model]
    if actor.read_only and asked in PERSONAL:
        return select(model).where(false())
    conditions = [
        _condition(actor, role, scope, model) for role, scope in RIGHTS[asked].items() if role in actor.roles
    ]
    everyone = true() if any(c is true() for c in conditions) else or_(false(), *conditions)
    narrowed = everyone, _nobodys_business(model), _as_guest(actor, model, asked)
    return select(model).where(*(condition for condition in narrowed if condition is not true()))


def _nobodys_business(model: type[Any]) -> ColumnElement[bool]:
    """Guests are no users of the school: they stand with their sitting, in no list and no picker."""
    return User.guest.is_(False) if model is User else true()


def _as_guest(actor: Actor, model: type[Any], asked: Permission) -> ColumnElement[bool]:
    """The one place that narrows a guest to his sitting, for as long as the invitation works."""
    if not actor.guest:
        return true()
    rows = {Sitting: Sitting.id, Assessment: Assessment.sitting_id}
    if asked not in GUEST_RIGHTS or model not in rows:
        return false()
    open_to = select(Invitation.sitting_id).where(Invitation.user_id == actor.id, invitation_works())
    return rows[model].in_(open_to)


def invitation_works() -> ColumnElement[bool]:
    """Condition on Invitation: not withdrawn, not definitive, and the sitting is not too long ago."""
    closed = exists().where(
        Assessment.sitting_id == Invitation.sitting_id, Assessment.definitive_at.is_not(None)
    )
    since = utc_now() - timedelta(days=current_school().invitation_days)
    recent = exists().where(Sitting.id == Invitation.sitting_id, Sitting.ends_at > since)
    return and_(Invitation.withdrawn_at.is_(None), recent, ~closed)


def _condition(actor: Actor, role: Role, scope: Scope, model: type[Any]) -> ColumnElement[bool]:
    if scope is Scope.ALL:
        return true()
    rule = SCOPES.get((model, scope))
    return rule(actor.id, role) if rule else false()
