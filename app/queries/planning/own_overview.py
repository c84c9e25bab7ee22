"""Which programme a user had last in the overview of Examens: kept with the lists that are their own."""

from urllib.parse import parse_qs, urlencode

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.permissions import Actor
from app.queries.base.asked import is_id

OVERVIEW = "examens"  # the page, as `list_view` names it
PROGRAMME = "opleiding"


def own_row(actor: Actor) -> models.ListView | None:
    return db.session.scalars(
        sa.select(models.ListView).where(
            models.ListView.user_id == actor.id,
            models.ListView.page == OVERVIEW,
            models.ListView.name == "",
        )
    ).one_or_none()


def query_of(programme_id: int) -> str:
    """What the address of the overview holds after the ?."""
    return urlencode({PROGRAMME: programme_id})


def kept_programme(actor: Actor) -> int:
    """The id of the programme that this user had last; 0: none. It may be gone, or no longer theirs."""
    row = own_row(actor)
    kept = parse_qs(row.query).get(PROGRAMME, [""])[0] if row is not None else ""
    return int(kept) if is_id(kept) else 0
