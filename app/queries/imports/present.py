"""What the school knows of the people, programmes and groups that a file names.

A fixed number of queries, for ten rows or ten thousand: what a file names comes in as one parameter.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set, lock_rows, text_set
from app.entities.membership import has_rule, membership
from app.permissions import OTHER_ROLES, SUPERVISION_ROLES, Actor, Permission, visible
from app.queries.imports import alike
from app.queries.students.leaving import closed_by_hand
from app.queries.users.users import is_holder
from app.rules import people as people_rules
from app.rules.fields import flat
from app.rules.student_fields import fields_in
from app.school import current_school

OTHER_ROLE = "other role"  # the mark of an account that has another role than student
OPENS = "opens"  # the mark of a closed account that opens again when its student returns


@dataclass(frozen=True)
class ProgrammeFact:
    id: int
    crebo: str
    name: str
    cohort: int
    level: int

    @property
    def label(self) -> str:
        return f"{self.name} ({self.crebo}, {self.cohort})"


@dataclass(frozen=True)
class UserFact:
    id: int
    name: str
    username: str
    email: str
    active: bool
    roles: frozenset[str]
    label: str = ""  # as lists write it, with the organisation that tells two of one name apart
    initials: str = ""  # "S. de Bakker"
    seen: bool = False  # whether whoever imports may see this user, and so read whose an address is

    @property
    def logins(self) -> Sequence[str]:
        """What the user signs in with, in lower case."""
        return [name.lower() for name in (self.email, self.username) if name]


@dataclass(frozen=True)
class Fact:
    """A row of the imported kind as the database has it, with everything that an import can add to."""

    id: int
    values: Mapping[str, Any]  # attribute -> value
    coupled: Mapping[str, Collection[Any]] = field(default_factory=dict)  # column key -> what is there
    version: int = 1
    user_id: int | None = None  # a student's account
    account: "Fact | None" = None  # what that account took over from the student
    language: str = ""  # of an account
    marks: frozenset[str] = frozenset()  # what else a kind looks at


@dataclass(frozen=True)
class Known:
    """The part of the database that a file is about, in memory."""

    today: dt.date
    programmes: tuple[ProgrammeFact, ...] = ()
    groups: Mapping[str, tuple[int, str]] = field(default_factory=dict)  # name in lower case -> (id, name)
    ruled: frozenset[str] = frozenset()  # names of groups that a rule fills, in lower case
    users: Mapping[str, UserFact] = field(default_factory=dict)  # user name and mail in lower case -> user
    named: Mapping[str, Sequence[UserFact]] = field(default_factory=dict)  # possible mentors, by name_form
    there: Mapping[str, Fact] = field(default_factory=dict)  # rows of the imported kind, by their identity
    roles: tuple[str, ...] = ()  # what this actor may give
    # Number of the file -> the numbers of students that differ from it only in the zeros before them.
    zeros: Mapping[str, Sequence[str]] = field(default_factory=dict)
    students: Mapping[str, tuple[int, str]] = field(default_factory=dict)  # number -> (id, as lists write it)
    people: Mapping[int, UserFact] = field(default_factory=dict)  # users to couple to a student, by id


def programme_facts(actor: Actor) -> tuple[ProgrammeFact, ...]:
    rows = db.session.execute(
        visible(actor, models.Programme)
        .with_only_columns(
            models.Programme.id,
            models.Programme.crebo,
            models.Programme.name,
            models.Programme.cohort,
            models.Programme.level,
        )
        .order_by(models.Programme.name, models.Programme.cohort.desc())
    )
    return tuple(ProgrammeFact(*row) for row in rows)


def student_choices(actor: Actor, today: dt.date) -> Known:
    """What step 3 can choose from for a file of students: programmes, groups, people. Three queries."""
    groups, ruled = _named_groups()
    return Known(today, programme_facts(actor), groups=groups, ruled=ruled, people=people_to_couple())


def students_known(
    actor: Actor, *, today: dt.date, numbers: Collection[str], logins: Collection[str], people: bool
) -> Known:
    """Programmes, groups, the users with these names or addresses, and the students with these numbers.

    `people`: also the users who can be coupled to a student, of whom step 3 chose some.
    """
    groups, ruled = _named_groups()
    zeros = alike.but_for_zeros(actor, Permission.STUDENTS_IMPORT, numbers)
    wanted = {*numbers, *(number for others in zeros.values() for number in others)}
    there = students_by_number(actor, wanted, dict(groups.values()))
    meant = {number: there[others[0]] for number, others in zeros.items() if len(others) == 1}
    return Known(
        today=today,
        programmes=programme_facts(actor),
        groups=groups,
        ruled=ruled,
        users=users_by_login(actor, logins),
        there={**meant, **there},
        zeros=zeros,
        people=people_to_couple() if people else {},
    )


def _named_groups() -> tuple[Mapping[str, tuple[int, str]], frozenset[str]]:
    """Every group by its name, and the names of those that a rule fills."""
    columns = (models.StudentGroup.id, models.StudentGroup.name, has_rule().label("ruled"))
    rows = db.session.execute(sa.select(*columns).order_by(models.StudentGroup.name)).all()
    named = {row.name.lower(): (row.id, row.name) for row in rows}
    return named, frozenset(row.name.lower() for row in rows if row.ruled)


def users_by_login(actor: Actor, logins: Collection[str]) -> Mapping[str, UserFact]:
    """User name or address in lower case -> the user, whoever it is; `seen`: this actor may see them."""
    wanted = text_set(sorted(logins))
    own = visible(actor, models.User).with_only_columns(models.User.id)
    found = sa.or_(models.User.username.in_(wanted), models.User.email.in_(wanted))
    return by_login(user_facts(found, seen=models.User.id.in_(own)))


def by_login(facts: Sequence[UserFact]) -> Mapping[str, UserFact]:
    return {login: fact for fact in facts for login in fact.logins}


def people_to_couple() -> Mapping[int, UserFact]:
    """Id -> active user with a role in which one is coupled to students."""
    wanted = sa.and_(
        models.User.active.is_(True), models.User.guest.is_(False), is_holder(*SUPERVISION_ROLES)
    )
    return {fact.id: fact for fact in user_facts(wanted)}


def user_facts(
    condition: sa.ColumnElement[bool], seen: sa.ColumnElement[bool] | None = None
) -> Sequence[UserFact]:
    """The users who meet the condition, with their roles. One query."""
    rows = db.session.execute(
        sa.select(
            models.User.id,
            models.User.first_name,
            models.User.infix,
            models.User.last_name,
            models.User.username,
            models.User.email,
            models.User.active,
            models.User.organisation,
            models.RoleRow.name.label("role"),
            (sa.false() if seen is None else seen).label("seen"),
        )
        .outerjoin(models.User.roles)
        .where(condition)
        .order_by(models.User.last_name, models.User.first_name, models.User.id)
    ).all()
    roles: dict[int, set[str]] = {}
    for row in rows:
        roles.setdefault(row.id, set()).add(row.role or "")
    return [_user_fact(row, frozenset(roles[row.id])) for row in {row.id: row for row in rows}.values()]


def _user_fact(row: Any, roles: frozenset[str]) -> UserFact:
    first, infix, last = row.first_name or "", row.infix or "", row.last_name or ""
    label = people_rules.sort_name(first, infix, last)
    return UserFact(
        row.id,
        people_rules.full_name(first, infix, last),
        row.username,
        row.email,
        bool(row.active),
        roles,
        label=f"{label} ({row.organisation})" if row.organisation else label,
        initials=people_rules.full_name(f"{first[:1]}.", infix, last),
        seen=bool(row.seen),
    )


def students_by_number(
    actor: Actor, numbers: Collection[str], group_names: Mapping[int, str]
) -> Mapping[str, Fact]:
    """Number -> the student with their programmes, groups, users and accounts. Five queries at most."""
    fields = fields_in("import")
    columns = [field.of(models.Student) for field in fields]
    # A student without a value for one of the school's own fields has no key for it.
    absent = {field.name: None for field in current_school().student_fields}
    wanted = visible(actor, models.Student, Permission.STUDENTS_IMPORT).where(
        models.Student.number.in_(text_set(sorted(numbers)))
    )
    lock_rows(models.Student.__table__, wanted.with_only_columns(models.Student.id))
    rows = db.session.execute(
        wanted.with_only_columns(
            models.Student.id,
            models.Student.version,
            models.Student.user_id,
            models.Student.active,
            models.Student.extra,
            *columns,
        )
    ).all()
    among = id_set([row.id for row in rows])
    accounts = _accounts([row.user_id for row in rows if row.user_id is not None])
    programmes = pairs(
        sa.select(models.Enrolment.student_id, models.Enrolment.programme_id).where(
            models.Enrolment.student_id.in_(among), models.Enrolment.programme_id.is_not(None)
        )
    )
    member = membership(students=among).c
    groups = pairs(sa.select(member.student_id, member.group_id))
    supervisions = pairs(
        sa.select(models.Supervision.student_id, models.Supervision.user_id, models.Supervision.role).where(
            models.Supervision.student_id.in_(among)
        )
    )
    return {
        row.number: Fact(
            id=row.id,
            values={field.name: field.of(row) for field in fields}
            | absent
            | flat(row.extra)
            | {"active": row.active},
            coupled={
                "programme": [one[0] for one in programmes.get(row.id, ())],
                "group": [group_names[one[0]] for one in groups.get(row.id, ())],
                **{
                    role.value: [user for user, name in supervisions.get(row.id, ()) if name == role]
                    for role in SUPERVISION_ROLES
                },
            },
            version=row.version,
            user_id=row.user_id,
            account=accounts.get(row.user_id),
        )
        for row in rows
    }


def pairs(statement: sa.Select[*tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """First column -> the rest of each row."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in db.session.execute(statement):
        found.setdefault(row[0], []).append(tuple(row[1:]))
    return found


def student_ids(numbers: Collection[str]) -> Mapping[str, int]:
    """Number -> id of the students with these numbers."""
    rows = db.session.execute(
        sa.select(models.Student.number, models.Student.id).where(
            models.Student.number.in_(text_set(sorted(numbers)))
        )
    )
    return {row[0]: row[1] for row in rows}


ACCOUNT_FIELDS = ("first_name", "infix", "last_name", "email", "username", "active")


def _accounts(user_ids: Collection[int]) -> Mapping[int, Fact]:
    """By id: what these accounts take over from their students; locked, so that it stays so."""
    if not user_ids:
        return {}
    columns, wanted = [getattr(models.User, name) for name in ACCOUNT_FIELDS], id_set(list(user_ids))
    lock_rows(models.User.__table__, wanted)
    rows = db.session.execute(
        sa.select(
            models.User.id,
            models.User.version,
            models.User.language,
            is_holder(*OTHER_ROLES).label("other_role"),
            *columns,
        ).where(models.User.id.in_(wanted))
    ).all()
    closed = [row.id for row in rows if not (row.active or row.other_role)]
    by_hand = closed_by_hand(closed) if closed else set()
    opens = set(closed) - by_hand
    return {
        row.id: Fact(
            row.id,
            {name: getattr(row, name) for name in ACCOUNT_FIELDS} | {"active": bool(row.active)},
            version=row.version,
            marks=frozenset(
                mark for mark, holds in ((OTHER_ROLE, row.other_role), (OPENS, row.id in opens)) if holds
            ),
            language=row.language,
        )
        for row in rows
    }


def group_ids(names: Collection[str]) -> Mapping[str, int]:
    """Name -> id of the groups with exactly these names."""
    rows = db.session.execute(
        sa.select(models.StudentGroup.name, models.StudentGroup.id).where(
            models.StudentGroup.name.in_(text_set(sorted(names)))
        )
    )
    return {row[0]: row[1] for row in rows}
