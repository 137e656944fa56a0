"""The keys that sign our webhooks: Ed25519, created by the worker, published as a JWKS.

A new key is published `PUBLISH_AHEAD` before it signs, since receivers cache a key set for up to a
day (protocol, section 10.2). The first key signs at once.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.encryption import cipher
from features.notifications.models import SigningKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

log = logging.getLogger(__name__)

LASTS = timedelta(days=90)
PUBLISH_AHEAD = timedelta(hours=25)
KEEP_AFTER = timedelta(days=2)  # for late verification of earlier deliveries
SALT = "vitrine.webhook-signing-key"


def maintain(now: datetime) -> None:
    """Create the first key, replace an old one in time, and delete replaced ones."""
    keys = list(SigningKey.objects.order_by("-created_at", "kid"))
    readable = [key for key in keys if _decrypt(key) is not None]
    if not readable or readable[0].created_at <= now - LASTS:
        create(now)
    replaced_by = now - PUBLISH_AHEAD - KEEP_AFTER
    settled = next((key for key in readable if key.created_at <= replaced_by), None)
    if settled:
        SigningKey.objects.filter(created_at__lt=settled.created_at).delete()


def create(now: datetime) -> SigningKey:
    """Create a key, which publishes it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    log.info("a new key for signing webhooks: it signs at once if it is the first, else in a day")
    return SigningKey.objects.create(
        kid=secrets.token_hex(8),
        public=_base64url(private.public_key().public_bytes_raw()),
        private=cipher(SALT).encrypt(private.private_bytes_raw()).decode(),
        created_at=now,
    )


def current(now: datetime) -> Ed25519PrivateKey:
    """Return the signing key: the newest one published for long enough, else the oldest."""
    keys = SigningKey.objects.order_by("-created_at", "kid")
    readable = [(key, private_key) for key in keys if (private_key := _decrypt(key)) is not None]
    if not readable:
        readable = [(created := create(now), _private(created))]
    published = [
        private_key for key, private_key in readable if key.created_at <= now - PUBLISH_AHEAD
    ]
    return published[0] if published else readable[-1][1]


def sign(
    key: Ed25519PrivateKey, request_id: str, user_id: str, body: bytes, now: datetime
) -> dict[str, str]:
    """Return the four headers that fal's verifiers check (protocol, section 10.2)."""
    stamp = str(int(now.timestamp()))
    message = "\n".join([request_id, user_id, stamp, hashlib.sha256(body).hexdigest()])
    return {
        "X-Fal-Webhook-Request-Id": request_id,
        "X-Fal-Webhook-User-Id": user_id,
        "X-Fal-Webhook-Timestamp": stamp,
        "X-Fal-Webhook-Signature": key.sign(message.encode()).hex(),
    }


def jwks() -> dict[str, Any]:
    """Return the public keys as a JSON Web Key Set, newest first."""
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": key.public,
                "kid": key.kid,
                "use": "sig",
                "alg": "EdDSA",
            }
            for key in SigningKey.objects.order_by("-created_at", "kid")
        ]
    }


def _decrypt(key: SigningKey) -> Ed25519PrivateKey | None:
    """Return the private key; None if SECRET_KEY has changed since."""
    from cryptography.fernet import InvalidToken

    try:
        return _private(key)
    except InvalidToken:
        return None


def _private(key: SigningKey) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(cipher(SALT).decrypt(key.private))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
