"""What the Platform API remembers of requests (protocol, 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fal import reading


@dataclass(frozen=True)
class PastRequest:
    """One request that fal took; `arguments` and `output` are None where payloads were not kept or not asked for."""

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
        """Reads an entry of `items`; None without a request id."""
        raw = reading.as_mapping(raw)
        request_id = reading.text(raw, "request_id")
        if not request_id:
            return None
        return cls(
            request_id,
            reading.text(raw, "endpoint_id"),
            reading.moment(raw, "sent_at"),
            reading.moment(raw, "started_at"),
            reading.moment(raw, "ended_at"),
            reading.integer(raw, "status_code"),
            raw.get("json_input"),
            raw.get("json_output"),
            raw,
        )
