"""One examenaanmelding in full, and a student's own exams. A fixed number of queries each."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.entities.exams import ExamKind
from app.permissions import Actor, Permission, visible
from app.queries.planning.attempts import waiting_for
from app.queries.planning.facts import COMPANY, SCHOOL
from app.rules import blocks
from app.rules.text import Reason


@dataclass(frozen=True)
class MomentFacts:
    """An examenmoment with its people: (name, role), the school examiner first."""

    id: int
    task: str
    instruction: str
    position: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    location: str
    note: str
    people: Sequence[tuple[str, str]]
    scored: bool
    definitive_at: dt.datetime | None
    assigned: bool  # the actor examines here
    company: bool  # there is an examiner of the company with an account

    @property
    def removable(self) -> bool:
        return not self.scored and self.definitive_at is None


@dataclass(frozen=True)
class RegistrationView:
    """An attempt in full. `moments`: those the actor may see, by time; `hidden`: how many others."""

    id: int
    student_id: int
    student: str
    exam_id: int
    exam_code: str
    exam_title: str
    exam_kind: ExamKind
    exam_version: str
    attempt: int
    block: blocks.Block
    moments: Sequence[MomentFacts]
    hidden: int
    result: models.Result | None
    adopted_on: dt.date | None
    removable: bool
    stopped_at: dt.datetime | None = None
    stop_reason: str = ""  # "": the student left
    waits: Reason | None = None  # for an earlier attempt


@dataclass
class OwnExam:
    """One exam of the student: its attempts, or none yet."""

    exam_id: int
    code: str
    title: str
    kind: ExamKind
    parts: int
    attempts: list[RegistrationView] = field(default_factory=list)
    excluded: bool = False


def registration_view(actor: Actor, registration_id: int, now: dt.datetime) -> RegistrationView | None:
    """The registration with its block, moments and result; None when this actor may not see it."""
    shown = visible(actor, models.Registration, Permission.PLANNING_SEE).with_only_columns(
        models.Registration.id
    )
    views = _views(
        actor, shown.where(models.Registration.id == registration_id), Permission.PLANNING_SEE, now
    )
    return views[0] if views else None


def own_registrations(actor: Actor, now: dt.datetime) -> Sequence[RegistrationView]:
    """The signed-in student's attempts, without draft scores: a student sees nothing before the end."""
    shown = visible(actor, models.Registration, Permission.OWN_EXAMS).with_only_columns(
        models.Registration.id
    )
    return _views(actor, shown, Permission.OWN_EXAMS, now, drafts=False)


def own_exams(actor: Actor, now: dt.datetime) -> Sequence[OwnExam]:
    """Every exam that the signed-in student has or will have, with the attempts. At most nine queries."""
    student = visible(actor, models.Student, Permission.OWN_EXAMS).with_only_columns(models.Student.id)
    enrolled = sa.select(models.Enrolment.programme_id).where(
        models.Enrolment.student_id.in_(student), models.Enrolment.programme_id.is_not(None)
    )
    chosen = sa.select(models.Enrolment.elective_id).where(
        models.Enrolment.student_id.in_(student), models.Enrolment.elective_id.is_not(None)
    )
    rows = db.session.scalars(
        sa.select(models.Exam)
        .where(
            models.Exam.current,
            (models.Exam.programme_id.in_(enrolled)) | (models.Exam.elective_id.in_(chosen)),
        )
        .options(orm.selectinload(models.Exam.tasks))
        .order_by(models.Exam.elective_id.is_not(None), models.Exam.code)
    ).all()
    found = {row.id: OwnExam(row.id, row.code, row.title, row.kind, len(row.tasks)) for row in rows}
    # An attempt shows even when its exam is an older version, or of a programme that the student left.
    for view in own_registrations(actor, now):
        own = found.setdefault(
            view.exam_id,
            OwnExam(view.exam_id, view.exam_code, view.exam_title, view.exam_kind, view.block.total),
        )
        own.attempts.append(view)
    out = sa.select(models.ExamExclusion.exam_id).where(models.ExamExclusion.student_id.in_(student))
    for exam_id in db.session.scalars(out):
        if exam_id in found:
            found[exam_id].excluded = True
    # An exam that is not available and was never attempted is left out.
    return [own for own in found.values() if own.attempts or not own.excluded]


def _views(
    actor: Actor, ids: sa.Select[int], permission: Permission, now: dt.datetime, *, drafts: bool = True
) -> Sequence[RegistrationView]:
    """These registrations in full, by exam and attempt; `drafts`: scores count before they are definitive."""
    rows = db.session.execute(
        sa.select(models.Registration, models.Result, models.Adoption.decided_on)
        .outerjoin(models.Result, models.Result.registration_id == models.Registration.id)
        .outerjoin(models.Adoption, models.Adoption.result_id == models.Result.id)
        .where(models.Registration.id.in_(ids))
        .options(
            orm.joinedload(models.Registration.student),
            orm.joinedload(models.Registration.exam).selectinload(models.Exam.tasks),
        )
        .order_by(models.Registration.exam_id, models.Registration.attempt)
    ).all()
    ids_found = [row.Registration.id for row in rows]
    sittings = _sittings(actor, ids_found, permission)
    waits = waiting_for(ids_found) if drafts else {}
    return [
        _view(
            registration,
            result,
            adopted_on,
            sittings.get(registration.id, []),
            now=now,
            drafts=drafts,
            waits=waits.get(registration.id),
        )
        for registration, result, adopted_on in rows
    ]


@dataclass(frozen=True)
class _SittingRow:
    moment: MomentFacts
    task_id: int
    seen: bool


def _sittings(
    actor: Actor, registrations: Sequence[int], permission: Permission
) -> Mapping[int, list[_SittingRow]]:
    """Registration id -> all its sittings by time; `seen` tells which the actor may see. Two queries."""
    theirs = models.Sitting.registration_id.in_(id_set(registrations))
    shown = visible(actor, models.Sitting, permission).where(theirs).with_only_columns(models.Sitting.id)
    scored = sa.exists().where(models.ScoreSheet.assessment_id == models.Assessment.id)
    rows = db.session.execute(
        sa.select(
            models.Sitting,
            models.Assessment.definitive_at,
            scored.label("scored"),
            models.Sitting.id.in_(shown).label("seen"),
        )
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .where(theirs)
        .options(orm.joinedload(models.Sitting.task))
        .order_by(models.Sitting.starts_at, models.Sitting.id)
    ).all()
    people = _people([row.Sitting.id for row in rows])
    found: dict[int, list[_SittingRow]] = defaultdict(list)
    for sitting, definitive_at, has_scores, seen in rows:
        task, crew = sitting.task, people.get(sitting.id, [])
        moment = MomentFacts(
            sitting.id,
            task.title,
            task.instruction,
            task.position,
            sitting.starts_at,
            sitting.ends_at,
            sitting.location,
            sitting.note,
            [(user.full_name, role) for user, role in crew],
            bool(has_scores),
            definitive_at,
            any(user.id == actor.id for user, _role in crew),
            any(role == COMPANY and not user.guest for user, role in crew),
        )
        found[sitting.registration_id].append(_SittingRow(moment, task.id, bool(seen)))
    return found


def _people(sittings: Sequence[int]) -> Mapping[int, list[tuple[models.User, str]]]:
    rows = db.session.execute(
        sa.select(models.SittingExaminer.sitting_id, models.User, models.SittingExaminer.role)
        .join(models.User, models.User.id == models.SittingExaminer.user_id)
        .where(models.SittingExaminer.sitting_id.in_(id_set(sittings)))
        .order_by(models.SittingExaminer.role != SCHOOL)
    )
    found: dict[int, list[tuple[models.User, str]]] = defaultdict(list)
    for sitting_id, user, role in rows:
        found[sitting_id].append((user, role))
    return found


def _view(
    registration: models.Registration,
    result: models.Result | None,
    adopted_on: dt.date | None,
    rows: Sequence[_SittingRow],
    *,
    now: dt.datetime,
    drafts: bool,
    waits: Reason | None,
) -> RegistrationView:
    """One registration in full. All its sittings decide the block; only the seen ones are shown."""
    exam = registration.exam
    by_task = {row.task_id: row.moment for row in rows}
    block = blocks.block_of(
        [_part(by_task.get(task.id), drafts) for task in exam.tasks],
        available=True,
        result=blocks.ResultFacts(result.passed, result.grade, result.mark) if result is not None else None,
        adopted=adopted_on is not None,
        now=now,
        attempt=registration.attempt,
        stopped=registration.stopped_at is not None,
    )
    moments = [row.moment for row in rows if row.seen]
    return RegistrationView(
        registration.id,
        registration.student_id,
        str(registration.student),
        exam.id,
        exam.code,
        exam.title,
        exam.kind,
        exam.version,
        registration.attempt,
        block,
        moments,
        len(rows) - len(moments),
        result,
        adopted_on,
        result is None and (not rows or any(row.moment.removable for row in rows)),
        registration.stopped_at,
        registration.stop_reason,
        waits,
    )


def _part(moment: MomentFacts | None, drafts: bool) -> blocks.PartFacts:
    if moment is None:
        return blocks.PartFacts()
    return blocks.PartFacts(
        (moment.starts_at, moment.ends_at),
        has_scores=moment.scored and drafts,
        definitive=moment.definitive_at is not None,
    )
