"""The accounts in a bulk that its actor may not change: they are left alone, with the reason."""

from collections.abc import Collection

from flask_babel import gettext as _

from app.actions import base
from app.permissions import Actor
from app.queries.users.users import out_of_reach
from app.rules.accounts import SUPPLIER_ONLY


def beyond(actor: Actor, ids: Collection[int]) -> dict[int, base.Refused]:
    """User id -> the refusal, of those whom this actor may not change. At most one query."""
    return {user: base.Refused(name, _(SUPPLIER_ONLY)) for user, name in out_of_reach(actor, ids).items()}
