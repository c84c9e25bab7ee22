"""What was typed and could not be carried out: who may have it back."""

import sqlalchemy as sa

from app import models
from app.clock import utc_now
from app.entities.base import db
from app.queries.planning.invitations import why_ended
from app.rules.invitations import WHY_ENDED
from app.rules.text import N_
from app.rules.tokens import fingerprint
from app.rules.typed import KEPT_FOR, Typed
from app.sealing import Unreadable, unseal

CLOSED = N_("Uw account is gedeactiveerd. Vraag het uw school als dat niet klopt.")


def purpose(user_id: int, handle: str) -> str:
    """What the text is encrypted for: without the handle nobody opens it, not even with the database."""
    return f"typed|{user_id}|{handle}"


def typed_by(user_id: int, handle: str) -> Typed | None:
    """What this account typed under this handle; None: nothing any more, or another account's. One query."""
    found = db.session.scalar(
        _under(handle).with_only_columns(models.TypedForm.content).where(models.TypedForm.user_id == user_id)
    )
    try:
        return Typed.from_text(unseal(found, purpose(user_id, handle))) if found else None
    except (Unreadable, ValueError):  # the school has another key by now
        return None


def is_kept(handle: str) -> bool:
    """Whether something waits under this handle, whoever typed it. One query."""
    return db.session.scalar(_under(handle).with_only_columns(models.TypedForm.user_id)) is not None


def is_guest(user_id: int) -> bool:
    return bool(db.session.scalar(sa.select(models.User.guest).where(models.User.id == user_id)))


def why_no_way_back(user_id: int) -> str:
    """Why this user, who is signed out, gets in no more; "": they may sign in again. Two queries at most."""
    user = models.User
    row = db.session.execute(sa.select(user.guest, user.active).where(user.id == user_id)).one_or_none()
    if row is None or (not row.guest and not row.active):
        return CLOSED
    return WHY_ENDED.get(why_ended(user_id), "") if row.guest else ""


def _under(handle: str) -> sa.Select[models.TypedForm]:
    return sa.select(models.TypedForm).where(
        models.TypedForm.handle_hash == fingerprint(handle), models.TypedForm.at > utc_now() - KEPT_FOR
    )
