"""What the overview of Examens shows: students down, exams across, a block per attempt (manual, step 6).

A fixed number of queries, however many students and exams: the facts come in a few sets and are put
together here. An actor gets only what they may see: an examiner only the students and registrations that
are assigned to them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.exams import ExamKind
from app.entities.membership import groups_with, members_of
from app.permissions import EXAMINERS, Actor, Permission, only_examines, visible
from app.queries.planning.attempts import earlier_attempts, why_wait
from app.queries.students.search import found_by
from app.rules import blocks
from app.rules.text import Reason

SEE = Permission.PLANNING_SEE


@dataclass(frozen=True)
class OverviewFilter:
    """What the URL asks for; a programme is required, the rest is optional (0 or "": not asked)."""

    programme_id: int = 0
    words: str = ""
    group_id: int = 0
    exam_id: int = 0


@dataclass(frozen=True)
class ExamColumn:
    """An exam, which is a column of the overview; `task_ids` in their order."""

    id: int
    code: str
    title: str
    version: str
    kind: ExamKind
    elective_id: int | None
    current: bool
    core_task: str
    minutes: int
    task_ids: tuple[int, ...]


@dataclass(frozen=True)
class StudentRow:
    id: int
    name: str  # "Berg, Fleur van der"
    number: str


@dataclass(frozen=True)
class Attempt:
    """A registration in a cell. `removable`: something of it can go. `waits`: why not to assess it yet."""

    id: int
    block: blocks.Block
    removable: bool
    waits: Reason | None = None


@dataclass(frozen=True)
class Cell:
    """A student's attempts at an exam, in order; without any: `open` (to plan), `excluded` or neither."""

    attempts: tuple[Attempt, ...] = ()
    open: bool = False
    excluded: bool = False
    total: int = 0


@dataclass(frozen=True)
class Overview:
    exams: Sequence[ExamColumn]
    students: Sequence[StudentRow]
    cells: Mapping[tuple[int, int], Cell]
    count: int
    page: int
    pages: int
    size: int


@dataclass(frozen=True)
class SittingFacts:
    task_id: int
    planned: tuple[datetime, datetime]
    scored: bool
    definitive: bool


@dataclass
class RegistrationFacts:
    """One attempt with what decides its block."""

    id: int
    student_id: int
    exam_id: int
    attempt: int
    result: blocks.ResultFacts | None
    adopted: bool
    stopped: bool = False
    waits: Reason | None = None  # why it must not be assessed yet
    sittings: dict[int, SittingFacts] = field(default_factory=dict)

    @property
    def removable(self) -> bool:
        """Whether something of it can go: nothing was planned, or a moment is there without scores."""
        if self.result is not None:
            return False
        return not self.sittings or not all(s.scored or s.definitive for s in self.sittings.values())

    def block(self, task_ids: Sequence[int], *, available: bool, now: datetime) -> blocks.Block:
        parts = [self._part(task_id) for task_id in task_ids]
        return blocks.block_of(
            parts,
            available=available,
            result=self.result,
            adopted=self.adopted,
            now=now,
            attempt=self.attempt,
            stopped=self.stopped,
        )

    def _part(self, task_id: int) -> blocks.PartFacts:
        sitting = self.sittings.get(task_id)
        if sitting is None:
            return blocks.PartFacts()
        return blocks.PartFacts(sitting.planned, has_scores=sitting.scored, definitive=sitting.definitive)


def choosable_programmes(actor: Actor) -> Sequence[tuple[int, str]]:
    """(id, name) of the programmes this actor may open the overview of."""
    students = visible(actor, models.Student, SEE).with_only_columns(models.Student.id)
    enrolled = sa.exists().where(
        models.Enrolment.programme_id == models.Programme.id, models.Enrolment.student_id.in_(students)
    )
    own = visible(actor, models.Programme).with_only_columns(models.Programme.id)
    rows = db.session.scalars(
        sa.select(models.Programme)
        .where(sa.or_(models.Programme.id.in_(own), enrolled))
        .order_by(models.Programme.name, models.Programme.cohort.desc(), models.Programme.crebo)
    )
    return [(row.id, str(row)) for row in rows]


def choosable_groups(actor: Actor, programme_id: int) -> Sequence[tuple[int, str]]:
    """(id, name) of the groups that hold a visible student of the programme."""
    students = _students(actor, OverviewFilter(programme_id), SEE).with_only_columns(models.Student.id)
    rows = db.session.execute(
        sa.select(models.StudentGroup.id, models.StudentGroup.name)
        .where(models.StudentGroup.id.in_(groups_with(students)))
        .order_by(models.StudentGroup.name)
    )
    return [(row.id, row.name) for row in rows]


def students_of(
    actor: Actor, wanted: OverviewFilter, permission: Permission = SEE
) -> sa.Select[models.Student]:
    """The students of the programme that match, as far as this actor may see them."""
    return _students(actor, wanted, permission)


def _students(actor: Actor, wanted: OverviewFilter, permission: Permission) -> sa.Select[models.Student]:
    enrolled = sa.select(models.Enrolment.student_id).where(
        models.Enrolment.programme_id == wanted.programme_id
    )
    statement = visible(actor, models.Student, permission).where(
        models.Student.active, models.Student.id.in_(enrolled)
    )
    if wanted.words:
        statement = statement.where(found_by(wanted.words))
    if wanted.group_id:
        statement = statement.where(models.Student.id.in_(members_of([wanted.group_id])))
    return statement


def exam_columns(actor: Actor, programme_id: int) -> Sequence[ExamColumn]:
    """The programme's exams, then those of its electives and of the electives that its students take.

    An older version stays once somebody was registered for it. An examiner without any other role sees only
    the exams of the registrations that are assigned to them.
    """
    in_programme = sa.select(models.Enrolment.student_id).where(models.Enrolment.programme_id == programme_id)
    electives = (
        sa.select(models.ProgrammeElective.elective_id)
        .where(models.ProgrammeElective.programme_id == programme_id)
        .union(
            sa.select(models.Enrolment.elective_id).where(
                models.Enrolment.elective_id.is_not(None), models.Enrolment.student_id.in_(in_programme)
            )
        )
    )
    used = sa.exists().where(models.Registration.exam_id == models.Exam.id)
    statement = (
        sa.select(models.Exam, models.CoreTask, models.ExamTask.id)
        .join(models.ExamTask, models.ExamTask.exam_id == models.Exam.id)
        .outerjoin(models.CoreTask, models.CoreTask.id == models.Exam.core_task_id)
        .outerjoin(models.Elective, models.Elective.id == models.Exam.elective_id)
        .where(
            sa.or_(models.Exam.programme_id == programme_id, models.Exam.elective_id.in_(electives)),
            sa.or_(models.Exam.current, used),
        )
        .order_by(
            models.Exam.elective_id.is_not(None),
            models.Elective.name,
            models.Exam.code,
            models.Exam.id,
            models.ExamTask.position,
        )
    )
    if only_examines(actor):
        assigned = visible(actor, models.Registration, SEE).with_only_columns(models.Registration.exam_id)
        statement = statement.where(models.Exam.id.in_(assigned))
    return _columns(db.session.execute(statement).all())


def _columns(rows: Sequence[Any]) -> Sequence[ExamColumn]:
    tasks: dict[int, list[int]] = defaultdict(list)
    exams: dict[int, ExamColumn] = {}
    for exam, core_task, task_id in rows:
        tasks[exam.id].append(task_id)
        if exam.id not in exams:
            name = str(core_task) if core_task is not None else ""
            exams[exam.id] = ExamColumn(
                exam.id,
                exam.code,
                exam.title,
                exam.version,
                exam.kind,
                exam.elective_id,
                exam.current,
                name,
                exam.duration_minutes,
                (),
            )
    return [replace(exam, task_ids=tuple(tasks[exam.id])) for exam in exams.values()]


def load_overview(
    actor: Actor, wanted: OverviewFilter, exams: Sequence[ExamColumn], *, page: int, size: int, now: datetime
) -> Overview:
    """One page of students with their blocks; `exams` are the columns to fill."""
    statement = students_of(actor, wanted)
    count = (
        db.session.scalar(sa.select(sa.func.count()).select_from(statement.order_by(None).subquery())) or 0
    )
    pages = max(1, -(-count // size))
    page = min(max(1, page), pages)
    rows = db.session.scalars(
        statement.order_by(models.Student.name_key, models.Student.id).limit(size).offset((page - 1) * size)
    ).all()
    ids = [row.id for row in rows]
    cells = _cells(actor, ids, exams, now)
    students = [StudentRow(row.id, row.sort_name, row.number) for row in rows]
    return Overview(exams, students, cells, count, page, pages, size)


def _cells(
    actor: Actor, students: Sequence[int], exams: Sequence[ExamColumn], now: datetime
) -> Mapping[tuple[int, int], Cell]:
    """(student id, exam id) -> its cell."""
    exam_ids = [exam.id for exam in exams]
    enrolled = _electives_of(students)
    excluded = _exclusions_of(students, exam_ids)
    registered = registrations_of(actor, students, exam_ids)
    known = fully_seen(actor, students)
    cells = {}
    for student_id in students:
        for exam in exams:
            key = (student_id, exam.id)
            out = key in excluded
            attempts = tuple(
                Attempt(
                    facts.id,
                    facts.block(exam.task_ids, available=not out, now=now),
                    facts.removable,
                    facts.waits,
                )
                for facts in registered.get(key, ())
            )
            # An empty cell says something only where this actor would see an attempt.
            applies = exam.elective_id is None or (student_id, exam.elective_id) in enrolled
            empty = not attempts and applies and student_id in known
            cells[key] = Cell(attempts, empty and exam.current and not out, empty and out, len(exam.task_ids))
    return cells


def registrations_of(
    actor: Actor, students: Sequence[int], exams: Sequence[int]
) -> Mapping[tuple[int, int], Sequence[RegistrationFacts]]:
    """(student, exam) -> the attempts this actor may see, in order. Two queries."""
    shown = visible(actor, models.Registration, SEE).with_only_columns(models.Registration.id)
    found = load_registrations(
        shown.where(
            models.Registration.student_id.in_(id_set(students)), models.Registration.exam_id.in_(exams)
        )
    )
    grouped: dict[tuple[int, int], list[RegistrationFacts]] = defaultdict(list)
    for facts in found:
        grouped[facts.student_id, facts.exam_id].append(facts)
    return grouped


def load_registrations(ids: sa.Select[int]) -> Sequence[RegistrationFacts]:
    """The facts of these registrations, by attempt. Two queries."""
    opened, passed = earlier_attempts()
    rows = db.session.execute(
        sa.select(models.Registration, models.Result, models.Adoption.result_id, opened, passed)
        .outerjoin(models.Result, models.Result.registration_id == models.Registration.id)
        .outerjoin(models.Adoption, models.Adoption.result_id == models.Result.id)
        .where(models.Registration.id.in_(ids))
        .order_by(models.Registration.attempt, models.Registration.id)
    ).all()
    facts = {
        row.id: RegistrationFacts(
            row.id,
            row.student_id,
            row.exam_id,
            row.attempt,
            blocks.ResultFacts(result.passed, result.grade, result.mark) if result is not None else None,
            adopted is not None,
            row.stopped_at is not None,
            _waits(row, result, *earlier),
        )
        for row, result, adopted, *earlier in rows
    }
    for registration_id, sitting in _sittings_of(ids):
        if registration_id in facts:
            facts[registration_id].sittings[sitting.task_id] = sitting
    return list(facts.values())


def _waits(
    row: models.Registration, result: models.Result | None, opened: int | None, passed: int | None
) -> Reason | None:
    return None if result is not None or row.stopped_at is not None else why_wait(row.attempt, opened, passed)


def _sittings_of(registrations: sa.Select[int]) -> Sequence[tuple[int, SittingFacts]]:
    scored = sa.exists().where(models.ScoreSheet.assessment_id == models.Assessment.id)
    rows = db.session.execute(
        sa.select(
            models.Sitting.registration_id,
            models.Sitting.exam_task_id,
            models.Sitting.starts_at,
            models.Sitting.ends_at,
            scored.label("scored"),
            models.Assessment.definitive_at,
        )
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .where(models.Sitting.registration_id.in_(registrations))
    )
    return [
        (
            row.registration_id,
            SittingFacts(
                row.exam_task_id,
                (row.starts_at, row.ends_at),
                bool(row.scored),
                row.definitive_at is not None,
            ),
        )
        for row in rows
    ]


def _electives_of(students: Sequence[int]) -> set[tuple[int, int]]:
    rows = db.session.execute(
        sa.select(models.Enrolment.student_id, models.Enrolment.elective_id).where(
            sa.and_(
                models.Enrolment.student_id.in_(id_set(students)), models.Enrolment.elective_id.is_not(None)
            )
        )
    )
    return {(row.student_id, row.elective_id) for row in rows}


def _exclusions_of(students: Sequence[int], exams: Sequence[int]) -> set[tuple[int, int]]:
    rows = db.session.execute(
        sa.select(models.ExamExclusion.student_id, models.ExamExclusion.exam_id).where(
            models.ExamExclusion.student_id.in_(id_set(students)), models.ExamExclusion.exam_id.in_(exams)
        )
    )
    return {(row.student_id, row.exam_id) for row in rows}


def fully_seen(actor: Actor, students: Sequence[int]) -> Collection[int]:
    """The students among these of whom this actor sees every exam: their empty cells mean something."""
    if not actor.roles & EXAMINERS:
        return set(students)
    if only_examines(actor):
        return set()
    other = replace(actor, roles=actor.roles - EXAMINERS)
    statement = visible(other, models.Student, SEE).where(models.Student.id.in_(id_set(students)))
    return set(db.session.scalars(statement.with_only_columns(models.Student.id)))
