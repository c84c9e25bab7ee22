"""A guest: somebody without an account who examines for the company, and the key that lets them in.

An e-mail address is one person (decision 0033). The key is the code and the link of a mail.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.security import generate_password_hash

from app import models
from app.actions import base
from app.actions.access.sessions import open_session
from app.actions.access.tries import forgive
from app.actions.planning.inviting import ACCOUNT_UNFIT, choice_of, choices_for
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.errors import RuleBroken
from app.permissions import Actor, Permission, Role
from app.queries.planning import invitation_codes, invitations, persons
from app.rules import invitations as invitation_rules
from app.rules import people
from app.rules.sessions import Opening
from app.rules.text import N_
from app.rules.tokens import fingerprint
from app.rules.tries import Kind, invitation_parts

ENDED = N_("Deze uitnodiging werkt niet meer. Vraag de school om een nieuwe.")


@base.action(_l("Uitnodiging gebruikt"), permission=Permission.SIGN_IN)
def use_invitation(actor: Actor, *, key_id: int, opening: Opening) -> base.Outcome:
    """Sign the guest in. The code keeps working as long as it opens a moment."""
    key = db.session.scalars(
        sa.select(models.GuestKey)
        .where(models.GuestKey.id == key_id, models.GuestKey.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    moments = invitations.open_sittings(key.user_id) if key is not None else ()
    if key is None or not moments:
        raise RuleBroken(ENDED)
    db.session.execute(
        sa.update(models.Guest).where(models.Guest.user_id == key.user_id).values(opened_at=utc_now()),
        execution_options=QUIETLY,
    )
    forgive(Kind.INVITATION, opening.place, typed=invitation_parts(key.selector, key.token_hash))
    open_session(key.user_id, opening)
    return base.Outcome(
        done=1,
        ids=moments,
        object_type="Sitting",
        details={"examiner": [None, key.user.full_name]},
        also={"User": [key.user_id]},
        summary=_("Uitnodiging gebruikt."),
    )


# -- plain functions inside the transaction of an invitation


def fresh_secrets() -> dict[str, Any]:
    """New values for the secret columns of a key, out of which the code and the link of a mail are made."""
    nonce = secrets.token_hex(32)
    selector, secret = invitation_rules.parts(invitation_codes.code_for(nonce))
    return {
        "nonce": nonce,
        "selector": selector,
        "code_hash": generate_password_hash(secret),
        "token_hash": fingerprint(invitation_codes.token_for(nonce)),
    }


def refuse_unasked(known: persons.Known | None, name: str, person: str) -> None:
    """RuleBroken when the address is somebody's and the planner has not said that they mean this person."""
    if known is None:
        return
    if not known.examines:
        raise RuleBroken(ACCOUNT_UNFIT, field="email")
    choices = choices_for(known, name)
    if choices and person not in {value for value, _label in choices}:
        raise RuleBroken(
            N_("Dit e-mailadres is van %(name)s. Kies hieronder wie u bedoelt."),
            field="person",
            name=known.name,
        )


def known_user(
    known: persons.Known, names: Mapping[str, str], person: str, organisation: str
) -> tuple[models.User, dict[str, Any]]:
    """The one at the address, and what changed there: old and new.

    A guest is renamed when the planner chose that, as far as it was offered. The organisation that was typed
    is theirs from now on, until it stands on a sheet: as with the name.
    """
    user = db.session.get_one(models.User, known.id)
    changes: dict[str, Any] = {}
    if known.guest and person == choice_of(known, rename=True):
        for field, value in names.items():
            setattr(user, field, people.tidy(value))
        changes["name"] = [known.name, user.full_name]
    wanted = people.tidy(organisation or "")
    if known.guest and not known.scored and wanted not in {"", user.organisation}:
        changes["organisation"] = [user.organisation or None, wanted]
        user.organisation = wanted
    if changes:
        user.version += 1
        db.session.flush()
    return user, changes


def new_guest(
    names: Mapping[str, str], organisation: str, address: str, fresh: Mapping[str, Any]
) -> models.User:
    """A new guest, who gets in by code or link only: no password, a user name that nobody can guess."""
    hidden = f"gast-{secrets.token_hex(12)}"
    user = models.User(
        **{field: people.tidy(value) for field, value in names.items()},
        organisation=people.tidy(organisation or ""),
        username=hidden,
        email=f"{hidden}@gast.invalid",
        active=True,
        guest=True,
    )
    user.roles = list(
        db.session.scalars(
            sa.select(models.RoleRow).where(models.RoleRow.name == Role.COMPANY_EXAMINER.value)
        )
    )
    db.session.add(user)
    db.session.flush()
    db.session.add_all(
        [models.Guest(user_id=user.id, email=address), models.GuestKey(user_id=user.id, **fresh)]
    )
    db.session.flush()
    return user


def replace_key(user_id: int, fresh: Mapping[str, Any]) -> Sequence[int]:
    """Give a guest a new key. Returns those that opened their moments before, and open nothing any more."""
    ended = db.session.scalars(
        sa.update(models.GuestKey)
        .where(models.GuestKey.user_id == user_id, models.GuestKey.ended_at.is_(None))
        .values(ended_at=utc_now())
        .returning(models.GuestKey.id),
        execution_options=QUIETLY,
    ).all()
    db.session.add(models.GuestKey(user_id=user_id, **fresh))
    db.session.flush()
    return sorted(ended)


def said(changes: Mapping[str, Any], user: models.User, organisation: str) -> list[str]:
    """What changed at somebody who was known, and that an organisation that was typed was left alone."""
    told = []
    if "name" in changes:
        old, new = changes["name"]
        told.append(_("De naam is gewijzigd: %(old)s → %(new)s.", old=old, new=new))
    if "organisation" in changes:
        old, new = changes["organisation"]
        told.append(_("De organisatie is gewijzigd: %(old)s → %(new)s.", old=old or _("leeg"), new=new))
    elif people.tidy(organisation or "") not in {"", user.organisation}:
        stays = user.organisation or _("leeg")
        told.append(_("De organisatie is niet gewijzigd: die blijft %(organisation)s.", organisation=stays))
    return told
