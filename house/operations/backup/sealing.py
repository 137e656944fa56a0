"""Seals with BACKUP_PASSPHRASE the secrets without which parts of a backup cannot be read.

SECRET_KEY encrypts second factors, addresses of channels and tokens of shares. Without a passphrase
it is left out, and the operator who restores must have it. fal's own keys are in no backup.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from contextlib import suppress

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.conf import settings

from core import typed_secrets

SEALED, LEFT_OUT = "sealed", "left out"


def secrets() -> dict[str, str]:
    """Return the secrets of this process, by the names of their settings."""
    values = {
        "SECRET_KEY": settings.SECRET_KEY,
        "SECRET_KEY_FALLBACKS": ",".join(settings.SECRET_KEY_FALLBACKS),
    }
    return {name: value for name, value in values.items() if value}


def seal(values: Mapping[str, str], passphrase: str) -> dict[str, str]:
    """Return the secrets, encrypted for a backup."""
    salt = os.urandom(16)
    text = json.dumps(values).encode()
    return {
        "salt": base64.b64encode(salt).decode(),
        "text": _cipher(typed_secrets.normalized(passphrase), salt).encrypt(text).decode(),
    }


def unseal(sealed: Mapping[str, str], passphrase: str) -> dict[str, str] | None:
    """Return the secrets; None if the passphrase is wrong."""
    for form in typed_secrets.forms(passphrase):
        cipher = _cipher(form, base64.b64decode(sealed["salt"]))
        with suppress(InvalidToken):
            values: dict[str, str] = json.loads(cipher.decrypt(sealed["text"]))
            values.pop("KEYS_SECRET", None)  # of keys of projects, in backups before 0.3.0
            return values
    return None


def _cipher(passphrase: str, salt: bytes) -> Fernet:
    key = Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(key))
