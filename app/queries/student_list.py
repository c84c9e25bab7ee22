"""The list of students: its filters, what there is to choose from, and what stands in a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.mail import OutboxMail
from app.entities.membership import groups_with, has_members, members_of, membership
from app.entities.planning import Registration, Sitting
from app.entities.programmes import Elective, Programme
from app.entities.students import Enrolment, Student, StudentGroup, Supervision
from app.entities.users import LoginCode, RoleRow, User
from app.permissions import Actor, Role, visible
from app.queries.student_search import found_by
from app.rules.login_codes import INVITATION
from app.rules.people import full_name

Choices = Sequence[tuple[str, str]]
MANY = 150  # more choices than this: a name is typed instead


# -- filters


def by_words(statement: Select[Any], words: str) -> Select[Any]:
    """Every word begins a word of name, number or e-mail address; accents and capitals do not matter."""
    return statement.where(found_by(words))


def by_target(statement: Select[Any], key: str) -> Select[Any]:
    """Students of a programme ("12") or of an elective ("k3")."""
    column = Enrolment.elective_id if key.startswith("k") else Enrolment.programme_id
    number = key.removeprefix("k")
    if not _is_id(number):
        return statement.where(Student.id.is_(None))
    return statement.where(Student.id.in_(select(Enrolment.student_id).where(column == int(number))))


def by_cohort(statement: Select[Any], cohort: str) -> Select[Any]:
    """Students of a programme of this cohort."""
    if not _is_id(cohort):
        return statement.where(Student.id.is_(None))
    programmes = select(Programme.id).where(Programme.cohort == int(cohort))
    return statement.where(
        Student.id.in_(select(Enrolment.student_id).where(Enrolment.programme_id.in_(programmes)))
    )


def by_group(statement: Select[Any], group: str) -> Select[Any]:
    """Students in this group: by id, or by (a part of) its name."""
    if _is_id(group):
        return statement.where(Student.id.in_(members_of([int(group)])))
    named = select(StudentGroup.id).where(_contains(StudentGroup.name, group))
    return statement.where(Student.id.in_(members_of(named)))


def by_supervisor(statement: Select[Any], user: str) -> Select[Any]:
    """Students of this praktijkbegeleider: by id, or by words of the name."""
    if _is_id(user):
        return statement.where(Student.id.in_(_supervised().where(Supervision.user_id == int(user))))
    named = select(User.id)
    for word in user.split():
        named = named.where(
            or_(
                _contains(User.first_name, word), _contains(User.infix, word), _contains(User.last_name, word)
            )
        )
    return statement.where(Student.id.in_(_supervised().where(Supervision.user_id.in_(named))))


def _contains(column: Any, text: str) -> ColumnElement[bool]:
    return func.lower(column).contains(text.lower(), autoescape=True)


def by_state(statement: Select[Any], state: str) -> Select[Any]:
    """What still has to be done for a student; the keys are those of STATES in the page."""
    programme = select(Enrolment.student_id).where(Enrolment.programme_id.is_not(None))
    planned = select(Registration.student_id).where(Registration.id.in_(select(Sitting.registration_id)))
    conditions = {
        "no-programme": _none_of(programme),
        "no-supervisor": _none_of(_supervised()),
        "no-code": ~exists().where(LoginCode.user_id == Student.user_id, _reached()),
        "nothing-planned": _none_of(planned),
        "no-progress": ~Student.progress_available,
        "inactive": ~Student.active,
    }
    condition = conditions.get(state)
    return statement.where(Student.id.is_(None) if condition is None else condition)


def _none_of(students: Select[Any]) -> ColumnElement[bool]:
    """Condition on Student: not among these. SQLite looks them up in a list made once, faster than one by
    one; PostgreSQL joins them, where a list would outgrow its memory."""
    if db.engine.dialect.name == "sqlite":
        return Student.id.not_in(students)
    found = students.subquery()
    return ~exists().where(next(iter(found.c)) == Student.id)


def _reached() -> ColumnElement[bool]:
    """Condition on LoginCode: an inlogcode that was mailed (or waits to be), or that was used."""
    mailed = exists().where(
        OutboxMail.login_code_id == LoginCode.id, OutboxMail.state.in_(("waiting", "sending", "sent"))
    )
    return and_(LoginCode.purpose == INVITATION, or_(LoginCode.used_at.is_not(None), mailed))


def _supervised() -> Select[Any]:
    return select(Supervision.student_id).where(Supervision.role == Role.SCHOOL_SUPERVISOR)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


# -- choices


@dataclass(frozen=True)
class FilterChoices:
    """What the visible students can be narrowed by; None: too many to choose from, so a name is typed."""

    targets: Choices = ()
    cohorts: Choices = ()
    groups: Choices | None = ()
    supervisors: Choices | None = ()


def filter_choices(actor: Actor) -> FilterChoices:
    """One query: programmes, electives, groups and praktijkbegeleiders that a visible student has."""
    students = visible(actor, Student).with_only_columns(Student.id)
    arms = [_programmes(students), _electives(students), _groups(students), _supervisors(students)]
    found: dict[str, list[Any]] = {"programme": [], "elective": [], "group": [], "supervisor": []}
    for row in db.session.execute(union_all(*arms)):
        found[row.kind].append(row)
    programmes = sorted(found["programme"], key=lambda row: (row.a, row.id))
    electives = sorted(found["elective"], key=lambda row: (row.a, row.id))
    cohorts = sorted({row.c for row in programmes}, reverse=True)
    people = sorted(found["supervisor"], key=lambda row: (row.c, row.a, row.id))
    return FilterChoices(
        targets=[
            *((str(row.id), f"{row.a} ({row.b}, {row.c})") for row in programmes),
            *((f"k{row.id}", f"{row.a} ({row.b})") for row in electives),
        ],
        cohorts=[(cohort, cohort) for cohort in cohorts],
        groups=_few([(str(row.id), row.a) for row in sorted(found["group"], key=lambda row: row.a)]),
        supervisors=_few([(str(row.id), full_name(row.a, row.b, row.c)) for row in people]),
    )


def _few(choices: Choices) -> Choices | None:
    return choices if len(choices) <= MANY else None


NOTHING: ColumnElement[str] = literal("")


def _arm(kind: str, key: Any, a: Any, b: Any = NOTHING, c: Any = NOTHING) -> Select[Any]:
    columns = (literal(kind).label("kind"), key.label("id"), a.label("a"), b.label("b"), c.label("c"))
    return select(*columns)


def _everybody(students: Select[Any]) -> bool:
    return students.whereclause is None


def _has_one(column: Any, wanted: Any, student: Any, students: Select[Any]) -> ColumnElement[bool]:
    """A visible student has it; for who sees everybody any student will do."""
    whose = true() if _everybody(students) else student.in_(students)
    return exists().where(column == wanted, whose)


def _programmes(students: Select[Any]) -> Select[Any]:
    used = _has_one(Enrolment.programme_id, Programme.id, Enrolment.student_id, students)
    cohort = cast(Programme.cohort, String)
    return _arm("programme", Programme.id, Programme.name, Programme.crebo, cohort).where(used)


def _electives(students: Select[Any]) -> Select[Any]:
    used = _has_one(Enrolment.elective_id, Elective.id, Enrolment.student_id, students)
    return _arm("elective", Elective.id, Elective.name, Elective.code).where(used)


def _groups(students: Select[Any]) -> Select[Any]:
    """From the groups for who sees everybody: the first that are too many end it; else from the students."""
    used = has_members() if _everybody(students) else StudentGroup.id.in_(groups_with(students))
    return _limited(_arm("group", StudentGroup.id, StudentGroup.name).where(used))


def _supervisors(students: Select[Any]) -> Select[Any]:
    own = Supervision.role == Role.SCHOOL_SUPERVISOR
    used: ColumnElement[bool]
    if _everybody(students):
        # From who has the role: from all users it would be the accounts of all students too.
        held = select(assoc_user_role.c.user_id).join(RoleRow, RoleRow.id == assoc_user_role.c.role_id)
        named = User.id.in_(held.where(RoleRow.name == Role.SCHOOL_SUPERVISOR))
        used = and_(named, exists().where(Supervision.user_id == User.id, own))
    else:
        used = User.id.in_(select(Supervision.user_id).where(own, Supervision.student_id.in_(students)))
    return _limited(_arm("supervisor", User.id, User.first_name, User.infix, User.last_name).where(used))


def _limited(arm: Select[Any]) -> Select[Any]:
    return select(arm.limit(MANY + 1).subquery())


# -- lines


@dataclass
class StudentLine:
    """A student with what other tables say of it, as a line of a list shows it."""

    student: Student
    programmes: list[str] = field(default_factory=list)
    electives: list[str] = field(default_factory=list)  # codes
    groups: list[tuple[str, str]] = field(default_factory=list)  # name, colour
    users: dict[str, list[str]] = field(default_factory=dict)  # names by role


def lines_of(students: Iterable[Student]) -> Sequence[StudentLine]:
    """One query, however many students."""
    lines = {student.id: StudentLine(student) for student in students}
    for row in db.session.execute(_facts(list(lines))) if lines else ():
        line = lines[row.id]
        if row.kind == "programme":
            line.programmes.append(row.a)
        elif row.kind == "elective":
            line.electives.append(row.a)
        elif row.kind == "group":
            line.groups.append((row.a, row.b))
        else:
            line.users.setdefault(row.kind, []).append(full_name(row.a, row.b, row.c))
    for line in lines.values():
        for names in (line.programmes, line.electives, line.groups, *line.users.values()):
            names.sort()  # type: ignore[attr-defined]
    return list(lines.values())


def _facts(ids: Sequence[int]) -> Any:
    """(student, kind, three texts): everything that is coupled to these students."""
    wanted = id_set(ids)
    enrolled = Enrolment.student_id
    member = membership(students=wanted).c
    return union_all(
        _arm("programme", enrolled, Programme.name)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(enrolled.in_(wanted)),
        _arm("elective", enrolled, Elective.code)
        .join(Elective, Elective.id == Enrolment.elective_id)
        .where(enrolled.in_(wanted)),
        _arm("group", member.student_id, StudentGroup.name, StudentGroup.colour)
        .join(StudentGroup, StudentGroup.id == member.group_id)
        .distinct(),
        select(
            Supervision.role.label("kind"), Supervision.student_id.label("id"), User.first_name.label("a"),
            User.infix.label("b"), User.last_name.label("c"),
        )
        .join(User, User.id == Supervision.user_id)
        .where(Supervision.student_id.in_(wanted)),
    )  # fmt: skip
