"""The planned exams of electives, whose examiners come from the programmes of their students."""

from collections.abc import Sequence

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set


def planned_electives(students: Sequence[int]) -> Sequence[tuple[int, bool]]:
    """(registration, whether its student follows a programme) of these students' exams that go on. One query.

    Of electives, with a moment that is not definitive.
    """
    own = models.Registration
    follows = sa.exists().where(
        models.Enrolment.student_id == own.student_id, models.Enrolment.programme_id.is_not(None)
    )
    definitive = sa.exists().where(
        models.Assessment.sitting_id == models.Sitting.id, models.Assessment.definitive_at.is_not(None)
    )
    rows = db.session.execute(
        sa.select(own.id, follows)
        .join(models.Exam, models.Exam.id == own.exam_id)
        .where(
            own.student_id.in_(id_set(students)),
            own.stopped_at.is_(None),
            models.Exam.elective_id.is_not(None),
            sa.exists().where(models.Sitting.registration_id == own.id, ~definitive),
        )
        .order_by(own.id)
    )
    return [(id_, bool(coupled)) for id_, coupled in rows]
