"""Makes registrations for an exam and their sittings."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.entities.exams import Exam, ExamTask
from app.entities.planning import Registration, Sitting, SittingExaminer
from app.entities.students import Student
from app.entities.users import User
from tests.factories.base import saved
from tests.support import clock


def make_registration(student: Student, exam: Exam, *, attempt: int = 1) -> Registration:
    return saved(Registration(student_id=student.id, exam_id=exam.id, attempt=attempt))


def make_sitting(
    registration: Registration,
    task: ExamTask | None = None,
    *,
    starts_at: datetime | None = None,
    minutes: int = 60,
    school_examiner: User | None = None,
    company_examiner: User | None = None,
) -> Sitting:
    """A sitting of the registration's first task, tomorrow, unless another task or moment is given."""
    start = starts_at or clock.now() + timedelta(days=1)
    chosen = task or registration.exam.tasks[0]
    sitting = Sitting(
        registration_id=registration.id,
        exam_task_id=chosen.id,
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
        location="Lokaal 1.12",
    )
    for user, role in ((school_examiner, "school_examiner"), (company_examiner, "company_examiner")):
        if user is not None:
            sitting.examiners.append(SittingExaminer(role=role, user_id=user.id))
    return saved(sitting)
