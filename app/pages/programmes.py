"""Tab Opleidingen (manual, step 1): what the school may use, and how to reach the supplier."""

from __future__ import annotations

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l

from app.entities.programmes import Programme
from app.pages.base.lists import ListColumn, ListPage
from app.permissions import Permission
from app.theme.widgets import Cell


class ProgrammesPage(ListPage):
    datamodel = SQLAInterface(Programme)
    route_base = "/opleidingen"
    permission = Permission.PROGRAMMES_SEE
    title = _l("Opleidingen")
    has_show = False
    columns = (
        ListColumn("name", _l("Opleiding"), lambda p: Cell(p.name), order=Programme.name),
        ListColumn("crebo", _l("Crebo"), lambda p: Cell(p.crebo), order=Programme.crebo),
        ListColumn("level", _l("Niveau"), lambda p: Cell(str(p.level), numeric=True), order=Programme.level, numeric=True),
        ListColumn("path", _l("Leerweg"), lambda p: Cell(p.learning_path)),
        ListColumn("cohort", _l("Cohort"), lambda p: Cell(str(p.cohort), numeric=True), order=Programme.cohort, numeric=True),
    )  # fmt: skip
    default_order = (Programme.name,)
