"""What undoing has in common for every kind of import: which run, how a row is put back, and the report.

A row is put back as a whole, or not at all. A row that was touched since stays, and the report names it with
the reason; a row that the run did not write is never touched. Each kind undoes in its own undo_<kind>.py.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

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
from app.school import current_school

NOT_DONE = N_("Deze import is nog niet uitgevoerd: er valt niets ongedaan te maken.")
UNDONE = N_(
    "Deze import is al ongedaan gemaakt door %(who)s (%(when)s). Het verslag zegt wat er is teruggezet."
)
NOTHING_WRITTEN = N_("Deze import heeft niets geschreven dat ongedaan gemaakt kan worden.")
CHANGED_SINCE = N_("is sindsdien gewijzigd; de gegevens blijven zoals ze nu zijn")
NAMES = 10
GONE_TOLD = 1000  # rows that are gone and that the trail names
OWN_FIELDS = "extra"  # the column of the school's own fields; a change names each apart


def run_to_undo(actor: Actor, targets: actions.Targets[models.ImportRun], kind: str) -> models.ImportRun:
    """The run, which the runner locked: of two who undo it, the second gets RuleBroken. NotFound too."""
    run = targets.one()
    if run.kind != kind or run.created_at <= oldest_kept() or not may(actor, PERMISSIONS[kind]):
        raise errors.NotFound
    if run.stage != "done":
        raise errors.RuleBroken(NOT_DONE)
    if run.undone_at is not None:
        when = current_school().local(run.undone_at).strftime("%d-%m-%Y %H:%M")
        raise errors.RuleBroken(UNDONE, who=run.counts["undone"]["by"], when=when)
    if not run.counts.get("remembered"):
        raise errors.RuleBroken(NOTHING_WRITTEN)
    return run


@dataclass
class Undoing:
    """What is taken back and what stays. `removed`, `restored`: the kind's own rows, id -> name."""

    removed: dict[int, str] = field(default_factory=dict)
    restored: dict[int, str] = field(default_factory=dict)
    kept: list[actions.Refused] = field(default_factory=list)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: int = 0  # made by an import of students, and gone again
    groups_gone: list[str] = field(default_factory=list)
    mailed: int = 0  # mails that cannot be called back
    addresses: int = 0  # accounts that get back their address: what the other one opened ends
    also: dict[str, list[int]] = field(default_factory=dict)  # what the trail is about besides, by kind

    def told(self) -> Iterator[str]:
        """A line for every row that goes or is put back."""
        yield from (_("%(who)s: verwijderd", who=label) for label in self.removed.values())
        yield from (_("%(who)s: teruggezet", who=label) for label in self.restored.values())

    def keep(self, label: str, reason: str) -> None:
        """Note a row that stays as it is, and why."""
        self.kept.append(actions.Refused(label, reason))

    def keep_hidden(self, count: int) -> None:
        """Note how many rows this actor does not see."""
        if count:
            self.keep(
                ngettext("%(num)s rij", "%(num)s rijen", count),
                _("is voor u niet te zien of bestaat niet meer"),
            )

    def about(self, kind: str, ids: Iterable[int]) -> None:
        """Note for the trail that these rows had a part in it."""
        self.also.setdefault(kind, []).extend(ids)

    def tell(self, label: str, changes: Mapping[str, Sequence[Any]]) -> None:
        """Note for the trail what each value was just now, and what it is again."""
        if changes:
            self.changes.setdefault(label, {}).update(_turned(changes))

    def tell_gone(self, label: str, key: str, name: str) -> None:
        """Note for the trail that this row is no longer coupled to what is called so."""
        told = self.changes.setdefault(label, {}).setdefault(key, ["", None])
        told[0] = "; ".join(filter(None, (told[0], name)))

    def tell_along(self, label: str, changes: Mapping[str, Sequence[Any]]) -> None:
        """Note what was put back in the account of the student of this label."""
        self.changes.setdefault(label, {})["account"] = _turned(changes)


def _turned(changes: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """What each value was just now, and what it is again."""
    return {key: [new, old] for key, (old, new) in changes.items()}


# -- rows


def to_put_back(
    undoing: Undoing,
    known: Sequence[queries.Written],
    name: Callable[[Any], str],
    known_by: Callable[[Any], str],
    barred: Callable[[queries.Written], str] = lambda _one: "",
) -> list[queries.Written]:
    """Choose the rows that can be put back, of those that were there before; note why the others stay.

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
    """Whether the row is still exactly as the run left it."""
    row = found.row
    same = all(plain(_of(row, key)) == new for key, (_old, new) in found.changes.items())
    return bool(row.version == found.version) and same


def put_back(model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Update these rows. Every row names every column, so that one statement does it."""
    if rows:
        db.session.execute(sa.update(model), rows)


def as_it_was(found: queries.Written, fields: Sequence[str]) -> dict[str, Any]:
    """The row with its values from before the run, and a version higher."""
    now = {key: getattr(found.row, key) for key in fields}
    now |= rules.flat(now.pop(OWN_FIELDS, {}))
    old = {key: _value(key, pair[0]) for key, pair in found.changes.items()}
    return {"id": found.row.id, "version": found.row.version + 1, **now, **old}


def _of(row: Any, key: str) -> Any:
    """A value of a row, also where it is one of the school's own fields."""
    return rules.flat(row.extra).get(key) if key.startswith(rules.PREFIX) else getattr(row, key)


def _value(key: str, kept: Any) -> Any:
    return BY_NAME[key].thaw(kept) if key in BY_NAME and kept else kept


def hand_on_versions(run: models.ImportRun, what: What, restored: Sequence[int]) -> None:
    """Let the undo of an earlier run put these rows back too, now that they are as that run left them.

    The version that the earlier run remembers becomes the present one.
    """
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
    """Forget what is remembered of rows that are gone."""
    if ids:
        db.session.execute(
            sa.delete(models.ImportChange).where(
                models.ImportChange.kind.in_(whats), models.ImportChange.row_id.in_(id_set(ids))
            ),
            execution_options=QUIETLY,
        )


def remove_empty_groups(undoing: Undoing, found: Sequence[queries.Written]) -> list[int]:
    """Delete the groups that the run made and that nobody is in any more; gives their ids."""
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
    undoing.about("StudentGroup", gone)
    undoing.groups_gone = [one.row.name for one in made if one.row.id in gone]
    if gone:
        db.session.execute(
            sa.delete(models.StudentGroup).where(models.StudentGroup.id.in_(id_set(gone))),
            execution_options=QUIETLY,
        )
        forget(gone, What.GROUP)
    return gone


# -- the report


def finish_undo(actor: Actor, run: models.ImportRun, undoing: Undoing, object_type: str) -> actions.Outcome:
    """Mark the run as undone, and report. When nothing could be undone, the run stays as it is.

    The run keeps the list of what stayed for as long as it keeps its table.
    """
    ids = sorted({*undoing.removed, *undoing.restored})
    gone = list(dict.fromkeys([*islice(undoing.removed.values(), GONE_TOLD), *undoing.groups_gone]))
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
                "addresses": undoing.addresses,
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
            **({"gone": gone} if gone else {}),
            **({"changes": undoing.changes} if undoing.changes else {}),
        },
        also=undoing.also,
    )


def undo_summary(told: Mapping[str, Any]) -> str:
    """The outcome of an undo in a few sentences."""
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
    if told.get("addresses"):  # a run of before does not say
        parts.append(
            ngettext(
                "%(num)s account krijgt zijn oude e-mailadres terug en is overal afgemeld.",
                "%(num)s accounts krijgen hun oude e-mailadres terug en zijn overal afgemeld.",
                told["addresses"],
            )
        )
    return " ".join(parts)
