"""From a real mail server to the exam: the mail of an invitation and those of another address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.actions.base.runner import run
from app.actions.planning.invitations import resend_invitation, withdraw_invitation
from app.actions.planning.removal import remove_planning
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.planning import Registration
from app.entities.users import User
from app.mailer import send_all
from app.permissions import SYSTEM, Role
from app.queries.planning.invitations import invitations_of
from tests.actions.planning.test_invitations import replan
from tests.factories import refresh
from tests.support import clock
from tests.support.guests import EMAIL, GuestVisitor, make_invited
from tests.support.queries import counted
from tests.support.smtp import MailServer, mail_server
from tests.support.visitor import Visitor
from tests.test_guests import everything

CODE = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4})+\b")
LINK = re.compile(r"/uitnodiging/#([\w-]{43})")


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with mail_server(app) as running:
        yield running


def texts(server: MailServer) -> list[str]:
    bodies = [mail.get_body(("plain",)) for mail in server.received]
    return [body.get_content() for body in bodies if body is not None]


def states() -> list[str]:
    refresh()
    return list(db.session.scalars(select(OutboxMail.state).order_by(OutboxMail.id)))


def test_what_arrives_opens_the_sitting_by_code_and_by_link(app: Flask, server: MailServer) -> None:
    invited = make_invited()
    send_all()
    (text,) = texts(server)
    code, link = CODE.search(text), LINK.search(text)
    assert code is not None
    assert link is not None
    for path, sent in (("/uitnodiging/", {"code": code[0]}), ("/uitnodiging/link", {"token": link[1]})):
        answer = GuestVisitor(app).post(path, sent)
        assert answer.headers["Location"] == f"/te-beoordelen/{invited.sitting}"
    kept = everything()
    assert code[0] not in kept
    assert link[1] not in kept
    assert invitations_of([invited.sitting])[invited.sitting].mail_state == "sent"


def test_a_guest_withdrawn_before_the_mail_went_gets_none(app: Flask, server: MailServer) -> None:
    invited = make_invited()
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    with transaction():  # as if a sender had claimed it already
        db.session.execute(update(OutboxMail).values(state="waiting"))
    send_all()
    assert (server.received, states()) == ([], ["cancelled"])


def test_of_two_mails_only_the_latest_goes_while_both_wait(app: Flask, server: MailServer) -> None:
    invited = make_invited()
    run(resend_invitation, SYSTEM, [invited.sitting])
    with transaction():
        db.session.execute(update(OutboxMail).values(state="waiting"))
    send_all()
    assert [CODE.findall(text) for text in texts(server)] == [[invited.code]]
    assert states() == ["cancelled", "sent"]


def test_a_guest_hears_of_another_time_and_once_that_he_is_not_expected(
    app: Flask, server: MailServer
) -> None:
    start = clock.now() + timedelta(days=3)
    invited = make_invited(starts_at=start, email=EMAIL)
    make_invited(starts_at=start + timedelta(days=1), email=EMAIL)
    never = make_invited(starts_at=start, email="an@example.nl")
    with transaction():
        db.session.execute(
            update(OutboxMail).where(OutboxMail.to_user_id == never.guest).values(state="failed")
        )
    send_all()
    replan(invited)
    send_all()
    moved = texts(server)[-1]
    assert server.received[-1]["Subject"].startswith("Gewijzigd: ")
    assert moved.startswith("Let op: de tijd of de plaats")
    assert CODE.findall(moved) == [invited.code]
    registrations = [row.id for row in db.session.scalars(select(Registration))]
    with counted() as statements:
        run(remove_planning, SYSTEM, registrations)
    assert len(statements) < 30
    before = len(server.received)
    send_all()
    (mail,) = server.received[before:]
    assert mail["To"] == EMAIL
    told = texts(server)[-1]
    assert told.count("Lokaal 1.12") == 2, "both moments, in one mail"
    assert not CODE.search(told)


def test_who_plans_sees_that_the_mail_did_not_arrive(
    app: Flask, server: MailServer, visit: Callable[..., Visitor]
) -> None:
    invited = make_invited(email=EMAIL)
    server.answers[EMAIL] = "550 no such user"
    send_all()
    page = visit(Role.ADMINISTRATOR)
    for path in (f"/examens/aanmelding/{invited.registration}", f"/te-beoordelen/{invited.sitting}"):
        assert "de mail is niet aangekomen" in page.get(path).text


def test_another_address_is_confirmed_and_stopped_by_what_arrives(
    app: Flask, server: MailServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(Role.SCHOOL_EXAMINER)
    visitor.post("/mijn-profiel/do/change_email", {"email": "nieuw@example.nl"})
    send_all()
    found = {
        str(mail["To"]): CODE.findall(text) for mail, text in zip(server.received, texts(server), strict=True)
    }
    (code,), (stop,) = found.pop("nieuw@example.nl"), next(iter(found.values()))
    assert (len(code), len(stop)) == (9, 19)
    assert visitor.post("/mijn-profiel/do/confirm_email", {"code": code}).status_code == 302
    refresh()
    assert db.session.get_one(User, visitor.user_id).email == "nieuw@example.nl"
    assert Visitor(app).post("/adreswijziging/", {"code": stop}).status_code == 422
