"""Makes the first users of a school, from the command line: an administrator, and a supplier if wanted."""

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.security import generate_password_hash

from app import models
from app.actions import base
from app.entities.base import db
from app.errors import RuleBroken
from app.permissions import Actor, Permission, Role
from app.queries.users.users import taken, why_not_change
from app.rules import people
from app.rules.passwords import password_problem
from app.rules.text import N_
from app.school import current_school


@base.action(_l("Beheerder gemaakt"), permission=Permission.USERS_EDIT)
def create_administrator(actor: Actor, **given: str) -> base.Outcome:
    """Make a user with the role Beheerder (`_made` says with what). RuleBroken names the wrong field."""
    return _made(actor, Role.ADMINISTRATOR, **given)


@base.action(_l("Leverancier gemaakt"), permission=Permission.USERS_EDIT)
def create_supplier(actor: Actor, **given: str) -> base.Outcome:
    """Make a user with the role Leverancier (`_made` says with what). RuleBroken names the wrong field."""
    return _made(actor, Role.SUPPLIER, **given)


def _made(
    actor: Actor,
    role: Role,
    *,
    first_name: str,
    infix: str,
    last_name: str,
    email: str,
    username: str,
    password: str,
) -> base.Outcome:
    """Make a user with this role, who can sign in at once."""
    if why := why_not_change(actor, [role], way_in=True):
        raise RuleBroken(why)
    username, email = username.strip().lower(), people.email(email)
    for field, value in (
        ("first_name", people.tidy(first_name)),
        ("last_name", people.tidy(last_name)),
        ("email", email),
        ("username", username),
    ):
        if not value:
            raise RuleBroken(N_("Vul dit in."), field=field)
    _check_free(email, username)
    own = (username, email, first_name, last_name, current_school().name)
    if problem := password_problem(password, own=own):
        raise problem.as_error()
    user = models.User(
        first_name=people.tidy(first_name),
        infix=people.tidy(infix),
        last_name=people.tidy(last_name),
        email=email,
        username=username,
        password=generate_password_hash(password),
        active=True,
    )
    user.roles = list(db.session.scalars(sa.select(models.RoleRow).where(models.RoleRow.name == role.value)))
    db.session.add(user)
    db.session.flush()
    return base.Outcome(
        done=1,
        ids=[user.id],
        names=[user.full_name],
        object_type="User",
        details={
            "first_name": [None, user.first_name],
            **({"infix": [None, user.infix]} if user.infix else {}),
            "last_name": [None, user.last_name],
            "email": [None, user.email],
            "username": [None, user.username],
            "roles": [[], [role.value]],
        },
        summary=_("%(name)s kan zich aanmelden als %(username)s.", name=user.full_name, username=username),
    )


def _check_free(email: str, username: str) -> None:
    """RuleBroken when another user has this address or user name. Users sign in with either."""
    for field, value, sentence in (
        ("email", email.lower(), N_("Er is al een gebruiker met dit e-mailadres.")),
        ("username", username, N_("Deze gebruikersnaam is al in gebruik.")),
    ):
        if taken(value):
            raise RuleBroken(sentence, field=field)
