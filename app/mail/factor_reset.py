"""The mail after a reset of the second step, so that one that nobody asked for is noticed."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _

from app.mail.texts import letter

FACTOR_RESET = "factor_reset"  # OutboxMail.purpose


def factor_reset_text(language: str, school: str, *, name: str) -> tuple[str, str]:
    """Subject and body."""
    with force_locale(language):
        subject = _("Uw tweede stap bij %(school)s is verwijderd", school=school)
        return subject, letter(
            name, school,
            _(
                "De beheerder heeft uw tweede stap bij het aanmelden verwijderd. U bent overal afgemeld en "
                "stelt een nieuwe in zodra u zich weer aanmeldt."
            ),
            _("Hebt u hier niet om gevraagd? Bel dan meteen uw school."),
        )  # fmt: skip
