"""Bedrijfsexaminator uitnodigen: invite a person without an account to examine (manual, step 6a).

The guest is coupled to each sitting as any other examiner, so scores, trail and results work the same.
Only app/permissions.py limits what a guest may do. An e-mail address is one person (decision 0033).
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import orm
from werkzeug.security import generate_password_hash

from app import models
from app.actions import base
from app.actions.access.sessions import open_session
from app.actions.access.tries import forgive
from app.actions.planning import invitation_mails
from app.actions.planning.clashes import Wanted, moment_label, refuse_clashes
from app.actions.planning.inviting import ACCOUNT_UNFIT, InviteForm, choice_of, choices_for
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.errors import NotFound, RuleBroken
from app.permissions import Actor, Permission, Role
from app.queries.planning import invitation_codes, invitations, persons, sides
from app.rules import invitations as invitation_rules
from app.rules import people, steps
from app.rules import sides as side_rules
from app.rules.invitations import MOVED
from app.rules.sessions import Opening
from app.rules.text import N_
from app.rules.tokens import fingerprint
from app.rules.tries import Kind, invitation_parts

COMPANY = Role.COMPANY_EXAMINER.value
NOBODY = N_("Er is niemand uitgenodigd voor dit examenmoment.")
ENDED = N_("Deze uitnodiging werkt niet meer. Vraag de school om een nieuwe.")


def _fresh(_actor: Actor, **_data: Any) -> dict[str, Any]:
    return {"fresh": fresh_secrets()}


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
        "Voor iemand zonder account. Hij krijgt één mail met één code voor al zijn examenmomenten. Hij ziet "
        "alleen die momenten en kan de beoordeling invullen en opslaan, nooit definitief maken."
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
    _refuse_unasked(known, name, person)
    if known is None:
        user = _new_guest(names, organisation, address, fresh)
        changes = {"organisation": [None, user.organisation]} if user.organisation else {}
    else:
        user, changes = _known_user(known, names, person, organisation)
    said = _said(changes, user, organisation) if known is not None else []
    sittings = _locked(wanted, among=targets.ids)
    _refuse(sittings)
    _refuse_busy(actor, user, sittings)
    if known is not None and user.guest and not invitations.open_sittings(user.id):
        _replace_key(user.id, fresh)  # what opened nothing any more stays so
    _couple(sittings, user.id)
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
    _refuse([sitting], again=True)
    ended = _replace_key(invitation.user_id, fresh)
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
    _changed([sitting])
    return _outcome(
        [sitting],
        invitation.user_id,
        [name, None],
        name,
        _("De uitnodiging van %(name)s is ingetrokken.", name=name),
        more={"email": email},
    )


@base.action(_l("Uitnodiging gebruikt"), permission=Permission.SIGN_IN)
def use_invitation(actor: Actor, *, key_id: int, opening: Opening) -> base.Outcome:
    """Sign the guest in. The code keeps working as long as it opens a moment."""
    key = db.session.scalars(
        sa.select(models.GuestKey)
        .where(models.GuestKey.id == key_id, models.GuestKey.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    moments = invitations.open_sittings(key.user_id) if key is not None else ()
    if key is None or not moments:
        raise RuleBroken(ENDED)
    db.session.execute(
        sa.update(models.Guest).where(models.Guest.user_id == key.user_id).values(opened_at=utc_now()),
        execution_options=QUIETLY,
    )
    forgive(Kind.INVITATION, opening.place, typed=invitation_parts(key.selector, key.token_hash))
    open_session(key.user_id, opening)
    return base.Outcome(
        done=1,
        ids=moments,
        object_type="Sitting",
        details={"examiner": [None, key.user.full_name]},
        also={"User": [key.user_id]},
        summary=_("Uitnodiging gebruikt."),
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


def fresh_secrets() -> dict[str, Any]:
    """New values for the secret columns of a key, out of which the code and the link of a mail are made."""
    nonce = secrets.token_hex(32)
    selector, secret = invitation_rules.parts(invitation_codes.code_for(nonce))
    return {
        "nonce": nonce,
        "selector": selector,
        "code_hash": generate_password_hash(secret),
        "token_hash": fingerprint(invitation_codes.token_for(nonce)),
    }


# -- who


def _refuse_unasked(known: persons.Known | None, name: str, person: str) -> None:
    """RuleBroken when the address is somebody's and the planner has not said that they mean this person."""
    if known is None:
        return
    if not known.examines:
        raise RuleBroken(ACCOUNT_UNFIT, field="email")
    choices = choices_for(known, name)
    if choices and person not in {value for value, _label in choices}:
        raise RuleBroken(
            N_("Dit e-mailadres is van %(name)s. Kies hieronder wie u bedoelt."),
            field="person",
            name=known.name,
        )


def _known_user(
    known: persons.Known, names: Mapping[str, str], person: str, organisation: str
) -> tuple[models.User, dict[str, Any]]:
    """The one at the address, and what changed there: old and new.

    A guest is renamed when the planner chose that, as far as it was offered. The organisation that was typed
    is theirs from now on, until it stands on a sheet: as with the name.
    """
    user = db.session.get_one(models.User, known.id)
    changes: dict[str, Any] = {}
    if known.guest and person == choice_of(known, rename=True):
        for field, value in names.items():
            setattr(user, field, people.tidy(value))
        changes["name"] = [known.name, user.full_name]
    wanted = people.tidy(organisation or "")
    if known.guest and not known.scored and wanted not in {"", user.organisation}:
        changes["organisation"] = [user.organisation or None, wanted]
        user.organisation = wanted
    if changes:
        user.version += 1
        db.session.flush()
    return user, changes


def _new_guest(
    names: Mapping[str, str], organisation: str, address: str, fresh: Mapping[str, Any]
) -> models.User:
    """A new guest, who gets in by code or link only: no password, a user name that nobody can guess."""
    hidden = f"gast-{secrets.token_hex(12)}"
    user = models.User(
        **{field: people.tidy(value) for field, value in names.items()},
        organisation=people.tidy(organisation or ""),
        username=hidden,
        email=f"{hidden}@gast.invalid",
        active=True,
        guest=True,
    )
    user.roles = list(db.session.scalars(sa.select(models.RoleRow).where(models.RoleRow.name == COMPANY)))
    db.session.add(user)
    db.session.flush()
    db.session.add_all(
        [models.Guest(user_id=user.id, email=address), models.GuestKey(user_id=user.id, **fresh)]
    )
    db.session.flush()
    return user


def _replace_key(user_id: int, fresh: Mapping[str, Any]) -> Sequence[int]:
    """Give a guest a new key. Returns those that opened their moments before, and open nothing any more."""
    ended = db.session.scalars(
        sa.update(models.GuestKey)
        .where(models.GuestKey.user_id == user_id, models.GuestKey.ended_at.is_(None))
        .values(ended_at=utc_now())
        .returning(models.GuestKey.id),
        execution_options=QUIETLY,
    ).all()
    db.session.add(models.GuestKey(user_id=user_id, **fresh))
    db.session.flush()
    return sorted(ended)


# -- for which sittings


def _locked(wanted: Sequence[int], *, among: Sequence[int] = ()) -> Sequence[models.Sitting]:
    """These sittings by time, locked. NotFound for one of another attempt than the sittings `among`."""
    found = db.session.scalars(
        sa.select(models.Sitting)
        .where(models.Sitting.id.in_(id_set(wanted)))
        .order_by(models.Sitting.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    attempts = {one.registration_id for one in found if one.id in set(among or wanted)}
    if len(found) != len(wanted) or any(one.registration_id not in attempts for one in found):
        raise NotFound
    return sorted(found, key=lambda one: (one.starts_at, one.id))


def _invited(targets: base.Targets[models.Sitting]) -> tuple[models.Sitting, models.Invitation]:
    """The locked sitting and its live invitation, the guest locked too. RuleBroken when nobody is invited."""
    (sitting,) = _locked([targets.one().id])
    invitation = invitations.live_invitation(sitting.id)
    if invitation is None:
        raise RuleBroken(NOBODY)
    persons.lock_people(id_set([invitation.user_id]))
    return sitting, invitation


def _refuse(sittings: Sequence[models.Sitting], *, again: bool = False) -> None:
    there = invitations.taken([one.id for one in sittings])
    for one in sittings:
        stopped = steps.why_not_change(stopped=one.registration.stopped_at is not None)
        why = stopped or invitation_rules.why_not_invite(
            definitive=there[one.id].definitive,
            expired=invitations.too_long_ago(one.ends_at),
            company="" if again else there[one.id].company,
            invited="" if again else there[one.id].invited,
        )
        if why is not None:
            raise why.as_error()


def _refuse_busy(actor: Actor, user: models.User, sittings: Sequence[models.Sitting]) -> None:
    """RuleBroken when they would be in two places, or examine for both sides at one of these sittings."""
    ids = [one.id for one in sittings]
    person = persons.same_person([user.id])
    for others in sides.others_at(ids, COMPANY).values():
        why = side_rules.why_not_both(user.id, others, person)
        if why is not None:
            raise RuleBroken(why.message, field="email", **why.params)
    labels = _labels(ids)
    wanted = [
        Wanted(
            one.starts_at,
            one.ends_at,
            moment_label(one.starts_at, one.ends_at, *labels[one.id]),
            examiners={user.id: user.full_name},
        )
        for one in sittings
    ]
    refuse_clashes(actor, wanted, leaving_out=ids)


def _labels(sittings: Sequence[int]) -> Mapping[int, tuple[str, str, str]]:
    """Sitting id -> its exam, task and student in words. One query."""
    rows = db.session.scalars(
        sa.select(models.Sitting)
        .where(models.Sitting.id.in_(id_set(sittings)))
        .options(
            orm.joinedload(models.Sitting.task),
            orm.joinedload(models.Sitting.registration).joinedload(models.Registration.exam),
            orm.joinedload(models.Sitting.registration).joinedload(models.Registration.student),
        )
    )
    return {
        one.id: (one.registration.exam.code, one.task.title, str(one.registration.student)) for one in rows
    }


def _couple(sittings: Sequence[models.Sitting], user_id: int) -> None:
    rows = [{"sitting_id": one.id, "role": COMPANY, "user_id": user_id} for one in sittings]
    db.session.execute(sa.insert(models.SittingExaminer), rows)
    _changed(sittings)


def _changed(sittings: Sequence[models.Sitting]) -> None:
    """Raise the registrations' versions, so that planning forms that are open notice the change."""
    touched = sorted({one.registration_id for one in sittings})
    db.session.execute(
        sa.update(models.Registration)
        .where(models.Registration.id.in_(id_set(touched)))
        .values(version=models.Registration.version + 1),
        execution_options=QUIETLY,
    )


# -- what is told


def _coupled(user: models.User, count: int) -> str:
    return ngettext(
        "%(name)s heeft een account en is gekoppeld aan het examenmoment. Er is geen mail verstuurd.",
        "%(name)s heeft een account en is gekoppeld aan %(num)s examenmomenten. Er is geen mail verstuurd.",
        count,
        name=user.full_name,
    )


def _said(changes: Mapping[str, Any], user: models.User, organisation: str) -> list[str]:
    """What changed at somebody who was known, and that an organisation that was typed was left alone."""
    said = []
    if "name" in changes:
        old, new = changes["name"]
        said.append(_("De naam is gewijzigd: %(old)s → %(new)s.", old=old, new=new))
    if "organisation" in changes:
        old, new = changes["organisation"]
        said.append(_("De organisatie is gewijzigd: %(old)s → %(new)s.", old=old or _("leeg"), new=new))
    elif people.tidy(organisation or "") not in {"", user.organisation}:
        stays = user.organisation or _("leeg")
        said.append(_("De organisatie is niet gewijzigd: die blijft %(organisation)s.", organisation=stays))
    return said


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
    labels = _labels(ids)
    details: dict[str, Any] = {"examiner": change}
    if len(ids) > 1:
        details = {f"{labels[key][2]}, {labels[key][1]}": change for key in ids}
    return base.Outcome(
        done=len(ids),
        ids=ids,
        object_type="Sitting",
        names=[name],
        details={**details, "role": COMPANY, **(more or {})},
        summary=summary,
        also={"Registration": sorted({one.registration_id for one in sittings}), "User": [user_id]},
    )
