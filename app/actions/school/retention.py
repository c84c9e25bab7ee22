"""What goes by itself: guests' addresses, old mails, and what nobody needs once its time is over.

The clock runs it every night, `run.py forget` at any time. Exams, results and the trail are never touched:
when those go is the school's decision (docs/data.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Delete, String, cast, delete, exists, func, or_, select, update

from app.actions.access.sessions import KEPT
from app.actions.access.sign_in import TRIES_KEPT
from app.actions.base.action import Outcome, action
from app.actions.imports.imports import of_expired
from app.clock import utc_now
from app.entities.assessment import Assessment, ScoreSheet
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.engine import QUIETLY, id_set
from app.entities.factors import PasskeyChallenge
from app.entities.imports import ImportChange, ImportPart, ImportRun
from app.entities.invitations import Invitation
from app.entities.mail import OutboxMail
from app.entities.planning import Sitting
from app.entities.profile import EmailChange
from app.entities.sessions import UserSession
from app.entities.users import LoginCode, SignInAttempt, User
from app.permissions import Actor, Permission
from app.queries.students.couplings import UNDO_FOR
from app.rules.text import N_
from app.school import current_school

OVER = ("sent", "failed", "cancelled")  # states of a mail that nobody sends any more
UNFINISHED_IMPORT = timedelta(days=30)
NO_NAME = "(verwijderd)"  # of a guest who was invited and never filled anything in


@action(
    _l("Verlopen gegevens verwijderd"),
    permission=Permission.USERS_EDIT,
    words={"guests": N_("Genodigden")},
)
def forget_outdated(actor: Actor) -> Outcome:
    """Take away what its term is over for. Twice does nothing new; a fixed number of statements."""
    sittings, guests = _forget_guests()
    gone = guests + sum(_gone(statement) for statement in _outdated())
    return Outcome(
        done=gone,
        ids=sittings,
        object_type="Sitting" if sittings else "",
        details={"guests": guests, "rows": gone - guests},
        summary=_(
            "%(guests)s genodigden en %(rows)s regels verwijderd.",
            guests=format_decimal(guests),
            rows=format_decimal(gone - guests),
        ),
    )


def _forget_guests() -> tuple[Sequence[int], int]:
    """Guests whose work is long done keep their name with what they filled in, and nothing else."""
    found = db.session.execute(
        select(Invitation.id, Invitation.user_id, Invitation.sitting_id).where(_long_over())
    ).all()
    if not found:
        return [], 0
    ids, guests = id_set([row.id for row in found]), id_set([row.user_id for row in found])
    filled_in = exists().where(ScoreSheet.examiner_id == User.id)
    for statement in (
        delete(OutboxMail).where(OutboxMail.to_user_id.in_(guests)),
        delete(UserSession).where(UserSession.user_id.in_(guests)),
        update(Invitation)
        .where(Invitation.id.in_(ids))
        .values(
            email="",
            nonce="",
            selector="",
            code_hash="",
            token_hash="forgotten " + cast(Invitation.id, String),
            withdrawn_at=func.coalesce(Invitation.withdrawn_at, utc_now()),
        ),
        update(User).where(User.id.in_(guests)).values(active=False),
        update(User)
        .where(User.id.in_(guests), ~filled_in)
        .values(first_name="", infix="", last_name=NO_NAME, organisation=""),
    ):
        db.session.execute(statement, execution_options=QUIETLY)
    return sorted(row.sitting_id for row in found if row.sitting_id), len(found)


def _long_over() -> Any:
    """Condition on Invitation: nothing was to be done with it for as long as the school says."""
    school = current_school()
    since = utc_now() - timedelta(days=school.guest_days)
    definitive = exists().where(
        Assessment.sitting_id == Invitation.sitting_id, Assessment.definitive_at < since
    )
    expired = exists().where(
        Sitting.id == Invitation.sitting_id,
        Sitting.ends_at < since - timedelta(days=school.invitation_days),
    )
    return (Invitation.email != "") & or_(Invitation.withdrawn_at < since, definitive, expired)


def _outdated() -> Sequence[Delete]:
    """In this order: what points at a row goes before that row."""
    now = utc_now()
    mails = now - timedelta(days=current_school().mail_days)
    told = exists().where(OutboxMail.login_code_id == LoginCode.id)
    about = exists().where(OutboxMail.email_change_id == EmailChange.id)
    return (
        delete(OutboxMail).where(OutboxMail.state.in_(OVER), OutboxMail.created_at < mails),
        delete(LoginCode).where(LoginCode.expires_at < mails, ~told),
        delete(EmailChange).where(EmailChange.expires_at < mails, ~about),
        delete(ImportRun).where(ImportRun.stage != "done", ImportRun.created_at < now - UNFINISHED_IMPORT),
        delete(ImportChange).where(of_expired(ImportChange)),
        delete(ImportPart).where(of_expired(ImportPart)),
        delete(CouplingRun).where(CouplingRun.at <= now - UNDO_FOR),
        delete(UserSession).where(UserSession.created_at < now - KEPT),
        delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now),
        delete(SignInAttempt).where(SignInAttempt.at < now - TRIES_KEPT),
    )


def _gone(statement: Delete) -> int:
    result: Any = db.session.execute(statement, execution_options=QUIETLY)
    count: int = result.rowcount
    return count
