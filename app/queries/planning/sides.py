"""Who examines sittings for one side, or did so before: whoever takes the other side is somebody else."""

from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from app import models
from app.entities.base import db
from app.entities.engine import id_set


def others_at(sittings: Collection[int], role: str) -> Mapping[int, Mapping[int, str]]:
    """Sitting id -> who examines or scored there in another role than this: user id -> name. Two queries."""
    there, sheet = models.SittingExaminer, models.ScoreSheet
    now = (
        sa.select(there.sitting_id, models.User)
        .join(models.User, models.User.id == there.user_id)
        .where(there.role != role, there.sitting_id.in_(id_set(sorted(sittings))))
    )
    before = (
        sa.select(models.Assessment.sitting_id, models.User)
        .join(sheet, sheet.assessment_id == models.Assessment.id)
        .join(models.User, models.User.id == sheet.examiner_id)
        .where(sheet.role != role, models.Assessment.sitting_id.in_(id_set(sorted(sittings))))
    )
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for sitting_id, user in (*db.session.execute(before), *db.session.execute(now)):
        found[sitting_id][user.id] = user.full_name
    return found
