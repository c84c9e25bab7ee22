"""Removes data whose term is over: guests' addresses, old mails, and other rows that nobody needs any more.

It runs every night, and by `run.py forget`. Exams, results and the trail are never touched: the school
decides when those go (docs/data.md).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.access import tries
from app.actions.access.sessions import KEPT
from app.actions.imports.imports import of_expired
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.permissions import Actor, Permission
from app.queries.access import browsers
from app.queries.planning.persons import lock_people
from app.queries.students.couplings import UNDO_FOR
from app.queries.users.users import proves_address
from app.rules.text import N_
from app.rules.typed import KEPT_FOR
from app.school import current_school
from app.scopes import invitation_works

OVER = ("sent", "failed", "cancelled")  # states of a mail that nobody sends any more
UNFINISHED_IMPORT = timedelta(days=30)
NO_NAME = "(verwijderd)"  # for a guest who was invited and never filled anything in


@base.action(
    _l("Verlopen gegevens verwijderd"),
    permission=Permission.USERS_EDIT,
    changes=models.User,
    in_turn=True,
    words={"guests": N_("Genodigden")},
)
def forget_outdated(actor: Actor) -> base.Outcome:
    """Remove the data whose term is over. A second run changes nothing. A fixed number of statements."""
    sittings, guests = _forget_guests()
    gone = guests + sum(_gone(statement) for statement in _outdated())
    return base.Outcome(
        done=gone,
        ids=sittings,
        object_type="Sitting" if sittings else "",
        details={"guests": guests, "rows": gone - guests},
        summary=_(
            "%(guests)s en %(rows)s verwijderd.",
            guests=ngettext("%(num)s genodigde", "%(num)s genodigden", guests),
            rows=ngettext("%(num)s regel", "%(num)s regels", gone - guests),
        ),
    )


def _forget_guests() -> tuple[Sequence[int], int]:
    """Remove what is kept of guests whose work was done long ago. Returns sitting ids and number of guests.

    A guest who filled in an assessment keeps their name with it. The others lose their name too.
    """
    busy = sa.exists().where(models.Invitation.user_id == models.Guest.user_id, ~_long_over())
    over = sa.select(models.Guest.user_id).where(models.Guest.email.is_not(None), ~busy)
    due = id_set(db.session.scalars(over).all())
    lock_people(due)  # nobody invites them meanwhile
    found = db.session.scalars(over.where(models.Guest.user_id.in_(due))).all()
    if not found:
        return [], 0
    guests = id_set(found)
    sittings = db.session.scalars(
        sa.select(models.Invitation.sitting_id).where(
            models.Invitation.user_id.in_(guests), models.Invitation.sitting_id.is_not(None)
        )
    ).all()
    # Whoever filled in an assessment keeps their name: a result must say who assessed.
    filled_in = sa.exists().where(models.ScoreSheet.examiner_id == models.User.id)
    for statement in (
        sa.delete(models.OutboxMail).where(models.OutboxMail.to_user_id.in_(guests)),
        sa.delete(models.UserSession).where(models.UserSession.user_id.in_(guests)),
        sa.delete(models.TypedForm).where(models.TypedForm.user_id.in_(guests)),
        sa.update(models.GuestKey)
        .where(models.GuestKey.user_id.in_(guests))
        .values(
            nonce="",
            selector="",
            code_hash="",
            # The column is unique, so it cannot be emptied.
            token_hash="forgotten " + sa.cast(models.GuestKey.id, sa.String),
            ended_at=sa.func.coalesce(models.GuestKey.ended_at, utc_now()),
        ),
        sa.update(models.Guest).where(models.Guest.user_id.in_(guests)).values(email=None),
        sa.update(models.Invitation)
        .where(models.Invitation.user_id.in_(guests))
        .values(withdrawn_at=sa.func.coalesce(models.Invitation.withdrawn_at, utc_now())),
        sa.update(models.User).where(models.User.id.in_(guests)).values(active=False),
        sa.update(models.User)
        .where(models.User.id.in_(guests), ~filled_in)
        .values(first_name="", infix="", last_name=NO_NAME, organisation="", version=models.User.version + 1),
    ):
        db.session.execute(statement, execution_options=QUIETLY)
    return sorted({one for one in sittings if one}), len(found)


def _long_over() -> Any:
    """A condition on Invitation: it ended at least `guest_days` ago (school.toml)."""
    school = current_school()
    since = utc_now() - timedelta(days=school.guest_days)
    definitive = sa.exists().where(
        models.Assessment.sitting_id == models.Invitation.sitting_id, models.Assessment.definitive_at < since
    )
    expired = sa.exists().where(
        models.Sitting.id == models.Invitation.sitting_id,
        models.Sitting.ends_at < since - timedelta(days=school.invitation_days),
    )
    withdrawn = sa.func.coalesce(models.Invitation.withdrawn_at, utc_now()) < since
    return sa.or_(withdrawn, definitive, expired)


def _outdated() -> Sequence[sa.Delete]:
    """The statements, in order: rows that point at another row go before that row."""
    now = utc_now()
    mails = now - timedelta(days=current_school().mail_days)
    told = sa.exists().where(models.OutboxMail.login_code_id == models.LoginCode.id)
    # A guest who is still expected is told of a change as somebody who had this mail.
    needed = sa.exists().where(
        models.InvitationMail.mail_id == models.OutboxMail.id,
        models.InvitationMail.invitation_id == models.Invitation.id,
        invitation_works(),
    )
    about = sa.exists().where(models.OutboxMail.email_change_id == models.EmailChange.id)
    # What proves the address that a user has now stays: it keeps that address theirs (decision 39).
    proof = sa.exists().where(proves_address())
    return (
        sa.delete(models.OutboxMail).where(
            models.OutboxMail.state.in_(OVER), models.OutboxMail.created_at < mails, ~needed
        ),
        sa.delete(models.LoginCode).where(models.LoginCode.expires_at < mails, ~told),
        sa.delete(models.EmailChange).where(models.EmailChange.expires_at < mails, ~about, ~proof),
        sa.delete(models.ImportRun).where(
            models.ImportRun.stage != "done", models.ImportRun.created_at < now - UNFINISHED_IMPORT
        ),
        sa.delete(models.ImportChange).where(of_expired(models.ImportChange)),
        sa.delete(models.ImportPart).where(of_expired(models.ImportPart)),
        sa.delete(models.CouplingRun).where(models.CouplingRun.at <= now - UNDO_FOR),
        sa.delete(models.UserSession).where(models.UserSession.created_at < now - KEPT),
        sa.delete(models.AnsweredChallenge).where(models.AnsweredChallenge.expires_at < now),
        sa.delete(models.TypedForm).where(models.TypedForm.at < now - KEPT_FOR),
        sa.delete(models.SignInAttempt).where(tries.outdated(now)),
        sa.delete(models.KnownBrowser).where(models.KnownBrowser.last_seen_at <= now - browsers.KEPT),
    )


def _gone(statement: sa.Delete) -> int:
    result: Any = db.session.execute(statement, execution_options=QUIETLY)
    count: int = result.rowcount
    return count
