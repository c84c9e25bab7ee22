"""Studentgroepen importeren: makes, changes and fills groups, in a fixed number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.entities.base import db
from app.entities.bulk import insert_all
from app.entities.imports import What
from app.entities.students import group_member
from app.imports import write
from app.imports.check import check_run
from app.imports.groups import GROUPS, PROPERTIES
from app.imports.kind import CheckedRow
from app.imports.memory import Memory
from app.imports.summary import Summary
from app.permissions import Actor, Permission
from app.queries.imports import present


@dataclass
class _Group:
    """One group, with what all its rows say together."""

    name: str
    there: present.Fact | None
    given: dict[str, Any] = field(default_factory=dict)
    members: dict[int, None] = field(default_factory=dict)  # in their order, each once

    @property
    def values(self) -> dict[str, Any]:
        before = self.there.values if self.there else GROUPS.blank.values
        return {**before, "name": self.name, **self.given}

    @property
    def new_mentor(self) -> int | None:
        now = self.there.values["mentor_id"] if self.there else None
        return None if self.given.get("mentor_id") == now else self.given.get("mentor_id")


@actions.action(
    _l("Studentgroepen importeren"),
    permission=Permission.GROUPS_IMPORT,
    on=models.ImportRun,
    changes=(models.StudentGroup, models.ImportRun),
)
def import_groups(
    actor: Actor,
    targets: actions.Targets[models.ImportRun],
    *,
    version: int,
    seen: str = "",
    report: write.Report | None = None,
) -> actions.Outcome:
    """Write the groups of a run (manual, Stap 4 van 4). Students are added to a group, never taken out."""
    run = write.now_open(actor, targets, GROUPS, version, report)
    written, memory = write.Written(Summary(GROUPS), report), Memory(run)
    checked = check_run(actor, run)
    groups = _gathered(write.in_state(checked, "new", "changed"))
    write.still_to_be_chosen("mentoren", {str(mentor) for group in groups if (mentor := group.new_mentor)})
    new = [group for group in groups if group.there is None]
    insert_all(models.StudentGroup, [group.values for group in new])
    _update([group for group in groups if group.there is not None], memory)
    ids = {group.name: group.there.id for group in groups if group.there is not None}
    new_ids = present.group_ids([group.name for group in new]) if new else {}
    memory.made(What.GROUP, new_ids.values())
    ids |= new_ids
    _fill(groups, ids, memory)
    written.groups += [group.name for group in new]
    written.add(checked, list(ids.values()), memory)
    return write.finish(actor, run, written, seen)


def _gathered(rows: Sequence[CheckedRow]) -> list[_Group]:
    """The groups with what their rows say; the first spelling of a new name counts."""
    found: dict[str, _Group] = {}
    for row in rows:
        name = row.values["name"]
        group = found.setdefault(name.lower(), _Group(name, row.there))
        group.given |= {key: row.values[key] for key in PROPERTIES if key in row.values}
        group.members |= dict.fromkeys(row.values.get("members", ()))
    return list(found.values())


def _update(groups: Sequence[_Group], memory: Memory) -> None:
    """Update the groups of which a property changes. A new member does not raise the version of a group."""
    found = []
    for group in groups:
        there = group.there
        if there is None or group.values == there.values:
            continue
        found.append({"id": there.id, "version": there.version + 1, **group.values})
        memory.changed(What.GROUP, there, group.values)
    if found:
        db.session.execute(sa.update(models.StudentGroup), found)


def _fill(groups: Sequence[_Group], ids: Mapping[str, int], memory: Memory) -> None:
    """Put the students in the groups that they are not in yet."""
    values = [
        {"group_id": ids[group.name], "student_id": student}
        for group in groups
        for student in group.members
        if group.there is None or student not in group.there.coupled["members"]
    ]
    insert_all(group_member, values)
    memory.coupled(What.MEMBER, ((one["student_id"], one["group_id"]) for one in values))
