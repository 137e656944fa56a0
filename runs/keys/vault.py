"""Encrypts the keys of projects, and seals a key on its way from the web process to the worker.

At rest a key is a Fernet token (AES-128-CBC with HMAC) under the secrets of KEYS_SECRET, which the
web process does not read. To accept a key nevertheless, the web process encrypts it with a public
key (RSA-OAEP); only a process with the secrets can decrypt it.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings

from runs.models import KeySeal

SEAL_BITS = 3072
SEAL_ROW = 1
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class Unreadable(Exception):
    """A key cannot be decrypted: it was encrypted with a secret that this process does not have."""


def secrets() -> list[str]:
    """Return the secrets, the one that encrypts first; an empty list if this process reads none."""
    if settings.KEYS_SECRETS or settings.KEYS_SECRET_FILE is None:
        return list(settings.KEYS_SECRETS)
    file = Path(settings.KEYS_SECRET_FILE)
    return file.read_text().split() if file.exists() else []


def encrypt(text: str) -> str:
    """Return `text` encrypted for the database; raises Unreadable without a secret."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return the text given to `encrypt`; raises Unreadable."""
    try:
        return _fernet().decrypt(token).decode()
    except InvalidToken as error:
        raise Unreadable("It was encrypted with another KEYS_SECRET.") from error


def encrypt_anew(token: str) -> str:
    """Return `token` encrypted again with the first secret; raises Unreadable."""
    return encrypt(decrypt(token))


def is_newest(token: str) -> bool:
    """Whether the first secret alone decrypts `token`."""
    try:
        Fernet(secrets()[0]).decrypt(token)
    except InvalidToken:
        return False
    return True


def _fernet() -> MultiFernet:
    if not (known_secrets := secrets()):
        raise Unreadable("KEYS_SECRET is not set.")
    return MultiFernet([Fernet(secret) for secret in known_secrets])


def new_secret() -> str:
    """Return a secret for KEYS_SECRET."""
    return Fernet.generate_key().decode()


def put_first(secret: str, file: Path) -> None:
    """Put a secret before the others in `file`, which is never half written."""
    _write(file, [secret, *(file.read_text().split() if file.exists() else [])])


def keep_first(file: Path) -> None:
    """Remove all secrets from `file` but the first."""
    _write(file, file.read_text().split()[:1])


def _write(file: Path, lines: list[str]) -> None:
    new_file = file.with_name(f"{file.name}.new")
    handle = os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as vault_file:
        vault_file.write("\n".join(lines))
    new_file.replace(file)


def renew_seal() -> bool:
    """Create the seal if there is none that this process can open; return whether it did."""
    key_seal = KeySeal.objects.filter(pk=SEAL_ROW).first()
    if key_seal and _opens(key_seal):
        return False
    pair = rsa.generate_private_key(public_exponent=65537, key_size=SEAL_BITS)
    private = pair.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = pair.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    halves = {"public": public.decode(), "private": encrypt(private.decode())}
    KeySeal.objects.update_or_create(pk=SEAL_ROW, defaults=halves)
    return True


def _opens(key_seal: KeySeal) -> bool:
    try:
        decrypt(key_seal.private)
    except Unreadable:
        return False
    return True


def seal(text: str, public: str) -> str:
    """Return `text` (up to 300 bytes) so that only processes with the secrets can read it."""
    loaded = serialization.load_pem_public_key(public.encode())
    assert isinstance(loaded, rsa.RSAPublicKey)  # noqa: S101  `renew_seal` makes no other
    return base64.b64encode(loaded.encrypt(text.encode(), _OAEP)).decode()


def unseal(sealed: str) -> str:
    """Return the text given to `seal`; raises Unreadable."""
    key_seal = KeySeal.objects.filter(pk=SEAL_ROW).first()
    if key_seal is None:
        raise Unreadable("There is no seal.")
    pair = serialization.load_pem_private_key(decrypt(key_seal.private).encode(), None)
    assert isinstance(pair, rsa.RSAPrivateKey)  # noqa: S101  `renew_seal` makes no other
    try:
        return pair.decrypt(base64.b64decode(sealed), _OAEP).decode()
    except ValueError as error:
        raise Unreadable("It was sealed for another worker.") from error
