"""Writes the catalogue's files to the database: reads the rows in a few queries, compares, and writes."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app import catalogue_data, models
from app.entities.base import db
from app.entities.engine import lock_rows
from app.entities.exams import ExamKind

M = TypeVar("M")
Owner = models.Programme | models.Elective


class CatalogueWriter:
    """Writes a catalogue and counts `new`, `changed` and `unchanged` rows.

    `tampered` names the exams whose file differs from the same version in the database; they are left alone.
    """

    def __init__(self, catalogue: catalogue_data.Catalogue) -> None:
        self.catalogue = catalogue
        self.new = self.changed = self.unchanged = 0
        self.new_exams: list[models.Exam] = []
        self.made: dict[str, dict[str, Any]] = {}  # new programmes and electives, with what they hold
        self.told: dict[str, dict[str, list[Any]]] = {}  # what changed in rows that were there: old and new
        self.tampered: list[str] = []
        self.rewritten: list[int] = []  # ids of updates with another text
        self._read()

    def write(self) -> None:
        programmes = {one.crebo: self._programme(one) for one in self.catalogue.programmes}
        electives = {one.code: self._elective(one, programmes) for one in self.catalogue.electives}
        for exam in self.catalogue.exams:
            owner: Owner = programmes[exam.programme] if exam.programme else electives[exam.elective]
            self._exam(exam, owner)
        self._choose_current()
        self._updates()

    def _read(self) -> None:
        """Read every row that the catalogue may change, before anything is written."""
        session = db.session
        self._programmes = {
            (row.crebo, row.cohort): row for row in session.scalars(sa.select(models.Programme))
        }
        self._electives = {row.code: row for row in session.scalars(sa.select(models.Elective))}
        self._core_tasks: dict[tuple[Owner, str], models.CoreTask] = {}
        for core_task in session.scalars(sa.select(models.CoreTask)):
            owner = core_task.programme or core_task.elective
            if owner is not None:
                self._core_tasks[owner, core_task.code] = core_task
        self._processes = {
            (row.core_task, row.code): row for row in session.scalars(sa.select(models.WorkProcess))
        }
        self._offers = {
            (row.programme_id, row.elective_id): row
            for row in session.scalars(sa.select(models.ProgrammeElective))
        }
        self._assignments = {
            (row.elective, row.position): row
            for row in session.scalars(sa.select(models.ConditionalAssignment))
        }
        # Whoever is just changing one of them is waited for.
        lock_rows(models.SystemUpdate.__table__, sa.select(models.SystemUpdate.id))
        self._news = {
            (row.published_on, row.title): row for row in session.scalars(sa.select(models.SystemUpdate))
        }
        with_parts = (
            selectinload(models.Exam.tasks)
            .selectinload(models.ExamTask.criteria)
            .selectinload(models.Criterion.levels)
        )
        self._exams: dict[str, dict[str, models.Exam]] = defaultdict(dict)
        for exam in session.scalars(sa.select(models.Exam).options(with_parts)):
            self._exams[exam.key][exam.version] = exam

    def _keep(self, there: M | None, model: type[M], **values: Any) -> M:
        """The row with these values: made, changed or left as it is. It is counted."""
        if there is None:
            made = model(**values)
            db.session.add(made)
            self.new += 1
            if isinstance(made, models.Programme | models.Elective):
                self.made[str(made)] = values
            return made
        different = {name: value for name, value in values.items() if getattr(there, name) != value}
        if different:
            self.told[_label(there)] = {
                name: [getattr(there, name), value] for name, value in different.items()
            }
        for name, value in different.items():
            setattr(there, name, value)
        if different:
            self.changed += 1
        else:
            self.unchanged += 1
        return there

    def _programme(self, data: Any) -> models.Programme:
        row = self._keep(
            self._programmes.get((data.crebo, data.cohort)),
            models.Programme,
            crebo=data.crebo,
            cohort=data.cohort,
            name=data.name,
            level=data.level,
            learning_path=data.learning_path,
            file_crebo=data.file_crebo,
        )
        self._own_core_tasks(row, data.core_tasks)
        return row

    def _elective(
        self, data: catalogue_data.ElectiveData, programmes: dict[str, models.Programme]
    ) -> models.Elective:
        row = self._keep(
            self._electives.get(data.code),
            models.Elective,
            code=data.code,
            name=data.name,
            hours=data.hours,
            kind=data.kind,
        )
        self._own_core_tasks(row, data.core_tasks)
        for position, one in enumerate(data.conditional_assignments, 1):
            there = self._assignments.get((row, position))
            self._keep(
                there,
                models.ConditionalAssignment,
                elective=row,
                position=position,
                title=one.title,
                description=one.description,
            )
        self._offered(row, [programmes[crebo] for crebo in data.offered_by])
        return row

    def _own_core_tasks(self, owner: Owner, core_tasks: Iterable[catalogue_data.CoreTaskData]) -> None:
        for position, data in enumerate(core_tasks, 1):
            own = {"programme": owner} if isinstance(owner, models.Programme) else {"elective": owner}
            row = self._keep(
                self._core_tasks.get((owner, data.code)),
                models.CoreTask,
                code=data.code,
                name=data.name,
                position=position,
                **own,
            )
            self._core_tasks[owner, data.code] = row
            for number, one in enumerate(data.work_processes, 1):
                process = self._processes.get((row, one.code))
                self._processes[row, one.code] = self._keep(
                    process, models.WorkProcess, core_task=row, code=one.code, name=one.name, position=number
                )

    def _offered(self, elective: models.Elective, programmes: Iterable[models.Programme]) -> None:
        """Link the elective to its programmes. A link needs both ids, so new ones are flushed first."""
        db.session.flush()
        for programme in programmes:
            there = self._offers.get((programme.id, elective.id))
            self._keep(there, models.ProgrammeElective, programme_id=programme.id, elective_id=elective.id)

    def _exam(self, data: catalogue_data.ExamData, owner: Owner) -> None:
        # A version that exists never changes: results depend on it.
        there = self._exams[data.key].get(data.version)
        if there is not None:
            self.unchanged += 1
            if _content(there) != _content_of(data):
                self.tampered.append(f"{data.code} {data.version}")
            return
        exam = models.Exam(
            key=data.key,
            version=data.version,
            kind=ExamKind(data.kind),
            code=data.code,
            title=data.title,
            description=data.description,
            place=data.place,
            duration_minutes=data.duration_minutes,
            pass_rule=dict(data.pass_rule),
            programme=owner if isinstance(owner, models.Programme) else None,
            elective=owner if isinstance(owner, models.Elective) else None,
            core_task=self._core_tasks.get((owner, data.core_task)),
        )
        exam.tasks = [
            models.ExamTask(
                position=task.position,
                title=task.title,
                instruction=task.instruction,
                duration_minutes=task.duration_minutes,
                criteria=[self._criterion(owner, n, one) for n, one in enumerate(task.criteria, 1)],
            )
            for task in data.tasks
        ]
        db.session.add(exam)
        self.new += 1
        self.new_exams.append(exam)
        self._exams[data.key][data.version] = exam

    def _criterion(self, owner: Owner, position: int, data: catalogue_data.CriterionData) -> models.Criterion:
        core_task = self._core_tasks[owner, data.work_process.rpartition("-")[0]]
        return models.Criterion(
            position=position,
            text=data.text,
            critical=data.critical,
            work_process=self._processes[core_task, data.work_process],
            levels=[
                models.CriterionLevel(
                    label=one.label,
                    points=one.points,
                    sufficient=one.sufficient,
                    description=one.description,
                )
                for one in data.levels
            ],
        )

    def _choose_current(self) -> None:
        """Mark the highest version of each exam as current: that one is planned from now on."""
        for versions in self._exams.values():
            newest = max(versions, key=catalogue_data.natural)
            for version, exam in versions.items():
                if exam.current != (version == newest):
                    if exam not in self.new_exams:
                        self.told[f"{exam} {version}"] = {"current": [exam.current, not exam.current]}
                    exam.current = version == newest

    def _updates(self) -> None:
        for one in self.catalogue.updates:
            there = self._news.get((one.date, one.title))
            before = there.body if there is not None else one.body
            self._keep(there, models.SystemUpdate, title=one.title, body=one.body, published_on=one.date)
            if there is not None and one.body != before:
                there.version += 1  # an open form, or who marks it as read, goes on the text from before
                self.rewritten.append(there.id)


def _label(row: Any) -> str:
    """A row in words, after what it belongs to: "Kok (25180, 2026), B1-K1 Bereidt gerechten"."""
    above = (getattr(row, name, None) for name in ("programme", "elective", "core_task"))
    owner = next((one for one in above if one is not None), None)
    name = getattr(row, "title", "") or str(row)
    return f"{_label(owner)}, {name}" if owner is not None else name


def _content(exam: models.Exam) -> tuple[Any, ...]:
    """The parts of an exam that an assessment depends on: tasks, criteria, levels, pass rule."""
    return (
        exam.pass_rule,
        [
            (
                task.position,
                task.title,
                task.instruction,
                [
                    (one.text, one.critical, [_level_content(lv) for lv in one.levels])
                    for one in task.criteria
                ],
            )
            for task in exam.tasks
        ],
    )


def _content_of(data: catalogue_data.ExamData) -> tuple[Any, ...]:
    return (
        dict(data.pass_rule),
        [
            (
                task.position,
                task.title,
                task.instruction,
                [
                    (one.text, one.critical, [_level_content(lv) for lv in one.levels])
                    for one in task.criteria
                ],
            )
            for task in data.tasks
        ],
    )


def _level_content(level: models.CriterionLevel | catalogue_data.LevelData) -> tuple[Any, ...]:
    return (level.label, level.points, level.sufficient, level.description)
