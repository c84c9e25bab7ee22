"""Tab Mijn examens: a student's own exams and definitive results."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.clock import utc_now
from app.pages import base
from app.pages.planning import blocks as block_pages
from app.pages.planning.registration import grade_label
from app.permissions import Permission
from app.queries.planning import registrations
from app.queries.planning.when import weekday, when_label
from app.rules.blocks import BlockState
from app.school import current_school
from app.theme.widgets import Badge


@dataclass(frozen=True)
class MomentView:
    """An examenmoment as the student needs it: when, where, with whom, and for which task."""

    starts_at: datetime
    day: str
    hours: str
    exam: str
    task: str
    instruction: str
    location: str
    note: str
    people: Sequence[str]
    resit: bool
    today: bool


@dataclass(frozen=True)
class ResultView:
    href: str
    attempt: int
    state: Badge
    label: str
    decided: datetime
    adopted: bool


@dataclass(frozen=True)
class ExamRow:
    title: str
    kind: str
    blocks: Sequence[block_pages.BlockView]
    results: Sequence[ResultView]


@dataclass(frozen=True)
class OwnModel:
    coming: Sequence[MomentView]
    past: Sequence[MomentView]
    exams: Sequence[ExamRow]
    legend: Sequence[block_pages.BlockView]


class OwnExamsPage(base.Screen):
    route_base = "/mijn-examens"
    default_view = "index"

    @base.expose("/")
    @base.needs(Permission.OWN_EXAMS)
    def index(self) -> Any:
        return self.page("planning/own.html", model=own_model(utc_now()))


def own_model(now: datetime) -> OwnModel:
    exams = registrations.own_exams(base.current_actor(), now)
    moments = sorted(
        ((moment, view) for own in exams for view in own.attempts for moment in view.moments),
        key=lambda pair: pair[0].starts_at,
    )
    coming = [_moment(m, view) for m, view in moments if m.ends_at > now and view.stopped_at is None]
    past = [_moment(m, view) for m, view in reversed(moments) if m.ends_at <= now]
    return OwnModel(coming, past, [_exam(own) for own in exams], block_pages.legend())


def _moment(moment: registrations.MomentFacts, view: registrations.RegistrationView) -> MomentView:
    school = current_school()
    local = school.local(moment.starts_at)
    return MomentView(
        starts_at=moment.starts_at,
        day=f"{weekday(local)} {local:%d-%m-%Y}",
        hours=when_label(moment.starts_at, moment.ends_at).partition(" ")[2],
        exam=f"{view.exam_code} {view.exam_title}",
        task=moment.task,
        instruction=moment.instruction,
        location=moment.location,
        note=moment.note,
        people=[name for name, _role in moment.people],
        resit=view.attempt > 1,
        today=local.date() == school.today(),
    )


def _exam(own: registrations.OwnExam) -> ExamRow:
    about = own.code
    blocks = [block_pages.block_view(view.block, about) for view in own.attempts]
    results = [
        ResultView(
            f"/te-beoordelen/uitslag/{view.id}",
            view.attempt,
            block_pages.block_badge(view.block),
            grade_label(view.result),
            view.result.decided_at,
            view.adopted_on is not None,
        )
        for view in own.attempts
        if view.result is not None
    ]
    return ExamRow(
        f"{own.code} {own.title}",
        _(own.kind.label),
        blocks or [block_pages.state_view(BlockState.OPEN, about)],
        results,
    )
