"""Flask-AppBuilder without its own screens, API and assets. Roles are read once per request."""

from functools import cache
from typing import Any

import flask
import sqlalchemy as sa
from flask_appbuilder import AppBuilder
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import Permission as PermissionRow
from flask_appbuilder.security.sqla.models import PermissionView, ViewMenu, assoc_permissionview_role
from flask_login import current_user

from app import models
from app.entities.base import db
from app.permissions import GUEST_RIGHTS, permission_pair
from app.queries.access import sessions


class ProeveSecurity(SecurityManager):
    """The framework's security with our user, our sign-in page and one permission query per request."""

    user_model = models.User
    userstatschartview = None

    def register_views(self) -> None:
        """Register nothing: the framework's user, role and API screens stay out (traps 7, 13, 19)."""

    def load_user(self, pk: Any) -> models.User | None:
        """The user behind a cookie's token. None for an ended session or a closed account (trap 15)."""
        found = sessions.session_of(str(pk))
        flask.g.present = found[0] if found else None
        flask.g.language = found[1].language if found else ""  # for a page without database
        return found[1] if found else None

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Whether the signed-in user's roles carry the permission. False when nobody is signed in."""
        return (permission_name, view_name) in granted()

    def _has_view_access(self, user: Any, permission_name: str, view_name: str) -> bool:
        return self.has_access(permission_name, view_name)


def granted() -> frozenset[tuple[str, str]]:
    """The (permission, view) pairs of the signed-in user, or of the user whom they view as.

    One query per request (trap 21).
    """
    if "granted" not in flask.g:
        flask.g.granted = _granted() if current_user.is_authenticated else frozenset()
    pairs: frozenset[tuple[str, str]] = flask.g.granted
    return pairs


def _granted() -> frozenset[tuple[str, str]]:
    here: sessions.Present | None = flask.g.get("present")
    seen = here.seen_as if here is not None else None  # "bekijk als": tabs and pages follow the viewed user
    role_ids = [role.id for role in (seen or current_user).roles]
    if current_user.guest:  # a guest has the role company examiner, but no tabs
        return frozenset(permission_pair(permission) for permission in GUEST_RIGHTS)
    rows = db.session.execute(_rights(), {"roles": role_ids})
    return frozenset((permission, view) for permission, view in rows)


@cache
def _rights() -> sa.Select[str, str]:
    """The query behind `granted`. Built once, as every request runs it."""
    return (
        sa.select(PermissionRow.name, ViewMenu.name)
        .select_from(PermissionView)
        .join(PermissionRow, PermissionRow.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.permission_view_id == PermissionView.id)
        .where(assoc_permissionview_role.c.role_id.in_(sa.bindparam("roles", expanding=True)))
    )


class ProeveBuilder(AppBuilder):
    """The framework's builder, without its own static files, templates and screens."""

    def _add_global_static(self) -> None:
        flask.current_app.register_blueprint(flask.Blueprint("appbuilder", __name__, url_prefix="/static"))

    def _add_admin_views(self) -> None:
        """Leave out the framework's index, back link, language switch and API. Ours are in app/pages."""
