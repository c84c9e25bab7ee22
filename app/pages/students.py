"""Tab Studenten (manual, step 4): students, their users, groups, and the action list."""

from __future__ import annotations

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l

from app.entities.students import Student, StudentGroup
from app.pages.base.lists import ListColumn, ListPage
from app.permissions import Permission
from app.theme.widgets import Cell


class StudentsPage(ListPage):
    datamodel = SQLAInterface(Student)
    route_base = "/studenten"
    permission = Permission.STUDENTS_SEE
    title = _l("Studenten")
    has_show = False
    columns = (ListColumn("name", _l("Naam"), lambda s: Cell(s.sort_name), order=Student.last_name),)


class GroupsPage(ListPage):
    datamodel = SQLAInterface(StudentGroup)
    route_base = "/studentgroepen"
    permission = Permission.STUDENTS_SEE
    title = _l("Studentgroepen")
    has_show = False
    columns = (ListColumn("name", _l("Naam"), lambda g: Cell(g.name), order=StudentGroup.name),)
