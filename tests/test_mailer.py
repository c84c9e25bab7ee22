"""Mails reach their reader: none lost, none doubled beyond what an equal Message-ID makes one again."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.actions.access.code_making import issue_codes
from app.actions.base.runner import run
from app.actions.mail.delivery import LEASE, claim_mails, note_sent
from app.actions.mail.outbox import NewMail, put_in_outbox, send_again
from app.actions.mail.sample_mail import send_user_sample
from app.actions.users.users import deactivate_users
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.users import LoginCode
from app.mail.purposes import PURPOSES, purpose
from app.mail.sample import SAMPLE
from app.mailer import message_id, send_all, start_sender
from app.permissions import SYSTEM, actor_of
from app.queries.access.codes import shown_code
from app.rules.delivery import CERTIFICATE, MOST_TRIES, REFUSED_ADDRESS, UNREACHABLE
from config import Settings, flask_config
from tests.factories import make_user, refresh
from tests.support import clock
from tests.support.smtp import MailServer, home_made_certificate, mail_server, sending_to, unused_port


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with mail_server(app) as running:
        yield running


def put(*addresses: str, subject: str = "Onderwerp") -> None:
    body = "Beste lezer,\n\nRegel een\nRegel twee\n"
    with transaction():
        put_in_outbox([NewMail(SAMPLE, f"test:{to}", to, subject, body) for to in addresses])


def mails() -> list[OutboxMail]:
    refresh()
    return list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def states() -> list[str]:
    return [mail.state for mail in mails()]


def later(by: timedelta) -> None:
    """Time goes by for the mails: what was to come has come."""
    with transaction():
        for mail in db.session.scalars(select(OutboxMail)):
            mail.next_try_at -= by
            mail.lease_until = mail.lease_until and mail.lease_until - by


def test_a_mail_arrives_as_text_and_as_html_and_is_noted_as_sent(server: MailServer) -> None:
    put("an@example.nl")
    assert send_all() == 1
    (mail,) = server.received
    assert (mail["To"], mail["Subject"]) == ("an@example.nl", "Onderwerp")
    assert "Examenbureau ROC Demostad" in mail["From"]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Regel een\r\nRegel twee" in text.get_content()
    assert "Regel een<br>Regel twee" in html.get_content()
    (kept,) = mails()
    assert (kept.state, kept.sent_at is not None, kept.tries) == ("sent", True, 1)


def test_what_is_sent_is_not_sent_again(server: MailServer) -> None:
    put("an@example.nl")
    assert (send_all(), send_all(), len(server.received)) == (1, 0, 1)


def test_a_login_code_is_in_the_mail_and_in_no_row(server: MailServer) -> None:
    user = make_user("school_examiner", email="ex@example.nl")
    with transaction():
        issue_codes(SYSTEM, [user.id], mail=True)
    code = shown_code(db.session.scalars(select(LoginCode)).one())
    send_all()
    text = server.received[0].get_body(("plain",))
    assert text is not None
    assert code in text.get_content()
    assert code not in mails()[0].body


def test_a_mail_says_the_language_of_its_text_whatever_the_school_speaks(server: MailServer) -> None:
    reader, other = make_user("administrator", language="en"), make_user("student")
    with transaction():
        issue_codes(SYSTEM, [reader.id, other.id], mail=True)
    run(send_user_sample, actor_of(reader), role="student", language="nl")
    send_all()
    said = set()
    for mail in server.received:
        html = mail.get_body(("html",))
        assert html is not None
        lang = re.search(r'<html lang="(\w+)"', html.get_content())
        assert lang is not None
        said.add((mail["Content-Language"], lang[1], "Kind regards" in html.get_content()))
    assert (len(server.received), said) == (3, {("en", "en", True), ("nl", "nl", False)})


def test_the_mail_about_a_code_that_ended_is_not_sent(server: MailServer) -> None:
    user = make_user("school_examiner", email="ex@example.nl")
    with transaction():
        issue_codes(SYSTEM, [user.id], mail=True)
    with transaction():
        db.session.execute(update(LoginCode).values(expires_at=clock.now() - timedelta(minutes=1)))
    send_all()
    assert (states(), server.received) == (["cancelled"], [])


def test_a_closed_account_gets_no_mail_any_more(server: MailServer) -> None:
    user = make_user("school_examiner", email="ex@example.nl")
    with transaction():
        issue_codes(SYSTEM, [user.id], mail=True)
    run(deactivate_users, SYSTEM, [user.id])
    send_all()
    assert server.received == []


class TestTrouble:
    def test_a_server_that_is_down_costs_no_mail(self, app: Flask) -> None:
        put("an@example.nl", "bo@example.nl")
        with sending_to(app, unused_port()):
            assert send_all() == 0
        assert states() == ["waiting", "waiting"]
        assert {mail.failure for mail in mails()} == {UNREACHABLE}
        later(timedelta(minutes=2))
        with mail_server(app) as server:
            send_all()
        assert server.addresses() == ["an@example.nl", "bo@example.nl"]
        assert states() == ["sent", "sent"]

    def test_after_a_failure_it_waits_before_it_tries_again(self, app: Flask) -> None:
        put("an@example.nl")
        with sending_to(app, unused_port()):
            send_all()
            assert send_all() == 0
        assert mails()[0].tries == 1

    def test_a_server_that_says_nothing_is_given_up_in_time(self, app: Flask) -> None:
        put("an@example.nl")
        with (
            socket.create_server(("127.0.0.1", 0)) as silent,
            sending_to(app, silent.getsockname()[1], timeout=0.3),
        ):
            send_all()
        assert (states(), mails()[0].failure) == (["waiting"], UNREACHABLE)

    def test_a_server_that_nobody_vouches_for_gets_nothing(self, app: Flask, tmp_path: Path) -> None:
        put("an@example.nl")
        with mail_server(app, tls=home_made_certificate(tmp_path)) as server:
            app.extensions["mail"].use_tls = True
            assert send_all() == 0
        assert (states(), mails()[0].failure, server.received) == (["waiting"], CERTIFICATE, [])

    def test_nor_when_it_speaks_tls_from_the_start(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[ssl.SSLContext] = []

        def refuse(*_place: Any, context: ssl.SSLContext, **_given: Any) -> None:
            asked.append(context)
            raise ssl.SSLCertVerificationError

        monkeypatch.setattr(smtplib, "SMTP_SSL", refuse)
        put("an@example.nl")
        with sending_to(app, unused_port()):
            monkeypatch.setattr(app.extensions["mail"], "use_ssl", True)
            assert send_all() == 0
        assert [(one.verify_mode, one.check_hostname) for one in asked] == [(ssl.CERT_REQUIRED, True)]

    def test_unless_set_otherwise_it_is_asked_to_encrypt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SMTP_SECURITY", raising=False)
        set_up = flask_config(Settings(given_key="k" * 40))
        assert (set_up["MAIL_USE_TLS"], set_up["MAIL_USE_SSL"]) == (True, False)

    def test_a_slow_server_is_waited_for(self, server: MailServer) -> None:
        server.pause = 0.2
        put("an@example.nl")
        assert send_all() == 1

    def test_one_refused_address_keeps_no_other_from_its_mail(self, server: MailServer) -> None:
        server.answers["bo@example.nl"] = "550 No such user here"
        put("an@example.nl", "bo@example.nl", "cor@example.nl")
        send_all()
        assert server.addresses() == ["an@example.nl", "cor@example.nl"]
        assert states() == ["sent", "failed", "sent"]
        refused = mails()[1]
        assert (refused.failure, refused.failure_detail) == (REFUSED_ADDRESS, "550 No such user here")

    def test_an_address_that_is_busy_is_tried_again(self, server: MailServer) -> None:
        server.answers["bo@example.nl"] = "451 Try again later"
        put("bo@example.nl")
        send_all()
        assert states() == ["waiting"]
        server.answers.clear()
        later(timedelta(minutes=2))
        send_all()
        assert states() == ["sent"]

    def test_after_the_last_try_the_reason_stays(self, app: Flask) -> None:
        put("an@example.nl")
        with transaction():
            db.session.execute(update(OutboxMail).values(tries=MOST_TRIES - 1))
        with sending_to(app, unused_port()):
            send_all()
        assert (states(), mails()[0].failure) == (["failed"], UNREACHABLE)

    def test_a_server_that_dies_half_way_gets_each_mail_once_it_lives_again(self, server: MailServer) -> None:
        put(*(f"n{number}@example.nl" for number in range(5)))
        server.hang_up_after = 2
        send_all()
        server.hang_up_after = -1
        later(timedelta(minutes=2))
        send_all()
        assert set(states()) == {"sent"}
        assert server.addresses() == [f"n{number}@example.nl" for number in range(5)]

    def test_a_sender_that_died_after_handing_over_leaves_a_double_with_the_same_id(
        self, server: MailServer
    ) -> None:
        put("an@example.nl")
        run(claim_mails, SYSTEM, sender="dies after handing over")
        assert send_all() == 0, "the lease is another's"
        later(LEASE + timedelta(minutes=1))
        send_all()
        run(note_sent, SYSTEM, mail_id=mails()[0].id, sender="dies after handing over")
        assert states() == ["sent"]
        assert [m["Message-ID"] for m in server.received] == [
            message_id("demo", "test:an@example.nl", "examenbureau@example.nl")
        ]

    def test_a_line_break_in_a_subject_begins_no_header(self, server: MailServer) -> None:
        put("an@example.nl", subject="Uw code\r\nBcc: iedereen@example.nl")
        send_all()
        assert server.received[0]["Bcc"] is None
        assert server.received[0]["Subject"] == "Uw code Bcc: iedereen@example.nl"

    def test_an_address_that_no_mail_can_carry_holds_up_no_other(self, server: MailServer) -> None:
        put("geen adres @@ hier", "an@example.nl")
        send_all()
        assert server.addresses() == ["an@example.nl"]
        assert states() == ["failed", "sent"]


def test_two_senders_at_once_send_each_mail_once(app: Flask, server: MailServer) -> None:
    put(*(f"n{number}@example.nl" for number in range(60)))

    def send() -> None:
        with app.app_context():
            send_all()

    senders = [threading.Thread(target=send) for _n in range(3)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert len(server.received) == 60
    assert len(set(server.addresses())) == 60


def test_without_a_mail_server_mails_wait(app: Flask) -> None:
    put("an@example.nl")
    assert send_all() == 0
    assert (states(), mails()[0].tries) == (["waiting"], 0)


def test_a_mail_of_a_kind_that_nobody_named_is_refused(app: Flask) -> None:
    with pytest.raises(ValueError, match="no purpose of ours"), transaction(keep=False):
        put_in_outbox([NewMail("planted", "test:x", "x@example.nl", "S", "B")])


def test_two_kinds_of_mail_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two kinds of mail"):
        purpose(SAMPLE, "Nog een proefmail")
    assert PURPOSES[SAMPLE] == "Proefmail"


def test_a_committed_mail_wakes_the_sender_and_no_other(app: Flask, server: MailServer) -> None:
    huey = app.extensions["proeve_huey"]
    waiting = len(huey.pending())
    with transaction(keep=False):
        put_in_outbox([NewMail(SAMPLE, "test:x", "x@example.nl", "S", "B")])
    assert len(huey.pending()) == waiting
    put("an@example.nl")
    assert len(huey.pending()) == waiting + 1


def test_the_thread_of_a_web_worker_sends(app: Flask, server: MailServer) -> None:
    settings = app.extensions["proeve_settings"]
    object.__setattr__(settings, "smtp_host", "127.0.0.1")
    try:
        put("an@example.nl")
        sender = start_sender(app)
        assert sender is not None
        arrived = threading.Event()
        for _n in range(100):
            if server.received or arrived.wait(0.05):
                break
        sender.stop(graceful=True)
    finally:
        object.__setattr__(settings, "smtp_host", "")
    assert server.addresses() == ["an@example.nl"]


class TestSendingAgain:
    def test_a_failed_mail_goes_again(self, server: MailServer) -> None:
        server.answers["bo@example.nl"] = "550 no"
        put("bo@example.nl")
        send_all()
        server.answers.clear()
        outcome = run(send_again, SYSTEM, [mails()[0].id])
        assert outcome.done == 1
        send_all()
        assert (states(), server.addresses()) == (["sent"], ["bo@example.nl"])

    def test_a_waiting_mail_stays_as_it_is(self, app: Flask) -> None:
        put("bo@example.nl")
        assert run(send_again, SYSTEM, [mails()[0].id]).done == 0

    def test_a_used_code_is_not_sent_again(self, server: MailServer) -> None:
        user = make_user("school_examiner", email="ex@example.nl")
        with transaction():
            issue_codes(SYSTEM, [user.id], mail=True)
        send_all()
        with transaction():
            db.session.execute(update(LoginCode).values(used_at=clock.now()))
        assert run(send_again, SYSTEM, [mails()[0].id]).done == 0


def test_the_page_says_why_a_mail_did_not_go_and_offers_to_send_it_again(
    server: MailServer, visit: object
) -> None:
    server.answers["bo@example.nl"] = "550 No such user here"
    put("bo@example.nl")
    send_all()
    beheerder = visit("administrator")  # type: ignore[operator]
    page = beheerder.get("/postvak-uit/").text
    assert "De mailserver kent dit adres niet" in page
    assert "Opnieuw versturen" in page
    assert "550 No such user here" in beheerder.get(f"/postvak-uit/{mails()[0].id}").text
    again = beheerder.do(f"/postvak-uit/do/send_again?id={mails()[0].id}")
    assert re.search("/postvak-uit/", again.headers["Location"])
    assert states() == ["waiting"]
