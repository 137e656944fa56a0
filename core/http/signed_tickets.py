"""Reads tickets that another process of this server signed; logs if its key may differ."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core import signing

SAID_EVERY_S = 60.0  # strangers can send as many forged tickets as they like
OTHER_KEY = (
    "a ticket was refused: it is forged, or was signed with another SECRET_KEY. Start the web and "
    "realtime processes with the same SECRET_KEY and SECRET_KEY_FALLBACKS."
)

log = logging.getLogger(__name__)
_said_at: float | None = None


def load(text: str, salt: str, max_age_s: int) -> Any:
    """Return the value that was signed with `salt`; None if it is forged or too old."""
    global _said_at
    try:
        return signing.loads(text, salt=salt, max_age=max_age_s)
    except signing.SignatureExpired:
        return None
    except signing.BadSignature:
        now = time.monotonic()
        if text and (_said_at is None or now - _said_at > SAID_EVERY_S):
            _said_at = now
            log.error(OTHER_KEY)
        return None
