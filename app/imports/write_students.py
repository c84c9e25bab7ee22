"""Studenten importeren: students written and coupled, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, update

from app.actions.base import Outcome, Targets, action
from app.actions.login_codes import give_students_codes
from app.entities.base import db
from app.entities.imports import ImportRun
from app.entities.students import Enrolment, Gender, Student, StudentGroup, Supervision, group_member
from app.entities.users import User
from app.imports.check import Checked, in_batches
from app.imports.kind import CheckedRow
from app.imports.students import STUDENTS, USER_COLUMNS
from app.imports.summary import Summary
from app.imports.write import Report, Written, finish, in_state, now_open
from app.permissions import Actor, Permission
from app.queries.imports import group_ids, student_ids
from app.rules.people import student_search

STORED = tuple(column.key for column in STUDENTS.columns if column.stored)
EMPTY: Mapping[str, Any] = {"infix": "", "gender": Gender.UNKNOWN, "birth_date": None, "email": ""}
ACCOUNT_NAME = 64  # what the account table holds of a name


@action(_l("Studenten importeren"), permission=Permission.STUDENTS_IMPORT, on=ImportRun)
def import_students(
    actor: Actor, targets: Targets[ImportRun], *, version: int, report: Report | None = None
) -> Outcome:
    """Stap 4 van 4."""
    run = now_open(actor, targets, STUDENTS, version, report)
    written = Written(Summary(STUDENTS), report)
    for checked in in_batches(actor, run):
        _write(actor, run, checked, written)
    return finish(actor, run, written)


def _write(actor: Actor, run: ImportRun, checked: Checked, written: Written) -> None:
    new, changed = in_state(checked, "new"), in_state(checked, "changed")
    _insert_students(new)
    _update_students(changed)
    ids = {row.values["number"]: row.there.id for row in changed if row.there}
    ids |= student_ids([row.values["number"] for row in new]) if new else {}
    written.groups += _couple(checked, [*new, *changed], ids)
    if new and run.login_codes != "none":
        new_ids = [ids[row.values["number"]] for row in new]
        accounts, _issued = give_students_codes(actor, new_ids, mail=run.login_codes == "mail")
        written.accounts += accounts.made
    written.add(checked, list(ids.values()))


# -- students


def _insert_students(rows: Sequence[CheckedRow]) -> None:
    if rows:
        db.session.execute(insert(Student), [_searchable({**EMPTY, **_stored(row)}) for row in rows])


def _update_students(rows: Sequence[CheckedRow]) -> None:
    """Only rows with another name, date or address; every row names every column: one statement."""
    found = []
    for row in rows:
        there = row.there
        values = _stored(row)
        if there is not None and any(there.values[key] != value for key, value in values.items()):
            merged = _searchable({**there.values, **values})
            found.append({"id": there.id, "version": there.version + 1, **merged})
    if found:
        db.session.execute(update(Student), found)
        _tell_accounts(rows)


def _tell_accounts(rows: Sequence[CheckedRow]) -> None:
    """A student who can sign in has the same name and address there."""
    found = [
        (row.there.user_id, {**row.there.values, **_stored(row)})
        for row in rows
        if row.there is not None and row.there.user_id is not None
    ]
    names = [
        {
            "id": user_id, "first_name": values["first_name"][:ACCOUNT_NAME], "infix": values["infix"],
            "last_name": values["last_name"][:ACCOUNT_NAME],
        }
        for user_id, values in found
    ]  # fmt: skip
    addresses = [
        {"id": user_id, "email": values["email"].lower()} for user_id, values in found if values["email"]
    ]
    for accounts in (names, addresses):
        if accounts:
            db.session.execute(update(User), accounts)


def _stored(row: CheckedRow) -> dict[str, Any]:
    return {key: row.values[key] for key in STORED if key in row.values}


def _searchable(values: dict[str, Any]) -> dict[str, Any]:
    found = student_search(
        values["first_name"], values["infix"], values["last_name"], values["number"], values["email"]
    )
    return {**values, "search": found}


# -- couplings


def _couple(checked: Checked, rows: Sequence[CheckedRow], ids: Mapping[str, int]) -> Sequence[str]:
    """Programmes, groups and users added to what each student has; the names of groups that were made."""
    enrolments: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    supervisions: list[dict[str, Any]] = []
    groups = _groups(checked)
    for row in rows:
        student_id = ids[row.values["number"]]
        if (programme := _added(row, "programme")) is not None:
            enrolments.append({"student_id": student_id, "programme_id": programme})
        if (group := _added(row, "group")) is not None:
            members.append({"student_id": student_id, "group_id": groups[group]})
        for column in USER_COLUMNS:
            if (user := _added(row, column.key)) is not None:
                supervisions.append({"student_id": student_id, "user_id": user, "role": column.key})
    for target, values in ((Enrolment, enrolments), (group_member, members), (Supervision, supervisions)):
        if values:
            db.session.execute(insert(target), values)
    return checked.new_groups


def _added(row: CheckedRow, key: str) -> Any:
    """What this row couples that was not coupled yet."""
    value = row.values.get(key)
    return None if row.there is not None and value in row.there.coupled[key] else value


def _groups(checked: Checked) -> Mapping[str, int]:
    """Name -> id of every group in the file, new ones made."""
    there = {name: group_id for group_id, name in checked.world.known.groups.values()}
    if not checked.new_groups:
        return there
    db.session.execute(insert(StudentGroup), [{"name": name} for name in checked.new_groups])
    return {**there, **group_ids(checked.new_groups)}
