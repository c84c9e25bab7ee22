"""Counting tries to get in, so that guessing never pays (traps 14 and 18; decision 0029).

A try is counted before anything is checked, in its own transaction. So forty tries at once in four processes
count as forty. The answer is the same whether or not the account exists.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import models
from app.actions import base
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import QUIETLY, take_turns
from app.errors import RuleBroken
from app.permissions import Actor, Permission
from app.queries.access import browsers
from app.queries.users import users
from app.rules import tries
from app.rules.text import counted
from app.rules.tokens import fingerprint

TRIES_LOCK = 7_306_002  # an arbitrary number: on PostgreSQL, requests that count tries wait for this lock
NOBODY = 0  # an id that no user has


@dataclass
class Counted(base.Outcome):
    """A try that may go on. `account`: whom to look at; None: nobody, whatever is shown.

    That is so for a name of nobody, and for an account that has had its tries by its other names. The caller
    does the same work for both. `own`: this browser is known to the account.
    """

    account: int | None = None
    own: bool = False


@dataclass(frozen=True)
class _Source:
    """Whose count a try belongs to: that of a known browser or session (`own`), or that of everybody else."""

    place: str = ""
    own: bool = False

    @property
    def mine(self) -> sa.ColumnElement[bool]:
        """Condition on SignInAttempt: it is in the same count, for one account or name."""
        if not self.own:
            return models.SignInAttempt.own.is_(False)
        return sa.and_(models.SignInAttempt.own.is_(True), models.SignInAttempt.place == self.place)


@base.action(_l("Poging geteld"), permission=Permission.SIGN_IN)
def count_try(
    actor: Actor,
    *,
    kind: tries.Kind,
    place: tries.Place,
    typed: str = "",
    account: int | None = None,
    right: bool = False,
) -> base.Outcome:
    """Count a try before it is made. RuleBroken when it must not be made now.

    `typed`: a name, or the part of a code that is no secret. `account`: of who is signed in, or half-way.
    What strangers typed decides what they are told; the account decides whether a try is looked at. So nobody
    learns that two names are of one account. `right`: what was shown is right, and nobody could guess it;
    such a try waits for nobody.
    """
    take_turns(TRIES_LOCK)
    now, limit = utc_now(), tries.LIMITS[kind]
    if kind in tries.BY_NAME:
        account = db.session.scalars(users.by_sign_in_name(typed).with_only_columns(models.User.id)).first()
    text = (tries.typed_name(typed) if kind in tries.BY_NAME else fingerprint(typed)) if typed else ""
    source = _source(kind, place, account)
    here = _here(source, tries.network_of(place.address))
    left = True
    for most, among, why in _limits(limit, now, source, here):
        of_text, of_account = _counts(kind, among, text, account)
        if (of_account if source.own or not text else of_text) >= most:
            raise RuleBroken(why, most=most)
        left &= of_account < most
    account = account if left else None
    if not (right and left):
        _keep_pace(kind, now, here)
    db.session.execute(sa.delete(models.SignInAttempt).where(outdated(now)), execution_options=QUIETLY)
    db.session.add(
        models.SignInAttempt(
            kind=kind,
            account_id=account,
            typed=text,
            place=source.place,
            own=source.own,
            address="" if source.place else tries.network_of(place.address),
            at=now,
        )
    )
    return Counted(unchanged=1, summary=_("Poging geteld."), account=account, own=source.own)


def forgive(
    kind: tries.Kind, place: tries.Place, *, account: int | None = None, typed: Collection[str] = ()
) -> None:
    """After a success: take back the tries of this kind on this account or code in the same count.

    Those of a stranger stay with the stranger. Call it inside an action.
    """
    source = _source(kind, place, account)
    whose: Any = models.SignInAttempt.account_id == (account or NOBODY)
    if typed:
        whose = models.SignInAttempt.typed.in_([fingerprint(one) for one in typed])
    db.session.execute(
        sa.delete(models.SignInAttempt).where(models.SignInAttempt.kind == kind, whose, source.mine),
        execution_options=QUIETLY,
    )


def _source(kind: tries.Kind, place: tries.Place, account: int | None) -> _Source:
    """A known browser is a stranger's to any other account: whoever has one buys no tries by it elsewhere.

    Where no account is named there is nothing to guess at: there a known browser goes at its own pace.
    """
    if place.session is not None:
        return _Source(f"session {place.session}", own=True)
    known_to = browsers.known_to(place.browser)
    own = account in known_to
    if own or (known_to and account is None and kind not in tries.BY_NAME):
        return _Source(f"browser {place.browser}"[:64], own=own)
    return _Source()


def outdated(now: dt.datetime) -> sa.ColumnElement[bool]:
    """Condition on SignInAttempt: it counts no more."""
    daily = models.SignInAttempt.kind.in_(sorted(tries.DAILY))
    return models.SignInAttempt.at < sa.case((daily, now - tries.DAY), else_=now - tries.KEPT)


def _here(source: _Source, address: str) -> sa.ColumnElement[bool]:
    """Condition on SignInAttempt: it came from this place; for a stranger that is the address."""
    here = models.SignInAttempt.place == source.place
    return here if source.place else here & (models.SignInAttempt.address == address)


def _limits(
    limit: tries.Limit, now: dt.datetime, source: _Source, here: sa.ColumnElement[bool]
) -> Iterator[tuple[int, sa.ColumnElement[bool], str]]:
    """How many, of which tries, and what is said at the limit."""
    at = models.SignInAttempt.at
    if limit.tries is not None:
        yield limit.tries, sa.and_(at > now - tries.WINDOW, source.mine), tries.TOO_OFTEN
    if limit.a_day is not None:
        yield limit.a_day, sa.and_(at > now - tries.DAY, source.mine, here), tries.TOO_OFTEN_TODAY


def _counts(
    kind: tries.Kind, among: sa.ColumnElement[bool], text: str, account: int | None
) -> tuple[int, int]:
    """How many of these tries were on what was typed, and how many on the account. One query."""
    typed = models.SignInAttempt.typed == text if text else sa.false()
    whose = models.SignInAttempt.account_id == (account or NOBODY)
    found = db.session.execute(
        sa.select(sa.func.sum(sa.case((typed, 1), else_=0)), sa.func.sum(sa.case((whose, 1), else_=0))).where(
            models.SignInAttempt.kind.in_(sorted(tries.counted_together(kind))),
            among,
            sa.or_(typed, whose),
        )
    ).one()
    return found[0] or 0, found[1] or 0


def _keep_pace(kind: tries.Kind, now: dt.datetime, here: sa.ColumnElement[bool]) -> None:
    """RuleBroken, with how long to wait, when this place tries too fast. A refused try is not counted."""
    limit = tries.LIMITS[kind]
    if limit.free is None:
        return
    found = db.session.execute(
        sa.select(sa.func.count(), sa.func.max(models.SignInAttempt.at)).where(
            models.SignInAttempt.kind == kind, models.SignInAttempt.at > now - tries.WINDOW, here
        )
    ).one()
    count: int = found[0]
    last: dt.datetime | None = found[1]
    if seconds := tries.seconds_to_wait(limit, count, now - (last or now)):
        raise counted(seconds, tries.SLOW_DOWN_A_SECOND, tries.SLOW_DOWN, seconds=seconds).as_error()
