"""Makes and ends inlogcodes. The actions are in login_codes.py.

A code is never stored. The row holds a random nonce; when a mail is sent, the code is computed from the
nonce and the school's secret key. A stolen database therefore gives nobody access (decision 0006).
"""

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from app import models
from app.actions import base
from app.actions.mail import outbox
from app.actions.users.reach import beyond
from app.clock import utc_now
from app.entities.base import db
from app.entities.bulk import insert_all
from app.entities.engine import QUIETLY, id_set
from app.mail import login_code
from app.permissions import Actor, Role
from app.queries.access.codes import code_for
from app.queries.users import users
from app.rules import people as rules
from app.rules.code_format import INVITATION
from app.rules.second_factor import AT_SIGN_IN
from app.rules.text import N_
from app.rules.tokens import fingerprint
from app.school import current_school

NAMES = 10
NOBODY: Mapping[int, str] = {}
NO_ADDRESS = N_(
    "Er is geen e-mailadres bekend; met “Inlogcodes afdrukken” krijgt deze persoon een code op papier."
)


@dataclass
class Issued:
    """The result of `issue_codes` and `renew_codes`: user ids by what happened, and who was refused."""

    made: list[int] = field(default_factory=list)
    mailed: list[int] = field(default_factory=list)
    unchanged: int = 0
    replaced: int = 0  # older codes that a new code replaced
    standing: list[int] = field(default_factory=list)  # live codes of before, of who is in this
    refused: list[base.Refused] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    written: Counter[tuple[str, str]] = field(default_factory=Counter)  # mails by role and language

    def stands_on(self, row: Any) -> None:
        """Note the live code of this user, when there is one."""
        if row.code_id is not None:
            self.standing.append(row.code_id)

    @property
    def changed(self) -> list[int]:
        return sorted({*self.made, *self.mailed})


def issue_codes(
    actor: Actor, user_ids: Iterable[int], *, mail: bool, moved: Mapping[int, str] = NOBODY
) -> Issued:
    """Give these users an inlogcode and, with `mail`, a mail about it in the outbox.

    It runs inside the caller's transaction, in a fixed number of statements. A new code cancels the older
    one. A code that already waits to be mailed stays as it is. A code that was made without a mail is mailed
    now. `moved`: the old address of who just got another, to name both.
    """
    issued = Issued()
    fresh: list[int] = []
    for row in db.session.execute(_candidates(sorted(set(user_ids)))):
        why = _refusal(actor, row) or ("" if rules.mail_of(row.email) else _(NO_ADDRESS))
        name = rules.full_name(row.first_name, row.infix, row.last_name)
        waits = row.mail_state in {"waiting", "sending"} and row.mail_to == row.email
        if why:
            issued.refused.append(base.Refused(name, why))
        elif row.code_id is not None and (waits or not mail):
            issued.unchanged += 1
        else:
            issued.stands_on(row)
            # A code that was made and never mailed is the one to mail now; otherwise a new one is needed.
            if row.code_id is None or row.mail_state is not None:
                fresh.append(row.id)
            if mail:
                issued.mailed.append(row.id)
            if len(issued.names) < NAMES:
                issued.names.append(_named(row, moved, mail=mail))
    issued.made = fresh
    cancel_codes(fresh, INVITATION)
    _make(fresh)
    issued.written = _mail(issued.mailed)
    return issued


def renew_codes(actor: Actor, user_ids: Iterable[int], *, moved: Mapping[int, str] = NOBODY) -> Issued:
    """Make a new inlogcode for each of these users, without a mail. Their older codes end.

    These codes are printed. Paper gets lost, so users who manage others or decide on results are refused.
    Who prints reads them, so an account that this actor may not let anybody into is refused too. `moved`: as
    in issue_codes.
    """
    issued = Issued()
    people = {row.id: row for row in db.session.execute(_candidates(sorted(set(user_ids))))}
    theirs = models.User.id.in_(id_set(list(people)))
    deciding = set(
        db.session.scalars(sa.select(models.User.id).where(theirs, users.with_role(*map(Role, AT_SIGN_IN))))
    )
    closed_to = beyond(actor, list(people), way_in=True)
    for row in people.values():
        why = closed_to[row.id].reason if row.id in closed_to else _refusal(actor, row)
        if not why and row.id in deciding:
            why = _("Wie beheert of vaststelt, krijgt de inlogcode per mail en niet op papier.")
        name = rules.full_name(row.first_name, row.infix, row.last_name)
        if why:
            issued.refused.append(base.Refused(name, why))
            continue
        issued.made.append(row.id)
        issued.replaced += row.code_id is not None
        issued.stands_on(row)
        if len(issued.names) < NAMES:
            issued.names.append(_named(row, moved, mail=False))
    cancel_codes(issued.made)
    _make(issued.made)
    return issued


def _named(row: Any, moved: Mapping[int, str], *, mail: bool) -> str:
    """A user as the announcement names them: with the address that the mail goes to, or that changes."""
    name = rules.full_name(row.first_name, row.infix, row.last_name)
    if row.id in moved:
        return f"{name}: {moved[row.id] or _('geen e-mailadres')} → {row.email}"
    return f"{name}: {row.email}" if mail else name


def cancel_codes(user_ids: Sequence[int], *purposes: str, browser_hash: str = "") -> None:
    """End these users' live codes and the mails about them that still wait. No purposes given: all codes.

    `browser_hash`: only those that this browser asked for.
    """
    if not user_ids:
        return
    theirs: sa.ColumnElement[bool] = models.LoginCode.user_id.in_(id_set(user_ids))
    if purposes:
        theirs &= models.LoginCode.purpose.in_(purposes)
    if browser_hash:
        theirs &= models.LoginCode.browser_hash == browser_hash
    ended = sa.select(models.LoginCode.id).where(theirs, models.LoginCode.cancelled_at.is_not(None))
    live = theirs & models.LoginCode.used_at.is_(None) & models.LoginCode.cancelled_at.is_(None)
    db.session.execute(
        sa.update(models.LoginCode).where(live).values(cancelled_at=utc_now()), execution_options=QUIETLY
    )
    outbox.cancel_waiting(models.OutboxMail.login_code_id.in_(ended))


def _candidates(user_ids: Sequence[int]) -> Any:
    """Users with their live code and its mail. Locked, so that two requests at once make only one code."""
    live = (
        sa.select(
            sa.func.max(models.LoginCode.id).label("code_id"), models.LoginCode.user_id.label("user_id")
        )
        .where(users.live_code(), models.LoginCode.user_id.in_(id_set(user_ids)))
        .group_by(models.LoginCode.user_id)
        .subquery()
    )
    return (
        sa.select(
            models.User.id,
            models.User.first_name,
            models.User.infix,
            models.User.last_name,
            models.User.email,
            models.User.active,
            users.with_role(Role.SUPPLIER).label("supplier"),
            live.c.code_id,
            models.OutboxMail.state.label("mail_state"),
            models.OutboxMail.to_address.label("mail_to"),
        )
        .outerjoin(live, live.c.user_id == models.User.id)
        .outerjoin(models.OutboxMail, models.OutboxMail.login_code_id == live.c.code_id)
        .where(models.User.id.in_(id_set(user_ids)))
        .order_by(models.User.id)
        .with_for_update(of=models.User)
    )


def _refusal(actor: Actor, row: Any) -> str:
    if why := users.why_not_change(actor, {Role.SUPPLIER} if row.supplier else ()):
        return _(why)
    if not row.active:
        return _("Deze gebruiker is niet actief.")
    return ""


def _make(user_ids: Sequence[int]) -> None:
    now = utc_now()
    until = now + dt.timedelta(days=current_school().login_code_days)
    rows = []
    for user_id in user_ids:
        nonce = secrets.token_hex(32)
        rows.append(
            {
                "user_id": user_id,
                "nonce": nonce,
                "code_hash": fingerprint(code_for(user_id, nonce)),
                "created_at": now,
                "expires_at": until,
            }
        )
    insert_all(models.LoginCode, rows)


def _mail(user_ids: Sequence[int]) -> Counter[tuple[str, str]]:
    """Put the mails in the outbox. Returns how many, by role and language: each pair has its own text."""
    if not user_ids:
        return Counter()
    school = current_school()
    # A text is made once per role and language, not once per mail: there may be thousands.
    texts: dict[tuple[str, str], login_code.Text] = {}
    roles = users.main_roles(user_ids)
    written: Counter[tuple[str, str]] = Counter()
    mails = []
    found = db.session.execute(
        sa.select(
            models.LoginCode.id,
            models.LoginCode.expires_at,
            models.User.id.label("user_id"),
            models.User.first_name,
            models.User.infix,
            models.User.last_name,
            models.User.username,
            models.User.email,
            models.User.language,
        )
        .join(models.User, models.User.id == models.LoginCode.user_id)
        .where(models.LoginCode.user_id.in_(id_set(user_ids)), users.live_code())
        .order_by(models.LoginCode.id)
    )
    for row in found:
        language = row.language or school.language
        kind = (roles.get(row.user_id, ""), language)
        text = texts.get(kind) or texts.setdefault(
            kind, login_code.login_code_text(language, school.name, kind[0])
        )
        written[kind] += 1
        mails.append(_mail_of(row, text, school.local(row.expires_at)))
    outbox.put_in_outbox(mails)
    return written


def _mail_of(row: Any, text: login_code.Text, until: dt.datetime) -> outbox.NewMail:
    name = rules.full_name(row.first_name, row.infix, row.last_name)
    return outbox.NewMail(
        purpose=login_code.LOGIN_CODE,
        dedupe_key=f"{login_code.LOGIN_CODE}:{row.id}",
        to_address=row.email,
        to_user_id=row.user_id,
        login_code_id=row.id,
        language=row.language,
        subject=text.subject,
        body=text.body_for(name=name, username=row.username, until=until),
    )
