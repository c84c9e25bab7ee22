"""What a form lets you choose by typing: every source in one table, a few rows at a time, never all.

A source says who may use it and how it is searched. A form and its search box share the same source.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import hold_rows, id_set
from app.entities.membership import groups_with, has_rule, members_of
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
from app.queries.base import asked as asked_queries
from app.queries.students.search import found_by
from app.rules.people import sort_name
from app.rules.text import N_

MOST = 20  # rows in an answer
FEW = 12  # up to so many tick boxes stand in the form itself; of a list to choose one from, up to MOST
OF_THESE = 60  # so many where only what the chosen rows have is of use: a search box finds the rest too


@dataclass(frozen=True)
class Option:
    """A row to choose; `group` is what it is listed under, to be translated."""

    key: str
    label: str
    group: str = ""
    ruled: bool = False  # of a group: a rule says who is in it


def search(actor: Actor, source: str, words: str, within: Collection[int] = ()) -> tuple[list[Option], bool]:
    """The first rows with these words, and whether there are more."""
    found = SOURCES[source].find(actor, asked_queries.Asked(words, within=within, most=MOST + 1))
    return found[:MOST], len(found) > MOST


def named(
    actor: Actor, source: str, keys: Collection[str], asked: asked_queries.Asked = asked_queries.EVERYTHING
) -> dict[str, Option]:
    """The rows behind these keys; a key that this actor may not choose is left out.

    For an action that writes they stay as they are until it is done.
    """
    if not keys:
        return {}
    chosen = SOURCES[source]
    if chosen.model is not None:
        hold_rows(chosen.model.__table__, asked_queries.ids(key.rpartition(":")[2] for key in keys))
    return {one.key: one for one in chosen.find(actor, replace(asked, keys=keys))}


def recalled(actor: Actor, source: str, keys: Collection[str]) -> dict[str, Option]:
    """The rows behind these keys, to name them on a page that writes nothing and whose own rows have gone."""
    if not may(actor, SOURCES[source].permission):
        return {}
    found = SOURCES[SOURCES[source].wider or source].find(actor, asked_queries.Asked(keys=keys))
    return {one.key: one for one in found}


def in_reach(actor: Actor, programmes: Collection[int]) -> Sequence[int]:
    """The programmes among these whose examiners a planner may know.

    The planner sees the programme itself, or a student who follows it or takes an exam of it.
    """
    students = visible(actor, models.Student, Permission.PLANNING_EDIT).with_only_columns(models.Student.id)
    followed = sa.select(models.Enrolment.programme_id).where(models.Enrolment.student_id.in_(students))
    examined = (
        sa.select(models.Exam.programme_id)
        .join(models.Registration, models.Registration.exam_id == models.Exam.id)
        .where(models.Registration.student_id.in_(students))
    )
    seen = visible(actor, models.Programme).with_only_columns(models.Programme.id)
    near = sa.or_(*(models.Programme.id.in_(one) for one in (seen, followed, examined)))
    return db.session.scalars(
        sa.select(models.Programme.id)
        .where(models.Programme.id.in_(id_set(sorted(programmes))), near)
        .order_by(models.Programme.id)
    ).all()


def own_groups(actor: Actor, groups: Collection[int]) -> Sequence[int]:
    """The groups among these that this actor may fill and empty."""
    own = visible(actor, models.StudentGroup, Permission.GROUPS_EDIT).with_only_columns(
        models.StudentGroup.id
    )
    return db.session.scalars(own.where(models.StudentGroup.id.in_(id_set(sorted(groups))))).all()


@dataclass(frozen=True)
class Source:
    permission: Permission
    find: Callable[[Actor, asked_queries.Asked], list[Option]]  # a fixed number of queries
    reach: Callable[[Actor, Collection[int]], Sequence[int]] = in_reach  # what `within` an address may be
    wider: str = ""  # the source with the same keys, for one that shows only what certain rows have
    model: type[Any] | None = None  # what others are coupled to, and a colleague may change meanwhile


# -- programmes, electives, groups


def _programmes(actor: Actor, asked: asked_queries.Asked) -> list[Option]:
    """Programmes; `having`: those that these users are coupled to."""
    statement = visible(actor, models.Programme)
    if asked.having is not None:
        coupled = sa.select(models.user_programme.c.programme_id).where(
            models.user_programme.c.user_id.in_(asked.having)
        )
        statement = statement.where(models.Programme.id.in_(coupled))
    return [Option(str(row.id), str(row)) for row in _programme_rows(statement, asked)]


def _programme_rows(statement: sa.Select[Any], asked: asked_queries.Asked) -> Sequence[models.Programme]:
    columns = (models.Programme.name, models.Programme.crebo, models.Programme.cohort)
    order = (models.Programme.name, models.Programme.cohort.desc(), models.Programme.id)
    return db.session.scalars(asked.among(statement, models.Programme.id, *columns).order_by(*order)).all()


def _targets(actor: Actor, asked: asked_queries.Asked) -> list[Option]:
    """Programmes ("p12") and electives ("e3"); `having`: those that these students follow."""
    programmes, electives = visible(actor, models.Programme), visible(actor, models.Elective)
    if asked.having is not None:
        theirs = models.Enrolment.student_id.in_(asked.having)
        programmes = programmes.where(
            models.Programme.id.in_(sa.select(models.Enrolment.programme_id).where(theirs))
        )
        electives = electives.where(
            models.Elective.id.in_(sa.select(models.Enrolment.elective_id).where(theirs))
        )
    found = [
        Option(f"p{row.id}", str(row), N_("Opleidingen"))
        for row in _programme_rows(programmes, _of_kind(asked, "p"))
    ]
    statement = _of_kind(asked, "e").among(
        electives, models.Elective.id, models.Elective.name, models.Elective.code
    )
    found += [
        Option(f"e{row.id}", str(row), N_("Keuzedelen"))
        for row in db.session.scalars(statement.order_by(models.Elective.name, models.Elective.id))
    ]
    return found[: asked.most]


def _of_kind(asked: asked_queries.Asked, letter: str) -> asked_queries.Asked:
    if asked.keys is None:
        return asked
    return replace(asked, keys=[key[1:] for key in asked.keys if key.startswith(letter)])


def _groups(actor: Actor, asked: asked_queries.Asked) -> list[Option]:
    """Groups that the actor may change; `having`: those that hold one of these students."""
    statement = visible(actor, models.StudentGroup, Permission.GROUPS_EDIT)
    if asked.having is not None:
        statement = statement.where(models.StudentGroup.id.in_(groups_with(asked.having)))
    statement = asked.among(
        statement, models.StudentGroup.id, models.StudentGroup.name, models.StudentGroup.school_year
    )
    named = statement.with_only_columns(
        models.StudentGroup.id, models.StudentGroup.name, has_rule().label("ruled")
    )
    rows = db.session.execute(named.order_by(models.StudentGroup.name, models.StudentGroup.id))
    return [Option(str(row.id), row.name, ruled=row.ruled) for row in rows]


# -- people


def _students(actor: Actor, asked: asked_queries.Asked, *, of_groups: bool = False) -> list[Option]:
    """Students who may be put in groups; `of_groups`: those in one of the groups `within`."""
    statement = visible(actor, models.Student, Permission.GROUPS_EDIT)
    if of_groups:
        statement = statement.where(models.Student.id.in_(members_of(id_set(sorted(asked.within)))))
    if asked.words:  # by the words that students are found by everywhere, through their index
        statement = statement.where(found_by(asked.words))
    statement = replace(asked, words="").among(statement, models.Student.id)
    rows = db.session.scalars(statement.order_by(models.Student.name_key, models.Student.id))
    return [Option(str(row.id), row.list_name) for row in rows]


def user_label(user: models.User) -> str:
    """What a list calls a user: "Bakker, Sanne (Zorggroep De Linde)"."""
    name = sort_name(user.first_name, user.infix, user.last_name)
    return f"{name} ({user.organisation})" if user.organisation else name


def _candidates(
    actor: Actor, asked: asked_queries.Asked, *, roles: Sequence[Role] = SUPERVISION_ROLES
) -> list[Option]:
    """Active users in a role of step 4b, "<role>:<id>"; a supervisor gets those of their own programmes."""
    statement = (
        sa.select(models.User, models.RoleRow.name)
        .join(models.User.roles)
        .where(
            models.User.active.is_(True),
            models.User.guest.is_(False),
            models.RoleRow.name.in_([role.value for role in roles]),
        )
    )
    return _in_roles(actor, asked, _nearby(actor, statement), models.RoleRow.name)


def _nearby(actor: Actor, statement: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """The users among these whom an actor may know: an administrator all, others those of own programmes."""
    if actor.system or Role.ADMINISTRATOR in actor.roles:
        return statement
    own = sa.select(models.user_programme.c.programme_id).where(models.user_programme.c.user_id == actor.id)
    nearby = sa.select(models.user_programme.c.user_id).where(models.user_programme.c.programme_id.in_(own))
    return statement.where(sa.or_(models.User.id.in_(nearby), models.User.id == actor.id))


def _mentors(actor: Actor, asked: asked_queries.Asked) -> list[Option]:
    """Active users who can be a mentor; a supervisor gets those of their own programmes."""
    holders = sa.select(models.User).where(
        models.User.active.is_(True),
        models.User.guest.is_(False),
        models.User.roles.any(models.RoleRow.name.in_(MENTOR_ROLES)),
    )
    statement = asked.among(_nearby(actor, holders), models.User.id, *_searched(actor))
    rows = db.session.scalars(
        statement.order_by(models.User.last_name, models.User.first_name, models.User.id)
    )
    return [Option(str(user.id), user_label(user)) for user in rows]


def _coupled(actor: Actor, asked: asked_queries.Asked) -> list[Option]:
    """Users who are coupled to a student that this actor may change; `having`: to one of these students."""
    students = asked.having
    if students is None:
        students = visible(actor, models.Student, Permission.STUDENTS_EDIT).with_only_columns(
            models.Student.id
        )
    theirs = (
        sa.select(models.Supervision.user_id, models.Supervision.role)
        .where(models.Supervision.student_id.in_(students))
        .distinct()
    )
    pairs = theirs.subquery()
    statement = sa.select(models.User, pairs.c.role).join(pairs, pairs.c.user_id == models.User.id)
    return _in_roles(actor, asked, statement, pairs.c.role)


def _in_roles(
    actor: Actor, asked: asked_queries.Asked, statement: sa.Select[Any, Any], role: Any
) -> list[Option]:
    """The users of this statement, each once per role, "<role>:<id>"; listed under their role."""
    keys = None if asked.keys is None else [key.rpartition(":")[2] for key in asked.keys]
    statement = replace(asked, keys=keys).among(statement, models.User.id, *_searched(actor))
    ordered = statement.order_by(models.User.last_name, models.User.first_name, models.User.id, role)
    rows: Sequence[Any] = db.session.execute(ordered).unique().all()
    if not asked.words:  # a list has each role once, as a heading
        rows = sorted(rows, key=lambda row: SUPERVISION_ROLES.index(row[1]))
    found = [Option(f"{name}:{user.id}", user_label(user), ROLE_LABELS[Role(name)]) for user, name in rows]
    return [one for one in found if asked.keys is None or one.key in asked.keys]


def _in_role(actor: Actor, asked: asked_queries.Asked, *, role: Role) -> list[Option]:
    """The same as _candidates, in this role only; the key is the user's id."""
    keys = None if asked.keys is None else [f"{role}:{key}" for key in asked.keys]
    found = _candidates(actor, replace(asked, keys=keys), roles=[role])
    return [Option(one.key.rpartition(":")[2], one.label) for one in found]


def _examiners(actor: Actor, asked: asked_queries.Asked, *, role: Role) -> list[Option]:
    """Active examiners coupled to one of the programmes `within`."""
    coupled = sa.select(models.user_programme.c.user_id).where(
        models.user_programme.c.programme_id.in_(id_set(sorted(asked.within)))
    )
    holders = sa.select(models.User).join(models.User.roles).where(models.RoleRow.name == role.value)
    statement = holders.where(
        models.User.active.is_(True), models.User.guest.is_(False), models.User.id.in_(coupled)
    )
    statement = asked.among(statement, models.User.id, *_searched(actor))
    rows = db.session.scalars(
        statement.order_by(models.User.last_name, models.User.first_name, models.User.id)
    )
    return [Option(str(user.id), user_label(user)) for user in rows]


def _searched(actor: Actor) -> Sequence[Any]:
    """The columns to search users by. An actor who may not see addresses does not search in them (trap 6)."""
    names = (models.User.first_name, models.User.infix, models.User.last_name, models.User.organisation)
    return (*names, models.User.email) if may(actor, Permission.USERS_SEE) else names


P = Permission

SOURCES: Mapping[str, Source] = {
    "opleidingen": Source(P.USERS_EDIT, _programmes),
    "opleidingen-en-keuzedelen": Source(P.STUDENTS_EDIT, _targets),
    "studentgroepen": Source(P.GROUPS_EDIT, _groups, model=models.StudentGroup),
    "regelopleidingen": Source(P.GROUPS_RULE, _programmes),
    "studenten": Source(P.GROUPS_EDIT, _students),
    "groepsleden": Source(P.GROUPS_EDIT, partial(_students, of_groups=True), own_groups, "studenten"),
    "mentoren": Source(P.GROUPS_EDIT, _mentors, model=models.User),
    "gebruikers": Source(P.STUDENTS_EDIT, _candidates, model=models.User),
    "gekoppelde-gebruikers": Source(P.STUDENTS_EDIT, _coupled, wider="gebruikers"),
    "praktijkbegeleiders": Source(P.STUDENTS_EDIT, partial(_in_role, role=Role.SCHOOL_SUPERVISOR)),
    "praktijkopleiders": Source(P.STUDENTS_EDIT, partial(_in_role, role=Role.COMPANY_SUPERVISOR)),
    "schoolexaminatoren": Source(P.STUDENTS_EDIT, partial(_in_role, role=Role.SCHOOL_EXAMINER)),
    "bedrijfsexaminatoren": Source(P.STUDENTS_EDIT, partial(_in_role, role=Role.COMPANY_EXAMINER)),
    "examinatoren-school": Source(
        P.PLANNING_EDIT, partial(_examiners, role=Role.SCHOOL_EXAMINER), wider="schoolexaminatoren"
    ),
    "examinatoren-bedrijf": Source(
        P.PLANNING_EDIT, partial(_examiners, role=Role.COMPANY_EXAMINER), wider="bedrijfsexaminatoren"
    ),
}
