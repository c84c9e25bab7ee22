"""The office removes the second factor of a user who lost it."""

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.actions.access.second_factor import drop_codes
from app.actions.access.sessions import end_sessions
from app.actions.mail.notices import notify
from app.actions.users.users import guard_way_in
from app.entities.base import db
from app.errors import RuleBroken
from app.mail.notices import Notice
from app.permissions import Actor, Permission
from app.queries.access.factors import factors_of
from app.rules.second_factor import Proof
from app.rules.sessions import FACTOR_CHANGED
from app.rules.text import N_


@base.action(
    _l("Tweede stap opnieuw instellen"),
    permission=Permission.USERS_EDIT,
    on=models.User,
    confirm=True,
    danger=True,
    noun=_l("gebruiker"),
    submit=_l("Tweede stap verwijderen"),
    proof=Proof.LATELY,
    intro=_l(
        "Doe dit alleen als u zeker weet wie het vraagt: bel terug of laat de gebruiker langskomen. "
        "De gebruiker wordt overal afgemeld, krijgt bericht en stelt een nieuwe tweede stap in."
    ),
)
def reset_second_factor(actor: Actor, targets: base.Targets[models.User]) -> base.Outcome:
    """Remove a user's authenticator app, passkeys and recovery codes. All their sessions end."""
    user = targets.one()
    guard_way_in(actor, user)
    if user.id == actor.id:
        raise RuleBroken(N_("Uw eigen tweede stap wijzigt u in Mijn profiel."))
    if factors_of(user.id).count == 0:
        return base.Outcome(unchanged=1, summary=_("%(name)s heeft geen tweede stap.", name=user.full_name))
    held = factors_of(user.id)
    gone = [*(["authenticator-app"] if held.app is not None else []), *(one.name for one in held.passkeys)]
    which = [
        held.app.sealed_secret if held.app is not None else "",
        *(one.credential_id for one in held.passkeys),
    ]
    for table in (models.Authenticator, models.Passkey):
        db.session.execute(sa.delete(table).where(table.user_id == user.id))
    codes = drop_codes(user.id)
    end_sessions([user.id], FACTOR_CHANGED)
    notify(user, Notice.FACTOR_RESET)
    return base.Outcome(
        done=1,
        ids=[user.id],
        names=[user.full_name],
        object_type="User",
        details={"factors": [", ".join(gone), None], **codes.details},
        rests_on=[which, codes.sheet],
        summary=_("De tweede stap van %(name)s is verwijderd.", name=user.full_name),
    )
