"""Makes the first users of a school, from the command line: an administrator, and a supplier if wanted."""

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from werkzeug.security import generate_password_hash

from app import models
from app.actions import base
from app.actions.users.form import AccountForm
from app.actions.users.users import sign_in_names
from app.entities.base import db
from app.errors import RuleBroken
from app.permissions import Actor, Permission, Role
from app.queries.users.users import why_not_change
from app.rules import people
from app.rules.passwords import password_problem
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
    _check(first_name=first_name, infix=infix, last_name=last_name, email=email, username=username)
    own = (username, email, first_name, last_name, current_school().name)
    if problem := password_problem(password, own=own):
        raise RuleBroken(problem.message, field="password", **problem.params)
    user = models.User(
        first_name=people.tidy(first_name),
        infix=people.tidy(infix),
        last_name=people.tidy(last_name),
        password=generate_password_hash(password),
        active=True,
    )
    sign_in_names(user, email, username)
    user.roles = list(db.session.scalars(sa.select(models.RoleRow).where(models.RoleRow.name == role.value)))
    db.session.add(user)
    db.session.flush()
    summary = _("%(name)s kan zich aanmelden als %(username)s.", name=user.full_name, username=user.username)
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
        summary=summary,
    )


def _check(**given: str) -> None:
    """RuleBroken when a page would refuse one of these; it names the field."""
    checked = AccountForm(MultiDict(given))
    if not checked.validate():
        field = next(one for one in checked if one.errors)
        raise RuleBroken(str(field.errors[0]), field=field.name)
