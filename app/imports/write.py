"""The import itself: all good rows in one transaction, in a fixed number of statements.

Checked again at this moment by the check that the page showed. Nothing is deleted, an empty cell wipes
nothing, and the same file a second time changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, update

from app.actions.base import Outcome, Refused, Targets, action
from app.actions.imports import open_run
from app.actions.login_codes import give_students_codes
from app.entities.base import db, utc_now
from app.entities.imports import ImportRun
from app.entities.students import Enrolment, Gender, Student, StudentGroup, Supervision, group_member
from app.entities.users import User
from app.errors import Conflict, RuleBroken
from app.imports.check import Checked, CheckedRow, check_run
from app.imports.columns import COLUMNS, USER_COLUMNS
from app.permissions import Actor, Permission
from app.queries.imports import group_ids, student_ids
from app.rules.people import student_search
from app.rules.text import N_

STORED = tuple(column.key for column in COLUMNS if column.stored)
EMPTY: Mapping[str, Any] = {"infix": "", "gender": Gender.UNKNOWN, "birth_date": None, "email": ""}
ACCOUNT_NAME = 64  # what the account table holds of a name
NO_NUMBER = N_("Kies in stap 2 eerst welke kolom het studentnummer is.")


@action(_l("Studenten importeren"), permission=Permission.STUDENTS_IMPORT, on=ImportRun)
def import_students(actor: Actor, targets: Targets[ImportRun], *, version: int) -> Outcome:
    """Stap 4 van 4. `version`: the run's as the user saw it; other choices since then are a Conflict."""
    run = open_run(actor, targets)
    if run.version != version:
        raise Conflict
    if "number" not in run.mapping:
        raise RuleBroken(NO_NUMBER)
    checked = check_run(actor, run)
    new = [row for row in checked.rows if row.state == "new"]
    changed = [row for row in checked.rows if row.state == "changed"]
    _insert_students(new)
    _update_students(changed)
    ids = {row.values["number"]: row.student.id for row in changed if row.student}
    ids |= student_ids([row.values["number"] for row in new]) if new else {}
    made_groups = _couple(checked, [*new, *changed], ids)
    made_accounts = 0
    if new and run.login_codes != "none":
        new_ids = [ids[row.values["number"]] for row in new]
        accounts, _issued = give_students_codes(actor, new_ids, mail=run.login_codes == "mail")
        made_accounts = accounts.made
    _finish(run, checked, made_groups, made_accounts)
    return _outcome(run, checked, list(ids.values()))


# -- students


def _insert_students(rows: Sequence[CheckedRow]) -> None:
    if rows:
        db.session.execute(insert(Student), [_searchable({**EMPTY, **_stored(row)}) for row in rows])


def _update_students(rows: Sequence[CheckedRow]) -> None:
    """Only rows with another name, date or address; every row names every column: one statement."""
    found = []
    for row in rows:
        there = row.student
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
        (row.student.user_id, {**row.student.values, **_stored(row)})
        for row in rows
        if row.student is not None and row.student.user_id is not None
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
        there, student_id = row.student, ids[row.values["number"]]
        programme = row.values.get("programme")
        if programme is not None and not (there and programme in there.programme_ids):
            enrolments.append({"student_id": student_id, "programme_id": programme})
        group = groups.get(row.values.get("group", ""))
        if group is not None and not (there and group in there.group_ids):
            members.append({"student_id": student_id, "group_id": group})
        for column in USER_COLUMNS:
            user = row.values.get(column.key)
            if user is not None and not (there and (user, column.key) in there.supervisions):
                supervisions.append({"student_id": student_id, "user_id": user, "role": column.key})
    for target, values in ((Enrolment, enrolments), (group_member, members), (Supervision, supervisions)):
        if values:
            db.session.execute(insert(target), values)
    return checked.new_groups


def _groups(checked: Checked) -> Mapping[str, int]:
    """Name -> id of every group in the file, new ones made."""
    there = {name: group_id for group_id, name in checked.world.known.groups.values()}
    if not checked.new_groups:
        return there
    db.session.execute(insert(StudentGroup), [{"name": name} for name in checked.new_groups])
    return {**there, **group_ids(checked.new_groups)}


# -- the report


def _finish(run: ImportRun, checked: Checked, made_groups: Sequence[str], accounts: int) -> None:
    """The run keeps its counts, its choices and the refused rows; the rest of the file goes."""
    refused = {row.number: row for row in checked.rows if row.state == "refused"}
    run.counts = {**checked.counts, "accounts": accounts, "groups": list(made_groups)}
    run.table = {
        "header": run.table["header"],
        "rows": [entry for entry in run.table["rows"] if entry[0] in refused],
        "remarks": {str(number): remarks(row) for number, row in refused.items()},
        "labels": {str(number): row.label for number, row in refused.items()},
    }
    run.stage = "done"
    run.finished_at = utc_now()
    run.version += 1


def remarks(row: CheckedRow) -> list[str]:
    return [problem.remark for problem in row.problems]


def _outcome(run: ImportRun, checked: Checked, ids: Sequence[int]) -> Outcome:
    counts = checked.counts
    touched = [row for row in checked.rows if row.state in ("new", "changed")]
    return Outcome(
        done=len(touched),
        unchanged=counts["unchanged"],
        refused=[
            Refused(_("Rij %(number)s: %(who)s", number=row.number, who=row.label), " ".join(remarks(row)))
            for row in checked.rows
            if row.state == "refused"
        ],
        summary=_(
            "Geïmporteerd: %(new)s nieuw, %(changed)s gewijzigd, %(unchanged)s ongewijzigd, "
            "%(refused)s geweigerd.",
            **{key: counts[key] for key in ("new", "changed", "unchanged", "refused")},
        ),
        names=[row.label for row in touched[:10]],
        ids=ids,
        object_type="Student",
        goto=run.id,
        details={
            "file": run.file_name,
            **counts,
            "changes": {
                row.values["number"]: {change.label: [change.old, change.new] for change in row.changes}
                for row in touched
                if row.changes
            },
        },
    )
