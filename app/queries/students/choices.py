"""What the list of students can be narrowed by, and how many students each choice finds.

The numbers count all students that this reader may see, whatever else is chosen.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role

from app import models
from app.entities.base import db
from app.entities.membership import listed, membership, put_in, rules
from app.entities.students import SEVERAL_PROGRAMMES, STILL_TO_DO
from app.permissions import Actor, Role, visible
from app.queries.base.asked import is_id
from app.queries.students import listing
from app.queries.students.filters import flagged
from app.rules.people import full_name

Choices = Sequence[tuple[str, str]]
Counts = Mapping[str, int]
MANY = 100  # with more choices than this, the user types a name instead
APART = 1 << SEVERAL_PROGRAMMES | 1 << list(STILL_TO_DO).index("inactive")  # of StudentToDo.flags
MANY_APART = 4_000  # with more students apart, members by rule are not counted (30 ms at 100,000 students)
Apart = tuple[set[int], int, bool]  # programmes, how many students follow just those, whether they are active
GUIDES = models.Supervision.role == Role.SCHOOL_SUPERVISOR


@dataclass(frozen=True)
class FilterChoices:
    """What the visible students can be narrowed by; None: too many to choose from, users type a name."""

    targets: Choices = ()
    cohorts: Choices = ()
    groups: Choices | None = ()
    supervisors: Choices | None = ()
    counts: Mapping[str, Counts] = field(default_factory=dict)  # by kind of choice, by its key
    programmes: Mapping[str, Sequence[int]] = field(default_factory=dict)  # of each cohort


@dataclass(frozen=True)
class Overall:
    """The visible students in numbers, with their programmes and electives.

    `states`: what is still to be done -> for how many. `apart`: how many are not active, or follow several
    programmes.
    """

    students: int
    states: Counts
    apart: int
    programmes: Sequence[Any]
    electives: Sequence[Any]


def overall(actor: Actor) -> Overall:
    """The visible students in numbers. One query, apart from filter_choices: one for both takes too long."""
    found = _united(actor, _states, _programmes, _electives)
    states = found["state"]
    return Overall(
        students=sum(row.students for row in states),
        states={
            key: sum(row.students for row in states if row.id >> bit & 1)
            for bit, key in enumerate(STILL_TO_DO)
        },
        apart=sum(row.students for row in states if row.id & APART),
        programmes=sorted(found["programme"], key=lambda row: (row.a, row.id)),
        electives=sorted(found["elective"], key=lambda row: (row.a, row.id)),
    )


def _united(actor: Actor, *arms: Callable[[sa.Select[Any]], sa.Select[Any]]) -> dict[str, list[Any]]:
    """Kind -> its rows, of one query of which each arm is a part."""
    students = visible(actor, models.Student).with_only_columns(models.Student.id)
    found: dict[str, list[Any]] = defaultdict(list)
    for row in db.session.execute(sa.union_all(*(one(students) for one in arms))):
        found[row.kind].append(row)
    return found


def filter_choices(actor: Actor, known: Overall) -> FilterChoices:
    """All choices: `known`, and the groups and praktijkbegeleiders of the visible students. One query."""
    # With too many students apart, members by rule are not counted, and inactive students are not needed.
    few = known.apart <= MANY_APART
    flags = APART if few else 1 << SEVERAL_PROGRAMMES
    found = _united(actor, _groups, _supervisors, partial(_apart, flags=flags))
    programmes, electives = known.programmes, known.electives
    groups = sorted(found["group"], key=lambda row: row.a)
    people = sorted(found["supervisor"], key=lambda row: (row.c, row.a, row.id))
    of_cohort = _of_cohort(programmes)
    everybody = {row.id: row.students for row in programmes}
    apart = [(_ids(row.a), row.students, bool(row.id)) for row in found["apart"]]
    ruled = [row for row in groups if few and row.b]
    return FilterChoices(
        targets=[
            *((str(row.id), f"{row.a} ({row.b}, {row.c})") for row in programmes),
            *((f"k{row.id}", f"{row.a} ({row.b})") for row in electives),
        ],
        cohorts=[(cohort, cohort) for cohort in sorted(of_cohort, reverse=True)],
        groups=_few([(str(row.id), row.a) for row in groups]),
        supervisors=_few([(str(row.id), full_name(row.a, row.b, row.c)) for row in people]),
        # Students of several programmes stand in the counts of each: `_either` counts them once.
        counts={
            "target": _counts(programmes) | _counts(electives, "k"),
            "cohort": {cohort: _either(own, everybody, apart) for cohort, own in of_cohort.items()},
            "group": _counts(groups)
            | {str(row.id): _either(_ids(row.b), everybody, apart, active=True) for row in ruled},
            "supervisor": _counts(people),
        },
        programmes=of_cohort,
    )


def target_named(actor: Actor, key: str) -> str:
    """The name of a programme ("12") or elective ("k3") that no visible student follows (any more)."""
    model: type[models.Programme] | type[models.Elective] = (
        models.Elective if key.startswith("k") else models.Programme
    )
    number = key.removeprefix("k")
    if not is_id(number):
        return ""
    row = db.session.scalars(visible(actor, model).where(model.id == int(number))).one_or_none()
    return str(row or "")


def group_named(actor: Actor, key: str) -> str:
    """The name of a visible group, by its id; "" when there is none."""
    if not is_id(key):
        return ""
    group = visible(actor, models.StudentGroup).with_only_columns(models.StudentGroup.name)
    return db.session.scalar(group.where(models.StudentGroup.id == int(key))) or ""


def supervisor_named(actor: Actor, key: str) -> str:
    """The name of a praktijkbegeleider of a visible student, by their id; "" when there is none."""
    if not is_id(key):
        return ""
    students = visible(actor, models.Student).with_only_columns(models.Student.id)
    guiding = sa.exists().where(
        models.Supervision.user_id == models.User.id, GUIDES, *_among(models.Supervision.student_id, students)
    )
    user = db.session.scalars(sa.select(models.User).where(models.User.id == int(key), guiding)).one_or_none()
    return user.full_name if user is not None else ""


def _few(choices: Choices) -> Choices | None:
    return choices if len(choices) <= MANY else None


def _counts(rows: Sequence[Any], prefix: str = "") -> dict[str, int]:
    return {f"{prefix}{row.id}": row.students for row in rows if row.students is not None}


def _of_cohort(programmes: Sequence[Any]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in programmes:
        found.setdefault(row.c, []).append(row.id)
    return found


def _ids(text: str) -> set[int]:
    return {int(one) for one in text.split(",")}


def _either(
    programmes: Collection[int], alone: Mapping[int, int], apart: Sequence[Apart], *, active: bool = False
) -> int:
    """How many (active) students follow at least one of these programmes.

    Adds up the students of each programme, and takes off those counted more than once or not active.
    """
    found = sum(alone.get(one, 0) for one in programmes)
    for own, students, here in apart:
        if often := len(own.intersection(programmes)):
            found -= students * (often - (here or not active))
    return found


# -- the parts of the query


def _everybody(students: sa.Select[Any]) -> bool:
    return students.whereclause is None


def _among(column: Any, students: sa.Select[Any]) -> list[sa.ColumnElement[bool]]:
    """Condition: a row is of a visible student; none for an actor who sees everybody."""
    return [] if _everybody(students) else [column.in_(students)]


def _per(column: Any, student: Any, students: sa.Select[Any], *more: sa.ColumnElement[bool]) -> Any:
    """(id, how many visible students have it) for each value of the column."""
    counted = sa.select(column.label("id"), sa.func.count().label("students"))
    return counted.where(column.is_not(None), *more, *_among(student, students)).group_by(column).subquery()


def _programmes(students: sa.Select[Any]) -> sa.Select[Any]:
    per = _per(models.Enrolment.programme_id, models.Enrolment.student_id, students)
    named = listing.arm(
        "programme",
        models.Programme.id,
        models.Programme.name,
        models.Programme.crebo,
        sa.cast(models.Programme.cohort, sa.String),
    )
    return named.add_columns(per.c.students).join(per, per.c.id == models.Programme.id)


def _states(students: sa.Select[Any]) -> sa.Select[Any]:
    per = _per(models.StudentToDo.flags, models.StudentToDo.student_id, students)
    return listing.arm("state", sa.cast(per.c.id, sa.Integer), listing.NOTHING).add_columns(per.c.students)


def _electives(students: sa.Select[Any]) -> sa.Select[Any]:
    per = _per(models.Enrolment.elective_id, models.Enrolment.student_id, students)
    named = listing.arm("elective", models.Elective.id, models.Elective.name, models.Elective.code)
    return named.add_columns(per.c.students).join(per, per.c.id == models.Elective.id)


def _apart(students: sa.Select[Any], flags: int) -> sa.Select[Any]:
    """Students with one of these flags: how many per set of programmes, active (1) and not (0) apart."""
    active = sa.cast(models.StudentToDo.active, sa.Integer).label("active")
    each = (
        sa.select(active, listed(models.Enrolment.programme_id))
        .join(models.Enrolment, models.Enrolment.student_id == models.StudentToDo.student_id)
        .where(
            models.Enrolment.programme_id.is_not(None),
            flagged(flags),
            *_among(models.Enrolment.student_id, students),
        )
        .group_by(models.StudentToDo.student_id, models.StudentToDo.active)
        .subquery()
    )
    named = listing.arm("apart", each.c.active, each.c.listed).add_columns(sa.func.count())
    return named.group_by(each.c.active, each.c.listed)


def _groups(students: sa.Select[Any]) -> sa.Select[Any]:
    """The groups with how many visible students each has.

    For an actor who sees everybody, the query starts from the groups and stops once there are too many;
    otherwise it starts from the students. Members by rule are not counted here: `_either` adds them up from
    the programmes of the rule.
    """
    rule: Any = listing.NOTHING
    if _everybody(students):
        member = put_in().c
        used = sa.select(models.StudentGroup.id).where(
            sa.exists().where(member.group_id == models.StudentGroup.id)
        )
        ruled = rules().limit(MANY + 1).subquery().c
        by_rule = sa.select(ruled.group_id, sa.literal(None, sa.Integer), ruled.listed)
        by_hand = sa.select(_first(used, member.group_id), listing.NOTHING.label("rule"))
        per = by_hand.union_all(by_rule).subquery()
        rule = per.c.rule
    else:
        member = membership(students=students).c
        number = sa.func.count(member.student_id.distinct()).label("students")
        per = sa.select(member.group_id.label("id"), number).group_by(member.group_id).subquery()
    named = listing.arm("group", models.StudentGroup.id, models.StudentGroup.name, rule)
    return named.add_columns(per.c.students).join(per, per.c.id == models.StudentGroup.id)


def _supervisors(students: sa.Select[Any]) -> sa.Select[Any]:
    """The praktijkbegeleiders with how many visible students each has, in the same two ways as _groups.

    It starts from the users with the role, because students are users too.
    """
    if _everybody(students):
        holder = assoc_user_role.c.user_id
        role = (
            sa.select(models.RoleRow.id)
            .where(models.RoleRow.name == Role.SCHOOL_SUPERVISOR)
            .scalar_subquery()
        )
        guiding = sa.exists().where(models.Supervision.user_id == holder, GUIDES)
        per = _first(
            sa.select(holder.label("id")).where(assoc_user_role.c.role_id == role, guiding),
            models.Supervision.user_id,
            GUIDES,
        )
    else:
        per = _per(models.Supervision.user_id, models.Supervision.student_id, students, GUIDES)
    named = listing.arm(
        "supervisor", models.User.id, models.User.first_name, models.User.infix, models.User.last_name
    )
    return named.add_columns(per.c.students).join(per, per.c.id == models.User.id)


def _first(used: sa.Select[Any], column: Any, *more: sa.ColumnElement[bool]) -> Any:
    """The first of `used`, one more than a list shows, each with how many rows name it in this column."""
    first = used.limit(MANY + 1).subquery()
    number = sa.select(sa.func.count()).where(column == first.c.id, *more).scalar_subquery()
    return sa.select(first.c.id, number.label("students")).subquery()
