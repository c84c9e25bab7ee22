"""Passkeys: made, shown and taken away. The browser signs a challenge that only the server knows.

User verification (PIN, finger, face) is always required, so that a passkey alone counts as two factors.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select
from webauthn import (
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticationCredential,
)
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from app.actions.access.profile import locked_account, own_account
from app.actions.access.second_factor import done_for, drop_loose_codes, guard_last
from app.actions.access.sessions import open_session
from app.actions.access.sign_in import TOO_OFTEN, forget_tries, note_sign_in
from app.actions.base.action import ActionForm, Outcome, Targets, action
from app.actions.mail.notices import notify
from app.clock import utc_now
from app.entities.base import db
from app.entities.factors import Passkey, PasskeyChallenge
from app.entities.users import User
from app.errors import NotFound, RuleBroken
from app.mail.notices import Notice
from app.permissions import Actor, Permission
from app.queries.access.factors import factors_of
from app.queries.access.passkeys import handle_of
from app.rules.passkeys import Answer, Site
from app.rules.people import tidy
from app.rules.second_factor import Proof
from app.rules.sessions import Opening
from app.rules.text import N_
from app.rules.tries import factor_key

ANSWERED_WITHIN = timedelta(minutes=5)
OPEN_PER_ADDRESS = 200  # challenges that wait for an answer; a school may sit behind one address
PER_USER = 20
ANSWER_MAX = 20_000  # characters; a browser's answer is about a thousand
WRONG = N_("Deze passkey is niet herkend. Probeer het opnieuw, of kies een andere manier.")
NOT_MADE = N_("Er is geen passkey gemaakt. Probeer het opnieuw.")


class PasskeyForm(ActionForm):
    name = StringField(
        _l("Naam"),
        [InputRequired(), Length(max=60)],
        description=_l("Waaraan u deze passkey herkent, zoals “telefoon” of “laptop van het werk”."),
    )
    credential = HiddenField()  # the browser's answer, filled in by passkey.js


@action(_l("Passkey gevraagd"), permission=Permission.START)
def ask_passkey(
    actor: Actor, *, purpose: str, challenge: bytes, user_id: int | None, address: str
) -> Outcome:
    """Keep a challenge for a few minutes; the trail is not told. `goto` is its id."""
    now = utc_now()
    db.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now))
    waiting = select(func.count()).where(PasskeyChallenge.address == address)
    if (db.session.scalar(waiting) or 0) >= OPEN_PER_ADDRESS:
        raise RuleBroken(TOO_OFTEN)
    row = PasskeyChallenge(
        challenge=bytes_to_base64url(challenge),
        purpose=purpose,
        user_id=user_id,
        address=address[:64],
        expires_at=now + ANSWERED_WITHIN,
    )
    db.session.add(row)
    db.session.flush()
    return Outcome(unchanged=1, goto=row.id, summary=_("Passkey gevraagd."))


@action(
    _l("Passkey toevoegen"),
    permission=Permission.PROFILE,
    form=PasskeyForm,
    proof=Proof.LATELY,
    submit=_l("Passkey maken"),
    intro=_l("Uw toestel vraagt zo om uw vinger, uw gezicht of uw pincode. Die blijven op uw toestel."),
)
def register_passkey(
    actor: Actor, *, name: str, credential: str, challenge_id: int | None, site: Site | None
) -> Outcome:
    """Keep the public half of a passkey that this user's device has just made."""
    user = own_account(actor)
    if not credential or site is None or len(credential) > ANSWER_MAX:
        raise RuleBroken(NOT_MADE)
    if len(factors_of(user.id).passkeys) >= PER_USER:
        raise RuleBroken(N_("U hebt al %(most)s passkeys. Verwijder er eerst een."), most=PER_USER)
    challenge = _taken_challenge(challenge_id, "register", user.id)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as error:  # whatever hostile bytes make the library stumble over is a refusal
        raise RuleBroken(NOT_MADE) from error
    db.session.add(
        Passkey(
            user_id=user.id,
            credential_id=bytes_to_base64url(made.credential_id),
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=tidy(name),
        )
    )
    notify(user, Notice.PASSKEY_ADDED)
    return done_for(user.id, _("De passkey is toegevoegd."), name=["", tidy(name)])


@action(
    _l("Passkey verwijderen"),
    permission=Permission.PROFILE,
    on=Passkey,
    confirm=True,
    danger=True,
    noun=_l("passkey"),
    submit=_l("Verwijderen"),
    proof=Proof.LATELY,
)
def remove_passkey(actor: Actor, targets: Targets[Passkey]) -> Outcome:
    """Take one passkey away; refused when it is the last factor of somebody who needs one."""
    user = locked_account(actor)
    passkey = targets.one()
    guard_last(user)
    name = passkey.name
    db.session.execute(delete(Passkey).where(Passkey.id == passkey.id))
    drop_loose_codes(user.id)
    notify(user, Notice.PASSKEY_REMOVED)
    outcome = done_for(user.id, _("De passkey is verwijderd."), name=[name, ""])
    outcome.names = [name]
    return outcome


@action(_l("Passkey getoond"), permission=Permission.PROFILE)
def show_passkey(actor: Actor, *, answer: Answer) -> Outcome:
    """Accept a passkey of the signed-in user as the second factor."""
    user = own_account(actor)
    passkey = _accepted(answer, "show", user.id)
    forget_tries(factor_key(user.id))
    return done_for(user.id, _("Gecontroleerd."), name=passkey.name)


@action(_l("Aangemeld met een passkey"), permission=Permission.START)
def sign_in_by_passkey(actor: Actor, *, answer: Answer, opening: Opening) -> Outcome:
    """Sign in the owner of a passkey: no name, no password. `ids` says who it was."""
    passkey = _accepted(answer, "sign_in")
    user = db.session.get_one(User, passkey.user_id, with_for_update=True)
    if not user.active or _parsed(answer.credential).response.user_handle != handle_of(user.id):
        raise RuleBroken(WRONG)
    forget_tries(user.username, user.email)
    note_sign_in(user)
    open_session(user.id, opening, strong=True)
    return done_for(user.id, _("Aangemeld."), name=passkey.name)


def _accepted(answer: Answer, purpose: str, user_id: int | None = None) -> Passkey:
    """The passkey that signed this challenge, its counter raised; RuleBroken for anything else."""
    if answer.site is None:
        raise RuleBroken(WRONG)
    shown = _parsed(answer.credential)
    challenge = _taken_challenge(answer.challenge_id, purpose, user_id)
    held = select(Passkey).where(Passkey.credential_id == bytes_to_base64url(shown.raw_id))
    if user_id is not None:
        held = held.where(Passkey.user_id == user_id)
    passkey = db.session.scalars(held.with_for_update(of=Passkey)).one_or_none()
    if passkey is None:
        raise RuleBroken(WRONG)
    try:
        verified = verify_authentication_response(
            credential=shown,
            expected_challenge=challenge,
            expected_rp_id=answer.site.rp_id,
            expected_origin=answer.site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # a wrong signature, an older counter (a copied key), hostile bytes
        raise RuleBroken(WRONG) from error
    passkey.sign_count, passkey.last_used_at = verified.new_sign_count, utc_now()
    return passkey


def _parsed(credential: str) -> AuthenticationCredential:
    try:
        if len(credential) > ANSWER_MAX:
            raise ValueError("too long")
        return parse_authentication_credential_json(credential)
    except Exception as error:  # whatever hostile bytes make the library stumble over is a refusal
        raise RuleBroken(WRONG) from error


def _taken_challenge(challenge_id: int | None, purpose: str, user_id: int | None) -> bytes:
    """The challenge behind this id, gone from now on; RuleBroken when it is not there (any more)."""
    row = db.session.get(PasskeyChallenge, challenge_id, with_for_update=True) if challenge_id else None
    if row is None or row.purpose != purpose or row.user_id != user_id or row.expires_at < utc_now():
        raise RuleBroken(N_("De vraag aan uw passkey is verlopen. Probeer het opnieuw."))
    gone: Any = db.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.id == row.id))
    if gone.rowcount != 1:
        raise NotFound
    return base64url_to_bytes(row.challenge)
