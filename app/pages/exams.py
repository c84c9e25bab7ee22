"""Tab Examenbeheer (manual, step 2): exams with their tasks, criteria, pass rule and version."""

from __future__ import annotations

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l

from app.entities.exams import Exam
from app.pages.base.lists import ListColumn, ListPage
from app.permissions import Permission
from app.theme.widgets import Cell


class ExamsPage(ListPage):
    datamodel = SQLAInterface(Exam)
    route_base = "/examenbeheer"
    permission = Permission.EXAMS_SEE
    title = _l("Examenbeheer")
    has_show = False
    columns = (ListColumn("title", _l("Examen"), lambda e: Cell(e.title), order=Exam.title),)
