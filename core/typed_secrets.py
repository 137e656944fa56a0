"""Passwords, passphrases and codes as different keyboards send them.

macOS decomposes ü where Windows does not, and Japanese keyboards send digits of full width.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.utils.crypto import constant_time_compare


def normalized(secret: str) -> str:
    """Return the form of a secret that is hashed (NFKC, RFC 8265)."""
    return unicodedata.normalize("NFKC", secret)


def forms(secret: str) -> list[str]:
    """Return the normalized secret, then the forms in which older hashes may have it."""
    composed, decomposed = (unicodedata.normalize(form, secret) for form in ("NFC", "NFD"))
    return [*dict.fromkeys([normalized(secret), secret, composed, decomposed])]


def code_of(text: str) -> str:
    """Return the letters and ASCII digits of a typed code, without its spaces and dashes."""
    signs = filter(str.isalnum, normalized(text))
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in signs)


class PasswordHasher(PBKDF2PasswordHasher):
    """Django's hasher, for normalized passwords."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Return the hash of a new password."""
        return super().encode(normalized(password), salt, iterations)

    def verify(self, password: str, encoded: str) -> bool:
        """Whether a password matches the hash."""
        former: dict[str, Any] = self.decode(encoded)
        hashes = (
            super(PasswordHasher, self).encode(form, former["salt"], former["iterations"])
            for form in forms(password)
        )
        return any(constant_time_compare(encoded, hashed) for hashed in hashes)
