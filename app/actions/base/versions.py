"""Two people change the same row: the second is told what the first changed, and decides."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar, cast

from flask_babel import gettext as _

from app import errors, models
from app.actions.base.action import REGISTRY, changed_by, entry_label
from app.clock import utc_now
from app.entities.base import db
from app.permissions import Actor, Permission
from app.queries.base.meanwhile import newest_about
from app.rules.text import N_
from app.rules.typed import FORM_LASTS
from app.school import current_school

M = TypeVar("M")
CHANGES_TOLD = 3
LOOKED_AT = 10  # so many entries for each that is told
OWN_ACCOUNT = {Permission.PROFILE, Permission.START, Permission.SIGN_IN}
TYPED_STAYS = N_("%(told)s Uw invoer staat hieronder nog; slaat u nu op, dan geldt die.")


def locked(actor: Actor, model: type[M], row_id: int, version: int, labels: Mapping[str, Any]) -> M:
    """The row, locked until the transaction ends. Outdated when it no longer has this version."""
    row: Any = db.session.get(model, row_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise errors.NotFound
    if row.version != version:
        raise conflict(actor, row, version, labels)
    return cast(M, row)


def conflict(actor: Actor, row: Any, version: int, labels: Mapping[str, Any]) -> errors.Outdated:
    """The error for a form that was opened at `version`. It says who changed what since, from the trail."""
    # As many entries as versions have passed, at most CHANGES_TOLD: the newest ones.
    passed = min(max(row.version - version, 1), CHANGES_TOLD)
    name = getattr(row, "trail_name", type(row).__name__)
    told = told_of(actor, {name: [row.id]}, changed_by(type(row)), labels, most=passed)
    return errors.Outdated(TYPED_STAYS, now=row.version, told=told)


def told_of(
    actor: Actor,
    rows: Mapping[str, Collection[int]],
    actions: Collection[str],
    labels: Mapping[str, Any],
    *,
    most: int = 1,
    fits: Callable[[models.AuditEntry], bool] = lambda _entry: True,
) -> str:
    """Who did these actions last on these rows (kind -> ids), and what they changed, for this actor to read.

    `fits`: which of the last entries count. None that is older than a form can be: a form of one's own making
    does not read the trail.
    """
    about = newest_about(rows).where(
        models.AuditEntry.action.in_(actions), models.AuditEntry.at >= utc_now() - FORM_LASTS
    )
    entries = db.session.scalars(about.limit(most * LOOKED_AT)).all()
    return _in_words(actor, list(reversed([one for one in entries if fits(one)][:most])), labels)


def is_personal(entry: str) -> bool:
    """Whether an entry of this name is of signing in, or of what people do to their own account."""
    return entry not in REGISTRY or REGISTRY[entry].permission in OWN_ACCOUNT


def _in_words(actor: Actor, entries: Sequence[models.AuditEntry], labels: Mapping[str, Any]) -> str:
    if not entries:
        return _("Dit is intussen gewijzigd.")
    people = {entry.actor_id for entry in entries}
    when = _when(entries[-1])
    what = "; ".join(_told(entry, labels) for entry in entries)
    if people == {actor.id}:
        return _("U hebt dit zelf in een ander tabblad gewijzigd (%(when)s): %(what)s.", when=when, what=what)
    if len(people) == 1:
        return _(
            "%(who)s heeft dit intussen gewijzigd (%(when)s): %(what)s.",
            who=entries[-1].actor_name,
            when=when,
            what=what,
        )
    each = (f"{_who(actor, entry)} ({_when(entry)}): {_told(entry, labels)}" for entry in entries)
    return _("Dit is intussen gewijzigd. %(changes)s.", changes=". ".join(each))


def _who(actor: Actor, entry: models.AuditEntry) -> str:
    return _("U zelf, in een ander tabblad") if entry.actor_id == actor.id else entry.actor_name


def _when(entry: models.AuditEntry) -> str:
    return current_school().local(entry.at).strftime("%d-%m-%Y %H:%M")


def _told(entry: models.AuditEntry, labels: Mapping[str, Any]) -> str:
    """The changed fields of the form, in words. When there are none: the action, and its users if any."""
    parts = []
    for key, change in entry.details.items():
        if key in labels and isinstance(change, list) and len(change) == 2:
            old, new = (str(value) if value not in (None, "") else _("leeg") for value in change)
            parts.append(f"{labels[key]}: {old} → {new}")
    if parts:
        return "; ".join(parts)
    users = entry.details.get("users")
    users = "; ".join(str(one).partition(": ")[2] for one in users) if isinstance(users, list) else ""
    return f"{entry_label(entry.action)} ({users})" if users else entry_label(entry.action)
