"""The sender as a process of its own, killed at the worst moment; and woken by whatever clock there is."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.mail.delivery import LEASE
from app.actions.mail.outbox import NewMail, put_in_outbox
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.mail.sample import SAMPLE
from app.mailer import init_mailer, send_all, start_sender
from tests.factories import refresh
from tests.support.processes import start
from tests.support.smtp import MailServer, mail_server


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((host, port)) == 0


def clocks() -> list[str]:
    """In this process always; Redis where there is one."""
    given = os.environ.get("REDIS_URL", "")
    found = given or ("redis://127.0.0.1:6379/0" if _answers("127.0.0.1", 6379) else "")
    return ["", found] if found else [""]


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with mail_server(app) as running:
        yield running


def put(*addresses: str) -> None:
    with transaction():
        put_in_outbox([NewMail(SAMPLE, f"test:{to}"[:120], to, "Onderwerp", "Tekst\n") for to in addresses])


def states() -> list[str]:
    refresh()
    return list(db.session.scalars(select(OutboxMail.state).order_by(OutboxMail.id)))


def lease_runs_out() -> None:
    with transaction():
        for mail in db.session.scalars(select(OutboxMail).where(OutboxMail.lease_until.is_not(None))):
            mail.lease_until = (mail.lease_until or mail.created_at) - LEASE - timedelta(minutes=1)


def test_a_sender_that_is_killed_between_handing_over_and_noting_loses_no_mail(
    app: Flask, server: MailServer
) -> None:
    put("an@example.nl", "bo@example.nl")
    db.session.remove()
    process = start(
        app,
        "run.py",
        "send-mail",
        SMTP_HOST="127.0.0.1",
        SMTP_PORT=str(app.extensions["mail"].port),
        SMTP_SECURITY="none",
        REDIS_URL="",
    )
    server.taken = process.kill
    process.communicate(timeout=60)
    server.taken = lambda: None
    assert process.returncode == -signal.SIGKILL
    assert (server.addresses(), states()) == (["an@example.nl"], ["sending", "sending"])
    assert send_all() == 0, "the lease still holds"
    lease_runs_out()
    assert send_all() == 2
    assert server.addresses() == ["an@example.nl", "an@example.nl", "bo@example.nl"]
    twice = {mail["Message-ID"] for mail in server.received if mail["To"] == "an@example.nl"}
    assert len(twice) == 1
    assert states() == ["sent", "sent"]


@pytest.mark.parametrize("url", clocks(), ids=lambda url: "redis" if url else "in this process")
def test_a_mail_goes_as_soon_as_it_is_committed(app: Flask, server: MailServer, url: str) -> None:
    settings = app.extensions["proeve_settings"]
    kept = {**app.extensions, "proeve_waking": dict(app.extensions["proeve_waking"])}
    server.taken = (arrived := threading.Event()).set
    own_queue = f"{settings.school}-{secrets.token_hex(4)}"  # Redis is everybody's on this machine
    init_mailer(app, replace(settings, redis_url=url, school=own_queue))
    app.extensions["mail"] = kept["mail"]
    object.__setattr__(settings, "smtp_host", "127.0.0.1")
    try:
        sender = start_sender(app)
        assert sender is not None
        put("an@example.nl")
        assert arrived.wait(15)
        sender.stop(graceful=True)
    finally:
        object.__setattr__(settings, "smtp_host", "")
        app.extensions.update(kept)
    assert server.addresses() == ["an@example.nl"]


@pytest.mark.parametrize("address", ["an@example.nl\r\nBcc: cor@example.nl", "an@example.nl, cor@example.nl"])
def test_an_address_is_one_address(app: Flask, server: MailServer, address: str) -> None:
    asked: list[str] = []
    server.answers = Overheard(asked)
    put(address)
    send_all()
    assert not any("cor@" in to for to in asked)
    assert all(mail["Bcc"] is None for mail in server.received)


class Overheard(dict[str, str]):
    """The answers of a server that remembers for whom it was asked."""

    def __init__(self, asked: list[str]) -> None:
        super().__init__()
        self.asked = asked

    def __contains__(self, address: object) -> bool:
        self.asked.append(str(address))
        return False
