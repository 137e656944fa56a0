"""Opaque tokens for voters, who can neither read nor guess what they refer to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac

from core.encryption import cipher

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

LIFE_S = 24 * 3600
Part = str | int


def encrypt(kind: str, voter_key: Part, *parts: Part) -> str:
    """Return a token of this kind that is valid for one voter and one day."""
    content = json.dumps([voter_key, *parts]).encode()
    return _cipher(kind).encrypt(content).decode()


def decrypt(kind: str, voter_key: Part, token: str) -> list[Part]:
    """Return a token's parts; raises ValueError if it is another voter's, expired or invalid."""
    from cryptography.fernet import InvalidToken

    try:
        owner, *parts = json.loads(_cipher(kind).decrypt(token.encode(), ttl=LIFE_S))
    except (InvalidToken, UnicodeEncodeError) as error:
        raise ValueError("This address is not valid, or older than a day.") from error
    if owner != voter_key:
        raise ValueError("This address belongs to somebody else.")
    return [*parts]


def is_swapped(voter_key: Part, first: int, second: int) -> bool:
    """Whether this voter sees this pair in reverse order; the same each time."""
    text = f"{voter_key}:{first}:{second}"
    return bool(salted_hmac("boards.votes.order", text).digest()[0] & 1)


def _cipher(kind: str) -> MultiFernet:
    return cipher(f"boards.votes.{kind}")
