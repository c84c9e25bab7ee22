"""Generates Flask-AppBuilder's roles and permissions from the rights table, before the start."""

from collections.abc import Mapping

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import (
    Permission as PermissionRow,
)
from flask_appbuilder.security.sqla.models import (
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
)
from flask_appbuilder.security.sqla.models import (
    Role as RoleRow,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.actions import base
from app.entities.base import db
from app.permissions import RIGHTS, Actor, Permission, Role, permission_pair

Pair = tuple[str, str]


def wanted_pairs(menu: Mapping[str, Permission]) -> dict[Role, set[Pair]]:
    """Role -> the (permission, view) pairs that the framework must hold."""
    wanted: dict[Role, set[Pair]] = {role: set() for role in Role}
    for permission, roles in RIGHTS.items():
        for role in roles:
            wanted[role].add(permission_pair(permission))
    for tab, permission in menu.items():
        for role in RIGHTS[permission]:
            wanted[role].add(("menu_access", tab))
    return wanted


@base.action(_l("Rollen bijgewerkt"), permission=Permission.SETTINGS_EDIT, in_turn=True)
def generate_roles(actor: Actor, *, menu: Mapping[str, Permission]) -> base.Outcome:
    """Make the framework's tables equal to the rights table. Running it twice changes nothing."""
    wanted = wanted_pairs(menu)
    if _stored_pairs() == {role.value: pairs for role, pairs in wanted.items()}:
        return base.Outcome(summary=_("De rollen kloppen al."))
    every = sorted(set().union(*wanted.values()))
    permissions = _rows(PermissionRow, {name for name, _view in every})
    views = _rows(ViewMenu, {view for _name, view in every})
    roles = _rows(RoleRow, {role.value for role in Role})
    # Everything is deleted and written anew, so that a right that was taken away does not stay behind.
    db.session.execute(sa.delete(assoc_permissionview_role))
    db.session.execute(sa.delete(PermissionView))
    db.session.execute(
        sa.insert(PermissionView),
        [{"permission_id": permissions[name], "view_menu_id": views[view]} for name, view in every],
    )
    ids = {
        (row.permission_id, row.view_menu_id): row.id
        for row in db.session.execute(
            sa.select(PermissionView.id, PermissionView.permission_id, PermissionView.view_menu_id)
        )
    }
    links = [
        {"role_id": roles[role.value], "permission_view_id": ids[permissions[name], views[view]]}
        for role, pairs in wanted.items()
        for name, view in sorted(pairs)
    ]
    db.session.execute(sa.insert(assoc_permissionview_role), links)
    return base.Outcome(done=len(links), object_type="Role", summary=_("Rollen bijgewerkt."))


def _stored_pairs() -> dict[str, set[Pair]]:
    stored: dict[str, set[Pair]] = {name: set() for name in db.session.scalars(sa.select(RoleRow.name)).all()}
    rows = db.session.execute(
        sa.select(RoleRow.name, PermissionRow.name, ViewMenu.name)
        .select_from(assoc_permissionview_role)
        .join(RoleRow, RoleRow.id == assoc_permissionview_role.c.role_id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(PermissionRow, PermissionRow.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )
    for role, permission, view in rows:
        stored.setdefault(role, set()).add((permission, view))
    return stored


def _rows(model: type[PermissionRow] | type[ViewMenu] | type[RoleRow], names: set[str]) -> dict[str, int]:
    """Name -> id, with the missing ones added."""
    there = {row.name: row.id for row in db.session.execute(sa.select(model.id, model.name))}
    for name in sorted(names - set(there)):
        row = model(name=name)
        db.session.add(row)
        db.session.flush()
        there[name] = row.id
    return there
