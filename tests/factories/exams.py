"""Makes programmes, electives and exams with their tasks and criteria."""

from __future__ import annotations

from typing import Any

from app.entities.exams import Criterion, CriterionLevel, Exam, ExamKind, ExamTask
from app.entities.programmes import CoreTask, Elective, Programme, WorkProcess
from app.rules.pass_rules import preset
from tests.factories.base import at_once, numbers, saved

LEVELS = (("O", 0, False), ("V", 1, True), ("G", 2, True))


def make_programme(**values: Any) -> Programme:
    """A programme with one core task (B1-K1) of two work processes."""
    n = next(numbers)
    given: dict[str, Any] = {
        "crebo": f"{20000 + n}",
        "name": f"Opleiding {n}",
        "level": 3,
        "learning_path": "BOL",
        "cohort": 2025,
        **values,
    }
    return saved(Programme(**given, core_tasks=[_core_task("B1-K1")]))


def make_elective(**values: Any) -> Elective:
    n = next(numbers)
    given: dict[str, Any] = {"code": f"K{n:04}", "name": f"Keuzedeel {n}", "hours": 240, **values}
    return saved(Elective(**given, core_tasks=[_core_task("D1-K1")]))


@at_once()
def make_exam(
    owner: Programme | Elective | None = None, *, tasks: int = 2, criteria: int = 2, **values: Any
) -> Exam:
    """An exam of the owner's first core task: `tasks` tasks of `criteria` criteria, levels O, V, G."""
    n = next(numbers)
    owner = owner or make_programme()
    core_task = owner.core_tasks[0]
    elective = isinstance(owner, Elective)
    given: dict[str, Any] = {
        "key": f"examen-{n}",
        "version": "1.0",
        "kind": ExamKind.ELECTIVE_EXAM if elective else ExamKind.PROEVE,
        "code": f"EX{n}",
        "title": f"Examen {n}",
        "duration_minutes": 60 * tasks,
        "pass_rule": preset("consortium", {"good_from": tasks * criteria * 2}),
        **values,
    }
    exam = Exam(**given, core_task=core_task)
    if isinstance(owner, Elective):
        exam.elective = owner
    else:
        exam.programme = owner
    exam.tasks = [_task(position, criteria, core_task.work_processes) for position in range(1, tasks + 1)]
    return saved(exam)


def _core_task(code: str) -> CoreTask:
    processes = [WorkProcess(code=f"{code}-W{i}", name=f"Werkproces {i}", position=i) for i in (1, 2)]
    return CoreTask(code=code, name="Voert het werk uit", position=1, work_processes=processes)


def _task(position: int, criteria: int, processes: list[WorkProcess]) -> ExamTask:
    return ExamTask(
        position=position,
        title=f"Opdracht {position}",
        instruction="Voer de opdracht uit.",
        duration_minutes=60,
        criteria=[
            Criterion(
                position=i,
                text=f"Opdracht {position}, criterium {i}",
                work_process=processes[(i - 1) % len(processes)],
                levels=[
                    CriterionLevel(label=label, points=points, sufficient=sufficient)
                    for label, points, sufficient in LEVELS
                ],
            )
            for i in range(1, criteria + 1)
        ],
    )
