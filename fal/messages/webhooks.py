"""Webhooks: signature verification and parsing of deliveries (protocol, section 10).

A delivery is verified over its raw bytes before it is parsed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fal import reading
from fal.errors import RunFailed, UpstreamFailed
from fal.http.answers import Answer, reason

PREFIX = "x-fal-webhook-"
HEADERS = tuple(PREFIX + name for name in ("request-id", "user-id", "timestamp", "signature"))
SKEW_S = 300
KEY_BYTES = 32
_STAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_STATUS = re.compile(r"\b([45][0-9]{2})\b")


class Verdict(StrEnum):
    """The result of verifying a delivery; UNKNOWN_KEY is a forgery or a key not fetched yet."""

    GENUINE = "genuine"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown key"


def signature_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of the four signature headers that are present, by lower-case name."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return {name: lowered[name] for name in HEADERS if lowered.get(name)}


def verdict(
    headers: Mapping[str, str], body: bytes, keys: Iterable[bytes], now_s: float
) -> Verdict:
    """Verifies a delivery by its headers (any case), raw body and the public keys (10.2)."""
    if not is_well_formed(headers, now_s):
        return Verdict.MALFORMED
    values = signature_headers(headers)
    request_id, user_id, stamp, signature = (values[name] for name in HEADERS)
    # A header that is not latin-1 arrives with surrogates; no valid signature contains them.
    parts = [request_id, user_id, stamp, hashlib.sha256(body).hexdigest()]
    message = "\n".join(parts).encode("utf-8", "surrogateescape")
    signed = bytes.fromhex(signature)
    fits = any(_verifies(key, signed, message) for key in keys)
    return Verdict.GENUINE if fits else Verdict.UNKNOWN_KEY


def is_well_formed(headers: Mapping[str, str], now_s: float) -> bool:
    """Whether all headers are valid and the timestamp is within SKEW_S; needs no body."""
    values = signature_headers(headers)
    if len(values) < len(HEADERS):
        return False
    _, _, stamp, signature = (values[name] for name in HEADERS)
    if not _STAMP.fullmatch(stamp) or not _SIGNATURE.fullmatch(signature):
        return False
    return abs(int(stamp) - now_s) <= SKEW_S


def _verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    # Imported here: six megabytes that processes without webhooks do not need.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_keys(jwks: Any) -> list[bytes]:
    """The Ed25519 keys in a JSON Web Key Set; other entries are skipped."""
    entries = reading.as_mapping(jwks).get("keys")
    if not isinstance(entries, list):
        return []
    keys = (_public_key(reading.as_mapping(entry)) for entry in entries)
    return [key for key in keys if key]


def _public_key(entry: reading.Json) -> bytes | None:
    if entry.get("kty", "OKP") != "OKP" or entry.get("crv", "Ed25519") != "Ed25519":
        return None
    x = reading.text(entry, "x")
    try:
        key = base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


@dataclass(frozen=True)
class Report:
    """A parsed delivery: how a request ended (10.1)."""

    request_id: str
    status: str
    payload: Any = None
    error: str = ""
    payload_error: str = ""
    is_exact: bool = True

    @classmethod
    def from_bytes(cls, body: bytes) -> Report:
        """Parses any JSON object with a request id; raises ValueError for anything else."""
        try:
            raw, is_exact = reading.parse_whole(body)
        except UpstreamFailed as error:
            raise ValueError("The report is not readable JSON.") from error
        request_id = reading.text(reading.as_mapping(raw), "request_id")
        if not request_id:
            raise ValueError("The report names no request.")
        return cls(
            request_id,
            reading.text(raw, "status").upper(),
            raw.get("payload"),
            reading.text(raw, "error"),
            reading.text(raw, "payload_error"),
            is_exact,
        )

    @property
    def has_output(self) -> bool:
        """Whether the payload is the model's output; if not, fetch it from the queue (C29)."""
        is_whole = self.is_exact and not self.payload_error
        return self.status == "OK" and self.payload is not None and is_whole

    @property
    def failure(self) -> RunFailed | None:
        """The failure of an ERROR report, as the queue's result would give it (C29)."""
        if self.status != "ERROR":
            return None
        match = _STATUS.search(self.error)
        status = int(match[1]) if match else 500
        body = self.payload if reading.as_mapping(self.payload) else {"detail": self.error}
        why = reason(Answer(status, {}, json.dumps(body).encode()))
        return RunFailed(
            why.message,
            status=status if match else None,
            type=why.type,
            detail=why.detail,
            request_id=self.request_id,
        )
