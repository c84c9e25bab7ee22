"""What the import wizard reads of its own runs."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.errors import NotFound
from app.permissions import Actor, Permission, visible
from app.rules import mapping as mapping_rules
from app.rules import people as people_rules

KEPT_FOR = dt.timedelta(days=7)  # for what was read out of a file; the run itself stays
RUNS_SHOWN = 20


def own_run(actor: Actor, kind: str, run_id: int) -> models.ImportRun:
    """The actor's own run of this kind, not expired. Raises NotFound, also for a run of somebody else."""
    found = db.session.scalars(
        visible(actor, models.ImportRun).where(
            models.ImportRun.id == run_id,
            models.ImportRun.kind == kind,
            models.ImportRun.created_at > oldest_kept(),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def oldest_kept() -> dt.datetime:
    return utc_now() - KEPT_FOR


@dataclass(frozen=True)
class RunLine:
    """A run in the list; `counts` is empty until it is done, `maker` in the maker's own list."""

    id: int
    file_name: str
    stage: str
    created_at: dt.datetime
    finished_at: dt.datetime | None
    counts: Mapping[str, Any]
    undone_at: dt.datetime | None
    maker: str

    @property
    def undoable(self) -> bool:
        return can_be_undone(self)


def can_be_undone(run: models.ImportRun | RunLine) -> bool:
    """Whether the run wrote something that is remembered, and that is not taken back yet."""
    return run.stage == "done" and run.undone_at is None and bool(run.counts.get("remembered"))


def undo_until(run: models.ImportRun) -> dt.datetime:
    return run.created_at + KEPT_FOR


def runs_of(actor: Actor, kind: str, permission: Permission) -> Sequence[RunLine]:
    """The actor's own runs of this kind, and the finished ones of colleagues; finished first, then newest.

    All that can still be undone, and of the rest the first RUNS_SHOWN. One query, without the tables of the
    runs: only the maker sees what was in the file.
    """
    rows = db.session.execute(
        visible(actor, models.ImportRun, permission)
        .join(models.User, models.User.id == models.ImportRun.maker_id)
        .with_only_columns(
            models.ImportRun.id,
            models.ImportRun.file_name,
            models.ImportRun.stage,
            models.ImportRun.created_at,
            models.ImportRun.finished_at,
            models.ImportRun.counts,
            models.ImportRun.undone_at,
            models.ImportRun.maker_id,
            models.User.first_name,
            models.User.infix,
            models.User.last_name,
        )
        .where(
            models.ImportRun.kind == kind,
            models.ImportRun.created_at > oldest_kept(),
            sa.or_(models.ImportRun.maker_id == actor.id, models.ImportRun.stage == "done"),
        )
        .order_by(
            sa.case((models.ImportRun.stage == "done", 0), else_=1),
            sa.func.coalesce(models.ImportRun.finished_at, models.ImportRun.created_at).desc(),
            models.ImportRun.id.desc(),
        )
    )
    found = [
        RunLine(
            row.id,
            row.file_name,
            row.stage,
            row.created_at,
            row.finished_at,
            row.counts,
            row.undone_at,
            maker=""
            if row.maker_id == actor.id
            else people_rules.full_name(row.first_name, row.infix, row.last_name),
        )
        for row in rows
    ]
    return [line for at, line in enumerate(found) if at < RUNS_SHOWN or line.undoable]


def last_choices(
    kind: str, header_key: str
) -> tuple[mapping_rules.ColumnMap, Mapping[str, Mapping[str, str]]]:
    """(mapping, values) of the latest finished run of this kind with the same header.

    Without such a run: no mapping, and the values of the latest run. What a word means does not depend on
    the columns beside it.
    """
    same = models.ImportRun.header_key == header_key
    row = db.session.execute(
        sa.select(models.ImportRun.mapping, models.ImportRun.values, same)
        .where(models.ImportRun.kind == kind, models.ImportRun.stage == "done")
        .order_by(sa.case((same, 0), else_=1), models.ImportRun.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return {}, {}
    return mapping_rules.read_mapping(row[0]) if row[2] else {}, row[1]


def last_columns(kind: str) -> Mapping[str, Sequence[str]]:
    """Column key -> the names in the file that the latest finished run of this kind had for it.

    Empty when that run no longer keeps its header.
    """
    row = db.session.execute(
        sa.select(models.ImportRun.mapping, models.ImportRun.table)
        .where(models.ImportRun.kind == kind, models.ImportRun.stage == "done")
        .order_by(models.ImportRun.id.desc())
        .limit(1)
    ).first()
    header = row[1].get("header", ()) if row else ()
    mapping = mapping_rules.read_mapping(row[0]) if row and header else {}
    return {key: [header[place] for place in places] for key, places in mapping.items()}


def part_rows(run_id: int, numbers: Collection[int] | None = None) -> Sequence[tuple[int, bytes]]:
    """The packed parts of a run (of these numbers) in their order; of a large file these are a few MB."""
    statement = sa.select(models.ImportPart.number, models.ImportPart.rows).where(
        models.ImportPart.run_id == run_id
    )
    if numbers is not None:
        statement = statement.where(models.ImportPart.number.in_(numbers))
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(models.ImportPart.number))]


def part_states(run_id: int) -> Mapping[int, str]:
    """Number of a part -> a letter for the state of each of its rows, by the last check."""
    statement = sa.select(models.ImportPart.number, models.ImportPart.states).where(
        models.ImportPart.run_id == run_id
    )
    return {row[0]: row[1] for row in db.session.execute(statement.order_by(models.ImportPart.number))}
