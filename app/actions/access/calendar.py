"""Makes, replaces and removes the calendar link of the user's own profile."""

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.actions.access.profile import own_account
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY
from app.permissions import Actor, Permission
from app.rules import tokens
from app.school import current_school


class LinkOutcome(base.Outcome):
    """An Outcome with the new token, which the page shows once. It is kept nowhere."""

    token: str = ""


@base.action(
    _l("Nieuwe kalenderlink"),
    permission=Permission.PROFILE,
    confirm=True,
    submit=_l("Nieuwe kalenderlink"),
    intro=_l(
        "Met deze link laat uw eigen agenda uw examenmomenten zien, zonder namen en uitslagen. Wie de link "
        "heeft, kan die momenten lezen en verder niets. Een oudere link werkt daarna niet meer."
    ),
)
def make_calendar_link(actor: Actor) -> base.Outcome:
    """Make a new token for the feed of the user's own sittings. Only its fingerprint is kept."""
    user = own_account(actor)
    token = tokens.new_token()
    link = _locked_link(user.id)
    older, made_at = _which(link), _made_at(link)
    if link is None:
        link = models.CalendarLink(user_id=user.id)
        db.session.add(link)
    link.token_hash, link.created_at = tokens.fingerprint(token), utc_now()
    outcome = LinkOutcome(
        done=1,
        ids=[user.id],
        object_type="User",
        details={"link_made_at": [made_at, _made_at(link)]},
        rests_on=[older],
        summary=_("Uw kalenderlink is gemaakt."),
    )
    outcome.token = token
    return outcome


@base.action(
    _l("Kalenderlink uitzetten"),
    permission=Permission.PROFILE,
    confirm=True,
    submit=_l("Kalenderlink uitzetten"),
    intro=_l("Uw agenda haalt dan geen examenmomenten meer op."),
)
def drop_calendar_link(actor: Actor) -> base.Outcome:
    """End the feed. Nothing changes when there is none."""
    user = own_account(actor)
    link = _locked_link(user.id)
    there, which, made_at = link is not None, _which(link), _made_at(link)
    db.session.execute(
        sa.delete(models.CalendarLink).where(models.CalendarLink.user_id == user.id),
        execution_options=QUIETLY,
    )
    return base.Outcome(
        done=int(there),
        unchanged=int(not there),
        ids=[user.id] if there else [],
        object_type="User",
        details={"link_made_at": [made_at, None]} if there else {},
        rests_on=[which],
        summary=_("Uw kalenderlink is uitgezet.") if there else _("U had geen kalenderlink."),
    )


def _locked_link(user_id: int) -> models.CalendarLink | None:
    return db.session.get(models.CalendarLink, user_id, with_for_update=True, populate_existing=True)


def _which(link: models.CalendarLink | None) -> str:
    """Which link it is: a user has one row, whatever link stands in it. Empty without one."""
    return link.token_hash if link is not None else ""


def _made_at(link: models.CalendarLink | None) -> str | None:
    """When the link was made, for the trail: it says nothing else about a secret."""
    return f"{current_school().local(link.created_at):%d-%m-%Y %H:%M:%S}" if link is not None else None
