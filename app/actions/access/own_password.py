"""A password of one's own choice, for who got in with a code: the first one, or another when forgotten."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.actions.access.profile import locked_account
from app.actions.access.sign_in import (
    NewPasswordForm,
    again_field,
    hashed_password,
    new_password_field,
    set_password,
)
from app.actions.base.action import Outcome, action
from app.clock import utc_now
from app.entities.base import db
from app.entities.sessions import UserSession
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.access.sessions import CODE_COUNTS, own_sessions
from app.rules.text import N_

CODE_FIRST = N_("Vraag eerst een nieuwe code; daarna kunt u een wachtwoord kiezen.")


class ChoosePasswordForm(NewPasswordForm):
    password = new_password_field()
    again = again_field()


def _hashed(_actor: Actor, *, password: str, **_data: Any) -> dict[str, Any]:
    return {"hashed": hashed_password(password)}


@action(_l("Wachtwoord gekozen"), permission=Permission.PROFILE, before=_hashed)
def choose_password(actor: Actor, *, session_id: int, password: str, hashed: str, again: str = "") -> Outcome:
    """Set a password without the present one; every other session ends. Once per code."""
    row = db.session.scalars(
        own_sessions(actor.id).where(UserSession.id == session_id).with_for_update(of=UserSession)
    ).one_or_none()
    now = utc_now()
    if row is None or row.code_at is None or row.code_at < now - CODE_COUNTS:
        raise RuleBroken(CODE_FIRST)
    user = locked_account(actor)
    set_password(user, password, hashed, staying=row.id)
    row.password_at, row.code_at = now, None
    return Outcome(done=1, ids=[user.id], object_type="User", summary=_("Uw wachtwoord is opgeslagen."))
