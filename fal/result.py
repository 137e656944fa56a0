"""What a request gave (protocol, 5.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fal import reading
from fal.answers import Answer


@dataclass(frozen=True)
class Result:
    """A model's output. `text` is the body as it came: a 19-digit seed and 1.0 stay what they are.

    `billable_units` times the endpoint's unit price is what it cost; `headers` are fal's own,
    in lower case (`x-fal-served-from` …).
    """

    output: Any
    text: str
    request_id: str | None = None
    billable_units: Decimal | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_answer(cls, answer: Answer) -> Result:
        """Reads a 200; raises UpstreamFailed when the body is not JSON."""
        return cls(
            output=reading.parse(answer.content),
            text=answer.content.decode("utf-8-sig"),
            request_id=answer.request_id,
            billable_units=reading.decimal(answer.headers.get("x-fal-billable-units")),
            headers={
                name.lower(): value
                for name, value in answer.headers.items()
                if name.lower().startswith("x-fal-")
            },
        )
