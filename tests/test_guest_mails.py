"""From a real mail server to the exam: the mail of an invitation and those of another address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.actions.base.runner import run
from app.actions.mail.outbox import send_again
from app.actions.planning.invitations import invite_company_examiner, resend_invitation, withdraw_invitation
from app.actions.planning.removal import remove_planning
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.planning import Registration, Sitting
from app.entities.users import User
from app.mailer import send_all
from app.permissions import SYSTEM, Role, actor_of
from app.queries.planning.invitations import invitations_of
from tests.actions.planning.test_guests_are_people import again, make_attempt
from tests.actions.planning.test_invitations import replan
from tests.factories import make_user, refresh
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


def test_four_tasks_are_one_mail_with_one_code_and_later_ones_a_mail_that_adds_them(
    app: Flask, server: MailServer
) -> None:
    """One guest, twenty students of four tasks in the end: never a mail per moment."""
    sittings, _examiner = make_attempt(4, starts_at=clock.now() + timedelta(days=2))
    again(sittings)
    send_all()
    (first,) = texts(server)
    assert first.count("Wanneer: ") == 4
    for day in range(3, 22):
        again(make_attempt(4, starts_at=clock.now() + timedelta(days=day))[0])
    send_all()
    (_first, second) = texts(server)
    assert second.startswith("Er zijn 76 examenmomenten voor u bijgekomen:")
    assert second.count("Wanneer: ") == 80
    assert "De code en de link van uw eerdere mail blijven werken." in second
    assert CODE.findall(first) == CODE.findall(second)
    assert LINK.findall(first) == LINK.findall(second)
    (code,) = CODE.findall(first)
    page = GuestVisitor(app)
    assert page.post("/uitnodiging/", {"code": code}).headers["Location"] == "/uitnodiging/examen"
    assert len(re.findall(r'href="/te-beoordelen/\d+"', page.get("/uitnodiging/examen").text)) == 80


def test_the_list_of_a_guest_costs_as_much_for_eighty_moments_as_for_four(app: Flask) -> None:
    costs = []
    for number in (2, 19):
        for day in range(number):
            again(make_attempt(4, starts_at=clock.now() + timedelta(days=day + number))[0])
        guest = db.session.scalars(select(User).where(User.guest)).one()
        page = Visitor(app, guest)
        with counted() as statements:
            assert page.get("/uitnodiging/examen").status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 15


@pytest.mark.parametrize(("language", "words"), [("nl", "Neem contact op met An"), ("en", "Contact An")])
def test_the_mail_names_the_exam_the_moment_and_whom_to_ask_in_both_languages(
    app: Flask, server: MailServer, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    school = app.extensions["proeve_school"]
    monkeypatch.setitem(app.extensions, "proeve_school", replace(school, language=language))
    planner = make_user(Role.ADMINISTRATOR, first_name="An", last_name="Planner", email="an@school.example")
    sittings, _examiner = make_attempt(2)
    run(
        invite_company_examiner,
        actor_of(planner),
        sittings[:1],
        first_name="Bas",
        last_name="Bakker",
        email=EMAIL,
        others=sittings[1:],
    )
    send_all()
    (text,) = texts(server)
    sitting = db.session.get_one(Sitting, sittings[0])
    exam, local = sitting.registration.exam, school.local(sitting.starts_at)
    for part in (exam.code, exam.title, f"{local:%d-%m-%Y %H:%M}", "Lokaal 1.12", words, "an@school.example"):
        assert part in text, part
    assert sitting.registration.student.last_name not in text


def test_a_mail_of_before_the_last_one_is_not_sent_again(app: Flask, server: MailServer) -> None:
    """It would name the moment as it was."""
    invited = make_invited(starts_at=clock.now() + timedelta(days=3))
    send_all()
    replan(invited)
    send_all()
    first = db.session.scalars(select(OutboxMail.id).order_by(OutboxMail.id)).all()[0]
    run(send_again, SYSTEM, [first])
    send_all()
    assert len(server.received) == 2
    assert states() == ["cancelled", "sent"]


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
    assert len(statements) < 32  # four of them lock
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
