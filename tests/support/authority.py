"""Certificates that a home-made authority signed: whoever trusts its file trusts them, as on a real site."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Good at any moment at which a run may believe to be (tests/support/clock.py).
FROM, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Papers:
    """What a site needs for TLS, and the authority that whoever asks it must trust."""

    authority: Path
    chain: Path
    key: Path

    def serving(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain, self.key)
        return context

    def asking(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


def papers_for(folder: Path, names: Sequence[str]) -> Papers:
    """A certificate for these names and addresses of machines, in files in this folder."""
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _signed("Proeve tests", ours, ours, "Proeve tests", names=())
    site = _signed("Proeve tests", ours, theirs, "site", names=names)
    papers = Papers(folder / "authority.pem", folder / "fullchain.pem", folder / "privkey.pem")
    papers.authority.write_bytes(_pem(authority))
    papers.chain.write_bytes(_pem(site) + _pem(authority))
    papers.key.write_bytes(
        theirs.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return papers


def _signed(
    signer: str,
    key: ec.EllipticCurvePrivateKey,
    of: ec.EllipticCurvePrivateKey,
    name: str,
    *,
    names: Sequence[str],
) -> x509.Certificate:
    """A certificate; without names: of an authority."""
    built = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(signer))
        .public_key(of.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(of.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(_uses(authority=not names), critical=True)
    )
    if names:
        called = x509.SubjectAlternativeName([_called(one) for one in names])
        used = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        built = built.add_extension(called, critical=False).add_extension(used, critical=False)
    return built.sign(key, hashes.SHA256())


def _uses(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _called(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
