"""Who may do what, on which rows. One table, and two functions that read it.

`Permission` is the table: what each permission is for, and which role has it with which scope. A role that is
not named does not have it. Flask-AppBuilder's roles are generated from it (app/actions/users/roles.py).
`may` answers for an act, `visible` for rows; app/scopes.py says what a scope means for a kind of row.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa

from app import models, scopes
from app.entities.base import db
from app.rules.second_factor import Shown
from app.rules.text import N_

S = scopes.Scope


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

EXAMINERS = frozenset({Role.SCHOOL_EXAMINER, Role.COMPANY_EXAMINER})
# With one of these an account is not a student's alone.
OTHER_ROLES = tuple(role for role in Role if role is not Role.STUDENT)

# Whose holders see something of a student, be it of one alone or of themselves.
SEE_STUDENTS = tuple(role for role in Role if role is not Role.SUPPLIER)

# Who can be the mentor of a group: the school's own people who work with students. Nobody asks somebody of a
# company, or somebody who only reads, about a class.
MENTOR_ROLES = (Role.SCHOOL_SUPERVISOR, Role.SCHOOL_EXAMINER, Role.ADMINISTRATOR)


def right(name: str, meaning: str, **roles: scopes.Scope) -> tuple[str, str, dict[Role, scopes.Scope]]:
    """A row of the table: "<area>.<verb>", what it is for in one sentence, and who has it, role=scope."""
    return name, meaning, {Role(role): scope for role, scope in roles.items()}


@enum.unique
class Permission(enum.StrEnum):
    """The table of rights. A name is "<area>.<verb>": in Flask-AppBuilder `can_<verb>` on view `<area>`."""

    meaning: str
    roles: Mapping[Role, scopes.Scope]

    def __new__(cls, name: str, meaning: str, roles: Mapping[Role, scopes.Scope]) -> Permission:
        made = str.__new__(cls, name)
        made._value_, made.meaning, made.roles = name, meaning, roles
        return made

    PROGRAMMES_SEE = right(
        "programmes.see",
        "Read the programmes and electives that the school may use.",
        supplier=S.ALL,
        administrator=S.ALL,
        school_supervisor=S.OWN_PROGRAMMES,
        exam_committee=S.ALL,
    )
    PROGRAMMES_LOAD = right("programmes.load", "Load programmes from the catalogue.", supplier=S.ALL)
    EXAMS_SEE = right(
        "exams.see",
        "Read the exams of a programme: tasks, criteria, pass rule and form.",
        supplier=S.ALL,
        administrator=S.ALL,
        school_supervisor=S.OWN_PROGRAMMES,
        exam_committee=S.ALL,
    )
    USERS_SEE = right(
        "users.see", "Read the users and their e-mail addresses.", supplier=S.STAFF, administrator=S.ALL
    )
    USERS_EDIT = right(
        "users.edit",
        "Add, change and close users, and send or reset what lets them in.",
        supplier=S.STAFF,
        administrator=S.ALL,
    )
    USERS_IMPORT = right(
        "users.import",
        "Import users from a file, and undo that import.",
        supplier=S.STAFF,
        administrator=S.ALL,
    )
    USERS_VIEW_AS = right("users.view_as", "Look through the eyes of another user.", administrator=S.ALL)
    OUTBOX_SEE = right("users.outbox", "Read the mails that were made for others.", administrator=S.ALL)
    OUTBOX_SEND = right("users.send", "Send mails, and send them again.", administrator=S.ALL)
    STUDENTS_SEE = right(
        "students.see",
        "Read students and groups: their lists, and the page of one.",
        administrator=S.ALL,
        school_supervisor=S.OWN_STUDENTS,
        company_supervisor=S.OWN_STUDENTS,
        school_examiner=S.ASSIGNED,
        company_examiner=S.ASSIGNED,
        exam_committee=S.ALL,
    )
    STUDENTS_ADD = right(
        "students.add", "Enter a new student.", administrator=S.ALL, school_supervisor=S.OWN_STUDENTS
    )
    STUDENTS_EDIT = right(
        "students.edit",
        "Change students, also many at once, export them and send them login codes.",
        administrator=S.ALL,
        school_supervisor=S.OWN_STUDENTS,
    )
    STUDENTS_IMPORT = right(
        "students.import", "Import students from a file, and undo that import.", administrator=S.ALL
    )
    GROUPS_EDIT = right(
        "students.groups",
        "Make groups, change them, and put students in them.",
        administrator=S.ALL,
        school_supervisor=S.OWN_STUDENTS,
    )
    GROUPS_IMPORT = right(
        "students.import_groups", "Import groups from a file, and undo that import.", administrator=S.ALL
    )
    # Such a group holds every student of a programme, so only a role that sees all students has this.
    GROUPS_RULE = right(
        "students.group_rules", "Let a group fill itself with who follows a programme.", administrator=S.ALL
    )
    IMPORT_RUNS = right(
        "imports.runs", "Go through the steps of one's own import.", supplier=S.SELF, administrator=S.SELF
    )
    IMPORT_WORK = right("imports.work", "Check and write an import; the worker's, so no role has it.")
    LIBRARY_MANAGE = right(
        "library.manage",
        "Add, change and remove the documents of every role.",
        supplier=S.ALL,
        administrator=S.ALL,
    )
    LIBRARY_READ = right(
        "library.read",
        "Read the documents of one's own roles.",
        administrator=S.OWN_ROLES,
        school_supervisor=S.OWN_ROLES,
        company_supervisor=S.OWN_ROLES,
        school_examiner=S.OWN_ROLES,
        company_examiner=S.OWN_ROLES,
        exam_committee=S.OWN_ROLES,
        student=S.OWN_ROLES,
    )
    PLANNING_SEE = right(
        "planning.see",
        "Read which exams are planned for a student, and how far each is.",
        administrator=S.ALL,
        school_supervisor=S.OWN_STUDENTS,
        company_supervisor=S.OWN_STUDENTS,
        school_examiner=S.ASSIGNED,
        company_examiner=S.ASSIGNED,
        exam_committee=S.ALL,
    )
    PLANNING_EDIT = right(
        "planning.edit",
        "Plan exams, change and remove what is planned, and invite examiners.",
        administrator=S.ALL,
        school_supervisor=S.OWN_STUDENTS,
    )
    ASSESSMENT_SEE = right(
        "assessment.see",
        "Read the scores that examiners gave.",
        administrator=S.ALL,
        school_supervisor=S.OWN_STUDENTS,
        company_supervisor=S.OWN_STUDENTS,
        school_examiner=S.ASSIGNED,
        company_examiner=S.ASSIGNED,
        exam_committee=S.ALL,
    )
    ASSESSMENT_TODO = right(
        "assessment.todo",
        "Have the list of what one is to assess.",
        school_examiner=S.ASSIGNED,
        company_examiner=S.ASSIGNED,
    )
    ASSESSMENT_FILL = right(
        "assessment.fill",
        "Fill in and save one's own scores.",
        school_examiner=S.ASSIGNED,
        company_examiner=S.ASSIGNED,
    )
    ASSESSMENT_DEFINITIVE = right(
        "assessment.definitive",
        "Make an assessment definitive, as the accountable examiner.",
        school_examiner=S.ACCOUNTABLE,
    )
    ASSESSMENT_REOPEN = right(
        "assessment.reopen", "Reopen a definitive assessment, with a reason.", administrator=S.ALL
    )
    RESULTS_SEE = right(
        "assessment.results",
        "Read results.",
        administrator=S.ALL,
        school_supervisor=S.OWN_STUDENTS,
        company_supervisor=S.OWN_STUDENTS,
        school_examiner=S.ASSIGNED,
        company_examiner=S.ASSIGNED,
        exam_committee=S.ALL,
        student=S.SELF,
    )
    ADOPTION_RECORD = right(
        "assessment.adopt", "Record that the committee adopted results.", administrator=S.ALL
    )
    COMMITTEE_SEE = right(
        "assessment.committee", "Read the committee's own page, and export its list.", exam_committee=S.ALL
    )
    OWN_EXAMS = right("planning.own", "See one's own exams and results, as a student.", student=S.SELF)
    PROGRESS_RELEASE = right(
        "progress.release",
        "Open the progress tab for a student.",
        administrator=S.ALL,
        school_supervisor=S.OWN_STUDENTS,
    )
    PROGRESS_SEE = right(
        "progress.see",
        "Read the progress of students.",
        administrator=S.ALL,
        school_supervisor=S.OWN_STUDENTS,
        company_supervisor=S.OWN_STUDENTS,
        exam_committee=S.ALL,
    )
    PROGRESS_FILL = right(
        "progress.fill", "Fill in the progress of a student at work.", company_supervisor=S.OWN_STUDENTS
    )
    OWN_PROGRESS = right("progress.own", "Fill in one's own progress, once opened.", student=S.SELF)
    SETTINGS_READ = right(
        "school.read", "Read the updates of the system.", supplier=S.ALL, administrator=S.ALL
    )
    SETTINGS_EDIT = right(
        "school.edit", "Write such updates, and set up what every school has.", supplier=S.ALL
    )
    PROFILE = right(
        "school.profile", "Keep one's own profile and ways to sign in.", **dict.fromkeys(Role, S.SELF)
    )
    START = right("school.start", "Have the start page, and sign in and out.", **dict.fromkeys(Role, S.SELF))
    SIGN_IN = right(
        "school.sign_in", "Count tries, open sessions and end them; the sign-in pages', so no role has it."
    )
    TRAIL_READ = right(
        "trail.read", "Read the audit trail and check it.", administrator=S.ALL, exam_committee=S.ALL
    )


P = Permission
RIGHTS: Mapping[Permission, Mapping[Role, scopes.Scope]] = {one: one.roles for one in Permission}

# The rights that a guest has, who is invited without an account: on those sittings, and no other.
GUEST_RIGHTS = frozenset({P.ASSESSMENT_SEE, P.ASSESSMENT_FILL})
# The rights that stay the user's own while an administrator looks along ("bekijk als").
PERSONAL = frozenset({P.PROFILE})

# The permission to see a row of each kind, unless a page asks for another one.
READ: Mapping[type[Any], Permission] = {
    models.Programme: P.PROGRAMMES_SEE,
    models.Elective: P.PROGRAMMES_SEE,
    models.Exam: P.EXAMS_SEE,
    models.User: P.USERS_SEE,
    models.OutboxMail: P.OUTBOX_SEE,
    models.Student: P.STUDENTS_SEE,
    models.StudentGroup: P.STUDENTS_SEE,
    models.ImportRun: P.IMPORT_RUNS,
    models.LibraryDocument: P.LIBRARY_READ,
    models.Registration: P.PLANNING_SEE,
    models.Sitting: P.PLANNING_SEE,
    models.Assessment: P.ASSESSMENT_SEE,
    models.Result: P.RESULTS_SEE,
    models.SystemUpdate: P.SETTINGS_READ,
    models.AuditEntry: P.TRAIL_READ,
    models.UserSession: P.PROFILE,
    models.Passkey: P.PROFILE,
}


def permission_pair(permission: Permission) -> tuple[str, str]:
    """The framework's names for it: students.see -> can_see on students."""
    area, _, verb = permission.value.partition(".")
    return f"can_{verb}", area


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in user, or the system (no id, every right). It knows no session and no request."""

    id: int | None
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    system: bool = False
    guest: bool = False  # invited for some sittings, without an account
    read_only: bool = False  # an administrator looks through this user's eyes: nothing is written
    shown: Shown = field(default_factory=Shown)  # how and when they showed who they are


SYSTEM = Actor(id=None, name="Proeve", system=True)


def actor_of(user: models.User, shown: Shown | None = None) -> Actor:
    """A signed-in user as an actor; roles that the table does not know are left out."""
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


def only_examines(actor: Actor) -> bool:
    """Whether they see a student for the exams that they assess alone, so no other exam of that student."""
    return not actor.system and not actor.roles & (RIGHTS[Permission.PLANNING_SEE].keys() - EXAMINERS)


M = TypeVar("M")


def visible(actor: Actor, model: type[M], permission: Permission | None = None) -> sa.Select[M]:
    """The rows of `model` on which the actor has the permission (default: the one to read it)."""
    if actor.system:
        return sa.select(model)
    asked = permission or READ[model]
    if actor.read_only and asked in PERSONAL:
        return sa.select(model).where(sa.false())
    conditions = [
        _condition(actor, role, scope, model) for role, scope in RIGHTS[asked].items() if role in actor.roles
    ]
    everyone = sa.true() if any(c is sa.true() for c in conditions) else sa.or_(sa.false(), *conditions)
    narrowed = everyone, _nobodys_business(model), _as_guest(actor, model, asked)
    return sa.select(model).where(*(condition for condition in narrowed if condition is not sa.true()))


def _nobodys_business(model: type[Any]) -> sa.ColumnElement[bool]:
    """Leave guests out of the users: they stand with their sitting, in no list and no picker."""
    return models.User.guest.is_(False) if model is models.User else sa.true()


def _as_guest(actor: Actor, model: type[Any], asked: Permission) -> sa.ColumnElement[bool]:
    """Narrow a guest to the sittings whose invitation works, each as long as it does. The only place."""
    if not actor.guest:
        return sa.true()
    rows = {models.Sitting: models.Sitting.id, models.Assessment: models.Assessment.sitting_id}
    if asked not in GUEST_RIGHTS or model not in rows:
        return sa.false()
    open_to = sa.select(models.Invitation.sitting_id).where(
        models.Invitation.user_id == actor.id, scopes.invitation_works()
    )
    return rows[model].in_(open_to)


def _condition(actor: Actor, role: Role, scope: scopes.Scope, model: type[Any]) -> sa.ColumnElement[bool]:
    if scope is scopes.Scope.ALL:
        return sa.true()
    rule = scopes.SCOPES.get((model, scope))
    return rule(actor.id, role) if rule else sa.false()
