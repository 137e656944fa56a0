"""Encrypts secrets in the database, so that a copy reveals none, with keys made of SECRET_KEY.

`cryptography` takes 6 MB of memory, so it is imported at the first use.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def cipher(salt: str) -> MultiFernet:
    """Return a cipher that encrypts with SECRET_KEY, and decrypts with former ones too.

    Each use has its own salt, and so its own keys.
    """
    from cryptography.fernet import Fernet, MultiFernet

    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = [
        salted_hmac(salt, "", secret=secret, algorithm="sha256").digest() for secret in secrets
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def count_lost(salt: str, tokens: Iterable[str]) -> int:
    """Return the number of tokens that no known SECRET_KEY decrypts."""
    from cryptography.fernet import InvalidToken

    secrets, lost_count = cipher(salt), 0
    for token in tokens:
        try:
            secrets.decrypt(token)
        except InvalidToken:
            lost_count += 1
    return lost_count
