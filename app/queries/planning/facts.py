"""What the planning of one exam needs to know: the exam, the attempts, possible examiners, busy moments.

A fixed number of queries for one student or for a thousand.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app import models
from app.entities.base import db
from app.entities.engine import id_set
from app.permissions import Actor, Role, visible
from app.rules.attempts import AttemptFacts

SCHOOL = Role.SCHOOL_EXAMINER.value
COMPANY = Role.COMPANY_EXAMINER.value
GUEST = "guest"


@dataclass(frozen=True)
class PresentSitting:
    """A moment as it stands now. `locked`: something was scored, so it stays as it is.

    `guest_id`: a company examiner without an account, invited for this moment; chosen in no list.
    """

    id: int
    task_id: int
    starts_at: datetime
    ends_at: datetime
    location: str
    note: str
    locked: bool
    school_examiner_id: int | None = None
    company_examiner_id: int | None = None
    guest_id: int | None = None

    @property
    def people(self) -> Sequence[int]:
        """The examiners, the school's first."""
        ids = (self.school_examiner_id, self.company_examiner_id, self.guest_id)
        return [user for user in ids if user]

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


@dataclass(frozen=True)
class Pending:
    """The attempt that has no result yet, with its moments by task."""

    id: int
    exam_id: int
    attempt: int
    version: int
    sittings: Mapping[int, PresentSitting]


@dataclass
class Candidate:
    """A student with everything that decides whether, and as which attempt, the exam can be planned."""

    id: int
    label: str
    active: bool
    elective: bool = False  # of the exam: its examiners come from the student's own programmes
    enrolled: bool = False
    excluded: bool = False
    programmes: set[int] = field(default_factory=set)
    attempts: list[AttemptFacts] = field(default_factory=list)
    pending: Pending | None = (
        None  # the attempt to change: the one that was asked for, else the last open one
    )
    asked: int = 0  # the registration that was asked for
    after: datetime | None = None  # the end of the attempts before this one
    before: datetime | None = None  # the start of those that come later
    supervisors: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Examiner:
    """A user who may examine: active, coupled to the programme; `programmes` are those that matter here."""

    id: int
    name: str
    organisation: str
    roles: frozenset[str]
    programmes: frozenset[int]

    @property
    def label(self) -> str:
        return f"{self.name} ({self.organisation})" if self.organisation else self.name


def exam_to_plan(exam_id: int) -> models.Exam | None:
    """The exam with its tasks, core task and owner."""
    return db.session.scalars(
        sa.select(models.Exam)
        .where(models.Exam.id == exam_id)
        .options(
            orm.selectinload(models.Exam.tasks),
            orm.joinedload(models.Exam.core_task),
            orm.joinedload(models.Exam.programme),
            orm.joinedload(models.Exam.elective),
        )
    ).one_or_none()


def is_known(actor: Actor, exam: models.Exam, candidates: Collection[Candidate]) -> bool:
    """Whether this actor may know of the exam: one of these students takes it, or the actor sees it."""
    if any(one.enrolled or one.pending is not None for one in candidates):
        return True
    return db.session.scalar(visible(actor, models.Exam).where(models.Exam.id == exam.id)) is not None


def load_candidates(
    exam: models.Exam, students: Sequence[int], registration_id: int = 0
) -> Sequence[Candidate]:
    """These students with everything that decides on the exam, in the order of lists. Seven queries.

    `registration_id`: the only attempt that may be changed.
    """
    rows = db.session.scalars(
        sa.select(models.Student)
        .where(models.Student.id.in_(id_set(students)))
        .order_by(models.Student.name_key, models.Student.id)
    ).all()
    found = {
        row.id: Candidate(
            row.id, row.list_name, row.active, exam.elective_id is not None, asked=registration_id
        )
        for row in rows
    }
    _add_enrolments(exam, found)
    out = sa.select(models.ExamExclusion.student_id).where(
        models.ExamExclusion.exam_id == exam.id, models.ExamExclusion.student_id.in_(id_set(students))
    )
    for student_id in db.session.scalars(out):
        found[student_id].excluded = True
    _add_attempts(exam, found)
    helped = sa.select(models.Supervision.student_id, models.Supervision.user_id).where(
        models.Supervision.student_id.in_(id_set(students)),
        models.Supervision.role.in_([Role.SCHOOL_SUPERVISOR.value, Role.COMPANY_SUPERVISOR.value]),
    )
    for student_id, user_id in db.session.execute(helped):
        found[student_id].supervisors.add(user_id)
    return list(found.values())


def _add_enrolments(exam: models.Exam, found: Mapping[int, Candidate]) -> None:
    rows = db.session.execute(
        sa.select(
            models.Enrolment.student_id, models.Enrolment.programme_id, models.Enrolment.elective_id
        ).where(models.Enrolment.student_id.in_(id_set(list(found))))
    )
    for row in rows:
        one = found[row.student_id]
        if row.programme_id is not None:
            one.programmes.add(row.programme_id)
        if (row.programme_id or 0) == exam.programme_id or (row.elective_id or 0) == exam.elective_id:
            one.enrolled = True


def _add_attempts(exam: models.Exam, found: Mapping[int, Candidate]) -> None:
    """Add the attempts of these students; they count over all versions of the exam."""
    rows = _attempts_at(exam, list(found))
    pending: dict[int, models.Registration] = {}
    for registration, passed, _first, _last in rows:
        one, stopped = found[registration.student_id], registration.stopped_at is not None
        one.attempts.append(AttemptFacts(registration.attempt, passed is not None, bool(passed), stopped))
        # More than one is open when an earlier one was reopened: then the last, unless one was asked for.
        if passed is None and not stopped and one.asked in (0, registration.id):
            pending[one.id] = registration
    sittings = _present_sittings([registration.id for registration in pending.values()])
    for student_id, registration in pending.items():
        found[student_id].pending = Pending(
            registration.id,
            registration.exam_id,
            registration.attempt,
            registration.version,
            sittings.get(registration.id, {}),
        )
    for registration, _passed, first, last in rows:
        _note_order(found[registration.student_id], registration, first, last)


def _attempts_at(exam: models.Exam, students: Sequence[int]) -> Sequence[Any]:
    """(registration, whether passed, first start, last end) of these students, by attempt. One query."""
    of_attempt = models.Sitting.registration_id == models.Registration.id
    span = [
        sa.select(one).where(of_attempt).scalar_subquery()
        for one in (sa.func.min(models.Sitting.starts_at), sa.func.max(models.Sitting.ends_at))
    ]
    return db.session.execute(
        sa.select(models.Registration, models.Result.passed, *span)
        .join(models.Exam, models.Exam.id == models.Registration.exam_id)
        .outerjoin(models.Result, models.Result.registration_id == models.Registration.id)
        .where(models.Exam.key == exam.key, models.Registration.student_id.in_(id_set(list(students))))
        .order_by(models.Registration.attempt, models.Registration.id)
    ).all()


def _note_order(
    one: Candidate, registration: models.Registration, first: datetime | None, last: datetime | None
) -> None:
    """Note between which other attempts this one stands. What was stopped stands in nobody's way."""
    if registration.stopped_at is not None or first is None or last is None:
        return
    own = one.pending.attempt if one.pending is not None else registration.attempt + 1
    if registration.attempt < own:
        one.after = max(last, one.after) if one.after else last
    elif registration.attempt > own:
        one.before = min(first, one.before) if one.before else first


def _present_sittings(registrations: Sequence[int]) -> Mapping[int, Mapping[int, PresentSitting]]:
    """Registration id -> task id -> sitting. Two queries."""
    scored = sa.exists().where(models.ScoreSheet.assessment_id == models.Assessment.id)
    rows = db.session.execute(
        sa.select(models.Sitting, scored.label("scored"), models.Assessment.definitive_at)
        .outerjoin(models.Assessment, models.Assessment.sitting_id == models.Sitting.id)
        .where(models.Sitting.registration_id.in_(id_set(registrations)))
    ).all()
    people = db.session.execute(
        sa.select(
            models.SittingExaminer.sitting_id,
            models.SittingExaminer.role,
            models.SittingExaminer.user_id,
            models.User.guest,
        )
        .join(models.User, models.User.id == models.SittingExaminer.user_id)
        .where(models.SittingExaminer.sitting_id.in_(id_set([row.Sitting.id for row in rows])))
    )
    # A guest holds the role of a company examiner, but stands apart from the users with that role.
    examiners = {(row.sitting_id, GUEST if row.guest else row.role): row.user_id for row in people}
    found: dict[int, dict[int, PresentSitting]] = defaultdict(dict)
    for sitting, has_scores, definitive_at in rows:
        found[sitting.registration_id][sitting.exam_task_id] = PresentSitting(
            sitting.id,
            sitting.exam_task_id,
            sitting.starts_at,
            sitting.ends_at,
            sitting.location,
            sitting.note,
            bool(has_scores) or definitive_at is not None,
            examiners.get((sitting.id, SCHOOL)),
            examiners.get((sitting.id, COMPANY)),
            examiners.get((sitting.id, GUEST)),
        )
    return found


def fingerprint(candidates: Iterable[Candidate]) -> str:
    """A text that changes as soon as somebody plans, changes or removes one of these: a form carries it."""
    parts = [f"{c.id}:{c.pending.id}:{c.pending.version}" if c.pending else f"{c.id}" for c in candidates]
    return hashlib.sha256("|".join(sorted(parts)).encode()).hexdigest()[:24]


def rows_of(exam: models.Exam, students: Collection[int]) -> Mapping[str, Collection[int]]:
    """Whatever the trail may call this exam of these students: kind of row -> ids. Two queries."""
    attempts = db.session.scalars(
        sa.select(models.Registration.id)
        .join(models.Exam, models.Exam.id == models.Registration.exam_id)
        .where(models.Exam.key == exam.key, models.Registration.student_id.in_(id_set(sorted(students))))
    ).all()
    moments = db.session.scalars(
        sa.select(models.Sitting.id).where(models.Sitting.registration_id.in_(id_set(attempts)))
    ).all()
    return {"Registration": attempts, "Sitting": moments, "Student": students}


def programmes_that_count(exam: models.Exam, candidates: Iterable[Candidate]) -> Sequence[int]:
    """The programmes that examiners come from: that of the exam; for an elective, those of the students."""
    if exam.programme_id is not None:
        return [exam.programme_id]
    return sorted({key for one in candidates for key in one.programmes})


def examiners_among(users: Collection[int], programmes: Sequence[int]) -> Sequence[Examiner]:
    """The active examiners among these users who are coupled to one of these programmes."""
    rows = db.session.execute(
        sa.select(models.User, models.RoleRow.name, models.user_programme.c.programme_id)
        .join(models.User.roles)
        .join(models.user_programme, models.user_programme.c.user_id == models.User.id)
        .where(
            models.User.active.is_(True),
            models.User.guest.is_(False),
            models.RoleRow.name.in_([SCHOOL, COMPANY]),
        )
        .where(
            models.User.id.in_(id_set(sorted(users))),
            models.user_programme.c.programme_id.in_(id_set(programmes)),
        )
        .order_by(models.User.last_name, models.User.first_name, models.User.id)
    ).all()
    users = {row[0].id: row[0] for row in rows}
    roles: dict[int, set[str]] = defaultdict(set)
    coupled: dict[int, set[int]] = defaultdict(set)
    for user, role, programme_id in rows:
        roles[user.id].add(role)
        coupled[user.id].add(programme_id)
    return [
        Examiner(user.id, user.full_name, user.organisation, frozenset(roles[key]), frozenset(coupled[key]))
        for key, user in users.items()
    ]


def examining(candidates: Iterable[Candidate]) -> Mapping[int, models.User]:
    """Whoever examines these candidates now, guests too. One query, or none."""
    present = [s for one in candidates if one.pending for s in one.pending.sittings.values()]
    ids = sorted({user for sitting in present for user in sitting.people})
    if not ids:
        return {}
    return {
        row.id: row
        for row in db.session.scalars(sa.select(models.User).where(models.User.id.in_(id_set(ids))))
    }


@dataclass(frozen=True)
class PlanFacts:
    """What a planning form is made for; `allowed`: the candidates whose exam can be planned at all."""

    exam: models.Exam
    candidates: Sequence[Candidate]
    allowed: Sequence[Candidate]
    programmes: Sequence[int]  # that its examiners are coupled to
    people: Mapping[int, models.User] = field(default_factory=dict)  # who examine now
    registration_id: int = 0  # the attempt whose planning is changed; 0: the last open one
