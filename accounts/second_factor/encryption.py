"""The secrets of second factors in the database, encrypted with keys of SECRET_KEY."""

from __future__ import annotations

import logging

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import InvalidToken
from django.db import transaction

from core.encryption import cipher

SALT = "vitrine.second-factor"
SECRETS = ("secret", "seed")  # where allauth keeps that of an app, and of recovery codes

log = logging.getLogger(__name__)


def encrypt(text: str) -> str:
    """Encrypt a secret for the database."""
    return cipher(SALT).encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Decrypt a secret; a random one, which nobody has a code of, if its key is lost.

    Then an admin takes the second factor away (`accounts.second_factor.reset`).
    """
    try:
        return cipher(SALT).decrypt(text).decode()
    except InvalidToken:
        log.error("the secret of a second factor was encrypted with another SECRET_KEY")
        return generate_totp_secret()


def encrypt_anew() -> int:
    """Encrypt all secrets with the newest key, before a former one is taken out; return how many.

    One whose key is lost stays as it is.
    """
    count = 0
    for pk in Authenticator.objects.values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if row is not None and _rotate(row):
                row.save(update_fields=["data"])
                count += 1
    return count


def _rotate(row: Authenticator) -> bool:
    for name in SECRETS:
        if name in row.data:
            try:
                row.data[name] = cipher(SALT).rotate(row.data[name]).decode()
            except InvalidToken:
                log.error("the second factor %s has no key any more", row.pk)
                return False
            return True
    return False  # a passkey: the database has its public key alone
