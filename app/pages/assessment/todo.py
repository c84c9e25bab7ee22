"""Plain data for the list of sittings that are to be assessed, texts translated."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app import models
from app.pages.assessment.words import day_text, moment_text, saved_text, short_role
from app.pages.planning.blocks import state_badge, waits_badges
from app.permissions import Actor, Role
from app.queries.assessment import assessment
from app.rules.blocks import BlockState
from app.school import current_school
from app.theme import widgets

Href = Callable[[int], str]


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
    only: bool = False  # some groups are left out

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)


NOW = ("today", "late")  # the groups of what waits now


def todo_page(found: assessment.Todo, actor: Actor, href: Href, only: Collection[str] = ()) -> TodoModel:
    """The sittings in groups: Vandaag, Nog te beoordelen, Komend, Klaar, by days of the school's calendar.

    `only`: the keys of the groups that are asked for; none: all.
    """
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
    shown = [group for group in groups if group.count and (not only or group.key in only)]
    return TodoModel(shown, more=found.done_count - len(found.done), only=bool(only))


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
        return [state_badge(BlockState.PASSED, _("Definitief op %(day)s", day=day_text(line.definitive_at)))]
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


def _task_text(sitting: models.Sitting) -> str:
    return _("Opdracht %(number)s: %(title)s", number=sitting.task.position, title=sitting.task.title)
