"""Encrypts what is sealed once more, with the newest secret key, so that an older key can go."""

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models, sealing
from app.actions import base
from app.entities.base import db
from app.permissions import Actor, Permission
from app.queries.access.factors import kept_secret, sealed_for


@base.action(_l("Opnieuw versleuteld met de nieuwste sleutel"), permission=Permission.USERS_EDIT)
def seal_anew(actor: Actor) -> base.Outcome:
    """Seal the secret of every authenticator app with the newest key. A second run changes nothing.

    An app that no key opens is refused by its user's name: that second step must be reset.
    """
    outcome = base.Outcome(object_type="User")
    changed = []
    for row, name in db.session.execute(_apps()):
        purpose, secret = sealed_for(row.user_id), kept_secret(row)
        if secret is None:
            outcome.refused.append(base.Refused(name, _("de sleutel waarmee dit is versleuteld, ontbreekt")))
        elif sealing.is_newest(row.sealed_secret, purpose):
            outcome.unchanged += 1
        else:
            row.sealed_secret = sealing.seal(secret, purpose)
            changed.append(row.user_id)
    outcome.ids, outcome.done = changed, len(changed)
    outcome.summary = ngettext(
        "%(num)s geheim opnieuw versleuteld met de nieuwste sleutel.",
        "%(num)s geheimen opnieuw versleuteld met de nieuwste sleutel.",
        outcome.done,
    )
    return outcome


def _apps() -> Any:
    """Every app with the name of its user; locked, so that nobody sets up another one meanwhile."""
    return (
        sa.select(models.Authenticator, models.User.username)
        .join(models.User, models.User.id == models.Authenticator.user_id)
        .order_by(models.Authenticator.id)
        .with_for_update(of=models.Authenticator)
    )
