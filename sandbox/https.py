"""A local certificate authority, so that fal's own clients, which require https, can connect.

Certificate and key are created once and kept in the sandbox's folder for a month. Only processes
that name the authority (`SSL_CERT_FILE`) trust it; the system's store is not changed.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from starlette.types import ASGIApp, Receive, Scope, Send

LIFE = datetime.timedelta(days=30)
RENEW_BEFORE = datetime.timedelta(days=3)
LOCAL_NAMES = ("localhost",)
LOCAL_ADDRESSES = ("127.0.0.1", "::1")
PREFIXES = {
    "fal.run": "/run",
    "queue.fal.run": "/queue",
    "ws.fal.run": "/ws",
    "rest.fal.ai": "/rest",
    "api.fal.ai": "/api",
    "v3.fal.media": "/cdn",
}


def make_certificates(folder: Path, names: tuple[str, ...] = ()) -> tuple[Path, Path]:
    """Return the authority's certificate, and a server certificate with its key, as PEM files.

    The server certificate is for this machine and `names`. Files still valid for some days are
    kept.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ca, server = folder / "ca.pem", folder / "server.pem"
    if not (ca.exists() and _is_good(server, names)):
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
        authority = _signed(keys, 0, ())
        certificate = _signed(keys, 1, names)
        private = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(ca, authority.public_bytes(Encoding.PEM))
        _write(server, private + certificate.public_bytes(Encoding.PEM))
    return ca, server


def _signed(
    keys: list[ec.EllipticCurvePrivateKey], subject: int, names: tuple[str, ...]
) -> x509.Certificate:
    """Return the certificate of key 0 (authority) or key 1 (server), signed with key 0.

    It names its keys and their use: Python 3.13 and later verify strictly (RFC 5280).
    """
    called = [_name("Sandbox authority"), _name("localhost")]
    now, is_ca = datetime.datetime.now(datetime.UTC), subject == 0
    builder = (
        x509.CertificateBuilder()
        .subject_name(called[subject])
        .issuer_name(called[0])
        .public_key(keys[subject].public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(keys[subject].public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False
        )
        .add_extension(_usage(is_ca=is_ca), critical=True)
    )
    if not is_ca:
        hosts: list[x509.GeneralName] = [x509.DNSName(name) for name in (*LOCAL_NAMES, *names)]
        hosts += [x509.IPAddress(ipaddress.ip_address(address)) for address in LOCAL_ADDRESSES]
        builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    return builder.sign(keys[0], hashes.SHA256())


def _usage(*, is_ca: bool) -> x509.KeyUsage:
    rare = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    never = dict.fromkeys((*rare, "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not is_ca, key_cert_sign=is_ca, **never)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _is_good(server: Path, names: tuple[str, ...]) -> bool:
    """Return whether the file has a certificate for these names, valid for some more days."""
    try:
        certificate = x509.load_pem_x509_certificate(server.read_bytes())
        hosts = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        # Certificates of older versions lack this extension.
        certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    is_valid = certificate.not_valid_after_utc > datetime.datetime.now(datetime.UTC) + RENEW_BEFORE
    return is_valid and set(hosts.get_values_for_type(x509.DNSName)) >= set(names)


def _write(path: Path, content: bytes) -> None:
    """Write a file that only this account can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


# Serves fal's host names: the request's Host header selects the host.
#
# `https://queue.fal.run/…` is equivalent to `…/queue/…`. Clients must resolve the names to this
# machine (/etc/hosts, a browser's `--host-resolver-rules`) and trust the local authority.
class VirtualHosts:
    """The ASGI application: adds the path prefix of the host that a request names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] in {"http", "websocket"}:
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").partition(":")[0]
            if prefix := PREFIXES.get(host.lower()):
                scope = {**scope, "path": prefix + scope["path"]}
        await self._app(scope, receive, send)
