"""What a browser needs to make a passkey, or to show one; and whether what it shows is right."""

from dataclasses import dataclass

import sqlalchemy as sa
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app import errors, models
from app.clock import seconds_now
from app.entities.base import db
from app.queries.access.factors import factors_of
from app.rules.passkeys import ANSWER_MAX, TOO_LATE, WRONG, Answer, Challenge, Site
from app.school import current_school
from app.sealing import derived


@dataclass(frozen=True)
class Signed:
    """A challenge and the passkey that signed it. `count`: how often that passkey has signed by now."""

    challenge: Challenge
    passkey: models.Passkey
    count: int


def is_recognised(answer: Answer, purpose: str, user_id: int | None = None) -> bool:
    """Whether this answer is right: nobody guesses one, so it is looked at before a try is counted."""
    try:
        recognised(answer, purpose, user_id)
    except errors.RuleBroken:
        return False
    return True


def recognised(answer: Answer, purpose: str, user_id: int | None = None, *, lock: bool = False) -> Signed:
    """What was signed, and by which passkey. RuleBroken for any other answer. `lock`: it is taken next."""
    if answer.site is None:
        raise errors.RuleBroken(WRONG)
    shown = _parsed(answer.credential)
    held = (
        sa.select(models.Passkey)
        .join(models.User, models.User.id == models.Passkey.user_id)
        .where(models.Passkey.credential_id == bytes_to_base64url(shown.raw_id), models.User.active.is_(True))
    )
    if user_id is not None:
        held = held.where(models.Passkey.user_id == user_id)
    if lock:
        held = held.with_for_update(of=models.Passkey)
    passkey = db.session.scalars(held).one_or_none()
    if passkey is None:
        raise errors.RuleBroken(WRONG)
    # Behind the lock: whoever had this passkey before us may have shown this answer.
    challenge = open_challenge(answer.challenge, purpose, user_id)
    try:
        verified = verify_authentication_response(
            credential=shown,
            expected_challenge=base64url_to_bytes(challenge.text),
            expected_rp_id=answer.site.rp_id,
            expected_origin=answer.site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # a wrong signature, an older counter (a copied key), hostile bytes
        raise errors.RuleBroken(WRONG) from error
    return Signed(challenge, passkey, verified.new_sign_count)


def open_challenge(challenge: Challenge | None, purpose: str, user_id: int | None) -> Challenge:
    """This challenge, which waits for an answer. RuleBroken when it is another's, too old, or answered."""
    if challenge is None or (challenge.purpose, challenge.user_id) != (purpose, user_id):
        raise errors.RuleBroken(TOO_LATE)
    answered = sa.select(models.AnsweredChallenge.id).where(
        models.AnsweredChallenge.challenge == challenge.text
    )
    if challenge.until <= seconds_now() or db.session.scalar(answered) is not None:
        raise errors.RuleBroken(TOO_LATE)
    return challenge


def _parsed(credential: str) -> AuthenticationCredential:
    try:
        if len(credential) > ANSWER_MAX:
            raise ValueError("too long")
        return parse_authentication_credential_json(credential)
    except Exception as error:  # hostile bytes may raise any error in the library
        raise errors.RuleBroken(WRONG) from error


def registration_options(user: models.User, site: Site, challenge: Challenge) -> str:
    """What the browser needs to make a passkey, as JSON."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.rp_id,
            rp_name=current_school().name,
            user_name=user.username,
            user_display_name=user.full_name,
            user_id=handle_of(user.id),
            challenge=base64url_to_bytes(challenge.text),
            exclude_credentials=_descriptors(user.id),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
    )


def showing_options(site: Site, challenge: Challenge) -> str:
    """What the browser needs to show a passkey, as JSON: one of the user who is asked, or of anybody."""
    user_id = challenge.user_id
    return options_to_json(
        generate_authentication_options(
            rp_id=site.rp_id,
            challenge=base64url_to_bytes(challenge.text),
            allow_credentials=_descriptors(user_id) if user_id is not None else None,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def _descriptors(user_id: int) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id))
        for one in factors_of(user_id).passkeys
    ]


def handle_of(user_id: int) -> bytes:
    """By what a passkey knows its owner. It tells nothing to somebody who reads it on a device."""
    return derived(f"passkey user|{user_id}")
