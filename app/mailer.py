"""Sends the mails of the outbox. The table says what waits; huey only keeps the time and wakes the sender.

Without REDIS_URL a thread in every web worker sends. With it `run.py send-mail` sends, woken over Redis; its
clock is its own, so that mails go every minute while Redis is away.
There may be many senders: `claim_mails` gives each mail to one of them.
"""

import hashlib
import logging
import os
import secrets
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.charset import QP, Charset
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr
from typing import Any

import flask
import redis
from flask_babel import force_locale
from flask_mail import Connection, Mail, Message
from huey import Huey, MemoryHuey, RedisHuey, crontab
from huey.consumer import Consumer
from redis.backoff import NoBackoff
from redis.retry import Retry

from app import models
from app.actions import base as actions
from app.actions.mail import delivery as delivery_actions
from app.actions.mail.outbox import one_line
from app.entities.base import db
from app.entities.engine import unhurried
from app.entities.heartbeat import beat
from app.entities.jobs import calmly, quieten_queue
from app.entities.waking import SENDER, register_waking
from app.mail.texts import paragraphs_of
from app.permissions import SYSTEM
from app.queries.mail.mail_bodies import ready_body
from app.rules import delivery as rules
from app.school import current_school
from config import Settings

log = logging.getLogger("proeve.mail")

SENDS_WITHIN = 120.0  # seconds that the database has for a statement of the sender


@dataclass(frozen=True)
class Ready:
    """A claimed mail with its secret (the code) filled in. It stays in memory and is stored nowhere."""

    id: int
    message: Message


@dataclass(frozen=True)
class Failure:
    kind: str  # a key of FAILURES (app/rules/delivery.py)
    detail: str
    lasting: bool = False  # trying again is no use


class FoldedMessage(Message):
    """Flask-Mail's message, with lines of any length: mail servers refuse more than 998 characters in one."""

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        folded = Charset("utf-8")
        folded.body_encoding = QP
        return MIMEText(text or "", subtype, folded)  # type: ignore[arg-type] # it takes a Charset too


class PatientConnection(Connection):
    """Flask-Mail's connection, with a time limit, a check of certificates, and a goodbye that cannot fail."""

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """Connect and sign in. Flask-Mail's own version waits for ever and checks no certificate."""
        mail, trust = self.mail, ssl.create_default_context()
        patience: float = flask.current_app.extensions["proeve_settings"].smtp_timeout
        host = (
            smtplib.SMTP_SSL(mail.server, mail.port, timeout=patience, context=trust)
            if mail.use_ssl
            else smtplib.SMTP(mail.server, mail.port, timeout=patience)
        )
        if mail.use_tls:
            host.starttls(context=trust)
        if mail.username and mail.password:
            host.login(mail.username, mail.password)
        return host

    def __exit__(self, *args: Any) -> None:
        if self.host is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.host.quit()


def init_mailer(app: flask.Flask, settings: Settings) -> None:
    """Set up Flask-Mail, the wake-up of the sender after a commit, and huey's clock.

    The clock sends waiting mails every minute. What runs at night stands in app/worker.py.
    """
    Mail(app)
    name = f"proeve-{settings.school}"
    clock: Huey = MemoryHuey(name)
    at = settings.redis_url
    queue: Huey = RedisHuey(name, connection_pool=_patient_pool(at)) if at else clock
    app.extensions["proeve_huey"], app.extensions["proeve_clock"] = queue, clock

    @queue.task()
    def send_waiting() -> None:
        with calmly(app, "mails wait", SENDS_WITHIN):
            beat()
            send_all()

    @clock.periodic_task(crontab(minute="*"))
    def each_minute() -> None:
        send_waiting.call_local()

    def wake() -> None:
        if app.config["MAIL_SERVER"]:
            send_waiting()

    register_waking(app, SENDER, wake)
    quieten_queue()


def _patient_pool(url: str) -> redis.ConnectionPool:
    """Connections to Redis that give up soon: who waits for them is a user, and the clock comes anyway."""
    return redis.ConnectionPool.from_url(
        url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
    )


def send_all() -> int:
    """Send the mails whose time has come. Returns how many were handed over: 0 without a mail server."""
    with unhurried():  # a mail that was handed over but not noted would go twice
        return _send_all()


def _send_all() -> int:
    me = f"{socket.gethostname()[:20]}-{os.getpid()}-{secrets.token_hex(4)}"
    if not current_school().mail_sender or not flask.current_app.config["MAIL_SERVER"]:
        return 0
    sent = 0
    while True:
        ids = actions.run(delivery_actions.claim_mails, SYSTEM, sender=me).ids
        if not ids:
            return sent
        sent += _send(_prepare(ids, me), me)
        if len(ids) < delivery_actions.BATCH:
            return sent


def _prepare(ids: Sequence[int], me: str) -> list[Ready]:
    """Make the messages of these mails. A mail about a code that has ended is cancelled."""
    ready, ended = [], []
    for mail in delivery_actions.claimed(ids):
        body = ready_body(mail)
        if body is None:
            ended.append(mail.id)
            continue
        ready.append(Ready(mail.id, _message(mail, body)))
    db.session.remove()  # no transaction stays open while the mail server thinks
    for mail_id in ended:
        actions.run(delivery_actions.note_cancelled, SYSTEM, mail_id=mail_id, sender=me)
    return ready


def _message(mail: models.OutboxMail, body: str) -> Message:
    """The message, as text and HTML. It names its language, so that a screen reader pronounces it well."""
    school = current_school()
    language = mail.language or school.language
    with force_locale(language):
        message = FoldedMessage(
            subject=one_line(mail.subject),
            recipients=[one_line(mail.to_address)],
            body=body,
            html=flask.render_template(
                "mail/mail.html",
                subject=mail.subject,
                paragraphs=paragraphs_of(body),
                school=school,
                language=language,
            ),
            sender=formataddr((one_line(school.mail_sender_name), school.mail_sender)),
            extra_headers={"Auto-Submitted": "auto-generated", "Content-Language": language},
        )
    message.msgId = message_id(school.key, mail.dedupe_key, school.mail_sender)
    return message


def message_id(school: str, key: str, sender: str) -> str:
    """The Message-ID, the same for every try: mail programs then show a double as one (RFC 5322, 3.6.4)."""
    digest = hashlib.sha256(f"{school}|{key}".encode()).hexdigest()[:40]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


def _send(ready: list[Ready], me: str) -> int:
    """Hand these mails over and note each at once. Returns how many went.

    One connection serves them all, until it breaks.
    """
    sent = 0
    waiting = list(ready)
    while waiting:
        try:
            with PatientConnection(flask.current_app.extensions["mail"]) as connection:
                while waiting:
                    failure = _hand_over(connection, waiting[0].message)
                    one = waiting.pop(0)
                    _note(one.id, me, failure)
                    sent += failure is None
                    if failure is not None and failure.kind == rules.UNREACHABLE:
                        break
        except (smtplib.SMTPException, OSError) as error:
            failure = _meaning(error)
            log.warning(
                "the mail server is down: %s mails wait (%s %s)", len(waiting), failure.kind, failure.detail
            )
            for one in waiting:
                _note(one.id, me, failure, told=True)
            return sent
    return sent


def _hand_over(connection: Connection, message: Message) -> Failure | None:
    if not all("@" in parseaddr(str(to))[1] for to in message.recipients):
        return Failure(rules.REFUSED_ADDRESS, "", lasting=True)
    try:
        connection.send(message, envelope_from=current_school().mail_sender)
    except (smtplib.SMTPException, OSError) as error:
        return _meaning(error)
    except Exception as error:  # a mail that cannot even be written must not hold up the others
        log.error("a mail could not be made: %s", type(error).__name__)
        return Failure(rules.REFUSED, type(error).__name__, lasting=True)
    return None


def _note(mail_id: int, me: str, failure: Failure | None, *, told: bool = False) -> None:
    beat()
    if failure is None:
        actions.run(delivery_actions.note_sent, SYSTEM, mail_id=mail_id, sender=me)
        return
    if not told:
        log.warning("mail %s: %s %s", mail_id, failure.kind, failure.detail)
    actions.run(
        delivery_actions.note_failed,
        SYSTEM,
        mail_id=mail_id,
        sender=me,
        failure=failure.kind,
        detail=failure.detail,
        lasting=failure.lasting,
    )


def _meaning(error: Exception) -> Failure:
    """What went wrong, and whether it is worth trying again."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()))
            return Failure(rules.REFUSED_ADDRESS, _said(code, said), rules.is_lasting(code))
        case smtplib.SMTPAuthenticationError():
            return Failure(rules.SIGN_IN, _said(error.smtp_code, ""))
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            return Failure(
                rules.REFUSED, _said(error.smtp_code, error.smtp_error), rules.is_lasting(error.smtp_code)
            )
        case ssl.SSLError():
            why = getattr(error, "verify_message", "") or type(error).__name__
            return Failure(rules.CERTIFICATE, one_line(why))
        case _:
            return Failure(rules.UNREACHABLE, type(error).__name__)


def _said(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return one_line(f"{code} {words}")


class QuietConsumer(Consumer):
    """huey's consumer inside another program. That program handles the signals, so this one does not."""

    def _set_signal_handlers(self) -> None:
        pass


class Sender:
    """The threads that send: those of the clock, and those that Redis wakes, if there is one."""

    def __init__(self, app: flask.Flask) -> None:
        queue, clock = app.extensions["proeve_huey"], app.extensions["proeve_clock"]
        ways = [clock] if queue is clock else [clock, queue]
        self._consumers = [_threads_of(one, keeping_time=one is clock) for one in ways]

    def start(self) -> None:
        for one in self._consumers:
            one.start()

    def stop(self, *, graceful: bool) -> None:
        for one in self._consumers:
            one.stop_flag.set()
        for one in self._consumers:
            one.stop(graceful=graceful)


def _threads_of(huey: Huey, *, keeping_time: bool) -> QuietConsumer:
    return QuietConsumer(huey, workers=2, max_delay=2, shutdown_timeout=10, periodic=keeping_time)


def start_sender(app: flask.Flask) -> Sender:
    """Send mails from this process, and do the waiting imports (app/worker.py), in threads."""
    sender = Sender(app)
    sender.start()  # its clock begins with a look at what waits
    return sender


def send_until_stopped(app: flask.Flask) -> None:
    """Be the sender and the worker, until this process is told to stop."""
    queue, clock = app.extensions["proeve_huey"], app.extensions["proeve_clock"]
    keeps_time = _threads_of(clock, keeping_time=True)
    keeps_time.start()
    try:
        Consumer(queue, workers=2, max_delay=2, periodic=False).run()
    finally:
        keeps_time.stop(graceful=True)
