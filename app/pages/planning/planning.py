"""Tab Examens (manual, step 6): the matrix of students and exams, with planning and the red bin."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from app.actions import base as actions
from app.actions.planning.own_overview import note_programme
from app.actions.planning.planning import plan_exam
from app.actions.planning.removal import remove_moments, remove_planning
from app.actions.planning.stopping import resume_exams, stop_exams
from app.clock import utc_now
from app.errors import NotFound
from app.pages import base
from app.pages.planning import blocks as block_pages
from app.pages.planning import place
from app.pages.planning.examiners import REPLACE_ACTIONS
from app.pages.planning.invitations import INVITATION_ACTIONS
from app.pages.planning.moments import MomentsPage
from app.pages.planning.registration import registration_model
from app.pages.planning.screen import PlanScreen
from app.permissions import Actor, Permission, may
from app.queries.base.meanwhile import is_there
from app.queries.planning import own_overview
from app.queries.planning import planning as queries
from app.rules.blocks import BlockState
from app.theme import widgets

PAGE_SIZE = 25


@dataclass(frozen=True)
class MatrixExam:
    title: str
    code: str
    href: str
    kind: str


@dataclass(frozen=True)
class MatrixCell:
    blocks: Sequence[block_pages.BlockView] = ()


@dataclass(frozen=True)
class MatrixRow:
    id: int
    label: str
    href: str
    muted: str
    cells: Sequence[MatrixCell]


@dataclass(frozen=True)
class MatrixModel:
    """What the matrix macro draws. Fields that mean the same have the name they have in a ListModel."""

    caption: str
    exams: Sequence[MatrixExam]
    rows: Sequence[MatrixRow]
    legend: Sequence[block_pages.BlockView]
    filters: Sequence[widgets.FilterInput] = ()
    filtered: bool = False
    clear_href: str = ""
    filter_hidden: Sequence[tuple[str, str]] = ()
    actions: Sequence[widgets.ActionChoice] = ()
    action_href: str = ""
    action_button: str = ""
    hidden: Sequence[tuple[str, str]] = ()
    pager: widgets.Pager = field(default_factory=lambda: widgets.Pager(1, 1, 0, 0, 0))
    programme: str = ""
    plans: bool = False


def _ways_on(actor: Actor) -> Sequence[widgets.Button]:
    """The buttons to all moments, the results and the trail, as far as this user may see them."""
    ways = (
        (
            Permission.PLANNING_SEE,
            widgets.Button(_("Alle opleidingen"), MomentsPage.route_base + "/", icon="list-ul"),
        ),
        (Permission.RESULTS_SEE, widgets.Button(_("Uitslagen"), "/uitslagen/", icon="award")),
        (Permission.TRAIL_READ, widgets.Button(_("Logboek"), "/logboek/", icon="journal-text")),
    )
    return [button for permission, button in ways if may(actor, permission)]


class PlanningPage(PlanScreen):
    route_base = "/examens"
    default_view = "index"
    permission = Permission.PLANNING_SEE
    bulk = (plan_exam,)
    other_actions = (
        remove_planning,
        remove_moments,
        stop_exams,
        resume_exams,
        *REPLACE_ACTIONS,
        *INVITATION_ACTIONS,
    )

    @base.expose("/")
    @base.needs(Permission.PLANNING_SEE)
    def index(self) -> Any:
        screen, actor = OverviewScreen(self), base.current_actor()
        kept = own_overview.kept_programme(actor)
        if not screen.wanted.programme_id and kept in dict(screen.programmes):
            return base.go(base.href_with(self.href("index"), [("opleiding", str(kept)), *self._given()]))
        model = screen.model()
        if screen.wanted.programme_id not in (0, kept) and not actor.read_only:
            base.note(
                note_programme,
                actor,
                "a chosen programme was not written down",
                programme_id=screen.wanted.programme_id,
            )
        return self.page(
            "planning/overview.html",
            model=model,
            buttons=_ways_on(actor),
        )

    def _given(self) -> list[tuple[str, str]]:
        return [pair for pair in self.filter_pairs() if pair[0] != "opleiding"]

    @base.expose("/aanmelding/<int:pk>")
    @base.needs(Permission.PLANNING_SEE)
    def registration(self, pk: int) -> Any:
        model = registration_model(base.current_actor(), pk, back_href=self.back_href())
        return self.page("show.html", model=model)

    def back_href(self) -> str:
        """Back to the page of the examenaanmelding when the action began there, else to the overview."""
        registration_id = base.number_arg("aanmelding", 0)
        if not registration_id:
            return super().back_href()
        return base.href_with(self.href("registration", pk=registration_id), place.place_pairs())

    def after_href(self, act: actions.Action, outcome: actions.Outcome) -> str:
        registration_id = base.number_arg("aanmelding", 0)
        going = act in (remove_moments, remove_planning)
        if going and registration_id and not is_there("Registration", registration_id):
            return super().back_href()  # its page went with its last moment
        return self.back_href()

    def matching(self) -> sa.Select[Any] | None:
        wanted = OverviewScreen(self).wanted
        return queries.students_of(base.current_actor(), wanted) if wanted.programme_id else None

    def known_filters(self) -> set[str]:
        return {*place.FILTERS, "kies"}

    def filter_pairs(self) -> list[tuple[str, str]]:
        return place.filter_pairs()


class OverviewScreen:
    """Builds one page of the overview for the user of this request."""

    def __init__(self, page: PlanningPage) -> None:
        self.page = page
        self.actor: Actor = base.current_actor()

    @cached_property
    def programmes(self) -> Sequence[tuple[int, str]]:
        return queries.choosable_programmes(self.actor)

    @cached_property
    def wanted(self) -> queries.OverviewFilter:
        """The filters in the URL; an only programme is chosen by itself. NotFound: an unknown programme."""
        chosen = base.number_arg("opleiding", 0)
        known = [key for key, _name in self.programmes]
        if chosen and chosen not in known:
            raise NotFound
        if not chosen and len(known) == 1:
            chosen = known[0]
        return queries.OverviewFilter(
            chosen, base.text_arg("q"), base.number_arg("groep", 0), base.number_arg("examen", 0)
        )

    def model(self) -> MatrixModel:
        wanted = self.wanted
        if not wanted.programme_id:
            choose = [self._programme_input()]
            return MatrixModel(_("Examens"), (), (), (), filters=choose, plans=base.offers(plan_exam))
        every = queries.exam_columns(self.actor, wanted.programme_id)
        shown = [exam for exam in every if wanted.exam_id in (0, exam.id)]
        size = base.number_arg("size", PAGE_SIZE, most=200) or PAGE_SIZE
        overview = queries.load_overview(
            self.actor, wanted, shown, page=base.number_arg("page", 1), size=size, now=utc_now()
        )
        name = dict(self.programmes)[wanted.programme_id]
        pairs = self._pairs()
        return MatrixModel(
            caption=_("Examens van %(programme)s", programme=name),
            exams=[self._exam(exam) for exam in shown],
            rows=[self._row(student, overview) for student in overview.students],
            legend=block_pages.legend(),
            filters=self._filters(every),
            filtered=any(key not in ("opleiding", "size") for key, _value in pairs),
            clear_href=base.href_with(self._path, [("opleiding", str(wanted.programme_id))]),
            actions=self.page.choices(),
            action_href=self.page.href("choose"),
            action_button=_("Ga!"),
            hidden=self._place(),
            pager=self._pager(overview),
            programme=name,
            plans=base.offers(plan_exam),
        )

    @property
    def _path(self) -> str:
        return self.page.href("index")

    def _pairs(self) -> list[tuple[str, str]]:
        """The filters in force, for links that keep them."""
        wanted = self.wanted
        pairs = [
            ("opleiding", str(wanted.programme_id or "")),
            ("q", wanted.words),
            ("groep", str(wanted.group_id or "")),
            ("examen", str(wanted.exam_id or "")),
            ("size", base.text_arg("size")),
        ]
        return [(key, value) for key, value in pairs if value]

    def _place(self) -> list[tuple[str, str]]:
        """The filters and the page, so that an action can return to this place."""
        return [*self._pairs(), ("page", base.text_arg("page"))] if base.text_arg("page") else self._pairs()

    def _without(self, name: str) -> str:
        return base.href_with(self._path, [pair for pair in self._pairs() if pair[0] != name])

    def _programme_input(self) -> widgets.FilterInput:
        choices = [(str(key), name) for key, name in self.programmes]
        chosen = str(self.wanted.programme_id or "")
        if not chosen:
            choices.insert(0, ("", _("Kies een opleiding…")))
        return widgets.FilterInput("opleiding", _("Opleiding"), chosen, choices=choices)

    def _filters(self, exams: Sequence[queries.ExamColumn]) -> Sequence[widgets.FilterInput]:
        wanted = self.wanted
        groups = [(str(key), name) for key, name in queries.choosable_groups(self.actor, wanted.programme_id)]
        titles = [(str(exam.id), f"{exam.code} {exam.title}") for exam in exams]
        return [
            self._programme_input(),
            widgets.FilterInput("q", _("Student(en)"), wanted.words, clear_href=self._without("q")),
            self._choice("groep", _("Studentgroep"), wanted.group_id, groups),
            self._choice("examen", _("Examen"), wanted.exam_id, titles),
        ]

    def _choice(
        self, name: str, label: str, value: int, choices: list[tuple[str, str]]
    ) -> widgets.FilterInput:
        chosen = str(value or "")
        shown = dict(choices).get(chosen, chosen)
        return widgets.FilterInput(
            name, label, chosen, shown, [("", _("Alle")), *choices], self._without(name)
        )

    def _exam(self, exam: queries.ExamColumn) -> MatrixExam:
        href = f"/examenbeheer/{exam.id}" if may(self.actor, Permission.EXAMS_SEE) else ""
        code = (
            exam.code
            if exam.current
            else _("%(code)s (versie %(version)s)", code=exam.code, version=exam.version)
        )
        kind = _(exam.kind.label)
        short = exam.title.removeprefix(kind).strip()
        return MatrixExam(short or exam.title, code, href, kind)

    def _row(self, student: queries.StudentRow, overview: queries.Overview) -> MatrixRow:
        href = f"/studenten/{student.id}" if may(self.actor, Permission.STUDENTS_SEE) else ""
        cells = [self._cell(student, exam, overview.cells[student.id, exam.id]) for exam in overview.exams]
        return MatrixRow(student.id, student.name, href, student.number, cells)

    def _cell(self, student: queries.StudentRow, exam: queries.ExamColumn, cell: queries.Cell) -> MatrixCell:
        about = f"{student.name}, {exam.code}"
        if cell.open:
            return MatrixCell([block_pages.open_view(about, plan_href=self._plan_href(student, exam))])
        if cell.excluded:
            return MatrixCell([block_pages.state_view(BlockState.NOT_AVAILABLE, about)])
        return MatrixCell(
            [
                block_pages.block_view(
                    attempt.block,
                    about,
                    href=base.href_with(self.page.href("registration", pk=attempt.id), self._place()),
                    remove_href=self._remove_href(attempt.id) if attempt.removable else "",
                    waits=attempt.waits,
                )
                for attempt in cell.attempts
            ]
        )

    def _plan_href(self, student: queries.StudentRow, exam: queries.ExamColumn) -> str:
        if not base.offers(plan_exam):
            return ""
        return base.href_with(
            self.page.href("do", name=plan_exam.name),
            [("kies", str(exam.id)), ("id", str(student.id)), *self._place()],
        )

    def _remove_href(self, registration_id: int) -> str:
        if not base.offers(remove_planning):
            return ""
        return base.href_with(
            self.page.href("do", name=remove_planning.name), [("id", str(registration_id)), *self._place()]
        )

    def _pager(self, overview: queries.Overview) -> widgets.Pager:
        def href(number: int) -> str:
            return base.href_with(self._path, [*self._pairs(), ("page", str(number))])

        page, shown = overview.page, len(overview.students)
        first = (page - 1) * overview.size + 1 if shown else 0
        return widgets.Pager(
            page=page,
            pages=overview.pages,
            count=overview.count,
            first=first,
            last=first + shown - 1 if shown else 0,
            previous_href=href(page - 1) if page > 1 else "",
            next_href=href(page + 1) if page < overview.pages else "",
        )
