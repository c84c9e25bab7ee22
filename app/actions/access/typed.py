"""Keeps what was typed in a form that could not be carried out, until its user is signed in again."""

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.permissions import Actor, Permission
from app.queries.access.typed import purpose
from app.rules.tokens import fingerprint
from app.rules.typed import KEPT_FOR, LEAST, MOST_BYTES, MOST_PER_ACCOUNT, Typed
from app.sealing import seal


def _sealed(actor: Actor, *, user_id: int, handle: str, typed: Typed) -> dict[str, Any]:
    text = typed.as_text()
    return {"content": seal(text, purpose(user_id, handle)) if len(text.encode()) <= MOST_BYTES else ""}


@base.action(_l("Invoer bewaard"), permission=Permission.START, before=_sealed)
def keep_typed(actor: Actor, *, user_id: int, handle: str, typed: Typed, content: str) -> base.Outcome:
    """Keep a form for this account, outside the trail. Nothing is kept for one that is closed, or full.

    `goto` is the account when the form was kept; `shown` says whether it is a guest's.
    """
    # Locked: forms of one account that come at once are counted one after the other.
    account = db.session.execute(
        sa.select(models.User.active, models.User.guest)
        .where(models.User.id == user_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if not content or account is None or not account.active:
        return base.Outcome(summary=_("Er is niets bewaard."))
    now = utc_now()
    db.session.execute(
        sa.delete(models.TypedForm).where(models.TypedForm.at < now - KEPT_FOR), execution_options=QUIETLY
    )
    if _waiting(user_id) + max(len(content), LEAST) > MOST_PER_ACCOUNT:
        return base.Outcome(summary=_("Er is niets bewaard."))
    db.session.add(
        models.TypedForm(handle_hash=fingerprint(handle), user_id=user_id, at=now, content=content)
    )
    return base.Outcome(
        unchanged=1, goto=user_id, shown={"guest": account.guest}, summary=_("Invoer bewaard.")
    )


def _waiting(user_id: int) -> int:
    """How much waits of this account, each form counted as LEAST at least."""
    size = sa.func.length(models.TypedForm.content)
    counted = sa.func.sum(sa.case((size < LEAST, LEAST), else_=size))
    return db.session.scalar(sa.select(counted).where(models.TypedForm.user_id == user_id)) or 0


@base.action(_l("Bewaarde invoer gewist"), permission=Permission.START)
def drop_typed(actor: Actor, *, user_id: int, handle: str) -> base.Outcome:
    """Remove a form that its user has been given back and has sent again."""
    db.session.execute(
        sa.delete(models.TypedForm).where(
            models.TypedForm.handle_hash == fingerprint(handle), models.TypedForm.user_id == user_id
        ),
        execution_options=QUIETLY,
    )
    return base.Outcome(unchanged=1, summary=_("Bewaarde invoer gewist."))
