"""What is chosen in a form by typing: every source in one table, a few rows at a time, never all.

A source says who may use it and how it is searched; a form and the address that its search box asks share it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Select, or_, select

from app.entities.base import db
from app.entities.engine import id_set
from app.entities.exams import Exam
from app.entities.membership import groups_with, has_rule, members_of
from app.entities.planning import Registration
from app.entities.programmes import Elective, Programme
from app.entities.students import Enrolment, Student, StudentGroup, Supervision
from app.entities.users import RoleRow, User, user_programme
from app.permissions import (
    MENTOR_ROLES,
    ROLE_LABELS,
    SUPERVISION_ROLES,
    Actor,
    Permission,
    Role,
    may,
    visible,
)
from app.queries.base.asked import EVERYTHING, Asked
from app.queries.students.search import found_by
from app.rules.people import sort_name
from app.rules.text import N_

MOST = 20  # rows in an answer
FEW = 12  # up to so many boxes stand in the form itself; a list to choose one of: up to MOST
OF_THESE = 60  # and so many where only what the chosen rows have is of use: a search box finds the rest too


@dataclass(frozen=True)
class Option:
    """A row to choose; `group` is what it is listed under, to be translated."""

    key: str
    label: str
    group: str = ""
    ruled: bool = False  # of a group: a rule says who is in it


def search(actor: Actor, source: str, words: str, within: Collection[int] = ()) -> tuple[list[Option], bool]:
    """The first rows with these words, and whether there are more."""
    found = SOURCES[source].find(actor, Asked(words, within=within, most=MOST + 1))
    return found[:MOST], len(found) > MOST


def named(actor: Actor, source: str, keys: Collection[str], asked: Asked = EVERYTHING) -> dict[str, Option]:
    """The rows behind these keys; a key that this actor may not choose is left out."""
    if not keys:
        return {}
    return {one.key: one for one in SOURCES[source].find(actor, replace(asked, keys=keys))}


def in_reach(actor: Actor, programmes: Collection[int]) -> Sequence[int]:
    """Of these programmes the ones whose examiners a planner may know: in sight, or of a student in sight."""
    students = visible(actor, Student, Permission.PLANNING_EDIT).with_only_columns(Student.id)
    followed = select(Enrolment.programme_id).where(Enrolment.student_id.in_(students))
    examined = (
        select(Exam.programme_id)
        .join(Registration, Registration.exam_id == Exam.id)
        .where(Registration.student_id.in_(students))
    )
    seen = visible(actor, Programme).with_only_columns(Programme.id)
    near = or_(*(Programme.id.in_(one) for one in (seen, followed, examined)))
    return db.session.scalars(
        select(Programme.id).where(Programme.id.in_(id_set(sorted(programmes))), near).order_by(Programme.id)
    ).all()


def own_groups(actor: Actor, groups: Collection[int]) -> Sequence[int]:
    """Of these groups the ones that this actor may fill and empty."""
    own = visible(actor, StudentGroup, Permission.GROUPS_EDIT).with_only_columns(StudentGroup.id)
    return db.session.scalars(own.where(StudentGroup.id.in_(id_set(sorted(groups))))).all()


@dataclass(frozen=True)
class Source:
    permission: Permission
    find: Callable[[Actor, Asked], list[Option]]  # a fixed number of queries
    reach: Callable[[Actor, Collection[int]], Sequence[int]] = in_reach  # what `within` an address may be


# -- programmes, electives, groups


def _programmes(actor: Actor, asked: Asked) -> list[Option]:
    """For users; `having`: the programmes that these are coupled to."""
    statement = visible(actor, Programme)
    if asked.having is not None:
        coupled = select(user_programme.c.programme_id).where(user_programme.c.user_id.in_(asked.having))
        statement = statement.where(Programme.id.in_(coupled))
    return [Option(str(row.id), str(row)) for row in _programme_rows(statement, asked)]


def _programme_rows(statement: Select[Any], asked: Asked) -> Sequence[Programme]:
    columns = (Programme.name, Programme.crebo, Programme.cohort)
    order = (Programme.name, Programme.cohort.desc(), Programme.id)
    return db.session.scalars(asked.among(statement, Programme.id, *columns).order_by(*order)).all()


def _targets(actor: Actor, asked: Asked) -> list[Option]:
    """Programmes ("p12") and electives ("e3") for students; `having`: those that these students follow."""
    programmes, electives = visible(actor, Programme), visible(actor, Elective)
    if asked.having is not None:
        theirs = Enrolment.student_id.in_(asked.having)
        programmes = programmes.where(Programme.id.in_(select(Enrolment.programme_id).where(theirs)))
        electives = electives.where(Elective.id.in_(select(Enrolment.elective_id).where(theirs)))
    found = [
        Option(f"p{row.id}", str(row), N_("Opleidingen"))
        for row in _programme_rows(programmes, _of_kind(asked, "p"))
    ]
    statement = _of_kind(asked, "e").among(electives, Elective.id, Elective.name, Elective.code)
    found += [
        Option(f"e{row.id}", str(row), N_("Keuzedelen"))
        for row in db.session.scalars(statement.order_by(Elective.name, Elective.id))
    ]
    return found[: asked.most]


def _of_kind(asked: Asked, letter: str) -> Asked:
    if asked.keys is None:
        return asked
    return replace(asked, keys=[key[1:] for key in asked.keys if key.startswith(letter)])


def _groups(actor: Actor, asked: Asked) -> list[Option]:
    """`having`: the groups that hold one of these students."""
    statement = visible(actor, StudentGroup, Permission.GROUPS_EDIT)
    if asked.having is not None:
        statement = statement.where(StudentGroup.id.in_(groups_with(asked.having)))
    statement = asked.among(statement, StudentGroup.id, StudentGroup.name, StudentGroup.school_year)
    named = statement.with_only_columns(StudentGroup.id, StudentGroup.name, has_rule().label("ruled"))
    rows = db.session.execute(named.order_by(StudentGroup.name, StudentGroup.id))
    return [Option(str(row.id), row.name, ruled=row.ruled) for row in rows]


# -- people


def _students(actor: Actor, asked: Asked, *, of_groups: bool = False) -> list[Option]:
    """Who may be put in groups; `of_groups`: who is in one of the groups `within`."""
    statement = visible(actor, Student, Permission.GROUPS_EDIT)
    if of_groups:
        statement = statement.where(Student.id.in_(members_of(id_set(sorted(asked.within)))))
    if asked.words:  # by the words that students are found by everywhere, through their index
        statement = statement.where(found_by(asked.words))
    statement = replace(asked, words="").among(statement, Student.id)
    rows = db.session.scalars(statement.order_by(Student.name_key, Student.id))
    return [Option(str(row.id), row.list_name) for row in rows]


def user_label(user: User) -> str:
    """ "Bakker, Sanne (Zorggroep De Linde)": findable by family name, told apart by organisation."""
    name = sort_name(user.first_name, user.infix, user.last_name)
    return f"{name} ({user.organisation})" if user.organisation else name


def _candidates(actor: Actor, asked: Asked, *, roles: Sequence[Role] = SUPERVISION_ROLES) -> list[Option]:
    """Active users in a role of step 4b, "<role>:<id>"; for a supervisor those of the own programmes."""
    statement = (
        select(User, RoleRow.name)
        .join(User.roles)
        .where(User.active.is_(True), User.guest.is_(False), RoleRow.name.in_([role.value for role in roles]))
    )
    return _in_roles(actor, asked, _nearby(actor, statement), RoleRow.name)


def _nearby(actor: Actor, statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Of these users whom an actor may know: an administrator all, another who shares a programme."""
    if actor.system or Role.ADMINISTRATOR in actor.roles:
        return statement
    own = select(user_programme.c.programme_id).where(user_programme.c.user_id == actor.id)
    nearby = select(user_programme.c.user_id).where(user_programme.c.programme_id.in_(own))
    return statement.where(or_(User.id.in_(nearby), User.id == actor.id))


def _mentors(actor: Actor, asked: Asked) -> list[Option]:
    """Active users in a role of the school's own; for a supervisor those of the own programmes."""
    holders = select(User).where(
        User.active.is_(True), User.guest.is_(False), User.roles.any(RoleRow.name.in_(MENTOR_ROLES))
    )
    statement = asked.among(_nearby(actor, holders), User.id, *_searched(actor))
    rows = db.session.scalars(statement.order_by(User.last_name, User.first_name, User.id))
    return [Option(str(user.id), user_label(user)) for user in rows]


def _coupled(actor: Actor, asked: Asked) -> list[Option]:
    """Users who are coupled to a student that this actor may change; `having`: to one of these students."""
    students = asked.having
    if students is None:
        students = visible(actor, Student, Permission.STUDENTS_EDIT).with_only_columns(Student.id)
    theirs = (
        select(Supervision.user_id, Supervision.role).where(Supervision.student_id.in_(students)).distinct()
    )
    pairs = theirs.subquery()
    statement = select(User, pairs.c.role).join(pairs, pairs.c.user_id == User.id)
    return _in_roles(actor, asked, statement, pairs.c.role)


def _in_roles(actor: Actor, asked: Asked, statement: Select[Any, Any], role: Any) -> list[Option]:
    keys = None if asked.keys is None else [key.rpartition(":")[2] for key in asked.keys]
    statement = replace(asked, keys=keys).among(statement, User.id, *_searched(actor))
    ordered = statement.order_by(User.last_name, User.first_name, User.id, role)
    rows: Sequence[Any] = db.session.execute(ordered).unique().all()
    if not asked.words:  # a list has each role once, as a heading
        rows = sorted(rows, key=lambda row: SUPERVISION_ROLES.index(row[1]))
    found = [Option(f"{name}:{user.id}", user_label(user), ROLE_LABELS[Role(name)]) for user, name in rows]
    return [one for one in found if asked.keys is None or one.key in asked.keys]


def _in_role(actor: Actor, asked: Asked, *, role: Role) -> list[Option]:
    """As _candidates, in this role only; the key is the user's id."""
    keys = None if asked.keys is None else [f"{role}:{key}" for key in asked.keys]
    found = _candidates(actor, replace(asked, keys=keys), roles=[role])
    return [Option(one.key.rpartition(":")[2], one.label) for one in found]


def _examiners(actor: Actor, asked: Asked, *, role: Role) -> list[Option]:
    """Active examiners coupled to one of the programmes `within`."""
    coupled = select(user_programme.c.user_id).where(
        user_programme.c.programme_id.in_(id_set(sorted(asked.within)))
    )
    holders = select(User).join(User.roles).where(RoleRow.name == role.value)
    statement = holders.where(User.active.is_(True), User.guest.is_(False), User.id.in_(coupled))
    statement = asked.among(statement, User.id, *_searched(actor))
    rows = db.session.scalars(statement.order_by(User.last_name, User.first_name, User.id))
    return [
        Option(str(u.id), f"{u.full_name} ({u.organisation})" if u.organisation else u.full_name)
        for u in rows
    ]


def _searched(actor: Actor) -> Sequence[Any]:
    """Whoever may not see a user's address must not find it out by searching either (trap 6)."""
    names = (User.first_name, User.infix, User.last_name, User.organisation)
    return (*names, User.email) if may(actor, Permission.USERS_SEE) else names


P = Permission

SOURCES: Mapping[str, Source] = {
    "opleidingen": Source(P.USERS_EDIT, _programmes),
    "opleidingen-en-keuzedelen": Source(P.STUDENTS_EDIT, _targets),
    "studentgroepen": Source(P.GROUPS_EDIT, _groups),
    "regelopleidingen": Source(P.GROUPS_RULE, _programmes),
    "studenten": Source(P.GROUPS_EDIT, _students),
    "groepsleden": Source(P.GROUPS_EDIT, partial(_students, of_groups=True), own_groups),
    "mentoren": Source(P.GROUPS_EDIT, _mentors),
    "gebruikers": Source(P.STUDENTS_EDIT, _candidates),
    "gekoppelde-gebruikers": Source(P.STUDENTS_EDIT, _coupled),
    "praktijkbegeleiders": Source(P.STUDENTS_EDIT, partial(_in_role, role=Role.SCHOOL_SUPERVISOR)),
    "praktijkopleiders": Source(P.STUDENTS_EDIT, partial(_in_role, role=Role.COMPANY_SUPERVISOR)),
    "schoolexaminatoren": Source(P.STUDENTS_EDIT, partial(_in_role, role=Role.SCHOOL_EXAMINER)),
    "bedrijfsexaminatoren": Source(P.STUDENTS_EDIT, partial(_in_role, role=Role.COMPANY_EXAMINER)),
    "examinatoren-school": Source(P.PLANNING_EDIT, partial(_examiners, role=Role.SCHOOL_EXAMINER)),
    "examinatoren-bedrijf": Source(P.PLANNING_EDIT, partial(_examiners, role=Role.COMPANY_EXAMINER)),
}
