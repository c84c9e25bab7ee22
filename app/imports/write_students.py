"""Studenten importeren: writes and couples students, in a fixed number of statements per batch."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app import errors, models
from app.actions import base as actions
from app.actions.access.login_codes import give_students_codes
from app.actions.access.new_address import Moved, address_changed
from app.actions.groups.members import filled_by_hand
from app.actions.planning.stopping import resume_of_students
from app.entities.base import db
from app.entities.bulk import delete_these, insert_all
from app.entities.imports import What
from app.entities.students import group_member
from app.imports import check, students, write
from app.imports.columns import World
from app.imports.kind import CheckedRow
from app.imports.memory import Memory
from app.imports.student_accounts import account_after
from app.imports.summary import Summary
from app.imports.write import finish
from app.permissions import Actor, Permission
from app.queries.imports import present
from app.rules import fields, people
from app.rules.student_fields import PLAIN_FIELDS

STORED = tuple(column.key for column in students.STUDENTS.fixed if column.stored)
EMPTY: Mapping[str, Any] = {field.name: field.empty for field in PLAIN_FIELDS}


@actions.action(
    _l("Studenten importeren"),
    permission=Permission.STUDENTS_IMPORT,
    on=models.ImportRun,
    changes=(models.Student, models.User, models.Registration, models.ImportRun),
)
def import_students(
    actor: Actor,
    targets: actions.Targets[models.ImportRun],
    *,
    version: int,
    seen: str = "",
    report: write.Report | None = None,
) -> actions.Outcome:
    """Write the students of a run (manual, Stap 4 van 4)."""
    run = write.now_open(actor, targets, students.STUDENTS, version, report)
    written = write.Written(Summary(students.STUDENTS), report)
    for checked in check.in_batches(actor, run):
        _write(actor, run, checked, written)
    return finish(actor, run, written, seen)


def _write(actor: Actor, run: models.ImportRun, checked: check.Checked, written: write.Written) -> None:
    """Write one batch: the students, what they are coupled to, and their login codes."""
    memory = Memory(run)
    new, changed = write.in_state(checked, "new"), write.in_state(checked, "changed")
    _insert_students(new)
    written.users += _update_students(changed, checked.world, memory)
    written.registrations += _take_up_exams(actor, changed, checked.world)
    ids = {row.values["number"]: row.there.id for row in changed if row.there}
    new_ids = present.student_ids([row.values["number"] for row in new]) if new else {}
    ids |= new_ids
    written.users += [row.there.user_id for row in changed if row.there and row.there.user_id]
    written.groups += _couple(checked, [*new, *changed], ids, memory)
    if new and run.login_codes != "none":
        accounts, _issued = give_students_codes(actor, new_ids.values(), mail=run.login_codes == "mail")
        written.accounts += accounts.made
        written.users += accounts.touched
    written.add(checked, list(ids.values()), memory)


# -- students


def _insert_students(rows: Sequence[CheckedRow]) -> None:
    insert_all(models.Student, [searchable({**EMPTY, **_stored(row)}) for row in rows])


def _update_students(rows: Sequence[CheckedRow], world: World, memory: Memory) -> Sequence[int]:
    """Update the students with another value or user. Every row names every column: one statement.

    Returns the accounts that changed with them.

    A new user raises the version of the student, because the form that changes a student shows the users.
    """
    found = []
    for row in rows:
        there, values = row.there, _after(row, world)
        if there is None or not (_differs(there, values) or _added_users(row)):
            continue
        found.append({"id": there.id, "version": there.version + 1, **searchable({**there.values, **values})})
        memory.changed(What.STUDENT, there, values, given=_added_users(row))
    if found:
        db.session.execute(sa.update(models.Student), found)
    return _tell_accounts(rows, world, memory) if found else []


def _after(row: CheckedRow, world: World) -> dict[str, Any]:
    """What a student of before gets: what the row holds, and whether they are active again."""
    returns = row.there is not None and students.STUDENTS.activates(row.there, world)
    return {**_stored(row), "active": True} if returns else _stored(row)


def _take_up_exams(actor: Actor, rows: Sequence[CheckedRow], world: World) -> Sequence[int]:
    """Let the exams go on that stopped as these students left. Returns the registrations."""
    back = [row.there.id for row in rows if row.there and students.STUDENTS.activates(row.there, world)]
    return resume_of_students(actor, back).registrations if back else ()


def _differs(there: present.Fact, values: Mapping[str, Any]) -> bool:
    return any(there.values[key] != value for key, value in values.items())


def _tell_accounts(rows: Sequence[CheckedRow], world: World, memory: Memory) -> Sequence[int]:
    """Give the accounts of changed students the name and address that the check showed.

    Returns the accounts that became another.
    """
    found: list[dict[str, Any]] = []
    moved: list[Moved] = []
    for row in rows:
        account = row.there.account if row.there else None
        values = account_after(row.there, _after(row, world)) if row.there else {}
        if row.there is None or account is None or not values:
            continue
        found.append({"id": account.id, "version": account.version + 1, **account.values, **values})
        memory.changed(What.ACCOUNT, account, values, other_id=row.there.id)
        if "email" in values:
            moved.append(Moved(account.id, account.values["email"], account.language))
    if found:
        db.session.execute(sa.update(models.User), found)
    address_changed(moved)
    return [row["id"] for row in found]


def _stored(row: CheckedRow) -> dict[str, Any]:
    return {key: value for key, value in row.values.items() if key in STORED or key.startswith(fields.PREFIX)}


def searchable(values: dict[str, Any]) -> dict[str, Any]:
    """A row of the table of students.

    The school's own fields come together in one column; added are the words by which the student is found,
    and the key that orders students in a list.
    """
    name = (values["first_name"], values["infix"], values["last_name"])
    found = people.student_search(*name, values["number"], values["email"])
    return {**fields.packed(values), "search": found, "name_key": people.name_key(*name)}


# -- couplings


def _couple(
    checked: check.Checked, rows: Sequence[CheckedRow], ids: Mapping[str, int], memory: Memory
) -> Sequence[str]:
    """Add programmes, groups and users to what each student has; gives the names of the groups it made."""
    enrolments: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    supervisions: list[dict[str, Any]] = []
    groups = _groups(checked, memory)
    _take_out(rows, checked.world, ids, groups, memory)
    for row in rows:
        student_id = ids[row.values["number"]]
        for programme in _added(row, "programme"):
            enrolments.append({"student_id": student_id, "programme_id": programme})
        for group in _added(row, "group"):
            members.append({"student_id": student_id, "group_id": groups[group]})
        supervisions += [
            {"student_id": student_id, "user_id": user, "role": role}
            for role, users in _added_users(row).items()
            for user in users
        ]
    _as_checked(
        {one["group_id"] for one in members}, {f"{one['role']}:{one['user_id']}" for one in supervisions}
    )
    for target, values in (
        (models.Enrolment, enrolments),
        (group_member, members),
        (models.Supervision, supervisions),
    ):
        insert_all(target, values)
    # A new student takes the enrolments along when undone: only those of the others are remembered apart.
    there = {row.there.id for row in rows if row.there}
    memory.made(What.STUDENT, (one for one in ids.values() if one not in there))
    memory.coupled(What.MEMBER, ((one["student_id"], one["group_id"]) for one in members))
    enrolled = ((one["student_id"], one["programme_id"]) for one in enrolments)
    memory.coupled(What.ENROLMENT, (pair for pair in enrolled if pair[0] in there))
    return checked.new_groups


def _take_out(
    rows: Sequence[CheckedRow],
    world: World,
    ids: Mapping[str, int],
    groups: Mapping[str, int],
    memory: Memory,
) -> None:
    """Take students out of the groups that they leave, in one statement."""
    leaving = [
        {"student_id": ids[row.values["number"]], "group_id": groups[name]}
        for row in rows
        if row.there
        for name in students.STUDENTS.leaves(row.values, row.there, world)
    ]
    taken = delete_these(group_member, leaving, also=["created_at"])
    memory.taken_out(
        (one["student_id"], one["group_id"], one["created_at"].isoformat() if one["created_at"] else "")
        for one in taken
    )


def _as_checked(groups: Collection[int], users: Collection[str]) -> None:
    """ChangedMeanwhile when a group got a rule since the check, or a user ("<role>:<id>") lost the role."""
    try:
        filled_by_hand(groups)
    except errors.RuleBroken as error:
        raise errors.ChangedMeanwhile from error
    write.still_to_be_chosen("gebruikers", users)


def _added(row: CheckedRow, key: str) -> list[Any]:
    """What this row couples that was not coupled yet."""
    held = row.there.coupled[key] if row.there else ()
    return [value for value in row.values.get(key, ()) if value not in held]


def _added_users(row: CheckedRow) -> dict[str, list[int]]:
    """Role -> the users who are coupled in it."""
    added = ((column.key, _added(row, column.key)) for column in students.USER_COLUMNS)
    return {role: users for role, users in added if users}


def _groups(checked: check.Checked, memory: Memory) -> Mapping[str, int]:
    """Name -> id of every group; makes the groups that are new in the file."""
    there = {name: group_id for group_id, name in checked.world.known.groups.values()}
    if not checked.new_groups:
        return there
    insert_all(models.StudentGroup, [{"name": name} for name in checked.new_groups])
    made = present.group_ids(checked.new_groups)
    memory.made(What.GROUP, made.values())
    return {**there, **made}
