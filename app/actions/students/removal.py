"""Deletes students and accounts in bulk. The caller has checked that nothing depends on them.

Plain functions, inside the transaction of an action (undoing an import).
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role

from app import models
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.students import group_member

LEFT = ("sending", "sent")  # states of a mail that may have reached its reader


def remove_students(ids: Sequence[int]) -> None:
    """Delete these students and their couplings. `remove_accounts` deletes their accounts."""
    if ids:
        these = id_set(ids)
        for column in (
            models.Enrolment.student_id,
            models.Supervision.student_id,
            group_member.c.student_id,
            models.Student.id,
        ):
            _delete(column, these)


def remove_accounts(ids: Sequence[int]) -> int:
    """Delete accounts that nobody ever signed in to. Returns how many mails had gone to them already.

    A mail that still waits is deleted with its code. A mail that was sent stays in Postvak uit.
    """
    if not ids:
        return 0
    these = id_set(ids)
    gone = models.OutboxMail.to_user_id.in_(these) & models.OutboxMail.state.in_(LEFT)
    count = db.session.scalar(sa.select(sa.func.count()).select_from(models.OutboxMail).where(gone)) or 0
    db.session.execute(
        sa.update(models.OutboxMail).where(gone).values(to_user_id=None, login_code_id=None),
        execution_options=QUIETLY,
    )
    of_account: Sequence[Any] = (
        models.OutboxMail.to_user_id,
        models.LoginCode.user_id,
        assoc_user_role.c.user_id,
        models.user_programme.c.user_id,
        models.User.id,
    )
    for column in of_account:
        _delete(column, these)
    return count


def _delete(column: Any, ids: Any) -> None:
    db.session.execute(
        sa.delete(getattr(column, "class_", None) or column.table).where(column.in_(ids)),
        execution_options=QUIETLY,
    )
