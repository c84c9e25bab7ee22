"""Tab Studenten (manual, step 4): the list with its filters and actions. One student: student.py."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base as actions
from app.actions.access.code_sheet import print_student_codes
from app.actions.access.login_codes import send_student_codes
from app.actions.groups import members
from app.actions.mail.sample_mail import send_student_sample
from app.actions.students import activation, availability, enrolment, supervision
from app.actions.students import list_views as list_views_actions
from app.actions.students import students as student_actions
from app.actions.students.couplings import undo_coupling
from app.actions.students.export import export_students
from app.pages import base
from app.pages.access.code_preview import MailsCodes
from app.pages.access.code_sheet import PrintsCodes
from app.pages.groups.badges import group_badge
from app.pages.students import fields
from app.pages.students.export import ExportsStudents
from app.pages.students.student import student_model
from app.permissions import Actor, Permission, Role, may
from app.queries.students import choices, filters
from app.queries.students import list_views as list_views_queries
from app.queries.students import listing as rows
from app.queries.students import students as queries
from app.rules.student_columns import STUDENT_COLUMNS
from app.theme import widgets

STATES = (
    ("no-programme", _l("Nog geen opleiding")),
    ("no-supervisor", _l("Nog geen praktijkbegeleider")),
    ("no-code", _l("Nog geen inlogcode verstuurd")),
    ("nothing-planned", _l("Nog niets ingepland")),
    ("no-progress", _l("Studievoortgang niet beschikbaar")),
    ("inactive", _l("Niet actief")),
)
BULK: tuple[actions.Action, ...] = (
    enrolment.couple_programme,
    availability.exclude_exam,
    availability.release_progress,
    members.add_to_groups,
    send_student_codes,
    print_student_codes,
    supervision.couple_users,
    availability.include_exam,
    enrolment.uncouple_programme,
    members.remove_from_group,
    supervision.uncouple_users,
    activation.deactivate_students,
    activation.reactivate_students,
    export_students,
)


FEW = 1000  # below this number of students, sorting is quicker than walking an index
UNDOABLE = (
    enrolment.couple_programme,
    members.add_to_groups,
    supervision.couple_users,
    enrolment.uncouple_programme,
    members.remove_from_group,
    supervision.uncouple_users,
)


def name_cell(student: models.Student) -> widgets.Cell:
    badges = [] if student.active else [widgets.Badge(_("Niet actief"))]
    return widgets.Cell(student.sort_name, f"/studenten/{student.id}", badges=badges)


def programme_cell(line: rows.StudentLine) -> widgets.Cell:
    """What a student follows: programmes by name, electives as badges."""
    badges = [widgets.Badge(code) for code in line.electives]
    if not line.programmes:
        badges.insert(0, widgets.Badge(_("Nog geen opleiding"), "warn", "exclamation-triangle"))
    return widgets.Cell(", ".join(line.programmes), badges=badges)


def groups_cell(line: rows.StudentLine) -> widgets.Cell:
    return widgets.Cell(badges=[group_badge(name, colour) for name, colour in line.groups])


def supervisor_cell(line: rows.StudentLine) -> widgets.Cell:
    names = line.users.get(Role.SCHOOL_SUPERVISOR, [])
    if not names:
        return widgets.Cell(badges=[widgets.Badge(_("Nog geen"), "warn", "exclamation-triangle")])
    return widgets.Cell(", ".join(names))


def progress_cell(line: rows.StudentLine) -> widgets.Cell:
    return widgets.Cell(_("Beschikbaar") if line.student.progress_available else _("Uit"))


def where_students_come_from(actor: Actor) -> str:
    """The hint in an empty list: which students this reader would see."""
    if may(actor, Permission.STUDENTS_IMPORT) or may(actor, Permission.COMMITTEE_SEE):
        return _("Zodra er studenten zijn ingevoerd, staan ze hier.")
    return _("Hier staan de studenten aan wie u gekoppeld bent.")


def _column(key: str, cell: Callable[[rows.StudentLine], widgets.Cell], **more: Any) -> base.ListColumn:
    return base.ListColumn(key, _l(STUDENT_COLUMNS[key]), cell, **more)


def _own_list() -> list_views_queries.OwnList:
    return base.once("own list", lambda: list_views_queries.own_list(base.current_actor()))


def _choices() -> choices.FilterChoices:
    return base.once("student choices", lambda: choices.filter_choices(base.current_actor(), _overall()))


def _overall() -> choices.Overall:
    return base.once("students overall", lambda: choices.overall(base.current_actor()))


def _state_counts() -> choices.Counts:
    return _overall().states


def _by_cohort(statement: sa.Select[Any], cohort: str) -> sa.Select[Any]:
    return filters.by_programmes(statement, _choices().programmes.get(cohort, ()))


def _are_few(state: str) -> bool:
    """Whether the counts show that this choice of "Nog te doen" finds fewer than FEW students."""
    return _state_counts().get(state, FEW) < FEW


def _by_state(statement: sa.Select[Any], state: str) -> sa.Select[Any]:
    return filters.by_state(statement, state, many=not _are_few(state))


DRAWN = {
    column.key: column
    for column in (
        _column("name", lambda line: name_cell(line.student), order=models.Student.name_key),
        _column("number", lambda line: widgets.Cell(line.student.number), order=models.Student.number),
        _column("programme", programme_cell),
        _column("groups", groups_cell),
        _column("supervisor", supervisor_cell),
        _column("company", lambda line: widgets.Cell(", ".join(line.users.get(Role.COMPANY_SUPERVISOR, [])))),
        _column("progress", progress_cell, order=models.Student.progress_available, wide_only=True),
    )
}  # the columns that are more than a field


class StudentsPage(PrintsCodes, MailsCodes, ExportsStudents, base.ListPage):
    datamodel = SQLAInterface(models.Student)
    route_base = "/studenten"
    permission = Permission.STUDENTS_SEE
    title = _l("Studenten")
    columns = tuple(DRAWN[key] if key in DRAWN else fields.plain_column(key) for key in STUDENT_COLUMNS)
    filters = (
        base.ListFilter("q", _l("Zoek op naam of nummer"), filters.by_words),
        base.ListFilter(
            "opleiding",
            _l("Opleiding of keuzedeel"),
            filters.by_target,
            lambda: _choices().targets,
            lambda: _choices().counts["target"],
            lambda key: choices.target_named(base.current_actor(), key),
        ),
        base.ListFilter(
            "cohort",
            _l("Cohort"),
            _by_cohort,
            lambda: _choices().cohorts,
            lambda: _choices().counts["cohort"],
        ),
        base.ListFilter(
            "groep",
            _l("Studentgroep"),
            filters.by_group,
            lambda: _choices().groups,
            lambda: _choices().counts["group"],
            lambda key: choices.group_named(base.current_actor(), key),
        ),
        base.ListFilter(
            "begeleider",
            _l("Praktijkbegeleider"),
            filters.by_supervisor,
            lambda: _choices().supervisors,
            lambda: _choices().counts["supervisor"],
            lambda key: choices.supervisor_named(base.current_actor(), key),
        ),
        base.ListFilter(
            "state",
            _l("Nog te doen"),
            _by_state,
            lambda: [(key, str(label)) for key, label in STATES],
            _state_counts,
        ),
    )
    endless = True
    live = True
    default_order = (models.Student.name_key,)
    show_load = queries.STUDENT_PARTS
    bulk = BULK
    page_actions = ((student_actions.add_student, "plus-lg"),)
    row_actions = ((student_actions.change_student, "pencil"),)
    mailing, sample = send_student_codes, send_student_sample
    other_actions = (
        send_student_sample,
        list_views_actions.show_columns,
        list_views_actions.save_view,
        list_views_actions.remove_views,
        undo_coupling,
    )
    empty_title = _l("Nog geen studenten")

    def hint_when_empty(self) -> str:
        actor = base.current_actor()
        if may(actor, Permission.STUDENTS_IMPORT):
            return _("Voer een student in, of importeer een Excel- of CSV-bestand met al uw studenten.")
        own = where_students_come_from(actor)
        add = _("Voer een student in, of vraag de beheerder u te koppelen.")
        return f"{own} {add}" if base.offers(student_actions.add_student) else own

    def page_buttons(self) -> Sequence[widgets.Button]:
        actor = base.current_actor()
        buttons = list(super().page_buttons())
        if may(actor, Permission.STUDENTS_IMPORT):
            buttons.append(widgets.Button(_("Importeren"), "/studenten/importeren/", icon="upload"))
        if may(actor, Permission.GROUPS_EDIT):
            buttons.append(widgets.Button(_("Studentgroepen"), "/studentgroepen/", icon="collection"))
        return buttons

    def at_most(self) -> int:
        return FEW if _are_few(base.text_arg("state")) else 0

    def known_count(self) -> int | None:
        state, chosen = base.text_arg("state"), self.filter_pairs()
        if not chosen:
            return _overall().students
        return _state_counts().get(state) if chosen == [("state", state)] else None

    def shown_columns(self) -> Sequence[base.ListColumn]:
        wanted = set(_own_list().columns)
        return [column for column in (*self.columns, *fields.further_columns()) if column.key in wanted]

    def own_filters(self) -> Sequence[base.ListFilter]:
        return [*self.filters, *fields.own_filters()]

    def list_model(self) -> widgets.ListModel:
        """The list, with the reader's own views above it."""
        here = urlencode(self._view_pairs())
        saved = [
            widgets.ViewLink(row.name, f"{self.href('index')}?{row.query}", current=row.query == here)
            for row in _own_list().saved
        ]
        return replace(
            super().list_model(),
            intro=_("Een filter in dit adres bestaat niet (meer); de lijst is daarop niet beperkt.")
            if self.unknown_filters()
            else "",
            views=saved,
            columns_href=self.action_href(list_views_actions.show_columns),
            save_href=self.action_href(list_views_actions.save_view)
            if here and not any(view.current for view in saved)
            else "",
            remove_href=self.action_href(list_views_actions.remove_views) if saved else "",
            undo_href=self._undo_href(),
        )

    def _undo_href(self) -> str:
        """The address that undoes the last coupling; empty when this user made none in the last day."""
        return self.action_href(undo_coupling) if base.offers(undo_coupling) and _own_list().can_undo else ""

    def _done(self, act: actions.Action, outcome: actions.Outcome) -> widgets.ActionModel:
        model = super()._done(act, outcome)
        href = self._undo_href() if act in UNDOABLE and outcome.done else ""
        if not href:
            return model
        return replace(
            model, more=[widgets.Button(str(undo_coupling.label), href, icon="arrow-counterclockwise")]
        )

    def _view_pairs(self) -> list[tuple[str, str]]:
        """What a view keeps of the address: filters and order, not the place."""
        return [*self.filter_pairs(), *self.order_pairs()]

    def given(self, act: actions.Action) -> dict[str, Any]:
        return (
            {"query": urlencode(self._view_pairs())}
            if act is list_views_actions.save_view
            else super().given(act)
        )

    def lines(self, rows_of_page: Sequence[models.Student]) -> Sequence[rows.StudentLine]:
        return rows.lines_of(rows_of_page)

    def row_label(self, row: models.Student) -> str:
        return row.list_name

    def row_buttons(self, row: models.Student) -> Sequence[widgets.Button]:
        """The pencil behind the student (manual, step 4b)."""
        name, label = self.row_label(row), _("Wijzigen")
        return self.button(
            student_actions.change_student, row, "pencil", label=label, style="icon", about=name
        )

    # -- one student

    def show_model(self, row: models.Student) -> widgets.ShowModel:
        return student_model(self, row)


def student_rows(students: Sequence[models.Student]) -> list[widgets.Row]:
    """Students as rows of a table on another page."""
    return [
        widgets.Row(
            line.student.id,
            line.student.list_name,
            [
                widgets.Cell(line.student.sort_name, f"/studenten/{line.student.id}"),
                widgets.Cell(line.student.number),
                programme_cell(line),
                supervisor_cell(line),
            ],
        )
        for line in rows.lines_of(students)
    ]
