"""Short codes, mailed to users who sign in or forgot their password. They work in one browser, ten minutes.

Nothing shows whether a user name exists. For an unknown name the same statements and the same hashing run,
and find no rows; sending the mail hashes nothing slowly.
"""

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.actions.access import sign_in
from app.actions.access.code_making import cancel_codes
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.waking import SENDER, wake_after_commit
from app.errors import RuleBroken
from app.mail.sign_in_code import mailed_code_text
from app.permissions import Actor, Permission
from app.queries.access import codes
from app.queries.access.recognising import WRONG_MAILED_CODE
from app.queries.users import users
from app.rules import code_format, people
from app.rules.sessions import Opening
from app.rules.tokens import fingerprint
from app.school import current_school

NOBODY = 0  # an id that no user has


class AskForm(base.ActionForm):
    """Asks to which user a code must be mailed."""

    username = sign_in.name_field()


class MailedCodeForm(base.ActionForm):
    code = sign_in.mailed_code_field(
        _l("Acht tekens. Spaties, streepjes en kleine letters maken niet uit."), longest=40
    )
    shared = sign_in.shared_field()


def _drawn(_actor: Actor, **_data: Any) -> dict[str, Any]:
    nonce = codes.mailed_nonce()
    return {"nonce": nonce, "code_hash": codes.slow_hash(codes.mailed_code_for(nonce), nonce)}


@base.action(_l("Code per mail gevraagd"), permission=Permission.SIGN_IN, before=_drawn)
def request_code(
    actor: Actor,
    *,
    account: int | None,
    purpose: str,
    browser: str,
    nonce: str,
    code_hash: str,
) -> base.Outcome:
    """Mail a code that only this browser can use; `browser` is its nonce.

    Its older code for this account ends; what other browsers asked for stays, so strangers take nothing away.
    The caller has counted the request (`count_try`), which said for which `account` it is. No mail goes to an
    unknown user, a closed account, or an account that has had its mails. The answer is the same for all.
    """
    found = sa.select(models.User).where(models.User.id == (account or NOBODY))
    user = db.session.scalars(found).one_or_none()
    wanted = user.id if user is not None and user.active and people.mail_of(user.email) else NOBODY
    now = utc_now()
    cancel_codes([wanted], *code_format.MAILED, browser_hash=fingerprint(browser))
    values = {
        "nonce": nonce,
        "code_hash": code_hash,
        "purpose": purpose,
        "browser_hash": fingerprint(browser),
        "created_at": now,
        "expires_at": now + code_format.MAILED_VALID,
        "tries": 0,
    }
    _insert_for(models.LoginCode, wanted, user_id=models.User.id, **values)
    code_id = (
        db.session.scalar(sa.select(models.LoginCode.id).where(models.LoginCode.nonce == nonce)) or NOBODY
    )
    _mail(user, wanted, code_id, purpose)
    return base.Outcome(done=1, object_type="User", summary=_("Code per mail gevraagd."))


@base.action(_l("Codepoging geteld"), permission=Permission.SIGN_IN)
def count_code_try(actor: Actor, *, browser: str) -> base.Outcome:
    """Count a try on this browser's code before the code is checked. `goto` is the id of that code."""
    mine = (models.LoginCode.browser_hash == fingerprint(browser)) & users.live_code(*code_format.MAILED)
    counted: Any = db.session.execute(
        sa.update(models.LoginCode)
        .where(mine, models.LoginCode.tries < code_format.MAILED_TRIES)
        .values(tries=models.LoginCode.tries + 1)
        .returning(models.LoginCode.id),
        execution_options=QUIETLY,
    )
    return base.Outcome(unchanged=1, goto=counted.scalar(), summary=_("Codepoging geteld."))


@base.action(_l("Aangemeld met een code uit de mail"), permission=Permission.SIGN_IN)
def use_mailed_code(actor: Actor, *, code_id: int, opening: Opening) -> base.Outcome:
    """Use up a code that was right and sign in. One UPDATE decides: of two requests at once, one gets in."""
    consumed = db.session.execute(
        sa.update(models.LoginCode)
        .where(models.LoginCode.id == code_id, users.live_code(*code_format.MAILED))
        .values(used_at=utc_now())
        .returning(models.LoginCode.user_id),
        execution_options=QUIETLY,
    ).scalar()
    user = db.session.get(models.User, consumed or NOBODY, with_for_update=True, populate_existing=True)
    if user is None or not user.active:
        raise RuleBroken(WRONG_MAILED_CODE)
    return sign_in.let_in(user, opening, code=True)


def _mail(user: models.User | None, wanted: int, code_id: int, purpose: str) -> None:
    """Put the mail with the code in the outbox for the user `wanted`; for NOBODY no row is written."""
    school = current_school()
    language = (user.language if user is not None else "") or school.language
    name = people.full_name(user.first_name, user.infix, user.last_name) if user is not None else ""
    subject, body = mailed_code_text(purpose, language, school.name, name=name)
    now = utc_now()
    _insert_for(
        models.OutboxMail,
        wanted,
        to_user_id=models.User.id,
        to_address=models.User.email,
        dedupe_key=f"{purpose}:{code_id}",
        purpose=purpose,
        login_code_id=code_id,
        subject=subject[:200],
        body=body,
        language=language,
        state="waiting",
        created_at=now,
        next_try_at=now,
        tries=0,
        claimed_by="",
        failure="",
        failure_detail="",
    )
    wake_after_commit(SENDER)  # also for NOBODY, so that both take as long


def _insert_for(model: Any, for_user: int, **values: Any) -> None:
    """Insert a row for this user. For NOBODY the same statement runs, finds no user and writes nothing."""
    columns = model.__table__.c
    found = [
        sa.literal(value, columns[name].type) if not hasattr(value, "property") else value
        for name, value in values.items()
    ]
    chosen = sa.select(*found).where(models.User.id == for_user)
    db.session.execute(sa.insert(model).from_select(list(values), chosen), execution_options=QUIETLY)
