"""Audit trail: who did what, when, to which rows."""

from __future__ import annotations

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l

from app.entities.trail import AuditEntry
from app.pages.base.lists import ListColumn, ListPage
from app.permissions import Permission
from app.theme.widgets import Cell


class TrailPage(ListPage):
    datamodel = SQLAInterface(AuditEntry)
    route_base = "/logboek"
    permission = Permission.TRAIL_READ
    title = _l("Logboek")
    has_show = False
    columns = (ListColumn("action", _l("Actie"), lambda e: Cell(e.action)),)
    default_order = (AuditEntry.id.desc(),)
