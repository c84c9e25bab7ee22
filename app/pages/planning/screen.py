"""Planning an exam (manual, step 6a): choosing the exam, the planning screen, and the confirmation."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask_babel import gettext as _

from app import errors, models
from app.actions import base as actions
from app.actions.planning import planning as planning_actions
from app.actions.planning.form import PlanExamForm
from app.actions.planning.invitations import invite_company_examiner
from app.pages import base
from app.pages.planning.invitations import invitation_line
from app.pages.planning.place import from_registration
from app.pages.trail.words import field_label, value_text
from app.permissions import Permission
from app.queries.planning import facts as fact_queries
from app.queries.planning import invitations
from app.queries.planning import plan as plan_queries
from app.queries.planning import planning as planning_queries
from app.queries.planning.moments import Change, PlannedMoment, StudentPlan, changes
from app.queries.planning.when import dated_label, when_label
from app.rules import timetable
from app.rules.attempts import next_attempt

SHOWN = 200


@dataclass(frozen=True)
class PresentView:
    """A moment as it stands now, in words."""

    task: str
    when: str
    people: str
    location: str
    locked: bool
    invited: str = ""  # what became of an invitation
    invite_href: str = ""  # where to invite a company examiner without an account


@dataclass(frozen=True)
class CandidateView:
    """A student on the planning screen: which attempt it is, what is planned now, or why nothing can be."""

    label: str
    attempt: int
    present: Sequence[PresentView]
    refused: str = ""

    @property
    def locked(self) -> Sequence[PresentView]:
        return [one for one in self.present if one.locked]


@dataclass(frozen=True)
class ExamView:
    """The general information on top of the screen."""

    kind: str
    code: str
    title: str
    version: str
    core_task: str
    owner: str
    place: str
    duration: str
    description: str
    tasks: Sequence[tuple[int, str, str, str]]  # position, title, duration, key of its section


@dataclass(frozen=True)
class PlanningScreen:
    exam: ExamView
    candidates: Sequence[CandidateView]
    count: int
    allowed: int
    changing: bool = False  # of one registration that is there, from its own page
    together: str = timetable.TOGETHER
    apart: str = timetable.APART


@dataclass(frozen=True)
class ChangeView:
    """A field of a moment, in words: what it was and what it will be; "" for nothing."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class LineView:
    """A moment as it will be. `changes`: of one that stands there already; without any, it stays as it is."""

    task: str
    when: str
    facts: Sequence[str]  # people, place, note
    new: bool
    changes: Sequence[ChangeView] = ()


@dataclass(frozen=True)
class StudentPlanView:
    label: str
    attempt: int
    lines: Sequence[LineView]
    kept: Sequence[str]
    changing: bool


@dataclass(frozen=True)
class PlanView:
    """What the confirmation page shows: each moment per student, and the warnings.

    `new`, `changing`: whether any student is planned anew, and whether the planning of any changes.
    """

    exam: str
    new: bool
    changing: bool
    students: Sequence[StudentPlanView]
    more: int
    warnings: Sequence[str]


class PlanScreen(base.ActionScreen):
    """The part of the page Examens that plans; the page itself (planning.py) is a subclass."""

    @base.expose("/inplannen/")
    @base.needs(Permission.PLANNING_EDIT)
    def choose_exam(self) -> Any:
        """Ask which exam (kerntaak) to plan for the chosen students."""
        programme_id = base.number_arg("opleiding", 0)
        if not base.ids_arg() and not base.text_arg("all"):
            return base.go(self.back_href())
        exams = [exam for exam in self._columns(programme_id) if exam.current]
        targets = actions.targets_of(
            planning_actions.plan_exam, base.current_actor(), self._selection(planning_actions.plan_exam)
        )
        return self.page(
            "planning/choose.html",
            title=str(planning_actions.plan_exam.label),
            targets=self._summary(planning_actions.plan_exam, targets),
            exams=exams,
            minutes=base.show_duration,
            chosen=base.number_arg("examen", 0),
            action_href=self.href("do", name=planning_actions.plan_exam.name),
            hidden=[*self.selection_pairs(), *self.filter_pairs()],
            back_href=self.back_href(),
        )

    @base.expose("/do/<name>", methods=["GET", "POST"])
    @base.needs()
    def do(self, name: str) -> Any:
        if name == planning_actions.plan_exam.name and not base.number_arg("kies", 0):
            act = self._offered(name)  # refuse a user without the right to the action or the rows first
            actions.targets_of(act, base.current_actor(), self._selection(act))
            base.tell(_("Kies eerst een examen."), "warning")
            pairs = [*self.selection_pairs(), *self.filter_pairs()]
            return base.go(base.href_with(self.href("choose_exam"), pairs))
        return super().do(name)

    def chosen_href(self, name: str) -> str:
        return (
            self.href("choose_exam") if name == planning_actions.plan_exam.name else super().chosen_href(name)
        )

    def template_for(self, act: actions.Action) -> str:
        return "planning/plan.html" if act is planning_actions.plan_exam else super().template_for(act)

    def extras(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
        outcome: actions.Outcome | None,
    ) -> dict[str, Any]:
        if act is not planning_actions.plan_exam:
            return {}
        plan = outcome.plan if isinstance(outcome, planning_actions.PlanOutcome) else None
        screen = planning_screen(form.facts) if isinstance(form, PlanExamForm) else None
        return {"screen": screen, "plan": plan_view(plan) if plan else None}

    def _form(self, act: actions.Action, targets: actions.Targets[Any] | None) -> actions.ActionForm | None:
        if act is not planning_actions.plan_exam or targets is None:
            return super()._form(act, targets)
        registration = base.number_arg("aanmelding", 0)  # of the page where the planning is changed
        facts = planning_facts(base.number_arg("kies", 0), targets.ids, registration)
        return super()._form(dataclasses.replace(act, form=PlanExamForm.for_exam(facts)), targets)

    def form_to_read(
        self, act: actions.Action, fields: Sequence[tuple[str, str]]
    ) -> type[actions.ActionForm] | None:
        exam = (
            fact_queries.exam_to_plan(base.number_arg("kies", 0))
            if act is planning_actions.plan_exam
            else None
        )
        if exam is None or not fact_queries.is_known(base.current_actor(), exam, ()):
            return super().form_to_read(act, fields)
        return PlanExamForm.to_read(exam, [name for name, _value in fields])

    def _refuse(
        self,
        act: actions.Action,
        targets: actions.Targets[Any] | None,
        form: actions.ActionForm | None,
        error: errors.RuleBroken,
        *,
        changed: list[str] | None = None,
    ) -> Any:
        if error.field == "seen" and isinstance(form, PlanExamForm):
            form.refresh_seen()
        return super()._refuse(act, targets, form, error, changed=changed)

    def _columns(self, programme_id: int) -> Sequence[planning_queries.ExamColumn]:
        if not programme_id:
            raise errors.NotFound
        return planning_queries.exam_columns(base.current_actor(), programme_id)


def planning_facts(exam_id: int, students: Sequence[int], registration_id: int = 0) -> fact_queries.PlanFacts:
    exam = fact_queries.exam_to_plan(exam_id)
    if exam is None:
        raise errors.NotFound
    candidates = fact_queries.load_candidates(exam, students, registration_id)
    if not fact_queries.is_known(base.current_actor(), exam, candidates):
        raise errors.NotFound
    rules = plan_queries.circumstances().attempts
    allowed = [one for one in candidates if plan_queries.why_not_at_all(exam, one, rules) is None]
    return fact_queries.PlanFacts(
        exam,
        candidates,
        allowed,
        fact_queries.programmes_that_count(exam, candidates),
        fact_queries.examining(candidates),
        registration_id,
    )


class _Words:
    """Names and sentences of one planning screen; people are looked up once."""

    def __init__(self, facts: fact_queries.PlanFacts) -> None:
        self.facts = facts
        self.rules = plan_queries.circumstances().attempts
        self.titles = {task.id: task.title for task in facts.exam.tasks}

    def candidate(self, one: fact_queries.Candidate) -> CandidateView:
        why = plan_queries.why_not_at_all(self.facts.exam, one, self.rules)
        attempt = one.pending.attempt if one.pending else next_attempt(one.attempts, self.rules).number
        sittings = one.pending.sittings if one.pending else {}
        present = [self._present(one, sittings[task_id]) for task_id in self.titles if task_id in sittings]
        return CandidateView(one.label, attempt, present, actions.say(why) if why else "")

    @cached_property
    def invited(self) -> Mapping[int, invitations.InvitationState]:
        present = [s for one in self.facts.candidates if one.pending for s in one.pending.sittings.values()]
        return invitations.invitations_of([sitting.id for sitting in present])

    def _present(self, one: fact_queries.Candidate, sitting: fact_queries.PresentSitting) -> PresentView:
        invited = self.invited.get(sitting.id)
        alone = not sitting.locked and len(sitting.people) <= 1
        asked = _invite_href(sitting.id, one.pending.id) if one.pending and alone else ""
        return PresentView(
            self.titles[sitting.task_id],
            when_label(sitting.starts_at, sitting.ends_at),
            ", ".join(self.facts.people[user].full_name for user in sitting.people),
            sitting.location,
            sitting.locked,
            invitation_line(invited) if invited else "",
            asked,
        )


def _invite_href(sitting_id: int, registration_id: int) -> str:
    if not base.offers(invite_company_examiner):
        return ""
    pairs = [("id", str(sitting_id)), *from_registration(registration_id)]
    return base.href_with(f"/examens/do/{invite_company_examiner.name}", pairs)


def planning_screen(facts: fact_queries.PlanFacts) -> PlanningScreen:
    words = _Words(facts)
    rows = [words.candidate(one) for one in facts.candidates[:SHOWN]]
    return PlanningScreen(
        exam_view(facts.exam), rows, len(facts.candidates), len(facts.allowed), bool(facts.registration_id)
    )


def exam_view(exam: models.Exam) -> ExamView:
    owner = exam.elective if exam.elective_id is not None else exam.programme
    return ExamView(
        kind=_(exam.kind.label),
        code=exam.code,
        title=exam.title,
        version=exam.version,
        core_task=str(exam.core_task) if exam.core_task else "",
        owner=str(owner),
        place=exam.place,
        duration=base.show_duration(exam.duration_minutes),
        description=exam.description,
        tasks=[_task_view(task) for task in exam.tasks],
    )


def _task_view(task: models.ExamTask) -> tuple[int, str, str, str]:
    return task.position, task.title, base.show_duration(task.duration_minutes), f"task{task.id}"


def plan_view(plan: plan_queries.Plan) -> PlanView:
    changed = [one for one in plan.students if not one.same]
    shown = changed[:SHOWN]
    return PlanView(
        exam=f"{plan.exam.code} {plan.exam.title}",
        new=any(not one.changing for one in changed),
        changing=any(one.changing for one in changed),
        students=[_student_plan(one, plan) for one in shown],
        more=len(changed) - len(shown),
        warnings=[actions.say(why) for why in plan.warnings[:20]],
    )


def _student_plan(one: StudentPlan, plan: plan_queries.Plan) -> StudentPlanView:
    return StudentPlanView(
        one.student.label,
        one.attempt,
        [_line(moment, plan.names) for moment in one.moments],
        [task.title for task in one.kept],
        one.changing,
    )


def _line(moment: PlannedMoment, names: Mapping[int, str]) -> LineView:
    people = ", ".join(names[user] for user in moment.people)
    new = moment.present is None
    return LineView(
        moment.task.title,
        dated_label(moment.starts_at, moment.ends_at),
        [fact for fact in (people, moment.location, moment.note) if fact],
        new,
        [] if new else [_change(one) for one in changes(moment, names)],
    )


def _change(one: Change) -> ChangeView:
    return ChangeView(field_label(one.field), value_text(one.old), value_text(one.new))
