"""Begins the anchor of the trail, accepts the trail as it is, and notes a restored backup (decision 0031)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.entities.base import db
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.rules.people import tidy
from app.rules.text import N_

REASON_MAX = 500
NO_REASON = N_("Geef een reden: waarom begint het logboek opnieuw vanaf wat er nu staat?")
TOO_LONG = N_("Deze reden is te lang: hoogstens %(most)s tekens.")
NOTHING_WRONG = N_("Het anker past bij het logboek. Er is niets te aanvaarden.")


def _seen(_actor: Actor, **_data: Any) -> dict[str, Any]:
    return {"found": base.look()}


def _seen_whole(_actor: Actor, **_data: Any) -> dict[str, Any]:
    return {"found": base.look(), "torn": base.is_torn()}


@base.action(_l("Anker van het logboek gelegd"), permission=Permission.SETTINGS_EDIT, before=_seen_whole)
def begin_anchor(actor: Actor, *, found: base.Finding, torn: bool) -> base.Outcome:
    """Begin the anchor of a school that never had one. A file that went away later is not made again.

    Neither is one begun for a trail that is `torn`: its end was cut off, with the entry of the beginning.
    """
    begun = sa.select(models.AuditEntry.id).where(
        models.AuditEntry.action.in_((begin_anchor.name, accept_trail.name))
    )
    if torn or found.end is not base.End.MISSING or db.session.scalar(begun.limit(1)) is not None:
        return base.Outcome(unchanged=1)
    base.begin_anew()
    return base.Outcome(done=1)


@base.action(
    _l("Logboek aanvaard zoals het is"),
    permission=Permission.SETTINGS_EDIT,
    before=_seen,
    words={"found": N_("Gevonden")},
)
def accept_trail(actor: Actor, *, reason: str, found: base.Finding) -> base.Outcome:
    """Lay a new anchor at the end of the trail. RuleBroken without a reason, or when the anchor fits."""
    kept = tidy(reason)
    if not kept:
        raise RuleBroken(NO_REASON, field="reason")
    if len(kept) > REASON_MAX:
        raise RuleBroken(TOO_LONG, field="reason", most=REASON_MAX)
    if found.end in {base.End.HELD, base.End.BEHIND}:
        raise RuleBroken(NOTHING_WRONG)
    base.begin_anew()
    length = db.session.scalar(sa.select(sa.func.count()).select_from(models.AuditEntry)) or 0
    return base.Outcome(
        done=1,
        details={
            "reason": kept,
            "found": base.anchor_words.say_end(found),
            "held": found.anchor.count if found.anchor else None,
            "lines": length + 1,
        },
        summary=_("Er ligt een nieuw anker bij regel %(count)s.", count=length + 1),
    )


@base.action(
    _l("Back-up teruggezet"),
    permission=Permission.SETTINGS_EDIT,
    words={"made_at": N_("Back-up gemaakt op")},
)
def note_restore(actor: Actor, *, made_at: datetime, held: int | None) -> base.Outcome:
    """Keep in the trail that a backup was put back. `held`: how many entries the anchor of before held."""
    length = db.session.scalar(sa.select(sa.func.count()).select_from(models.AuditEntry)) or 0
    details = {"made_at": made_at, "held": held, "lines": length + 1}
    return base.Outcome(done=1, details=details, summary=_("In het logboek staat: “Back-up teruggezet”."))
