"""Bedrijfsexaminator uitnodigen: invite a person without an account to examine (manual, step 6a).

The guest is coupled to each sitting as any other examiner, so scores, trail and results work the same.
Only app/permissions.py limits what a guest may do. An e-mail address is one person (decision 0033).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import models
from app.actions import base
from app.actions.planning import guests, invitation_mails
from app.actions.planning import invited_moments as moments
from app.actions.planning.inviting import InviteForm
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.planning import invitations, persons
from app.rules import invitations as invitation_rules
from app.rules import people
from app.rules.invitations import MOVED
from app.rules.text import N_

NOBODY = N_("Er is niemand uitgenodigd voor dit examenmoment.")


def _fresh(_actor: Actor, **_data: Any) -> dict[str, Any]:
    return {"fresh": guests.fresh_secrets()}


@base.action(
    _l("Bedrijfsexaminator uitnodigen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Sitting,
    changes=(models.User, models.Registration),
    form=InviteForm,
    noun=_l("examenmoment"),
    submit=_l("Uitnodigen"),
    before=_fresh,
    intro=_l(
        "Voor iemand zonder account. Wie u uitnodigt, krijgt één mail met één code voor alle eigen "
        "examenmomenten, ziet alleen die momenten en kan de beoordeling invullen en opslaan, nooit "
        "definitief maken."
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
    others: Sequence[int] = (),
    person: str = "",
) -> base.Outcome:
    """Couple a guest to these sittings as their company examiner, and mail them one code for all.

    `others`: more sittings of the same attempt. `person`: who has this address, as the form said and the
    planner chose. An account that examines is coupled itself, without a mail. A guest whose code opens
    nothing any more has a new one.
    """
    address = base.at("email", people.email, email).lower()
    wanted = sorted({*targets.ids, *others})
    names = {"first_name": first_name, "infix": infix or "", "last_name": last_name}
    name = people.full_name(*names.values())
    persons.lock_address(address)
    known = persons.at_address(address, wanted)
    guests.refuse_unasked(known, name, person)
    if known is None:
        user = guests.new_guest(names, organisation, address, fresh)
        changes = {"organisation": [None, user.organisation]} if user.organisation else {}
    else:
        user, changes = guests.known_user(known, names, person, organisation)
    said = guests.said(changes, user, organisation) if known is not None else []
    sittings = moments.locked(wanted, among=targets.ids)
    moments.refuse(sittings)
    moments.refuse_busy(actor, user, sittings)
    if known is not None and user.guest and not invitations.open_sittings(user.id):
        guests.replace_key(user.id, fresh)  # what opened nothing any more stays so
    moments.couple(sittings, user.id)
    if not user.guest:
        summary = " ".join([_coupled(user, len(sittings)), *said])
        return _outcome(sittings, user.id, [None, user.full_name], user.full_name, summary)
    made = [
        models.Invitation(sitting_id=sitting.id, user_id=user.id, invited_by_id=actor.id)
        for sitting in sittings
    ]
    db.session.add_all(made)
    db.session.flush()
    invitation_mails.mail_guests([user.id], {one.id: invitation_rules.ADDED for one in made})
    summary = ngettext(
        "%(name)s is uitgenodigd; de mail staat in Postvak uit.",
        "%(name)s is uitgenodigd voor %(num)s examenmomenten; de mail staat in Postvak uit.",
        len(sittings),
        name=user.full_name,
    )
    summary = " ".join([summary, *said])
    more = {"email": address, **changes}
    return _outcome(sittings, user.id, [None, user.full_name], user.full_name, summary, more=more)


@base.action(
    _l("Uitnodiging opnieuw versturen"),
    permission=Permission.PLANNING_EDIT,
    on=models.Sitting,
    confirm=True,
    noun=_l("examenmoment"),
    submit=_l("Opnieuw versturen"),
    before=_fresh,
    intro=_l(
        "De nieuwe mail noemt alle examenmomenten van deze examinator en heeft een nieuwe code. Wat in "
        "oudere mails staat, werkt dan niet meer."
    ),
)
def resend_invitation(
    actor: Actor, targets: base.Targets[models.Sitting], *, fresh: Mapping[str, Any]
) -> base.Outcome:
    """Mail the guest again, with a new code for all moments. A session that they have open goes on."""
    sitting, invitation = _invited(targets)
    moments.refuse([sitting], again=True)
    ended = guests.replace_key(invitation.user_id, fresh)
    invitation_mails.mail_guests([invitation.user_id])
    name = invitation.user.full_name
    summary = _("De uitnodiging van %(name)s staat opnieuw in Postvak uit.", name=name)
    guest = db.session.get_one(models.Guest, invitation.user_id)
    outcome = _outcome([sitting], invitation.user_id, name, name, summary, more={"email": guest.email})
    outcome.rests_on = ended
    return outcome


@base.action(
    _l("Uitnodiging intrekken"),
    permission=Permission.PLANNING_EDIT,
    on=models.Sitting,
    changes=models.Registration,
    confirm=True,
    danger=True,
    noun=_l("examenmoment"),
    submit=_l("Intrekken"),
    intro=_l(
        "De code en de link openen dit examenmoment dan niet meer. Wat al is ingevuld, blijft met de naam "
        "bij de beoordeling staan. Daarna kunt u iemand anders uitnodigen."
    ),
)
def withdraw_invitation(actor: Actor, targets: base.Targets[models.Sitting]) -> base.Outcome:
    """End the guest's access to this sitting at once. What they scored stays, on a sheet with their name."""
    sitting, invitation = _invited(targets)
    name = invitation.user.full_name
    email = db.session.get_one(models.Guest, invitation.user_id).email
    end_invitations([sitting.id])
    db.session.execute(
        sa.delete(models.SittingExaminer).where(
            models.SittingExaminer.sitting_id == sitting.id,
            models.SittingExaminer.user_id == invitation.user_id,
        ),
        execution_options=QUIETLY,
    )
    moments.changed([sitting])
    return _outcome(
        [sitting],
        invitation.user_id,
        [name, None],
        name,
        _("De uitnodiging van %(name)s is ingetrokken.", name=name),
        more={"email": email},
    )


# -- for these actions and for planning; plain functions inside the caller's transaction


def end_invitations(
    sittings: Sequence[int], *, removed: bool = False, at: datetime | None = None
) -> invitations.Guests:
    """End the invitations to these sittings, and tell the guests who had a mail about it.

    `removed`: the sittings will be deleted. `at`: the moment, when it must be that of something else too.
    Returns the guests whose invitation ended now (ended.py tells of them).
    """
    theirs = models.Invitation.sitting_id.in_(id_set(sittings))
    rows = db.session.execute(invitations.guests_where(theirs)).all()
    if not rows:
        return {}
    invitation_mails.tell_ended([row.id for row in rows])
    live = (
        sa.update(models.Invitation)
        .where(theirs, models.Invitation.withdrawn_at.is_(None))
        .values(withdrawn_at=at or utc_now())
    )
    db.session.execute(live, execution_options=QUIETLY)
    invitation_mails.mail_again_who_waits({row.user_id for row in rows})
    if removed:
        gone = sa.update(models.Invitation).where(theirs).values(sitting_id=None)
        db.session.execute(gone, execution_options=QUIETLY)
    return invitations.guests_of(row for row in rows if row.withdrawn_at is None)


def moments_moved(sittings: Collection[int]) -> None:
    """Mail the guests of these sittings the new time or place, one mail each. Their code stays the same."""
    live = models.Invitation.sitting_id.in_(id_set(sorted(sittings))) & models.Invitation.withdrawn_at.is_(
        None
    )
    rows = db.session.execute(sa.select(models.Invitation.id, models.Invitation.user_id).where(live)).all()
    invitation_mails.mail_guests({row.user_id for row in rows}, {row.id: MOVED for row in rows})


def _invited(targets: base.Targets[models.Sitting]) -> tuple[models.Sitting, models.Invitation]:
    """The locked sitting and its live invitation, the guest locked too. RuleBroken when nobody is invited."""
    (sitting,) = moments.locked([targets.one().id])
    invitation = invitations.live_invitation(sitting.id)
    if invitation is None:
        raise RuleBroken(NOBODY)
    persons.lock_people(id_set([invitation.user_id]))
    return sitting, invitation


# -- what is told


def _coupled(user: models.User, count: int) -> str:
    return ngettext(
        "%(name)s heeft een account en is gekoppeld aan het examenmoment. Er is geen mail verstuurd.",
        "%(name)s heeft een account en is gekoppeld aan %(num)s examenmomenten. Er is geen mail verstuurd.",
        count,
        name=user.full_name,
    )


def _outcome(
    sittings: Sequence[models.Sitting],
    user_id: int,
    change: list[str | None] | str,
    name: str,
    summary: str,
    *,
    more: Mapping[str, Any] | None = None,
) -> base.Outcome:
    """The trail names each moment, with who examines there for the company: old and new, or who stays."""
    ids = [one.id for one in sittings]
    words = moments.labels(ids)
    details: dict[str, Any] = {"examiner": change}
    if len(ids) > 1:
        details = {f"{words[key][2]}, {words[key][1]}": change for key in ids}
    return base.Outcome(
        done=len(ids),
        ids=ids,
        object_type="Sitting",
        names=[name],
        details={**details, "role": moments.COMPANY, **(more or {})},
        summary=summary,
        also={"Registration": sorted({one.registration_id for one in sittings}), "User": [user_id]},
    )
