"""Students and accounts taken away: set-based, by whoever has looked that nothing stands on them.

Plain functions, for inside the transaction of an action (an import that is undone).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import delete, func, select, update

from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.entities.mail import OutboxMail
from app.entities.students import Enrolment, Student, Supervision, group_member
from app.entities.users import LoginCode, User, user_programme

LEFT = ("sending", "sent")  # states of a mail that its reader may have


def remove_students(ids: Sequence[int]) -> None:
    """These students with what they are coupled to; their accounts are `remove_accounts`' business."""
    if ids:
        these = id_set(ids)
        for column in (Enrolment.student_id, Supervision.student_id, group_member.c.student_id, Student.id):
            _delete(column, these)


def remove_accounts(ids: Sequence[int]) -> int:
    """Accounts in which nobody ever signed in; how many mails had gone to them already.

    A mail that waits goes with its code, unsent. One that went stays in Postvak uit: it was sent.
    """
    if not ids:
        return 0
    these = id_set(ids)
    gone = OutboxMail.to_user_id.in_(these) & OutboxMail.state.in_(LEFT)
    count = db.session.scalar(select(func.count()).select_from(OutboxMail).where(gone)) or 0
    db.session.execute(
        update(OutboxMail).where(gone).values(to_user_id=None, login_code_id=None), execution_options=QUIETLY
    )
    of_account: Sequence[Any] = (
        OutboxMail.to_user_id,
        LoginCode.user_id,
        assoc_user_role.c.user_id,
        user_programme.c.user_id,
        User.id,
    )
    for column in of_account:
        _delete(column, these)
    return count


def _delete(column: Any, ids: Any) -> None:
    db.session.execute(
        delete(getattr(column, "class_", None) or column.table).where(column.in_(ids)),
        execution_options=QUIETLY,
    )
