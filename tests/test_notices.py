"""A change of what lets somebody in is mailed to its user: what, when, and what to do if it was not you."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.security import generate_password_hash

from app.actions.access.passkeys import register_passkey, remove_passkey
from app.actions.access.profile import change_password
from app.actions.access.second_factor import make_recovery_codes, remove_app, set_up_app
from app.actions.access.sign_in import set_password
from app.actions.base.runner import run
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.factors import Passkey
from app.entities.mail import OutboxMail
from app.mail.notices import Notice, notice_of
from app.mail.purposes import PURPOSES
from app.permissions import Actor, Role, actor_of
from app.queries.access.factors import new_setup, secret_behind
from app.rules.second_factor import Shown
from tests.factories import make_user, refresh
from tests.pages.access.test_sign_in import OTHER, PASSWORD
from tests.support import clock
from tests.support.device import HERE, asked_to

CODES = ["7KQ2M9XDTR4WB0HZ", "8KQ2M9XDTR4WB0HZ"]


@pytest.fixture
def person(app: Flask) -> Actor:
    user = make_user(Role.STUDENT, language="en", password=generate_password_hash(PASSWORD))
    return actor_of(user, Shown(clock.now(), clock.now(), clock.now()))


def told(person: Actor) -> list[str]:
    refresh()
    mails = db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
    assert {mail.to_user_id for mail in mails} <= {person.id}
    return [mail.purpose for mail in mails]


def test_each_change_of_ones_own_is_mailed_once(person: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert person.id is not None
    setup = new_setup(person.id)
    code = pyotp.TOTP(secret_behind(setup, person.id) or "").at(clock.seconds())
    run(set_up_app, person, setup=setup, code=code)
    run(make_recovery_codes, person, codes=CODES[:1])
    assert told(person) == ["app_set"], "the first recovery codes come with it"
    run(make_recovery_codes, person, codes=CODES[1:])
    made = SimpleNamespace(credential_id=b"id", credential_public_key=b"key", sign_count=0)
    monkeypatch.setattr("app.actions.access.passkeys.verify_registration_response", lambda **_given: made)
    given: dict[str, Any] = {"credential": "{}", "challenge": asked_to("register", person.id), "site": HERE}
    run(register_passkey, person, name="telefoon", **given)
    refresh()
    run(remove_passkey, person, [db.session.scalars(select(Passkey.id)).one()])
    run(remove_app, person)
    run(change_password, person, present=PASSWORD, password=OTHER)
    assert told(person) == [
        "app_set",
        "codes_renewed",
        "passkey_added",
        "passkey_removed",
        "app_removed",
        "password_changed",
    ]
    bodies = " ".join(db.session.scalars(select(OutboxMail.body)))
    assert not [secret for secret in (code, *CODES, PASSWORD, OTHER) if secret in bodies]
    assert "Was this you? Then you need do nothing." in bodies


def test_a_first_password_is_no_news(app: Flask) -> None:
    user = make_user(Role.STUDENT)
    with transaction():
        set_password(db.session.merge(user), OTHER, "a hash")
    refresh()
    assert db.session.scalars(select(OutboxMail)).all() == []


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", list(Notice))
def test_every_notice_says_when_and_what_to_do(app: Flask, kind: Notice, language: str) -> None:
    assert all((kind.subject, kind.told, PURPOSES[kind]))
    when = clock.now()
    subject, body = notice_of(kind, language, "ROC", name="Fleur", when=when)
    assert "ROC" in subject
    assert f"{when:%d-%m-%Y}" in body
    assert ("Bel dan meteen uw school" if language == "nl" else "all your school at once") in body
    assert "{{" not in body
    assert "http" not in body
