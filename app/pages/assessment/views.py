"""Plain data for the assessment templates: the list of sittings and the score form, texts translated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import models
from app.actions import base as actions
from app.actions.assessment.assessment import reopen_assessment
from app.mail.invitation import INVITATION_PATH
from app.pages import base
from app.pages.planning.blocks import state_badge, waits_badges
from app.permissions import Actor, Permission, Role, may
from app.queries.assessment import assessment
from app.queries.planning.invitations import open_sittings
from app.rules.blocks import BlockState
from app.rules.tokens import new_token
from app.school import current_school
from app.theme import widgets

Href = Callable[[int], str]

# --- the list ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class TodoLine:
    """One sitting: when and where, which task, who saved when."""

    href: str
    when: str
    place: str
    task: str
    badges: Sequence[widgets.Badge]
    ready: bool  # can be filled in now


@dataclass(frozen=True)
class TodoCard:
    """The sittings of one attempt that stand in the same group."""

    student: str
    number: str
    exam: str
    others: str
    lines: list[TodoLine]


@dataclass(frozen=True)
class TodoGroup:
    key: str
    title: str
    cards: Sequence[TodoCard]
    count: int


@dataclass(frozen=True)
class TodoModel:
    groups: Sequence[TodoGroup]
    more: int = 0  # finished ones that are not on the page


def todo_page(found: assessment.Todo, actor: Actor, href: Href) -> TodoModel:
    """The sittings in groups: Vandaag, Nog te beoordelen, Komend, Klaar, by days of the school's calendar."""
    school = current_school()
    today = school.today()
    # By day and not by hour: a sitting of today stays under Vandaag when it is over.
    waiting: dict[str, list[assessment.SittingLine]] = {"today": [], "late": [], "coming": []}
    for line in found.waiting:
        start, end = (school.local(m).date() for m in (line.sitting.starts_at, line.sitting.ends_at))
        waiting["coming" if start > today else "late" if end < today else "today"].append(line)
    groups = [
        _group("today", _("Vandaag"), waiting["today"], actor, href),
        _group("late", _("Nog te beoordelen"), waiting["late"], actor, href),
        _group("coming", _("Komend"), waiting["coming"], actor, href),
        _group("done", _("Klaar"), found.done, actor, href),
    ]
    return TodoModel([group for group in groups if group.count], more=found.done_count - len(found.done))


def _group(
    key: str, title: str, lines: Sequence[assessment.SittingLine], actor: Actor, href: Href
) -> TodoGroup:
    cards: dict[int, TodoCard] = {}
    for line in lines:
        sitting = line.sitting
        student, exam = sitting.registration.student, sitting.registration.exam
        others = [one for one in sitting.examiners if one.user_id != actor.id]
        new = TodoCard(student.full_name, student.number, exam.title, _named(others), [])
        card = cards.setdefault(sitting.registration_id, new)
        card.lines.append(
            TodoLine(
                href=href(sitting.id),
                when=moment_text(sitting, with_day=key != "today"),
                place=sitting.location,
                task=_task_text(sitting),
                badges=_state_badges(line, actor),
                ready=line.definitive_at is None and assessment.opens_for_scores(sitting),
            )
        )
    return TodoGroup(key, title, list(cards.values()), len(lines))


def _named(examiners: Sequence[Any]) -> str:
    return ", ".join(f"{one.user.full_name} ({_(Role(one.role).label)})" for one in examiners)


def _state_badges(line: assessment.SittingLine, actor: Actor) -> Sequence[widgets.Badge]:
    if line.definitive_at is not None:
        return [state_badge(BlockState.PASSED, _("Definitief op %(day)s", day=_day(line.definitive_at)))]
    states = {state.examiner_id: state for state in line.sheets}
    badges = waits_badges(line.waits)
    for one in sorted(line.sitting.examiners, key=lambda one: one.user_id != actor.id):
        who = _("U") if one.user_id == actor.id else short_role(one.role)
        badges.append(_sheet_badge(who, states.get(one.user_id), line.criteria))
    return badges


def _sheet_badge(who: str, state: assessment.SheetState | None, total: int) -> widgets.Badge:
    if state is None:
        return widgets.Badge(_("%(who)s: nog niets", who=who), "neutral")
    text = _(
        "%(who)s: %(done)s van %(total)s, %(when)s",
        who=who,
        done=state.scored,
        total=total,
        when=saved_text(state.saved_at),
    )
    return widgets.Badge(text, "info" if state.scored >= total else "warn")


def short_role(role: str) -> str:
    return _("School") if role == Role.SCHOOL_EXAMINER else _("Bedrijf")


def _task_text(sitting: models.Sitting) -> str:
    return _("Opdracht %(number)s: %(title)s", number=sitting.task.position, title=sitting.task.title)


def moment_text(sitting: models.Sitting, *, with_day: bool = True) -> str:
    """A moment as "24-11-2026 09:30–11:30", or the times alone; with both dates when it lasts longer."""
    school = current_school()
    start, end = school.local(sitting.starts_at), school.local(sitting.ends_at)
    if start.date() != end.date():
        return f"{start:%d-%m-%Y %H:%M} – {end:%d-%m-%Y %H:%M}"
    clock = f"{start:%H:%M}–{end:%H:%M}"
    return f"{start:%d-%m-%Y} {clock}" if with_day else clock


def saved_text(moment: datetime) -> str:
    """A moment as "10:42" when it was today, else "23-11-2026 10:42"."""
    school = current_school()
    local = school.local(moment)
    return f"{local:%H:%M}" if local.date() == school.today() else f"{local:%d-%m-%Y %H:%M}"


def _day(moment: datetime) -> str:
    return f"{current_school().local(moment):%d-%m-%Y}"


# --- the score form ---------------------------------------------------------------------------


@dataclass(frozen=True)
class LevelChoice:
    id: int
    label: str
    points: str
    description: str
    checked: bool
    chosen_by: Sequence[str] = ()


@dataclass(frozen=True)
class CriterionCard:
    id: int
    number: str
    text: str
    critical: bool
    levels: Sequence[LevelChoice]
    remark: str = ""
    other_remarks: Sequence[tuple[str, str]] = ()
    error: str = ""

    @property
    def done(self) -> bool:
        return any(level.checked for level in self.levels)


@dataclass(frozen=True)
class ProcessGroup:
    code: str
    name: str
    cards: Sequence[CriterionCard]


@dataclass(frozen=True)
class ScoreModel:
    """The page of one sitting: a form for its examiners while it is open, else to read."""

    student: str
    title: str
    facts: Sequence[widgets.Fact]
    instruction: str
    groups: Sequence[ProcessGroup]
    editable: bool
    can_save: bool
    can_close: bool  # may make it definitive
    version: int
    uid: str  # of the moment that the form is about
    token: str
    done: int
    total: int
    saved: str = ""
    remark: str = ""
    other_remarks: Sequence[tuple[str, str]] = ()
    remark_error: str = ""
    status: str = ""  # why there is nothing to fill in, or that it is definitive
    status_tone: str = "info"
    problem: str = ""
    buttons: Sequence[widgets.Button] = field(default_factory=tuple)
    back_href: str = ""
    back_label: str = ""

    @property
    def missing(self) -> Sequence[CriterionCard]:
        """The criteria without a level, in the order of the page."""
        return [card for group in self.groups for card in group.cards if not card.done]


def score_page(
    view: assessment.SittingView,
    actor: Actor,
    *,
    typed: Mapping[str, str] | None = None,
    problem: str = "",
    problem_field: str = "",
) -> ScoreModel:
    """The page of one sitting for this user: a form when they may score now, otherwise to read.

    `typed`: the fields of a form that was not saved, shown again instead of the stored scores. They keep
    their version: what was saved meanwhile is not overwritten unseen.
    """
    sitting = view.sitting
    role, definitive = assessment.role_in(sitting, actor), assessment.is_definitive(view.assessment)
    can_save = bool(role) and not definitive and not view.stopped and assessment.opens_for_scores(sitting)
    # A definitive assessment has no own sheet to fill in: all sheets are then shown beside the criteria.
    own = view.sheet_of(actor.id) if role and not definitive else None
    others = visible_sheets(view, actor)
    answers = typed if typed is not None else _stored(own)
    cards = [
        _card(view, criterion, answers, others, {problem_field: problem})
        for criterion in sitting.task.criteria
    ]
    status, tone = _status(view, role)
    back_href, back_label = _way_back(actor)
    opened = answers.get("version", "")
    return ScoreModel(
        student=sitting.registration.student.full_name,
        title=sitting.task.title,
        facts=_facts(view, actor),
        instruction=sitting.task.instruction,
        groups=_grouped(sitting, cards),
        editable=can_save or typed is not None,
        can_save=can_save,
        can_close=can_save and role == Role.SCHOOL_EXAMINER and view.waits is None,
        version=int(opened) if base.is_number(opened) else view.version,
        uid=answers.get("uid") or view.sitting.uid,
        token=new_token(),
        done=sum(card.done for card in cards),
        total=len(cards),
        saved=saved_text(own.saved_at) if own else "",
        remark=answers.get("remark", ""),
        other_remarks=[(_who(sheet, view), sheet.remark) for sheet in others if sheet.remark],
        remark_error=problem if problem_field == "remark" else "",
        status=status,
        status_tone=tone,
        problem=problem,
        buttons=_buttons(view, actor, definitive),
        back_href=back_href,
        back_label=back_label,
    )


def _way_back(actor: Actor) -> tuple[str, str]:
    """The list that this user has, and its name; a guest has one with more than one moment."""
    if actor.guest and actor.id is not None:
        several = len(open_sittings(actor.id)) > 1
        return (f"{INVITATION_PATH}/examen", _("Uw examenmomenten")) if several else ("", "")
    return ("/te-beoordelen/", _("Te beoordelen")) if may(actor, Permission.ASSESSMENT_TODO) else ("", "")


def visible_sheets(view: assessment.SittingView, actor: Actor) -> Sequence[models.ScoreSheet]:
    """The sheets to read beside one's own. Company examiners see only their own until it is definitive."""
    definitive = assessment.is_definitive(view.assessment)
    assigned = view.role_of(actor.id)
    if assigned == Role.COMPANY_EXAMINER and not definitive:
        return []
    sheets = [sheet for sheet in view.sheets if definitive or not assigned or sheet.examiner_id != actor.id]
    return sorted(sheets, key=lambda sheet: sheet.role, reverse=True)


def _stored(sheet: models.ScoreSheet | None) -> Mapping[str, str]:
    """A stored sheet as the fields of the form."""
    if sheet is None:
        return {}
    fields = {"remark": sheet.remark}
    for score in sheet.scores:
        fields[f"level-{score.criterion_id}"] = str(score.level_id or "")
        fields[f"remark-{score.criterion_id}"] = score.remark
    return fields


def _card(
    view: assessment.SittingView,
    criterion: models.Criterion,
    answers: Mapping[str, str],
    others: Sequence[models.ScoreSheet],
    errors: Mapping[str, str],
) -> CriterionCard:
    chosen = answers.get(f"level-{criterion.id}", "")
    scores = [(sheet, _score(sheet, criterion)) for sheet in others]
    return CriterionCard(
        id=criterion.id,
        number=assessment.number_of(view.sitting, criterion),
        text=criterion.text,
        critical=criterion.critical,
        levels=[
            LevelChoice(
                id=level.id,
                label=level.label,
                points=ngettext("%(num)s punt", "%(num)s punten", level.points),
                description=level.description,
                checked=chosen == str(level.id),
                chosen_by=[
                    _who(sheet, view) for sheet, score in scores if score and score.level_id == level.id
                ],
            )
            for level in criterion.levels
        ],
        remark=answers.get(f"remark-{criterion.id}", ""),
        other_remarks=[
            (_who(sheet, view), score.remark) for sheet, score in scores if score and score.remark
        ],
        error=errors.get(f"remark-{criterion.id}", ""),
    )


def _score(sheet: models.ScoreSheet, criterion: models.Criterion) -> models.Score | None:
    return next((score for score in sheet.scores if score.criterion_id == criterion.id), None)


def _who(sheet: models.ScoreSheet, view: assessment.SittingView) -> str:
    """ "School: Saskia de Boer"; who was replaced since, "School, eerder: Saskia de Boer"."""
    role = short_role(sheet.role)
    if sheet in view.earlier_sheets:
        role = _("%(role)s, eerder", role=role)
    return f"{role}: {sheet.examiner.full_name}"


def _grouped(sitting: models.Sitting, cards: Sequence[CriterionCard]) -> Sequence[ProcessGroup]:
    """Criteria under their work processes, in the order of the qualification file."""
    by_id = {card.id: card for card in cards}
    processes = {one.work_process_id: one.work_process for one in sitting.task.criteria}
    return [
        ProcessGroup(
            process.code,
            process.name,
            [by_id[one.id] for one in sitting.task.criteria if one.work_process_id == process.id],
        )
        for process in sorted(processes.values(), key=lambda one: (one.core_task_id, one.position))
    ]


def _facts(view: assessment.SittingView, actor: Actor) -> Sequence[widgets.Fact]:
    sitting = view.sitting
    registration = sitting.registration
    student, exam = registration.student, registration.exam
    version = _("%(code)s, versie %(version)s", code=exam.code, version=exam.version)
    facts = [
        widgets.Fact(_("Student"), cells=[widgets.Cell(student.full_name, muted=student.number)]),
        widgets.Fact(_("Examen"), cells=[widgets.Cell(exam.title, muted=version)]),
        widgets.Fact(_("Kans"), str(registration.attempt)),
        widgets.Fact(_("Moment"), cells=[widgets.Cell(moment_text(sitting), muted=sitting.location)]),
    ]
    for one in sorted(sitting.examiners, key=lambda one: one.role, reverse=True):
        sheet = view.sheet_of(one.user_id)
        name = _("%(name)s (u)", name=one.user.full_name) if one.user_id == actor.id else one.user.full_name
        state = _("Nog niets opgeslagen")
        if sheet is not None:
            state = _("Opgeslagen: %(when)s", when=saved_text(sheet.saved_at))
        facts.append(widgets.Fact(_(Role(one.role).label), cells=[widgets.Cell(name, muted=state)]))
    for sheet in view.earlier_sheets:
        state = _(
            "%(role)s, opgeslagen: %(when)s", role=_(Role(sheet.role).label), when=saved_text(sheet.saved_at)
        )
        cell = widgets.Cell(sheet.examiner.full_name, muted=state)
        facts.append(widgets.Fact(_("Eerder ingevuld door"), cells=[cell]))
    if sitting.note:
        facts.append(widgets.Fact(_("Toelichting"), sitting.note))
    return facts


def _status(view: assessment.SittingView, role: str) -> tuple[str, str]:
    if view.assessment is not None and view.assessment.definitive_at is not None:
        text = _(
            "Definitief gemaakt door %(name)s op %(when)s. De scores liggen vast.",
            name=assessment.definitive_by(view.assessment),
            when=f"{current_school().local(view.assessment.definitive_at):%d-%m-%Y %H:%M}",
        )
        return text, "success"
    if view.stopped:
        return _(
            "Dit examen is gestopt. Wat is ingevuld, blijft staan; u kunt niets meer invullen."
        ), "warning"
    if view.waits is not None:
        return actions.say(view.waits), "warning"
    if not role:
        return _("U bekijkt deze beoordeling; alleen de examinatoren vullen haar in."), "info"
    if not assessment.opens_for_scores(view.sitting):
        day = _day(view.sitting.starts_at)
        return _("U kunt invullen vanaf de dag van het examenmoment: %(day)s.", day=day), "info"
    return "", ""


def _buttons(view: assessment.SittingView, actor: Actor, definitive: bool) -> Sequence[widgets.Button]:
    registration_id = view.sitting.registration_id
    buttons = []
    if definitive and may(actor, Permission.RESULTS_SEE) and assessment.has_result(registration_id):
        buttons.append(
            widgets.Button(_("Uitslag"), f"/te-beoordelen/uitslag/{registration_id}", "award", "primary")
        )
    if definitive:
        href = base.href_with(f"/te-beoordelen/do/{reopen_assessment.name}", [("id", str(view.sitting.id))])
        buttons += base.action_button(reopen_assessment, href, "unlock", label=_("Heropen beoordeling"))
    return buttons
