"""What a user's own overview of Examens remembers: the programme that they last had there."""

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.entities.base import db
from app.permissions import Actor, Permission
from app.queries.planning import own_overview as queries


@base.action(_l("Opleiding gekozen"), permission=Permission.PROFILE)
def note_programme(actor: Actor, *, programme_id: int) -> base.Outcome:
    """Note which programme this user has in Examens, outside the trail. Two of their tabs take turns."""
    own = sa.select(models.User.id).where(models.User.id == actor.id)
    db.session.execute(own.with_for_update(key_share=True))
    row, query = queries.own_row(actor), queries.query_of(programme_id)
    if row is None:
        row = models.ListView(user_id=actor.id, page=queries.OVERVIEW, name="", query=query)
        db.session.add(row)
    row.query = query
    return base.Outcome(unchanged=1, summary=_("Opleiding gekozen."))
