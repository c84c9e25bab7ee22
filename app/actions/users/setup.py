"""How a school starts for real: its first administrator, from the command line."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.security import generate_password_hash

from app.actions.base.action import Outcome, action
from app.entities.base import db
from app.entities.users import RoleRow, User
from app.errors import RuleBroken
from app.permissions import Actor, Permission, Role
from app.queries.users.users import taken
from app.rules.passwords import password_problem
from app.rules.people import email as tidy_email
from app.rules.people import tidy
from app.rules.text import N_
from app.school import current_school


@action(_l("Beheerder gemaakt"), permission=Permission.USERS_EDIT)
def create_administrator(
    actor: Actor, *, first_name: str, infix: str, last_name: str, email: str, username: str, password: str
) -> Outcome:
    """A user with the role Beheerder who can sign in at once. RuleBroken names the field that is wrong."""
    username, email = username.strip().lower(), tidy_email(email)
    for field, value in (
        ("first_name", tidy(first_name)),
        ("last_name", tidy(last_name)),
        ("email", email),
        ("username", username),
    ):
        if not value:
            raise RuleBroken(N_("Vul dit in."), field=field)
    _check_free(email, username)
    own = (username, email, first_name, last_name, current_school().name)
    if problem := password_problem(password, own=own):
        raise problem.as_error()
    user = User(
        first_name=tidy(first_name),
        infix=tidy(infix),
        last_name=tidy(last_name),
        email=email,
        username=username,
        password=generate_password_hash(password),
        active=True,
    )
    user.roles = list(db.session.scalars(select(RoleRow).where(RoleRow.name == Role.ADMINISTRATOR.value)))
    db.session.add(user)
    db.session.flush()
    return Outcome(
        done=1,
        ids=[user.id],
        names=[user.full_name],
        object_type="User",
        details={"roles": [[], [Role.ADMINISTRATOR.value]]},
        summary=_("%(name)s kan zich aanmelden als %(username)s.", name=user.full_name, username=username),
    )


def _check_free(email: str, username: str) -> None:
    """Signing in takes either, in any case: so neither may be anybody's."""
    for field, value, sentence in (
        ("email", email.lower(), N_("Er is al een gebruiker met dit e-mailadres.")),
        ("username", username, N_("Deze gebruikersnaam is al in gebruik.")),
    ):
        if taken(value):
            raise RuleBroken(sentence, field=field)
