"""Gebruikers importeren: writes accounts, roles and programmes, in a fixed number of statements."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.actions.access.login_codes import issue_codes
from app.actions.access.sessions import end_sessions
from app.entities.base import db
from app.entities.bulk import insert_all
from app.entities.imports import What
from app.imports import write
from app.imports.check import check_run
from app.imports.kind import CheckedRow
from app.imports.memory import Memory
from app.imports.summary import Summary
from app.imports.users import USERS
from app.imports.write import finish
from app.permissions import Actor, Permission
from app.queries.imports import users
from app.rules.sessions import ROLES_CHANGED

STORED = tuple(column.key for column in USERS.columns if column.stored)


@actions.action(
    _l("Gebruikers importeren"),
    permission=Permission.USERS_IMPORT,
    on=models.ImportRun,
    changes=(models.User, models.ImportRun),
)
def import_users(
    actor: Actor,
    targets: actions.Targets[models.ImportRun],
    *,
    version: int,
    seen: str = "",
    report: write.Report | None = None,
) -> actions.Outcome:
    """Write the users of a run (manual, Stap 4 van 4). Roles are added; tab Gebruikers takes them away."""
    run = write.now_open(actor, targets, USERS, version, report)
    written, memory = write.Written(Summary(USERS), report), Memory(run)
    checked = check_run(actor, run)
    new, changed = write.in_state(checked, "new"), write.in_state(checked, "changed")
    _insert(new)
    _update(changed, memory)
    ids = {row.values["email"]: row.there.id for row in changed if row.there}
    new_ids = users.user_ids([row.values["email"] for row in new]) if new else {}
    memory.made(What.USER, new_ids.values())
    ids |= new_ids
    _add_roles([*new, *changed], ids)
    _couple([*new, *changed], ids)
    if new and run.login_codes != "none":
        written.accounts = len(issue_codes(actor, new_ids.values(), mail=run.login_codes == "mail").made)
    written.add(checked, list(ids.values()), memory)
    return finish(actor, run, written, seen)


def _insert(rows: Sequence[CheckedRow]) -> None:
    """Insert accounts without a password: users choose one with their inlogcode."""
    if rows:
        db.session.execute(sa.insert(models.User), [_new(row.values) for row in rows])


def _new(values: Mapping[str, Any]) -> dict[str, Any]:
    stored = {key: values.get(key, "") for key in STORED}
    return {**stored, "username": stored["username"] or stored["email"], "active": True}


def _update(rows: Sequence[CheckedRow], memory: Memory) -> None:
    """Update users. Every row names every column: one statement. A new coupling raises the version too."""
    found = []
    for row in rows:
        there = row.there
        if there is None:
            continue
        values = {key: row.values[key] for key in STORED if key in row.values}
        found.append({**there.values, **values, "id": there.id, "version": there.version + 1})
        given = {key: added for key in ("roles", "programmes") if (added := _added(row, key))}
        memory.changed(What.USER, there, values, given=given)
    if found:
        db.session.execute(sa.update(models.User), found)


def _add_roles(rows: Sequence[CheckedRow], ids: Mapping[str, int]) -> None:
    """Add roles. Users who get one must sign in again to use it."""
    numbers = users.role_ids()
    added = [(row, name) for row in rows for name in _added(row, "roles")]
    values = [{"user_id": ids[row.values["email"]], "role_id": numbers[name]} for row, name in added]
    insert_all(assoc_user_role, values)
    end_sessions([row.there.id for row, _name in added if row.there], ROLES_CHANGED)


def _couple(rows: Sequence[CheckedRow], ids: Mapping[str, int]) -> None:
    values = [
        {"user_id": ids[row.values["email"]], "programme_id": programme}
        for row in rows
        for programme in _added(row, "programmes")
    ]
    insert_all(models.user_programme, values)


def _added(row: CheckedRow, key: str) -> list[Any]:
    """What this row couples that was not coupled yet."""
    held = row.there.coupled[key] if row.there else ()
    return [value for value in row.values.get(key, ()) if value not in held]
