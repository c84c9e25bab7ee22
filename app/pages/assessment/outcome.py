"""Plain data for two pages of an assessment: a clash of two versions of a sheet, and the frozen result."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app import models
from app.pages.assessment.words import saved_text
from app.pages.planning.blocks import result_badge
from app.permissions import Actor, Permission, Role, may
from app.queries.assessment import assessment
from app.rules.marks import mark_text
from app.rules.tokens import new_token
from app.school import current_school
from app.theme import widgets

OWN_FIELDS = {"csrf_token", "token", "version", "definitive"}  # `uid` goes along as it came

# --- two versions of one sheet ----------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """A value to choose: what it is called, what it says, what the form sends."""

    label: str
    text: str
    value: str
    checked: bool = False


@dataclass(frozen=True)
class ClashRow:
    name: str  # the form field
    title: str
    options: Sequence[Option]


@dataclass(frozen=True)
class ClashModel:
    student: str
    title: str
    problem: str
    who: str  # whose change it was, and when
    rows: Sequence[ClashRow]
    taken_over: Sequence[str]  # filled in there and left empty here: kept
    hidden: Sequence[tuple[str, str]]
    href: str


def clash_page(
    view: assessment.SittingView, actor: Actor, typed: Mapping[str, str], problem: str
) -> ClashModel:
    """What was typed beside what is stored, to choose from per difference; the rest goes along hidden."""
    sitting = view.sitting
    sheet = view.sheet_of(actor.id)
    assert sheet is not None  # noqa: S101 - without a sheet of one's own there is no clash
    rows: list[ClashRow] = []
    taken: list[str] = []
    for criterion in sitting.task.criteria:
        title = f"{assessment.number_of(sitting, criterion)} {criterion.text}"
        rows += _level_row(criterion, title, sheet, typed, taken)
        rows += _remark_row(f"remark-{criterion.id}", title, _remark(sheet, criterion.id), typed)
    rows += _remark_row("remark", _("Algemene opmerking"), sheet.remark, typed)
    hidden = [(name, value) for name, value in typed.items() if name not in OWN_FIELDS]
    own = [("version", str(view.version)), ("token", new_token())]
    return ClashModel(
        student=sitting.registration.student.full_name,
        title=sitting.task.title,
        problem=problem,
        who=_("%(name)s, %(when)s", name=sheet.examiner.full_name, when=saved_text(sheet.saved_at)),
        rows=rows,
        taken_over=taken,
        hidden=[*own, *hidden],
        href=f"/te-beoordelen/{sitting.id}",
    )


def _level_row(
    criterion: models.Criterion,
    title: str,
    sheet: models.ScoreSheet,
    typed: Mapping[str, str],
    taken: list[str],
) -> list[ClashRow]:
    stored = next((one.level_id for one in sheet.scores if one.criterion_id == criterion.id), None)
    mine, theirs = typed.get(f"level-{criterion.id}", ""), str(stored or "")
    labels = {str(level.id): level.label for level in criterion.levels}
    if not theirs or mine == theirs:
        return []
    if not mine:
        taken.append(_("%(title)s: %(label)s", title=title, label=labels[theirs]))
        return []
    return [
        ClashRow(
            f"level-{criterion.id}",
            title,
            [
                Option(_("Mijn keuze"), labels.get(mine, mine), mine),
                Option(_("Wat er nu staat"), labels[theirs], theirs),
            ],
        )
    ]


def _remark(sheet: models.ScoreSheet, criterion_id: int) -> str:
    return next((one.remark for one in sheet.scores if one.criterion_id == criterion_id), "")


def _remark_row(name: str, title: str, theirs: str, typed: Mapping[str, str]) -> list[ClashRow]:
    """Two different remarks to choose from. Both can be kept, one below the other, so none is lost unseen."""
    mine = typed.get(name, "").strip()
    if mine == theirs:
        return []
    empty = _("(leeg)")
    options = [
        Option(_("Mijn keuze"), mine or empty, mine, checked=not theirs),
        Option(_("Wat er nu staat"), theirs or empty, theirs, checked=not mine),
    ]
    if mine and theirs:
        options.append(Option(_("Beide"), f"{theirs}\n{mine}", f"{theirs}\n{mine}"))
    return [ClashRow(name, _("Opmerking: %(title)s", title=title), options)]


# --- the result -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """Points of a work process, a task or another part; `passed` None: the rule gives it no verdict."""

    name: str
    points: str
    passed: bool | None
    mark: str
    reasons: Sequence[str] = ()


@dataclass(frozen=True)
class PartTable:
    title: str
    first: str  # head of the column with the names
    parts: Sequence[Part]

    @property
    def judged(self) -> bool:
        """Whether the rule has a verdict on these parts, so that there is more to show than points."""
        return any(one.passed is not None or one.mark for one in self.parts)


@dataclass(frozen=True)
class ResultTask:
    title: str
    href: str
    muted: str
    criteria: Sequence[Mapping[str, Any]]
    remark: str
    with_company: bool


@dataclass(frozen=True)
class ResultModel:
    student: str
    title: str
    badge: widgets.Badge
    mark: str
    grade: str
    reasons: Sequence[str]
    facts: Sequence[widgets.Fact]
    tables: Sequence[PartTable]
    rule: Sequence[tuple[str, Sequence[str]]]  # empty: a result from before the rule was kept in sentences
    tasks: Sequence[ResultTask]
    buttons: Sequence[widgets.Button] = ()


def result_page(result: models.Result, actor: Actor) -> ResultModel:
    """The page of a result, built from its frozen `detail`; it reads nothing from the catalogue."""
    detail, registration = result.detail, result.registration
    outcome, tasks = detail["outcome"], detail["tasks"]
    with_company = may(actor, Permission.ASSESSMENT_SEE)
    return ResultModel(
        student=registration.student.full_name,
        title=detail["exam"]["title"],
        badge=result_badge(result),
        mark=mark_text(result.mark) if result.mark is not None else "",
        grade=grade_text(result.grade),
        reasons=_said(outcome["reasons"]),
        facts=_result_facts(result),
        tables=_tables(outcome, tasks),
        rule=[(_said([say])[0], _said(under)) for say, under in detail["rule"].get("explained", ())],
        tasks=[_result_task(task, with_company) for task in tasks],
        buttons=_trail_button(result, actor),
    )


def _trail_button(result: models.Result, actor: Actor) -> Sequence[widgets.Button]:
    if not may(actor, Permission.TRAIL_READ):
        return []
    return [
        widgets.Button(
            _("Logboek"), f"/logboek/?student={result.registration.student.number}", "journal-text"
        )
    ]


def natural(code: str) -> list[tuple[int, str]]:
    """A sort key that puts B1-K1-W2 before B1-K1-W10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", code)]


def grade_text(grade: str) -> str:
    """O, V, G in words."""
    return {"O": _("Onvoldoende"), "V": _("Voldoende"), "G": _("Goed")}.get(grade, grade)


def _result_facts(result: models.Result) -> Sequence[widgets.Fact]:
    detail, registration, school = result.detail, result.registration, current_school()
    exam = detail["exam"]
    version = _("%(code)s, versie %(version)s", code=exam["code"], version=exam["version"])
    adopted = result.adoption
    end_mark: str = detail["outcome"].get("end_mark") or ""
    label: str = detail["rule"].get("label", "")  # of an older result
    return [
        widgets.Fact(
            _("Student"),
            cells=[widgets.Cell(registration.student.full_name, muted=registration.student.number)],
        ),
        widgets.Fact(_("Examen"), cells=[widgets.Cell(exam["title"], muted=version)]),
        widgets.Fact(_("Kans"), str(registration.attempt)),
        *([widgets.Fact(_("Eindcijfer"), end_mark.replace(".", ","))] if end_mark else []),
        widgets.Fact(_("Punten"), _("%(points)s van %(most)s", points=result.points, most=result.max_points)),
        *([widgets.Fact(_("Cesuur"), _(label))] if label else []),
        widgets.Fact(_("Uitslag sinds"), f"{school.local(result.decided_at):%d-%m-%Y}"),
        widgets.Fact(
            _("Vaststelling"), f"{adopted.decided_on:%d-%m-%Y}" if adopted else _("Nog niet vastgesteld")
        ),
    ]


def _said(reasons: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    return [_(text) % params if params else _(text) for text, params in reasons]


def _tables(outcome: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> list[PartTable]:
    """Work processes, tasks when there are several, and the other parts that the rule made."""
    names = {one["work_process"]["code"]: one["work_process"]["name"] for t in tasks for one in t["criteria"]}
    number = "position" if "steps" in outcome else "id"  # what an older result calls a task
    titles = {str(task[number]): f"{task['position']}. {task['title']}" for task in tasks}
    processes = [
        _part(one, f"{one['key']} {names.get(one['key'], '')}")
        for one in sorted(outcome["work_processes"], key=lambda one: natural(one["key"]))
    ]
    found = [PartTable(_("Punten per werkproces"), _("Werkproces"), processes)]
    if len(outcome["tasks"]) > 1:
        parts = [_part(one, titles.get(one["key"], one["key"])) for one in outcome["tasks"]]
        found.append(PartTable(_("Punten per opdracht"), _("Opdracht"), parts))
    heads = {
        "part": (_("Punten per onderdeel"), _("Onderdeel")),
        "criterion": (_("Punten per criterium"), _("Criterium")),
    }
    found += [
        PartTable(*heads[step["over"]], [_part(one, one["key"]) for one in step["parts"]])
        for step in outcome.get("steps", ())
        if step["over"] in heads
    ]
    return found


def _part(part: Mapping[str, Any], name: str) -> Part:
    mark = part.get("mark")
    value = part.get("value") or (mark_text(Decimal(mark)) if mark else "")
    points = _("%(points)s van %(most)s", points=part["points"], most=part["max_points"])
    return Part(name.strip(), points, part["passed"], value, _said(part.get("reasons", ())))


def _result_task(task: Mapping[str, Any], with_company: bool) -> ResultTask:
    moment = datetime.fromisoformat(task["starts_at"])
    examiners = [f"{one['name']} ({_(Role(one['role']).label)})" for one in task["examiners"]]
    earlier = [f"{one['name']} ({_(Role(one['role']).label)})" for one in task.get("earlier_examiners", ())]
    if earlier:
        examiners.append(_("eerder ingevuld door %(names)s", names=", ".join(earlier)))
    place = [f"{current_school().local(moment):%d-%m-%Y %H:%M}", task["location"], *examiners]
    return ResultTask(
        title=_("Opdracht %(number)s: %(title)s", number=task["position"], title=task["title"]),
        href=f"/te-beoordelen/{task['sitting_id']}" if with_company else "",
        muted=" · ".join(part for part in place if part),
        criteria=task["criteria"],
        remark=task["remark"],
        with_company=with_company and any(one["company_level"] for one in task["criteria"]),
    )
