"""A real mail server on this machine, which answers as it is told."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask


@dataclass
class MailServer:
    """`answers`: address -> what it says to a mail for it; `pause`: seconds before it takes a mail."""

    received: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    pause: float = 0
    taken: Callable[[], None] = lambda: None  # called when it has a mail, before it says so
    hang_up_after: int = -1  # mails; then the line goes dead in the middle of the next one

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.pause:
            time.sleep(self.pause)
        if len(self.received) == self.hang_up_after:
            server.transport.abort()
            return "451 gone"
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.received.append(parsed)
        self.taken()
        return "250 OK"

    def addresses(self) -> list[str]:
        return sorted(str(mail["To"]) for mail in self.received)


@contextmanager
def mail_server(app: Flask, *, tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """A server that the application sends to while the block lasts; `tls`: it offers STARTTLS."""
    with listening(tls=tls) as (server, port), sending_to(app, port):
        yield server


@contextmanager
def listening(
    *, tls: ssl.SSLContext | None = None, only_tls: bool = False
) -> Iterator[tuple[MailServer, int]]:
    """A server and its port; `only_tls`: it takes nothing before STARTTLS."""
    server, port = MailServer(), unused_port()
    controller = Controller(
        server, hostname="127.0.0.1", port=port, tls_context=tls, require_starttls=only_tls
    )
    controller.start()
    try:
        yield server, port
    finally:
        controller.stop()


@contextmanager
def sending_to(app: Flask, port: int, *, timeout: float = 5) -> Iterator[None]:
    """Make the application believe that a mail server listens on this port."""
    mail, settings = app.extensions["mail"], app.extensions["proeve_settings"]
    before = (app.config["MAIL_SERVER"], mail.server, mail.port, mail.use_tls, settings.smtp_timeout)
    app.config["MAIL_SERVER"] = mail.server = "127.0.0.1"
    mail.port, mail.use_tls = port, False
    object.__setattr__(settings, "smtp_timeout", timeout)
    try:
        yield
    finally:
        app.config["MAIL_SERVER"], mail.server, mail.port, mail.use_tls, patience = before
        object.__setattr__(settings, "smtp_timeout", patience)


def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def home_made_certificate(folder: Path) -> ssl.SSLContext:
    """A TLS context with a certificate for this machine that no authority signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
