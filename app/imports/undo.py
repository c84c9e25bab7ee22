"""What undoing an import of every kind has in common: which run, how a row is put back, and the report.

A row goes back whole or stays whole. What was touched since stays, and is named with its reason; what the
run did not write is never touched. Each kind undoes in its own file.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

import sqlalchemy as sa
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from app import errors, models
from app.actions import base as actions
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.imports import What
from app.imports.memory import plain
from app.permissions import Actor, may
from app.queries.imports import undo as queries
from app.queries.imports.imports import oldest_kept
from app.queries.imports.runs import PERMISSIONS
from app.rules import fields as rules
from app.rules.student_fields import BY_NAME
from app.rules.text import N_

NOT_DONE = N_("Deze import is nog niet uitgevoerd: er valt niets ongedaan te maken.")
UNDONE = N_("Deze import is al ongedaan gemaakt.")
NOTHING_WRITTEN = N_("Deze import heeft niets geschreven dat ongedaan gemaakt kan worden.")
CHANGED_SINCE = N_("is sindsdien gewijzigd; de gegevens blijven zoals ze nu zijn")
NAMES = 10
OWN_FIELDS = "extra"  # the column of the school's own fields; a change names each apart


def run_to_undo(actor: Actor, targets: actions.Targets[models.ImportRun], kind: str) -> models.ImportRun:
    """The run, held: of two who undo it at once the second is told."""
    run = db.session.get(models.ImportRun, targets.one().id, with_for_update=True, populate_existing=True)
    if (
        run is None
        or run.kind != kind
        or run.created_at <= oldest_kept()
        or not may(actor, PERMISSIONS[kind])
    ):
        raise errors.NotFound
    if run.stage != "done":
        raise errors.RuleBroken(NOT_DONE)
    if run.undone_at is not None:
        raise errors.RuleBroken(UNDONE)
    if not run.counts.get("remembered"):
        raise errors.RuleBroken(NOTHING_WRITTEN)
    return run


@dataclass
class Undoing:
    """What is taken back and what stays. `removed`, `restored`: the kind's own rows, id -> name."""

    removed: dict[int, str] = field(default_factory=dict)
    restored: dict[int, str] = field(default_factory=dict)
    kept: list[actions.Refused] = field(default_factory=list)
    changes: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    groups: int = 0  # made by an import of students, and gone again
    mailed: int = 0  # mails that cannot be called back

    def told(self) -> Iterator[str]:
        """Every row with what becomes of it."""
        yield from (_("%(who)s: verwijderd", who=label) for label in self.removed.values())
        yield from (_("%(who)s: teruggezet", who=label) for label in self.restored.values())

    def keep(self, label: str, reason: str) -> None:
        self.kept.append(actions.Refused(label, reason))

    def keep_hidden(self, count: int) -> None:
        if count:
            self.keep(
                ngettext("%(num)s rij", "%(num)s rijen", count),
                _("is voor u niet te zien of bestaat niet meer"),
            )

    def tell(self, label: str, changes: Mapping[str, Sequence[Any]]) -> None:
        """For the trail: what a value was, and what it is again."""
        if changes:
            self.changes[label] = {key: [new, old] for key, (old, new) in changes.items()}


# -- rows


def to_put_back(
    undoing: Undoing,
    known: Sequence[queries.Written],
    name: Callable[[Any], str],
    known_by: Callable[[Any], str],
    barred: Callable[[queries.Written], str] = lambda _one: "",
) -> list[queries.Written]:
    """Of the rows that were there those that go back to what they were; the others stay, with the reason.

    `known_by`: what the trail calls a row; `barred`: why it cannot be put back although nobody touched it.
    """
    back = []
    for one in known:
        if why := barred(one) or ("" if untouched(one) else _(CHANGED_SINCE)):
            undoing.keep(name(one.row), why)
            continue
        back.append(one)
        undoing.restored[one.row.id] = name(one.row)
        undoing.tell(known_by(one.row), one.changes)
    return back


def untouched(found: queries.Written) -> bool:
    """Still exactly as the run left it."""
    row = found.row
    same = all(plain(_of(row, key)) == new for key, (_old, new) in found.changes.items())
    return bool(row.version == found.version) and same


def put_back(model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Every row names every column: one statement."""
    if rows:
        db.session.execute(sa.update(model), rows)


def as_it_was(found: queries.Written, fields: Sequence[str], *, versions: int = 1) -> dict[str, Any]:
    """The row with the values from before the run, so many versions on."""
    now = {key: getattr(found.row, key) for key in fields}
    now |= rules.flat(now.pop(OWN_FIELDS, {}))
    old = {key: _value(key, pair[0]) for key, pair in found.changes.items()}
    return {"id": found.row.id, "version": found.row.version + versions, **now, **old}


def _of(row: Any, key: str) -> Any:
    """A value of a row, also where it is one of the school's own fields."""
    return rules.flat(row.extra).get(key) if key.startswith(rules.PREFIX) else getattr(row, key)


def _value(key: str, kept: Any) -> Any:
    return BY_NAME[key].thaw(kept) if key in BY_NAME and kept else kept


def uncouple(table: Any, pairs: Collection[Mapping[str, Any]], *columns: str) -> None:
    """Rows of a table of couplings, known by these columns; one statement for all."""
    if pairs:
        target = cast(sa.Table, getattr(table, "__table__", table))
        which = sa.and_(*(target.c[name] == sa.bindparam(f"the_{name}") for name in columns))
        db.session.execute(
            sa.delete(target).where(which), [{f"the_{name}": one[name] for name in columns} for one in pairs]
        )


def hand_on_versions(run: models.ImportRun, what: What, restored: Sequence[int]) -> None:
    """A row that is back at what an earlier run left may be taken back by that run's undo: its version there
    becomes the present one."""
    mine = aliased(models.ImportChange)
    before = sa.select(mine.was).where(
        mine.run_id == run.id, mine.kind == what, mine.row_id == models.ImportChange.row_id
    )
    after = before.with_only_columns(mine.version + 1)
    db.session.execute(
        sa.update(models.ImportChange)
        .where(
            models.ImportChange.kind == what,
            models.ImportChange.run_id != run.id,
            models.ImportChange.row_id.in_(id_set(restored)),
            models.ImportChange.version == before.correlate(models.ImportChange).scalar_subquery(),
        )
        .values(version=after.correlate(models.ImportChange).scalar_subquery()),
        execution_options=QUIETLY,
    )


def forget(ids: Sequence[int], *whats: What) -> None:
    """Nothing is remembered of rows that are gone."""
    if ids:
        db.session.execute(
            sa.delete(models.ImportChange).where(
                models.ImportChange.kind.in_(whats), models.ImportChange.row_id.in_(id_set(ids))
            ),
            execution_options=QUIETLY,
        )


def remove_empty_groups(undoing: Undoing, found: Sequence[queries.Written]) -> list[int]:
    """Groups that the run made go when nobody is in them any more; their ids."""
    made = [one for one in found if one.was is None]
    held = queries.with_members([one.row.id for one in made])
    gone = []
    for one in made:
        if one.row.id in held:
            undoing.keep(one.row.name, _("in deze studentgroep zitten nog studenten"))
        elif not untouched(one):
            undoing.keep(one.row.name, _(CHANGED_SINCE))
        else:
            gone.append(one.row.id)
    if gone:
        db.session.execute(
            sa.delete(models.StudentGroup).where(models.StudentGroup.id.in_(id_set(gone))),
            execution_options=QUIETLY,
        )
        forget(gone, What.GROUP)
    return gone


# -- the report


def finish_undo(actor: Actor, run: models.ImportRun, undoing: Undoing, object_type: str) -> actions.Outcome:
    """The run is undone, and keeps what stayed as long as its table; with nothing done it stays as it is."""
    ids = sorted({*undoing.removed, *undoing.restored})
    done = len(ids) or undoing.groups
    if done:
        run.undone_at = utc_now()
        run.version += 1
        run.counts = {
            **run.counts,
            "undone": {
                "by": actor.name,
                "removed": len(undoing.removed),
                "restored": len(undoing.restored),
                "groups": undoing.groups,
                "mailed": undoing.mailed,
                "kept": len(undoing.kept),
            },
        }
        run.table = {**run.table, "kept": [[one.label, one.reason] for one in undoing.kept]}
    return actions.Outcome(
        done=done,
        refused=undoing.kept,
        names=list(islice(undoing.told(), NAMES)),
        ids=ids,
        object_type=object_type,
        goto=run.id,
        summary=undo_summary(run.counts["undone"])
        if done
        else _("Er is niets ongedaan gemaakt: alles van deze import is sindsdien gebruikt of gewijzigd."),
        details={
            "file": run.file_name,
            "removed": len(undoing.removed),
            "restored": len(undoing.restored),
            "kept": len(undoing.kept),
            **({"changes": undoing.changes} if undoing.changes else {}),
        },
    )


def undo_summary(told: Mapping[str, Any]) -> str:
    """What became of it, in a sentence or two."""
    parts = [
        _(
            "Ongedaan gemaakt: %(removed)s verwijderd, %(restored)s teruggezet, %(kept)s gebleven.",
            **{key: format_decimal(told[key]) for key in ("removed", "restored", "kept")},
        )
    ]
    if told["groups"]:
        parts.append(
            ngettext("%(num)s studentgroep verwijderd.", "%(num)s studentgroepen verwijderd.", told["groups"])
        )
    if told["mailed"]:
        parts.append(
            ngettext(
                "%(num)s mail met een inlogcode was al verstuurd; die code werkt niet meer.",
                "%(num)s mails met een inlogcode waren al verstuurd; die codes werken niet meer.",
                told["mailed"],
            )
        )
    return " ".join(parts)
