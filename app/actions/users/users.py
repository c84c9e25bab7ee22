"""Gebruikers: add, change, couple, deactivate and activate users. They are never deleted (manual, step 3)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import errors, models
from app.actions import base
from app.actions.access import code_making
from app.actions.access.new_address import Moved, address_changed
from app.actions.access.sessions import end_sessions
from app.actions.users import form
from app.actions.users.reach import beyond
from app.entities.base import db
from app.entities.engine import QUIETLY, id_set
from app.permissions import Actor, Permission, Role, visible
from app.queries.planning.sides import meetings
from app.queries.users import listing, users
from app.rules import accounts, people, sessions, sides
from app.rules.text import N_

NAMES = 10
OWN_ADDRESS = N_("Uw eigen e-mailadres wijzigt u bij Mijn profiel.")
NOT_YOURSELF = N_("U kunt uw eigen account niet deactiveren; vraag het een andere beheerder.")
NO_WAY_TO_SIGN_IN = N_("Vul een e-mailadres in, of een gebruikersnaam voor wie geen e-mailadres heeft.")


@base.action(
    _l("Nieuwe gebruiker invoeren"),
    permission=Permission.USERS_EDIT,
    form=form.NewUserForm,
    submit=_l("Opslaan"),
    intro=_l("Let op: kies de juiste rol en koppel de gebruiker aan de juiste opleidingen."),
    words={"code_sent": N_("Inlogcode verstuurd")},
)
def add_user(
    actor: Actor,
    *,
    first_name: str,
    last_name: str,
    email: str,
    roles: Sequence[str],
    infix: str = "",
    username: str = "",
    organisation: str = "",
    phone: str = "",
    programmes: Sequence[int] = (),
    send_code: bool = False,
) -> base.Outcome:
    """Add a user with roles and programmes. They choose a password themselves, with an inlogcode."""
    role_rows = _role_rows(_wanted_roles(actor, (), roles))
    chosen = programme_rows(actor, programmes)
    user = models.User(
        first_name=people.tidy(first_name),
        infix=people.tidy(infix or ""),
        last_name=people.tidy(last_name),
        organisation=people.tidy(organisation or ""),
        phone=people.tidy(phone or ""),
        active=True,
    )
    sign_in_names(user, email, username)
    user.roles, user.programmes = role_rows, chosen
    db.session.add(user)
    db.session.flush()
    summary = _("%(name)s is toegevoegd.", name=user.full_name)
    # Without its code the user is not added either: the error undoes the whole transaction.
    if send_code:
        if refused := code_making.issue_codes(actor, [user.id], mail=True).refused:
            raise errors.RuleBroken(refused[0].reason, field="send_code")
        summary = _(
            "%(name)s is toegevoegd; de mail met de inlogcode staat in Postvak uit.", name=user.full_name
        )
    return base.Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        names=[user.full_name],
        goto=user.id,
        summary=summary,
        details={
            **{name: ["", value] for name, value in _facts(user).items() if value},
            **({"programmes": ["", programmes_text(chosen)]} if chosen else {}),
            **({"code_sent": True} if send_code else {}),
        },
    )


@base.action(
    _l("Gebruiker wijzigen"),
    permission=Permission.USERS_EDIT,
    on=models.User,
    changes=models.User,
    form=form.EditUserForm,
    noun=_l("gebruiker"),
    submit=_l("Opslaan"),
)
def edit_user(
    actor: Actor,
    targets: base.Targets[models.User],
    *,
    version: int,
    first_name: str,
    last_name: str,
    email: str,
    roles: Sequence[str],
    infix: str = "",
    username: str = "",
    organisation: str = "",
    phone: str = "",
) -> base.Outcome:
    """Change a user. Another role ends their sessions, another address their codes too (new_address.py).

    One's own address is changed under Mijn profiel, where it asks who one is and for the code of a mail.
    """
    user = base.locked(actor, models.User, targets.one().id, version, form.LABELS)
    guard_way_in(actor, user)
    before, old = _facts(user), user.email
    set_names(user, first_name, infix, last_name, accounts.NAME_OF_STUDENT)
    user.phone, user.organisation = people.tidy(phone or ""), people.tidy(organisation or "")
    sign_in_names(user, email, username)
    if user.email != old:
        if user.id == actor.id:
            raise errors.RuleBroken(OWN_ADDRESS, field="email")
        address_changed([Moved(user.id, old, user.language)])
    lost = _change_roles(actor, user, roles)
    changes = {
        name: [old, new] for (name, old), new in zip(before.items(), _facts(user).values(), strict=True)
    }
    outcome = saved(user, {name: pair for name, pair in changes.items() if pair[0] != pair[1]})
    if waiting := listing.coming_as(actor, user.id, lost):
        outcome.summary = " ".join([outcome.summary, _without_examiner(waiting)])
    return outcome


def _without_examiner(moments: int) -> str:
    return ngettext(
        "Er staat nog %(num)s examenmoment op naam van deze gebruiker, met de rol die weg is: het blijft "
        "gepland, kies zelf een andere examinator.",
        "Er staan nog %(num)s examenmomenten op naam van deze gebruiker, met de rol die weg is: die blijven "
        "gepland, kies zelf een andere examinator.",
        moments,
    )


@base.action(
    _l("Deactiveren"),
    permission=Permission.USERS_EDIT,
    on=models.User,
    changes=models.User,
    confirm=True,
    danger=True,
    noun=_l("gebruikers"),
    submit=_l("Deactiveren"),
)
def deactivate_users(actor: Actor, targets: base.Targets[models.User]) -> base.Outcome:
    """Deactivate accounts. Their sessions and inlogcodes end at once, and nobody can sign in with them."""
    rows = _people(targets.ids)
    closing = [row.id for row in rows if row.active and row.id != actor.id]
    refusals = {actor.id: _(NOT_YOURSELF)} if actor.id is not None else {}
    if users.last_active_administrator(closing):
        refusals |= {row.id: _(accounts.LAST_ONE) for row in rows if row.administrator}
    outcome = _switch(actor, rows, refusals, active=False)
    bound = listing.bound_to(actor, outcome.ids)
    outcome.names, told = _left_behind(rows, outcome.ids, bound)
    outcome.summary = " ".join([outcome.summary, *told])
    outcome.rests_on = [(user_id, own.sittings, own.students) for user_id, own in bound.items()]
    return outcome


@base.action(
    _l("Weer activeren"),
    permission=Permission.USERS_EDIT,
    on=models.User,
    changes=models.User,
    confirm=True,
    noun=_l("gebruikers"),
    submit=_l("Weer activeren"),
)
def reactivate_users(actor: Actor, targets: base.Targets[models.User]) -> base.Outcome:
    """Activate accounts again. The passwords stay."""
    return _switch(actor, _people(targets.ids), {}, active=True)


def set_names(user: models.User, first_name: str, infix: str, last_name: str, why: str) -> None:
    """Set the name. RuleBroken with `why` when it is the name of a student: their own row decides it."""
    given = (people.tidy(first_name), people.tidy(infix or ""), people.tidy(last_name))
    changed = [
        name for name, new in zip(accounts.NAME_FIELDS, given, strict=True) if getattr(user, name) != new
    ]
    if changed and users.student_of(user.id) is not None:
        raise errors.RuleBroken(why, field=changed[0])
    user.first_name, user.infix, user.last_name = given


def sign_in_names(user: models.User, email: str, username: str) -> None:
    """Set address and user name, in lower case. RuleBroken names the wrong field.

    Who gives an account that was there another address calls `address_changed` too.

    An address is one person: with that of a guest, nobody may come to examine a moment for both sides.

    A user name with an @ must be the user's own address. So nobody's user name can be another's address, and
    the two need no comparing. A user without an address signs in by user name, with a code on paper
    (decision 0014).
    """
    address = people.email(email or "").lower()
    name = people.one_writing(people.tidy(username or "")).lower()
    if not address:
        if not name or "@" in name:
            raise errors.RuleBroken(NO_WAY_TO_SIGN_IN, field="email")
        address = people.without_mail(name)
    if not name or name == user.email:
        name = address
    if len(name) > accounts.USERNAME_MAX:
        raise errors.RuleBroken(accounts.ADDRESS_TOO_LONG, field="username")
    if " " in name:
        raise errors.RuleBroken(N_("Een gebruikersnaam heeft geen spaties."), field="username")
    if "@" in name and name != address:
        raise errors.RuleBroken(accounts.NAME_IS_ADDRESS, field="username")
    with db.session.no_autoflush:
        if address != user.email and users.taken(address, but=user.id):
            raise errors.RuleBroken(N_("Er is al een gebruiker met dit e-mailadres."), field="email")
        if name != user.username and users.taken(name, but=user.id):
            raise errors.RuleBroken(N_("Deze gebruikersnaam is al in gebruik."), field="username")
    if user.id and address != user.email and (meeting := meetings({user.id: address}).get(user.id)):
        why = sides.why_not_this_address(meeting.guest, meeting.moment)
        raise errors.RuleBroken(why.message, field="email", **why.params)
    user.email, user.username = address, name


def saved(user: models.User, changes: dict[str, Any]) -> base.Outcome:
    """The outcome of an edit. A change raises the user's version."""
    if not changes:
        return base.Outcome(
            unchanged=1, object_type="User", summary=_("Er is niets gewijzigd."), goto=user.id
        )
    user.version += 1
    return base.Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        names=[user.full_name],
        goto=user.id,
        details=changes,
        summary=_("De gegevens van %(name)s zijn opgeslagen.", name=user.full_name),
    )


def _facts(user: models.User) -> dict[str, Any]:
    plain = ("first_name", "infix", "last_name", "email", "username", "organisation", "phone")
    facts = {name: getattr(user, name) for name in plain}
    return facts | {"email": people.mail_of(user.email), "roles": _role_text(user)}


def _role_text(user: models.User) -> str:
    """The user's roles as the trail keeps them: their Dutch labels."""
    return ", ".join(role.label for role in users.roles_of(user))


def programmes_text(programmes: Sequence[models.Programme], among: Sequence[int] | None = None) -> str:
    """These programmes by name; `among`: only those of these ids."""
    return "; ".join(sorted(str(one) for one in programmes if among is None or one.id in among))


def guard_way_in(actor: Actor, user: models.User) -> None:
    """RuleBroken when this actor may not change what lets somebody into this account."""
    if why := users.why_not_change(actor, users.roles_of(user), way_in=True):
        raise errors.RuleBroken(why)


def _wanted_roles(actor: Actor, held: Sequence[Role], chosen: Sequence[str]) -> list[Role]:
    """The chosen roles. A held role that this actor may neither give nor take stays (trap 7)."""
    mine = users.grantable(actor)
    if not set(chosen) <= {role.value for role in mine}:
        raise errors.RuleBroken(N_("Deze rol kunt u niet geven."), field="roles")
    wanted = [role for role in Role if role.value in chosen or (role in held and role not in mine)]
    if not wanted:
        raise errors.RuleBroken(N_("Kies minstens één rol."), field="roles")
    return wanted


def _change_roles(actor: Actor, user: models.User, chosen: Sequence[str]) -> Collection[Role]:
    """Give the user these roles; gives those that they lose by it."""
    held = users.roles_of(user)
    wanted = _wanted_roles(actor, held, chosen)
    if wanted == held:
        return ()
    if Role.ADMINISTRATOR in held and Role.ADMINISTRATOR not in wanted:
        if user.id == actor.id:
            raise errors.RuleBroken(
                N_("U kunt uzelf de rol beheerder niet afnemen; vraag het een andere beheerder."),
                field="roles",
            )
        if users.last_active_administrator([user.id]):
            raise errors.RuleBroken(accounts.LAST_ONE, field="roles")
    user.roles = _role_rows(wanted)
    end_sessions([user.id], sessions.ROLES_CHANGED)
    return [role for role in held if role not in wanted]


def _role_rows(roles: Sequence[Role]) -> list[models.RoleRow]:
    names = [role.value for role in roles]
    return list(db.session.scalars(sa.select(models.RoleRow).where(models.RoleRow.name.in_(names))))


def programme_rows(actor: Actor, ids: Sequence[int]) -> list[models.Programme]:
    if not ids:
        return []
    rows = list(
        db.session.scalars(visible(actor, models.Programme).where(models.Programme.id.in_(id_set(list(ids)))))
    )
    if len(rows) != len(set(ids)):
        raise errors.NotFound
    return rows


def _people(ids: Sequence[int]) -> list[Any]:
    """These users: names, and what decides whether they may be deactivated. Locked in order of id."""
    statement = (
        sa.select(
            models.User.id,
            models.User.first_name,
            models.User.infix,
            models.User.last_name,
            models.User.active,
            users.with_role(Role.ADMINISTRATOR).label("administrator"),
        )
        .where(models.User.id.in_(id_set(ids)))
        .order_by(models.User.id)
        .with_for_update(of=models.User)
    )
    return list(db.session.execute(statement))


def _switch(actor: Actor, rows: Sequence[Any], refusals: dict[int, str], *, active: bool) -> base.Outcome:
    """Activate or deactivate accounts, each judged by itself. `refusals`: user id -> reason."""
    outcome = base.Outcome(object_type="User")
    theirs = beyond(actor, [row.id for row in rows], way_in=active)
    changed: list[int] = []
    for row in rows:
        name = people.full_name(row.first_name, row.infix, row.last_name)
        why = refusals.get(row.id) or (theirs[row.id].reason if row.id in theirs else "")
        if bool(row.active) == active:
            outcome.unchanged += 1
        elif why:
            outcome.refused.append(base.Refused(name, why))
        else:
            changed.append(row.id)
            if len(outcome.names) < NAMES:
                outcome.names.append(name)
    if not active:
        code_making.cancel_codes(changed)
        end_sessions(changed, sessions.ACCOUNT_CLOSED)
    raise_versions(models.User.id.in_(id_set(changed)), active=active)
    outcome.done, outcome.ids = len(changed), changed
    outcome.details = {"active": [not active, active]}
    outcome.summary = (
        ngettext("%(num)s gebruiker is weer actief.", "%(num)s gebruikers zijn weer actief.", len(changed))
        if active
        else ngettext("%(num)s gebruiker gedeactiveerd.", "%(num)s gebruikers gedeactiveerd.", len(changed))
    )
    return outcome


def _left_behind(
    rows: Sequence[Any], closed: Sequence[int], bound: Mapping[int, listing.Bound]
) -> tuple[list[str], list[str]]:
    """What deactivated users leave behind.

    Returns their names, each with the number of coming sittings and students; and sentences that say what
    happens to these.
    """
    names = []
    for row in [row for row in rows if row.id in set(closed)][:NAMES]:
        own = bound.get(row.id, listing.Bound())
        parts = [
            ngettext("%(num)s komend examenmoment", "%(num)s komende examenmomenten", len(own.sittings))
            if own.sittings
            else "",
            ngettext("%(num)s student", "%(num)s studenten", len(own.students)) if own.students else "",
        ]
        name = people.full_name(row.first_name, row.infix, row.last_name)
        names.append(f"{name}: {', '.join(filter(None, parts))}" if any(parts) else name)
    # Sums over all closed accounts; the names above are only the first few.
    told = []
    if sittings := sum(len(own.sittings) for own in bound.values()):
        told.append(
            ngettext(
                "Er staat nog %(num)s examenmoment op naam van een van hen: het blijft gepland, kies zelf "
                "een andere examinator.",
                "Er staan nog %(num)s examenmomenten op hun naam: die blijven gepland, kies zelf een "
                "andere examinator.",
                sittings,
            )
        )
    if students := sum(len(own.students) for own in bound.values()):
        told.append(
            ngettext(
                "%(num)s koppeling aan een student blijft bewaard.",
                "%(num)s koppelingen aan studenten blijven bewaard.",
                students,
            )
        )
    return names, told


def raise_versions(these: sa.ColumnElement[bool], **values: Any) -> None:
    db.session.execute(
        sa.update(models.User).where(these).values(version=models.User.version + 1, **values),
        execution_options=QUIETLY,
    )
