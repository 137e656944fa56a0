"""Past requests as the Platform API lists them (protocol, 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fal import reading


@dataclass(frozen=True)
class PastRequest:
    """One past request; `arguments` and `output` are None if not stored or not requested."""

    request_id: str
    endpoint_id: str
    sent_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    status_code: int | None = None
    arguments: Any = None
    output: Any = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_json(cls, raw: Any) -> PastRequest | None:
        """Parses an entry of `items`; None without a request id."""
        raw = reading.as_mapping(raw)
        request_id = reading.text(raw, "request_id")
        if not request_id:
            return None
        return cls(
            request_id,
            reading.text(raw, "endpoint_id"),
            reading.time(raw, "sent_at"),
            reading.time(raw, "started_at"),
            reading.time(raw, "ended_at"),
            reading.integer(raw, "status_code"),
            raw.get("json_input"),
            raw.get("json_output"),
            raw,
        )
