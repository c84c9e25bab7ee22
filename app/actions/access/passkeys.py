"""Passkeys: make, show and remove them. The browser signs a challenge that the server has kept.

User verification (PIN, finger, face) is always required, so that a passkey alone counts as two factors.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from webauthn import verify_registration_response
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from wtforms import validators

from app import errors, models
from app.actions import base
from app.actions.access import profile, second_factor, sign_in
from app.actions.access.browsers import forget_browsers
from app.actions.access.sessions import open_session
from app.actions.mail.notices import notify
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.mail.notices import Notice
from app.permissions import Actor, Permission
from app.queries.access.factors import factors_of
from app.queries.access.passkeys import open_challenge, recognised
from app.rules import passkeys as rules
from app.rules.people import tidy
from app.rules.second_factor import Proof
from app.rules.sessions import Opening, Renewal
from app.rules.text import N_
from app.rules.tries import NO_BROWSER, Browser, Kind

PER_USER = 20
NOT_MADE = N_("Er is geen passkey gemaakt. Probeer het opnieuw.")


class PasskeyForm(base.ActionForm):
    name = wtforms.StringField(
        _l("Naam"),
        [validators.InputRequired(), validators.Length(max=60)],
        description=_l("Waaraan u deze passkey herkent, zoals “telefoon” of “laptop van het werk”."),
    )
    credential = wtforms.HiddenField()  # the browser's answer, filled in by passkey.js


@base.action(
    _l("Passkey toevoegen"),
    permission=Permission.PROFILE,
    form=PasskeyForm,
    proof=Proof.LATELY,
    submit=_l("Passkey maken"),
    intro=_l("Uw toestel vraagt zo om uw vinger, uw gezicht of uw pincode. Die blijven op uw toestel."),
)
def register_passkey(
    actor: Actor,
    *,
    name: str,
    credential: str,
    challenge: rules.Challenge | None,
    site: rules.Site | None,
    session_id: int | None = None,
    browser: Browser = NO_BROWSER,
) -> base.Outcome:
    """Keep the public half of a passkey that this user's device has just made."""
    user = profile.locked_account(actor)
    if not credential or site is None or len(credential) > rules.ANSWER_MAX:
        raise errors.RuleBroken(NOT_MADE)
    if len(factors_of(user.id).passkeys) >= PER_USER:
        raise errors.RuleBroken(N_("U hebt al %(most)s passkeys. Verwijder er eerst een."), most=PER_USER)
    asked = _take(open_challenge(challenge, "register", user.id))
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=asked,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as error:  # hostile bytes may raise any error in the library
        raise errors.RuleBroken(NOT_MADE) from error
    db.session.add(
        models.Passkey(
            user_id=user.id,
            credential_id=bytes_to_base64url(made.credential_id),
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=tidy(name),
        )
    )
    second_factor.now_shown(user, session_id, browser)
    notify(user, Notice.PASSKEY_ADDED)
    return second_factor.done_for(user.id, _("De passkey is toegevoegd."), name=["", tidy(name)])


@base.action(
    _l("Passkey verwijderen"),
    permission=Permission.PROFILE,
    on=models.Passkey,
    confirm=True,
    danger=True,
    noun=_l("passkey"),
    submit=_l("Verwijderen"),
    proof=Proof.LATELY,
)
def remove_passkey(
    actor: Actor, targets: base.Targets[models.Passkey], *, browser: Browser = NO_BROWSER
) -> base.Outcome:
    """Remove one passkey. Refused when it is the last factor of a user who needs one."""
    user = profile.locked_account(actor)
    passkey = targets.one()
    second_factor.guard_last(user)
    name, credential = passkey.name, passkey.credential_id
    db.session.execute(sa.delete(models.Passkey).where(models.Passkey.id == passkey.id))
    codes = second_factor.drop_loose_codes(user.id)
    forget_browsers([user.id], browser)
    notify(user, Notice.PASSKEY_REMOVED)
    summary = codes.after(_("De passkey is verwijderd."))
    outcome = second_factor.done_for(user.id, summary, name=[name, ""], **codes.details)
    outcome.names, outcome.rests_on = [name], [credential, *codes.sheet]
    return outcome


@base.action(_l("Passkey getoond"), permission=Permission.PROFILE, only_reads=True)
def show_passkey(actor: Actor, *, answer: rules.Answer, renewal: Renewal | None = None) -> base.Outcome:
    """Accept a passkey of the signed-in user as the second factor."""
    user = profile.own_account(actor)
    passkey = _accepted(answer, "show", user.id)
    second_factor.accept(user.id, Kind.FACTOR, renewal)
    return second_factor.done_for(user.id, _("Gecontroleerd."), name=passkey.name)


@base.action(_l("Aangemeld met een passkey"), permission=Permission.SIGN_IN)
def sign_in_by_passkey(actor: Actor, *, answer: rules.Answer, opening: Opening) -> base.Outcome:
    """Sign in the owner of a passkey, without name or password. `ids` holds the user.

    Who the owner is, says the row whose public key fits the signature. The handle that a device tells is
    drawn from the secret key of the day it was made and proves nothing more, so it isn't compared.
    """
    passkey = _accepted(answer, "sign_in")
    user = db.session.get_one(models.User, passkey.user_id, with_for_update=True)
    if not user.active:
        raise errors.RuleBroken(rules.WRONG)
    sign_in.note_sign_in(user, opening.remembered)
    open_session(user.id, opening, strong=True)
    return second_factor.done_for(user.id, _("Aangemeld."), name=passkey.name)


def _accepted(answer: rules.Answer, purpose: str, user_id: int | None = None) -> models.Passkey:
    """The passkey that signed this challenge, with its counter raised. RuleBroken for any other answer."""
    signed = recognised(answer, purpose, user_id, lock=True)
    _take(signed.challenge)
    passkey = signed.passkey
    passkey.sign_count, passkey.last_used_at = signed.count, utc_now()
    return passkey


def _take(challenge: rules.Challenge) -> bytes:
    """Note that this challenge is answered, and return what was to be signed. Of two at once, one gets it."""
    kept, until = models.AnsweredChallenge, datetime.fromtimestamp(challenge.until, UTC)
    db.session.execute(sa.delete(kept).where(kept.expires_at < utc_now()), execution_options=QUIETLY)
    db.session.add(kept(challenge=challenge.text, expires_at=until))
    db.session.flush()
    return base64url_to_bytes(challenge.text)
