"""Another e-mail address of one's own: asked for, confirmed at the new one, or stopped from the old one.

The old address holds until the new one is confirmed. Both codes are typed; nothing changes on GET.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from werkzeug.security import check_password_hash, generate_password_hash
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app.actions.access.profile import NOT_PRESENT, counted, locked_account, own_account, present_field
from app.actions.access.sessions import end_sessions
from app.actions.access.sign_in import forget_tries, mailed_code_field
from app.actions.base.action import ActionForm, Outcome, Targets, action
from app.actions.base.forms import ruled
from app.actions.mail.outbox import NewMail, cancel_waiting, put_in_outbox
from app.actions.users.users import sign_in_names
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.entities.mail import OutboxMail
from app.entities.profile import EmailChange
from app.entities.users import User
from app.errors import RuleBroken
from app.mail.email_change import (
    EMAIL_CHANGED,
    EMAIL_CODE,
    EMAIL_NOTICE,
    changed_text,
    code_text,
    notice_text,
)
from app.permissions import Actor, Permission
from app.queries.access.codes import address_code, stop_code
from app.queries.access.profile import open_change
from app.queries.access.recognising import NO_ONES_PASSWORD, WRONG_CHANGE_CODE, fitting_password
from app.rules import people
from app.rules.code_format import normal_form
from app.rules.invitations import parts
from app.rules.second_factor import Proof
from app.rules.sessions import CREDENTIAL_CHANGED
from app.rules.text import N_
from app.rules.tries import present_key
from app.school import current_school

VALID = timedelta(hours=1)


class NewEmailForm(ActionForm):
    email = EmailField(
        _l("Nieuw e-mailadres"),
        [InputRequired(), Length(max=people.EMAIL_MAX), ruled(people.email)],
        render_kw={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "email"},
    )
    present = present_field()

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        user = own_account(actor)
        self._key = present_key(user.id)
        if not user.password:  # goes on with mailed codes
            del self.present

    def validate_present(self, field: PasswordField) -> None:
        counted(self._key)


class EmailCodeForm(ActionForm):
    code = mailed_code_field(_l("Acht tekens. De mail ging naar uw nieuwe e-mailadres."))

    def prepare(self, actor: Actor, targets: Targets[Any] | None) -> None:
        self._key = _code_key(own_account(actor).id)

    def validate_code(self, field: StringField) -> None:
        counted(self._key)


def _drawn(actor: Actor, *, present: str = "", **_data: Any) -> dict[str, Any]:
    nonce = secrets.token_hex(32)
    selector, secret = parts(stop_code(nonce))
    codes = {
        "nonce": nonce,
        "code_hash": generate_password_hash(address_code(nonce)),
        "stop_selector": selector,
        "stop_hash": generate_password_hash(secret),
    }
    return {"fits": fitting_password(actor, present or ""), "codes": codes}


@action(
    _l("E-mailadres wijzigen"),
    permission=Permission.PROFILE,
    form=NewEmailForm,
    submit=_l("Verder"),
    proof=Proof.STRONG_IF_ANY,
    before=_drawn,
    intro=_l("U krijgt een code op het nieuwe adres. Tot u die invult, blijft uw oude adres gelden."),
)
def change_email(
    actor: Actor, *, email: str, codes: Mapping[str, str], fits: str, present: str = ""
) -> Outcome:
    """Begin: a code to the new address, a notice with a way to stop to the old one. Nothing changes yet."""
    user = locked_account(actor)
    if user.password and user.password != fits:
        raise RuleBroken(NOT_PRESENT, field="present")
    address = people.email(email).lower()
    if address == user.email:
        raise RuleBroken(N_("Dit is al uw e-mailadres."), field="email")
    forget_tries(present_key(user.id))
    _end_changes(user.id)
    now = utc_now()
    change = EmailChange(
        user_id=user.id,
        old_email=user.email,
        new_email=address,
        created_at=now,
        expires_at=now + VALID,
        **codes,
    )
    db.session.add(change)
    db.session.flush()
    language, school = user.language or current_school().language, current_school().name
    _mail(change, user, EMAIL_CODE, address, code_text(language, school, name=user.full_name))
    _mail(change, user, EMAIL_NOTICE, user.email, notice_text(language, school, name=user.full_name))
    return Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        summary=_("Er is een code onderweg naar %(email)s. Vul die hier in.", email=address),
    )


def _fits(actor: Actor, *, code: str, **_data: Any) -> dict[str, Any]:
    change = db.session.scalars(open_change(actor.id or 0)).one_or_none()
    stored = change.code_hash if change is not None else NO_ONES_PASSWORD
    return {"fits": stored if check_password_hash(stored, normal_form(code)) else ""}


@action(
    _l("E-mailadres bevestigen"),
    permission=Permission.PROFILE,
    changes=User,
    form=EmailCodeForm,
    submit=_l("Bevestigen"),
    before=_fits,
)
def confirm_email(actor: Actor, *, code: str, fits: str, staying: int | None = None) -> Outcome:
    """With the code from the new address, that address holds. Every session but `staying` ends."""
    user = locked_account(actor)
    change = db.session.scalars(open_change(user.id).with_for_update()).one_or_none()
    if change is None or change.code_hash != fits or change.old_email != user.email:
        raise RuleBroken(WRONG_CHANGE_CODE, field="code")
    sign_in_names(user, change.new_email, user.username)
    user.version += 1
    change.confirmed_at = utc_now()
    end_sessions([user.id], CREDENTIAL_CHANGED, but=staying)
    forget_tries(_code_key(user.id))
    language, school = user.language or current_school().language, current_school().name
    text = changed_text(language, school, name=user.full_name)
    _mail(change, user, EMAIL_CHANGED, change.old_email, text)
    return Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        details={"email": [people.mail_of(change.old_email), change.new_email]},
        summary=_("Uw e-mailadres is nu %(email)s.", email=change.new_email),
    )


@action(
    _l("Wijziging van e-mailadres intrekken"),
    permission=Permission.PROFILE,
    confirm=True,
    submit=_l("Intrekken"),
    intro=_l("Uw e-mailadres blijft zoals het is."),
)
def cancel_email_change(actor: Actor) -> Outcome:
    """Take back a change of one's own that waits for its code."""
    user = own_account(actor)
    count = _end_changes(user.id)
    return Outcome(
        done=count,
        unchanged=int(not count),
        ids=[user.id] if count else [],
        object_type="User",
        summary=_("Uw e-mailadres blijft zoals het is."),
    )


@action(_l("Wijziging van e-mailadres gestopt"), permission=Permission.START)
def stop_email_change(actor: Actor, *, change_id: int) -> Outcome:
    """Who reads the old address says no: the change ends, and so does every session of the account."""
    change = db.session.get_one(EmailChange, change_id, with_for_update=True, populate_existing=True)
    if change.confirmed_at is not None or change.ended_at is not None or change.expires_at <= utc_now():
        raise RuleBroken(WRONG_CHANGE_CODE)
    _end_changes(change.user_id)
    end_sessions([change.user_id], CREDENTIAL_CHANGED)
    return Outcome(
        done=1,
        ids=[change.user_id],
        object_type="User",
        summary=_("De wijziging is gestopt; uw e-mailadres blijft zoals het was."),
    )


def _end_changes(user_id: int) -> int:
    """End what waits, and the mails about it that were not sent yet."""
    waiting = db.session.scalars(
        select(EmailChange.id).where(
            EmailChange.user_id == user_id, EmailChange.confirmed_at.is_(None), EmailChange.ended_at.is_(None)
        )
    ).all()
    if waiting:
        ended = update(EmailChange).where(EmailChange.id.in_(waiting)).values(ended_at=utc_now())
        db.session.execute(ended, execution_options=QUIETLY)
        cancel_waiting(OutboxMail.email_change_id.in_(waiting))
    return len(waiting)


def _mail(change: EmailChange, user: User, purpose: str, to: str, text: tuple[str, str]) -> None:
    if not people.mail_of(to):  # until now this account had no address
        return
    put_in_outbox(
        [
            NewMail(
                purpose=purpose,
                dedupe_key=f"{purpose}:{change.id}",
                to_address=to,
                to_user_id=user.id,
                email_change_id=change.id,
                language=user.language,
                subject=text[0],
                body=text[1],
            )
        ]
    )


def _code_key(user_id: int) -> str:
    return f"address code of {user_id}"
