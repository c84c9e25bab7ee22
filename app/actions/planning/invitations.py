"""Bedrijfsexaminator uitnodigen: invite a person without an account to one sitting (manual, step 6a).

The guest is coupled to the sitting as any other examiner, so scores, trail and results work the same.
Only app/permissions.py limits what a guest may do (decision 0009).
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.security import generate_password_hash
from wtforms import StringField
from wtforms.validators import Length

from app import models
from app.actions import base
from app.actions.access.sessions import open_session
from app.actions.access.tries import forgive
from app.actions.mail.outbox import cancel_waiting
from app.actions.planning import invitation_mails
from app.actions.users import form
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.errors import RuleBroken
from app.permissions import Actor, Permission, Role
from app.queries.planning import invitation_codes, invitations
from app.rules import invitations as invitation_rules
from app.rules import people, steps
from app.rules.sessions import Opening
from app.rules.text import N_
from app.rules.tokens import fingerprint
from app.rules.tries import Kind, invitation_parts
from app.scopes import invitation_works

COMPANY = Role.COMPANY_EXAMINER.value
NOBODY = N_("Er is niemand uitgenodigd voor dit examenmoment.")
ENDED = N_("Deze uitnodiging werkt niet meer. Vraag de school om een nieuwe.")


class InviteForm(form.NamedForm):
    """Asks whom to invite. The address is used for this invitation only."""

    organisation = StringField(
        form.LABELS["organisation"], [Length(max=120)], description=_l("Het leerbedrijf, als u dat weet.")
    )


def _fresh(_actor: Actor, **_data: Any) -> dict[str, Any]:
    return {"fresh": fresh_secrets()}


@base.action(
    _l("Bedrijfsexaminator uitnodigen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Sitting,
    form=InviteForm,
    noun=_l("examenmoment"),
    submit=_l("Uitnodigen"),
    before=_fresh,
    intro=_l(
        "Voor iemand zonder account. Hij krijgt een mail met een code, ziet alleen dit examenmoment en kan "
        "de beoordeling invullen en opslaan, nooit definitief maken."
    ),
)
def invite_company_examiner(
    actor: Actor,
    targets: base.Targets[models.Sitting],
    *,
    first_name: str,
    last_name: str,
    email: str,
    fresh: Mapping[str, Any],
    infix: str = "",
    organisation: str = "",
) -> base.Outcome:
    """Couple a guest to this sitting as its company examiner, and mail them a code."""
    sitting = _locked(targets.one().id)
    _refuse(sitting)
    guest = _guest(first_name, infix, last_name, organisation)
    invitation = models.Invitation(
        sitting_id=sitting.id, user=guest, email=people.email(email).lower(), **fresh
    )
    db.session.add(invitation)
    db.session.flush()
    _couple(sitting, guest.id)
    invitation_mails.mail_invitations([invitation.id])
    return _outcome(
        sitting,
        guest,
        [None, guest.full_name],
        _("%(name)s is uitgenodigd; de mail staat in Postvak uit.", name=guest.full_name),
        **({"organisation": [None, guest.organisation]} if guest.organisation else {}),
    )


@base.action(
    _l("Uitnodiging opnieuw versturen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Sitting,
    confirm=True,
    noun=_l("examenmoment"),
    submit=_l("Opnieuw versturen"),
    before=_fresh,
    intro=_l("De nieuwe mail heeft een nieuwe code. Wat in de oude mail staat, werkt dan niet meer."),
)
def resend_invitation(
    actor: Actor, targets: base.Targets[models.Sitting], *, fresh: Mapping[str, Any]
) -> base.Outcome:
    """Mail the guest again, with a new code. A session that they have open goes on."""
    sitting, invitation = _invited(targets)
    _refuse(sitting, again=True)
    for name, value in fresh.items():
        setattr(invitation, name, value)
    db.session.flush()
    invitation_mails.mail_invitations([invitation.id])
    name = invitation.user.full_name
    return _outcome(
        sitting,
        invitation.user,
        [name, name],
        _("De uitnodiging van %(name)s staat opnieuw in Postvak uit.", name=name),
    )


@base.action(
    _l("Uitnodiging intrekken"),
    permission=Permission.PLANNING_EDIT,
    on=models.Sitting,
    confirm=True,
    danger=True,
    noun=_l("examenmoment"),
    submit=_l("Intrekken"),
    intro=_l("De code en de link werken dan niet meer. Wat al is ingevuld, blijft bij de beoordeling staan."),
)
def withdraw_invitation(actor: Actor, targets: base.Targets[models.Sitting]) -> base.Outcome:
    """End the guest's access at once. A guest who has scored keeps their name at this sitting."""
    sitting, invitation = _invited(targets)
    guest = invitation.user
    end_invitations([sitting.id])
    if not invitations.has_scored(sitting.id, guest.id):
        db.session.execute(
            sa.delete(models.SittingExaminer).where(
                models.SittingExaminer.sitting_id == sitting.id, models.SittingExaminer.user_id == guest.id
            ),
            execution_options=QUIETLY,
        )
        _changed(sitting)
    return _outcome(
        sitting,
        guest,
        [guest.full_name, None],
        _("De uitnodiging van %(name)s is ingetrokken.", name=guest.full_name),
    )


@base.action(_l("Uitnodiging gebruikt"), permission=Permission.SIGN_IN)
def use_invitation(actor: Actor, *, invitation_id: int, opening: Opening) -> base.Outcome:
    """Sign the guest in. The invitation keeps working until the assessment is definitive."""
    invitation = db.session.scalars(
        sa.select(models.Invitation)
        .where(models.Invitation.id == invitation_id, invitation_works())
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if invitation is None:
        raise RuleBroken(ENDED)
    invitation.opened_at = utc_now()
    shown = invitation_parts(invitation.selector, invitation.token_hash)
    forgive(Kind.INVITATION, opening.place, typed=shown)
    open_session(invitation.user_id, opening)
    return base.Outcome(
        done=1,
        ids=[invitation.sitting_id or 0],
        object_type="Sitting",
        details={"examiner": [None, invitation.user.full_name]},
        also={"User": [invitation.user_id]},
        summary=_("Uitnodiging gebruikt."),
    )


# -- for these actions and for planning; plain functions inside the caller's transaction


def end_invitations(sittings: Sequence[int], *, removed: bool = False) -> None:
    """End the invitations to these sittings, and tell the guests who had a mail about it.

    `removed`: the sittings will be deleted.
    """
    theirs = models.Invitation.sitting_id.in_(id_set(sittings))
    ended = db.session.scalars(sa.select(models.Invitation.id).where(theirs)).all()
    if not ended:
        return
    cancel_waiting(models.OutboxMail.invitation_id.in_(id_set(ended)))
    invitation_mails.tell_ended(ended)
    live = (
        sa.update(models.Invitation)
        .where(theirs, models.Invitation.withdrawn_at.is_(None))
        .values(withdrawn_at=utc_now())
    )
    db.session.execute(live, execution_options=QUIETLY)
    if removed:
        gone = sa.update(models.Invitation).where(theirs).values(sitting_id=None)
        db.session.execute(gone, execution_options=QUIETLY)


def moments_moved(sittings: Collection[int]) -> None:
    """Mail the guests of these sittings the new time or place. Their code stays the same."""
    live = models.Invitation.sitting_id.in_(id_set(sorted(sittings))) & models.Invitation.withdrawn_at.is_(
        None
    )
    invitation_mails.mail_invitations(
        db.session.scalars(sa.select(models.Invitation.id).where(live)).all(), moved=True
    )


def _locked(sitting_id: int) -> models.Sitting:
    return db.session.scalars(
        sa.select(models.Sitting)
        .where(models.Sitting.id == sitting_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _invited(targets: base.Targets[models.Sitting]) -> tuple[models.Sitting, models.Invitation]:
    """The locked sitting and its live invitation. RuleBroken when nobody is invited."""
    sitting = _locked(targets.one().id)
    invitation = invitations.live_invitation(sitting.id)
    if invitation is None:
        raise RuleBroken(NOBODY)
    return sitting, invitation


def _refuse(sitting: models.Sitting, *, again: bool = False) -> None:
    definitive = sa.select(models.Assessment.id).where(
        models.Assessment.sitting_id == sitting.id, models.Assessment.definitive_at.is_not(None)
    )
    invitation = invitations.live_invitation(sitting.id)
    # A guest whose invitation was withdrawn after they scored makes place for the next; their sheet stays.
    company = db.session.scalars(
        sa.select(models.User)
        .join(models.SittingExaminer, models.SittingExaminer.user_id == models.User.id)
        .where(
            models.SittingExaminer.sitting_id == sitting.id,
            models.SittingExaminer.role == COMPANY,
            models.User.guest.is_(False),
        )
    ).one_or_none()
    stopped = steps.why_not_change(stopped=sitting.registration.stopped_at is not None)
    if stopped is not None:
        raise stopped.as_error()
    why = invitation_rules.why_not_invite(
        definitive=db.session.scalar(definitive) is not None,
        expired=invitations.too_long_ago(sitting.ends_at),
        company="" if again or company is None else company.full_name,
        invited="" if again or invitation is None else invitation.user.full_name,
    )
    if why is not None:
        raise why.as_error()


def _guest(first_name: str, infix: str, last_name: str, organisation: str) -> models.User:
    """A new user who can sign in by invitation only: no password, and a user name that nobody can guess."""
    name = f"gast-{secrets.token_hex(12)}"
    guest = models.User(
        first_name=people.tidy(first_name),
        infix=people.tidy(infix or ""),
        last_name=people.tidy(last_name),
        organisation=people.tidy(organisation or ""),
        username=name,
        email=f"{name}@gast.invalid",
        active=True,
        guest=True,
    )
    guest.roles = list(db.session.scalars(sa.select(models.RoleRow).where(models.RoleRow.name == COMPANY)))
    return guest


def _couple(sitting: models.Sitting, user_id: int) -> None:
    row = {"sitting_id": sitting.id, "role": COMPANY, "user_id": user_id}
    db.session.execute(
        sa.delete(models.SittingExaminer).where(
            models.SittingExaminer.sitting_id == sitting.id, models.SittingExaminer.role == COMPANY
        ),
        execution_options=QUIETLY,
    )
    db.session.execute(sa.insert(models.SittingExaminer), [row])
    _changed(sitting)


def _changed(sitting: models.Sitting) -> None:
    """Raise the registration's version, so that planning forms that are open notice the change."""
    db.session.execute(
        sa.update(models.Registration)
        .where(models.Registration.id == sitting.registration_id)
        .values(version=models.Registration.version + 1),
        execution_options=QUIETLY,
    )


def _outcome(
    sitting: models.Sitting, guest: models.User, change: list[str | None], summary: str, **more: Any
) -> base.Outcome:
    return base.Outcome(
        done=1,
        ids=[sitting.id],
        object_type="Sitting",
        names=[guest.full_name],
        details={"examiner": change, "role": COMPANY, **more},
        summary=summary,
        also={"Registration": [sitting.registration_id], "User": [guest.id]},
    )


def fresh_secrets() -> dict[str, Any]:
    """New values for the secret columns of an invitation. The code and link of older mails stop working."""
    nonce = secrets.token_hex(32)
    selector, secret = invitation_rules.parts(invitation_codes.code_for(nonce))
    return {
        "nonce": nonce,
        "selector": selector,
        "code_hash": generate_password_hash(secret),
        "token_hash": fingerprint(invitation_codes.token_for(nonce)),
    }
