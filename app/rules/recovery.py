"""Recovery codes: ten, each worth one sign-in, written like an inlogcode (80 random bits)."""

import secrets

from app.rules.code_format import code_of

COUNT = 10
BYTES = 10


def new_codes() -> tuple[str, ...]:
    """Ten codes without hyphens; shown once, kept as their fingerprints."""
    return tuple(code_of(secrets.token_bytes(BYTES)) for _number in range(COUNT))
