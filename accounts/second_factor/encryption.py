"""The secrets of second factors in the database, encrypted with keys of SECRET_KEY."""

from __future__ import annotations

import logging

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import InvalidToken
from django.db import transaction

from core.encryption import cipher

SALT = "vitrine.second-factor"
SECRETS = ("secret", "seed")  # allauth's keys: of an app's secret, and of recovery codes

log = logging.getLogger(__name__)


def encrypt(text: str) -> str:
    """Encrypt a secret for the database."""
    return cipher(SALT).encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Decrypt a secret; if its key is lost, return a random one, for which nobody has a code.

    An admin then takes the second factor away (`accounts.second_factor.reset`).
    """
    try:
        return cipher(SALT).decrypt(text).decode()
    except InvalidToken:
        log.error("the secret of a second factor was encrypted with another SECRET_KEY")
        return generate_totp_secret()


def encrypt_anew() -> int:
    """Encrypt all secrets with the newest key, so that former keys can be removed; return how many.

    A secret whose key is lost stays as it is.
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
    return False  # a passkey: the database has only its public key
