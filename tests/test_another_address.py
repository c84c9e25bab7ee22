"""An account gets another address: who reads the old one gets in no more and is told, whichever way it went.

MOVES are all the actions that change one; test_trail_tells_all.py, which runs every action, finds any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from app.actions.access.new_address import Moved, address_changed
from app.actions.base import runner
from app.actions.base.action import Action
from app.actions.base.runner import run
from app.actions.users.users import edit_user
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.profile import EmailChange
from app.entities.sessions import UserSession
from app.entities.trail import AuditEntry, AuditObject
from app.entities.users import KnownBrowser, LoginCode, User
from app.mail import email_change
from app.permissions import Actor
from app.queries.users.users import roles_of
from app.rules.tokens import fingerprint
from tests.factories import make_user, refresh, save
from tests.support import clock
from tests.support.queries import counted
from tests.support.scenes import SCENES, Stage
from tests.support.told import MOVES
from tests.support.visitor import Visitor
from tests.support.world import World

ENDED = "credential"


@dataclass
class Held:
    """What stood open to whoever reads the addresses, before an action: user -> address; the rows by kind."""

    addresses: dict[int, str] = field(default_factory=dict)
    moved: dict[int, str] = field(default_factory=dict)  # of whom it changed: the address of before


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> dict[str, Held]:
    """Before each action everybody is signed in, known in a browser and has a code; who moved is noted."""
    found: dict[str, Held] = {}
    perform = runner._perform

    def opened_before(act: Action, *args: Any, **named: Any) -> Any:
        if act.name not in MOVES:
            return perform(act, *args, **named)
        one = found[act.name] = Held(addresses=_addresses())
        _open(act.name, one.addresses)
        outcome = perform(act, *args, **named)
        after = _addresses()
        one.moved = {user: old for user, old in one.addresses.items() if user in after and after[user] != old}
        return outcome

    monkeypatch.setattr(runner, "_perform", opened_before)
    monkeypatch.setattr(runner, "demand", lambda *_given: None)  # every proof was given
    return found


def _addresses() -> dict[int, str]:
    return {row.id: row.email for row in db.session.execute(select(User.id, User.email))}


def _secret(name: str, user: int) -> str:
    return fingerprint(f"{name} {user}")


def _open(name: str, users: dict[int, str]) -> None:
    now = clock.now()
    for user in users:
        secret = _secret(name, user)
        seen = {"created_at": now, "last_seen_at": now}
        db.session.execute(insert(UserSession).values(token_hash=secret, user_id=user, **seen))
        db.session.execute(insert(KnownBrowser).values(token_hash=secret, user_id=user, **seen))
        until = {"created_at": now, "expires_at": now + timedelta(days=1)}
        db.session.execute(insert(LoginCode).values(code_hash=secret, nonce=secret, user_id=user, **until))


def _mails_of(user: int) -> list[str]:
    told = (OutboxMail.to_user_id == user, OutboxMail.purpose == email_change.EMAIL_CHANGED)
    return list(db.session.scalars(select(OutboxMail.to_address).where(*told, OutboxMail.state == "waiting")))


@pytest.mark.everywhere
@pytest.mark.parametrize("name", MOVES)
def test_the_old_address_opens_nothing_and_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, held: dict[str, Held], name: str
) -> None:
    SCENES[name](Stage(world, monkeypatch))
    refresh()
    moved = held[name].moved
    assert moved, "the scene changes no address"
    for user, old in moved.items():
        secret = _secret(name, user)
        code = db.session.scalars(select(LoginCode).where(LoginCode.code_hash == secret)).one()
        session = db.session.scalars(select(UserSession).where(UserSession.token_hash == secret)).one()
        browsers = select(func.count()).where(KnownBrowser.token_hash == secret)
        assert code.cancelled_at is not None, "the code to the old address"
        assert session.ended_because == ENDED
        assert db.session.scalar(browsers) == 0
        assert old in _mails_of(user)
    others = [_secret(name, user) for user in held[name].addresses if user not in moved]
    ended = select(UserSession.token_hash).where(UserSession.ended_because == ENDED)
    assert set(db.session.scalars(ended)).isdisjoint(others), "nobody else is signed out"


@pytest.mark.everywhere
def test_many_cost_as_many_statements_as_few(app: Flask) -> None:
    def cost(accounts: int) -> int:
        moved = [Moved(one.id, one.email) for one in (make_user("student") for _ in range(accounts))]
        refresh()
        with transaction(), counted() as statements:
            address_changed(moved)
        return len(statements)

    assert cost(2) == cost(40)


def _edited(user: User, email: str) -> dict[str, Any]:
    names = ("first_name", "infix", "last_name", "username", "organisation", "phone", "version")
    return {name: getattr(user, name) for name in names} | {
        "email": email,
        "roles": [role.value for role in roles_of(user)],
    }


def test_one_s_own_address_is_changed_where_it_is_proved_only(visit: Callable[..., Visitor]) -> None:
    """Mijn profiel asks who one is, and for the code that went to the new address; Gebruikers does not."""
    here = visit("administrator")
    own = db.session.get_one(User, here.user_id)
    before = own.email
    answer = here.post(f"/gebruikers/do/edit_user?id={own.id}", _edited(own, "zelf@example.nl"))
    assert answer.status_code == 422
    assert "Uw eigen e-mailadres wijzigt u bij Mijn profiel." in answer.text
    refresh()
    assert db.session.get_one(User, here.user_id).email == before


def test_a_change_of_one_s_own_that_waits_ends_when_the_office_changes_it(
    actor: Callable[..., Actor],
) -> None:
    user, now = make_user("school_examiner"), clock.now()
    waiting = {"old_email": user.email, "new_email": "eigen@example.nl", "created_at": now}
    codes = {"nonce": "n", "code_hash": "c", "stop_selector": "s", "stop_hash": "h"}
    save(EmailChange(user_id=user.id, expires_at=now + timedelta(hours=1), **waiting, **codes))
    refresh()
    data = _edited(db.session.get_one(User, user.id), "nieuw@example.nl")
    run(edit_user, actor("administrator"), [user.id], **data)
    refresh()
    assert db.session.scalars(select(EmailChange.ended_at)).one() is not None
    told = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "cancel_email_change")).one()
    assert told.details == {"asked": ["eigen@example.nl", None]}
    about = select(AuditObject.object_id).where(AuditObject.entry_id == told.id)
    assert db.session.scalars(about).all() == [user.id]


def test_who_had_no_address_gets_no_mail_but_the_codes_end(actor: Callable[..., Actor]) -> None:
    user = make_user("school_examiner", username="ans.zonder", email="ans.zonder@geen-mail.invalid")
    data = _edited(user, "ans@example.nl")
    run(edit_user, actor("administrator"), [user.id], **data)
    refresh()
    assert db.session.get_one(User, user.id).email == "ans@example.nl"
    assert db.session.scalars(select(OutboxMail)).all() == []


def test_nothing_ends_when_the_address_stays(actor: Callable[..., Actor]) -> None:
    user, now = make_user("school_examiner"), clock.now()
    save(UserSession(user_id=user.id, token_hash="1" * 64, created_at=now, last_seen_at=now))
    refresh()
    data = _edited(db.session.get_one(User, user.id), user.email.upper()) | {"phone": "06 12345678"}
    run(edit_user, actor("administrator"), [user.id], **data)
    refresh()
    assert db.session.scalars(select(UserSession.ended_at)).one() is None
    assert db.session.scalars(select(OutboxMail)).all() == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_mail_holds_no_link_no_name_and_says_whom_to_ask(app: Flask, language: str) -> None:
    subject, body = email_change.changed_by_school_text(language, "ROC")
    assert "ROC" in subject
    assert ("beheerder van uw school" if language == "nl" else "administrator of your school") in body
    assert "http" not in body
    assert "{{" not in body
