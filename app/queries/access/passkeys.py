"""What a browser needs to make a passkey, or to show one."""

from webauthn import generate_authentication_options, generate_registration_options, options_to_json
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app import models
from app.queries.access.factors import factors_of
from app.rules.passkeys import Site
from app.school import current_school
from app.sealing import derived


def registration_options(user: models.User, site: Site, challenge: bytes) -> str:
    """What the browser needs to make a passkey, as JSON."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.rp_id,
            rp_name=current_school().name,
            user_name=user.username,
            user_display_name=user.full_name,
            user_id=handle_of(user.id),
            challenge=challenge,
            exclude_credentials=_descriptors(user.id),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
    )


def showing_options(user_id: int | None, site: Site, challenge: bytes) -> str:
    """What the browser needs to show a passkey, as JSON. `user_id` None: any passkey of this site will do."""
    return options_to_json(
        generate_authentication_options(
            rp_id=site.rp_id,
            challenge=challenge,
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
