"""Plain data for the score form of a sitting, texts translated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext

from app import models
from app.actions import base as actions
from app.actions.assessment.assessment import reopen_assessment
from app.mail.invitation import INVITATION_PATH
from app.pages import base
from app.pages.assessment.words import day_text, moment_text, saved_text, short_role
from app.permissions import Actor, Permission, Role, may
from app.queries.assessment import assessment
from app.queries.planning.invitations import open_sittings
from app.rules.tokens import new_token
from app.school import current_school
from app.theme import widgets


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
        day = day_text(view.sitting.starts_at)
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
