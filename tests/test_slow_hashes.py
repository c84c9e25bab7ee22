"""A password or code is hashed before a transaction opens: nobody waits for it at the database."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.security import generate_password_hash

from app.actions.access.email_change import change_email, confirm_email
from app.actions.access.mailed_codes import request_code
from app.actions.access.own_password import choose_password
from app.actions.access.profile import change_password
from app.actions.access.second_factor import show_password
from app.actions.base.runner import run
from app.actions.planning.invitations import resend_invitation
from app.entities import engine
from app.entities.base import db
from app.entities.profile import EmailChange
from app.entities.sessions import UserSession
from app.mailer import send_all
from app.permissions import SYSTEM, Role, actor_of
from app.queries.access.codes import address_code, slow_hash
from app.rules.code_format import SIGN_IN
from tests.factories import make_user, refresh
from tests.pages.access.test_sign_in import OTHER, PASSWORD
from tests.support import clock
from tests.support.guests import make_invited
from tests.support.smtp import mail_server
from tests.support.visitor import Visitor, signed_in

THIRD = "negen koeien bij de sloot"


@pytest.mark.usefixtures("slow_hashes")
def test_nothing_is_hashed_slowly_inside_a_transaction(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user(Role.STUDENT, password=generate_password_hash(PASSWORD))
    actor, user_id = actor_of(user), user.id
    signed_in(user, code_at=clock.now())
    inside: list[bool] = []
    work: list[int] = []
    scrypt = hashlib.scrypt

    def watched(*args: Any, **kwargs: Any) -> bytes:
        inside.append(engine._writing.get())
        work.append(kwargs["n"] * kwargs["p"])
        return scrypt(*args, **kwargs)

    monkeypatch.setattr(hashlib, "scrypt", watched)
    run(resend_invitation, SYSTEM, [make_invited().sitting])
    run(show_password, actor, password=PASSWORD)
    run(change_email, actor, email="nieuw@example.nl", present=PASSWORD)
    nonce = db.session.scalars(select(EmailChange.nonce)).one()
    run(confirm_email, actor, code=address_code(nonce), staying=1)
    run(change_password, actor, present=PASSWORD, password=OTHER, staying=1)
    session = db.session.scalars(select(UserSession.id).where(UserSession.code_at.is_not(None))).one()
    run(choose_password, actor, session_id=session, password=THIRD)
    run(request_code, SYSTEM, account=user_id, purpose=SIGN_IN, browser="x")
    refresh()
    assert len(inside) >= 10
    assert inside == [False] * len(inside)
    assert min(work) >= 2**15, "hashed lightly"


@pytest.mark.usefixtures("slow_hashes")
def test_a_mailed_code_is_hashed_slowly_with_the_salt_of_its_row() -> None:
    kept = slow_hash("7KQ2M9XD", "een")
    assert kept == hashlib.scrypt(b"7KQ2M9XD", salt=b"een", n=2**15, r=8, p=3, maxmem=2**26, dklen=32).hex()


@pytest.mark.usefixtures("slow_hashes")
def test_a_code_for_somebody_costs_as_much_hashing_as_one_for_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail included: what the sender does more is seen in how long the next answers take."""
    somebody = make_user(Role.STUDENT).username
    scrypt = hashlib.scrypt
    work: list[int] = []

    def watched(*args: Any, **kwargs: Any) -> bytes:
        work.append(kwargs["n"] * kwargs["p"])
        return scrypt(*args, **kwargs)

    monkeypatch.setattr(hashlib, "scrypt", watched)
    cost = {}
    with mail_server(app) as server:
        for name in (somebody, "niemand"):
            work.clear()
            for path in ("/aanmelden/stuur-code", "/aanmelden/wachtwoord-vergeten"):
                assert Visitor(app).post(path, {"username": name}).status_code == 302
            send_all()
            cost[name] = list(work)
    assert len(server.received) == 2
    assert cost[somebody] == cost["niemand"] == [3 * 2**15] * 2
