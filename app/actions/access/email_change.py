"""Users change their own e-mail address: ask, confirm from the new address, or stop from the old one.

The old address stays in use until the new one is confirmed. Both codes are typed: a GET changes nothing.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.security import check_password_hash, generate_password_hash
from wtforms import validators

from app import models
from app.actions import base
from app.actions.access import profile, sign_in, tries
from app.actions.access.new_address import Moved, address_changed, end_changes, let_changes_lapse
from app.actions.access.sessions import end_sessions
from app.actions.mail import outbox
from app.actions.users.users import sign_in_names
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import take_turns
from app.errors import Outdated, RuleBroken
from app.mail import email_change
from app.permissions import Actor, Permission
from app.queries.access import codes as codes_queries
from app.queries.access import recognising
from app.queries.access.profile import open_change
from app.rules import people
from app.rules.code_format import normal_form
from app.rules.invitations import parts
from app.rules.second_factor import Proof
from app.rules.sessions import CREDENTIAL_CHANGED
from app.rules.text import N_
from app.rules.tries import NO_BROWSER, Browser, Kind
from app.school import current_school

VALID = timedelta(hours=1)
RECENT = timedelta(minutes=15)
MOST_RECENT, MOST_A_DAY = 3, 10  # changes in RECENT, of one user or to one new address; of one user in a day
CHANGES_LOCK = 7_306_003  # an arbitrary number: on PostgreSQL, who asks for a change waits for this lock
ASKED_TODAY = N_(
    "U hebt in één dag al %(most)s keer om een ander e-mailadres gevraagd. Probeer het morgen opnieuw."
)
ASKED_LATELY = N_(
    "U hebt net al %(most)s keer om een ander e-mailadres gevraagd. Wacht een kwartier en probeer het dan "
    "opnieuw."
)
MAILED_LATELY = N_(
    "Naar dit e-mailadres zijn net al %(most)s mails gestuurd. Wacht een kwartier en probeer het dan opnieuw."
)
OTHER_ADDRESS = N_(
    "U hebt dit zelf in een ander tabblad gewijzigd: daar vroeg u om %(email)s. "
    "Gaat u hier verder, dan vervalt dat en geldt wat hieronder staat."
)


class NewEmailForm(profile.AsksPresent, base.SeenForm):
    """`seen`: the change that waited for its code when the form was opened; there is at most one."""

    email = wtforms.EmailField(
        _l("Nieuw e-mailadres"),
        [validators.InputRequired(), validators.Length(max=people.EMAIL_MAX), base.ruled(people.email)],
        render_kw={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "email"},
    )
    present = profile.present_field()

    @classmethod
    def initial(cls, actor: Actor, targets: base.Targets[Any] | None) -> dict[str, Any]:
        waiting = db.session.scalars(open_change(actor.id)).one_or_none()
        return {"seen": str(waiting.id) if waiting is not None else ""}

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        super().prepare(actor, targets)
        if not profile.own_account(actor).password:  # such a user signs in with mailed codes
            del self.present


class EmailCodeForm(base.ActionForm):
    code = sign_in.mailed_code_field(_l("Acht tekens. De mail ging naar uw nieuwe e-mailadres."))

    def prepare(self, actor: Actor, targets: base.Targets[Any] | None) -> None:
        self._user_id = profile.own_account(actor).id

    def validate_code(self, field: wtforms.StringField) -> None:
        profile.counted(Kind.ADDRESS_CODE, self._user_id)


def _drawn(actor: Actor, *, present: str = "", **_data: Any) -> dict[str, Any]:
    nonce = secrets.token_hex(32)
    selector, secret = parts(codes_queries.stop_code(nonce))
    codes = {
        "nonce": nonce,
        "code_hash": generate_password_hash(codes_queries.address_code(nonce)),
        "stop_selector": selector,
        "stop_hash": generate_password_hash(secret),
    }
    return {"fits": recognising.fitting_password(actor, present or ""), "codes": codes}


@base.action(
    _l("E-mailadres wijzigen"),
    permission=Permission.PROFILE,
    form=NewEmailForm,
    submit=_l("Verder"),
    proof=Proof.STRONG_IF_ANY,
    before=_drawn,
    intro=_l("U krijgt een code op het nieuwe adres. Tot u die invult, blijft uw oude adres gelden."),
)
def change_email(
    actor: Actor, *, email: str, codes: Mapping[str, str], fits: str, present: str = "", seen: str = ""
) -> base.Outcome:
    """Begin the change: mail a code to the new address, and a notice with a stop code to the old one.

    Outdated when another change has begun since the form was opened: this one would end it.
    """
    take_turns(CHANGES_LOCK)  # so that the limits hold for all changes together
    user = profile.locked_account(actor)
    if user.password and user.password != fits:
        raise RuleBroken(profile.NOT_PRESENT, field="present")
    address = people.email(email).lower()
    if address == user.email:
        raise RuleBroken(N_("Dit is al uw e-mailadres."), field="email")
    waiting = db.session.scalars(open_change(user.id)).one_or_none()
    if waiting is not None and str(waiting.id) != seen:
        raise Outdated(OTHER_ADDRESS, field="seen", now=str(waiting.id), email=waiting.new_email)
    _keep_to_the_limits(user.id, address)
    # The present password was right, so its tries no longer count. Only one change waits at a time.
    tries.forgive(Kind.PRESENT, profile.INSIDE, account=user.id)
    let_changes_lapse([user.id])
    now = utc_now()
    change = models.EmailChange(
        user_id=user.id,
        old_email=user.email,
        new_email=address,
        created_at=now,
        expires_at=now + VALID,
        **codes,
    )
    db.session.add(change)
    db.session.flush()
    # The new address confirms; the old one can stop a change that its owner did not ask for.
    language, school = user.language or current_school().language, current_school().name
    _mail(
        change,
        user,
        email_change.EMAIL_CODE,
        address,
        email_change.code_text(language, school),
    )
    _mail(
        change,
        user,
        email_change.EMAIL_NOTICE,
        user.email,
        email_change.notice_text(language, school, name=user.full_name),
    )
    return base.Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        details={"asked": [people.mail_of(user.email), address]},
        summary=_("Er is een code onderweg naar %(email)s. Vul die hier in.", email=address),
    )


def _keep_to_the_limits(user_id: int, address: str) -> None:
    """RuleBroken when this user asked, or this address was mailed, too often. Anybody's address can be typed.

    Every change counts that was begun, whatever became of it.
    """
    now, made = utc_now(), models.EmailChange.created_at
    mine, there = models.EmailChange.user_id == user_id, models.EmailChange.new_email == address
    lately = made > now - RECENT

    def so_many(which: sa.ColumnElement[bool]) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((which, 1), else_=0)), 0)

    counts = sa.select(so_many(mine), so_many(mine & lately), so_many(there & lately)).where(
        made > now - timedelta(days=1), mine | there
    )
    today, recent, to_address = db.session.execute(counts).one()
    for count, most, why in (
        (today, MOST_A_DAY, ASKED_TODAY),
        (recent, MOST_RECENT, ASKED_LATELY),
        (to_address, MOST_RECENT, MAILED_LATELY),
    ):
        if count >= most:
            raise RuleBroken(why, field="email", most=most)


def _fits(actor: Actor, *, code: str, **_data: Any) -> dict[str, Any]:
    change = db.session.scalars(open_change(actor.id or 0)).one_or_none()
    stored = change.code_hash if change is not None else recognising.NO_ONES_PASSWORD
    return {"fits": stored if check_password_hash(stored, normal_form(code)) else ""}


@base.action(
    _l("E-mailadres bevestigen"),
    permission=Permission.PROFILE,
    changes=models.User,
    form=EmailCodeForm,
    submit=_l("Bevestigen"),
    before=_fits,
)
def confirm_email(
    actor: Actor,
    *,
    code: str,
    fits: str,
    staying: int | None = None,
    browser: Browser = NO_BROWSER,
) -> base.Outcome:
    """Start using the new address, for the code that was mailed to it. Every session but `staying` ends."""
    user = profile.locked_account(actor)
    change = db.session.scalars(open_change(user.id).with_for_update()).one_or_none()
    if change is None or change.code_hash != fits or change.old_email != user.email:
        raise RuleBroken(recognising.WRONG_CHANGE_CODE, field="code")
    # Told only now, at the one field here: who asks for an address may not learn yet whose it is.
    named = user.username
    base.at("code", sign_in_names, user, change.new_email, named)
    user.version += 1
    change.confirmed_at = utc_now()
    tries.forgive(Kind.ADDRESS_CODE, profile.INSIDE, account=user.id)
    db.session.flush()  # this change is confirmed, and not one that ends now
    moved = Moved(user.id, change.old_email, user.language, user.full_name)
    address_changed([moved], staying=staying, browser=browser)
    return base.Outcome(
        done=1,
        ids=[user.id],
        object_type="User",
        details={
            "email": [people.mail_of(change.old_email), change.new_email],
            **({"username": [named, user.username]} if named != user.username else {}),
        },
        summary=_("Uw e-mailadres is nu %(email)s.", email=change.new_email),
    )


@base.action(
    _l("Wijziging van e-mailadres intrekken"),
    permission=Permission.PROFILE,
    confirm=True,
    submit=_l("Intrekken"),
    intro=_l("Uw e-mailadres blijft zoals het is."),
)
def cancel_email_change(actor: Actor) -> base.Outcome:
    """Cancel the user's own change that waits for its code."""
    user = profile.own_account(actor)
    ended = end_changes([user.id])
    return base.Outcome(
        done=len(ended),
        unchanged=int(not ended),
        ids=[user.id] if ended else [],
        object_type="User",
        names=[one.new_email for one in ended],
        details=_ended_details(ended),
        rests_on=[one.id for one in ended],
        summary=_("Uw e-mailadres blijft zoals het is."),
    )


@base.action(_l("Wijziging van e-mailadres gestopt"), permission=Permission.SIGN_IN)
def stop_email_change(actor: Actor, *, change_id: int) -> base.Outcome:
    """Stop the change from the old address, and end every session of the account."""
    change = db.session.get_one(models.EmailChange, change_id, with_for_update=True, populate_existing=True)
    if change.confirmed_at is not None or change.ended_at is not None or change.expires_at <= utc_now():
        raise RuleBroken(recognising.WRONG_CHANGE_CODE)
    ended = end_changes([change.user_id])
    end_sessions([change.user_id], CREDENTIAL_CHANGED)
    return base.Outcome(
        done=1,
        ids=[change.user_id],
        object_type="User",
        details=_ended_details(ended),
        summary=_("De wijziging is gestopt; uw e-mailadres blijft zoals het was."),
    )


def _ended_details(ended: Sequence[Any]) -> dict[str, Any]:
    return {"asked": [", ".join(one.new_email for one in ended), None]} if ended else {}


def _mail(
    change: models.EmailChange, user: models.User, purpose: str, to: str, text: tuple[str, str]
) -> None:
    if not people.mail_of(to):  # the account had no address until now
        return
    outbox.put_in_outbox(
        [
            outbox.NewMail(
                purpose=purpose,
                dedupe_key=f"{purpose}:{change.id}",
                to_address=to,
                to_user_id=user.id,
                email_change_id=change.id,
                language=user.language,
                subject=text[0],
                body=text[1],
            )
        ]
    )
