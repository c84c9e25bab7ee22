"""Users who signed in with a code choose a password: their first one, or a new one for a forgotten one."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.actions.access import sign_in
from app.actions.access.profile import locked_account
from app.clock import utc_now
from app.entities.base import db
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.access import sessions
from app.queries.access.factors import user_has_factor
from app.rules.text import N_
from app.rules.tries import NO_BROWSER, Browser

CODE_FIRST = N_("Vraag eerst een nieuwe code; daarna kunt u een wachtwoord kiezen.")


class ChoosePasswordForm(sign_in.NewPasswordForm):
    password = sign_in.new_password_field()
    again = sign_in.again_field()


def _hashed(_actor: Actor, *, password: str, **_data: Any) -> dict[str, Any]:
    return {"hashed": sign_in.hashed_password(password)}


@base.action(_l("Wachtwoord gekozen"), permission=Permission.PROFILE, before=_hashed)
def choose_password(
    actor: Actor,
    *,
    session_id: int,
    password: str,
    hashed: str,
    again: str = "",
    browser: Browser = NO_BROWSER,
) -> base.Outcome:
    """Set a password without asking for the present one, once per code. Every other session ends."""
    row = db.session.scalars(
        sessions.own_sessions(actor.id)
        .where(models.UserSession.id == session_id)
        .with_for_update(of=models.UserSession)
    ).one_or_none()
    now = utc_now()
    if row is None or row.code_at is None or row.code_at < now - sessions.CODE_COUNTS:
        raise RuleBroken(CODE_FIRST)
    if row.strong_at is None and user_has_factor(actor.id):
        raise RuleBroken(sign_in.SHOW_FIRST)
    user = locked_account(actor)
    sign_in.set_password(user, password, hashed, staying=row.id, browser=browser)
    row.password_at, row.code_at = now, None
    return base.Outcome(done=1, ids=[user.id], object_type="User", summary=_("Uw wachtwoord is opgeslagen."))
