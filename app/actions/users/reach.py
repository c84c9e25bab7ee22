"""The accounts in a bulk that its actor may not change: they are left alone, with the reason."""

from collections.abc import Collection

from flask_babel import gettext as _

from app.actions import base
from app.permissions import Actor
from app.queries.users.users import out_of_reach


def beyond(actor: Actor, ids: Collection[int], *, way_in: bool = False) -> dict[int, base.Refused]:
    """User id -> the refusal, of those whom this actor may not change. `way_in`: it would let somebody in."""
    theirs = out_of_reach(actor, ids, way_in=way_in)
    return {user: base.Refused(name, _(why)) for user, (name, why) in theirs.items()}
