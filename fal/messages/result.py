"""A request's result (protocol, 5.4)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fal import reading
from fal.errors import Unreadable, UpstreamFailed
from fal.http.answers import Answer
from fal.http.failed_submits import SubmitPhase, judged

MEDIA = ("image/", "video/", "audio/")
MAX_KEPT_BYTES = 256 << 10  # of a body that is not an output


@dataclass(frozen=True)
class Result:
    """A model's output. `text` is the original body, in which 19-digit seeds and 1.0 stay exact.

    `is_exact` is False if parsing lost precision (`reading.parse_whole`). The cost is
    `billable_units` times the endpoint's unit price. `headers` are the `x-fal-*` headers in lower
    case.
    """

    output: Any
    text: str
    request_id: str | None = None
    billable_units: Decimal | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_exact: bool = True

    @classmethod
    def from_answer(cls, answer: Answer) -> Result:
        """Parses a 200. An image, video or audio body becomes an output with one file.

        Raises Unreadable, which stores the start of the body, if it is neither media nor JSON.
        """
        try:
            output, is_exact = reading.parse_whole(answer.content)
        except UpstreamFailed as error:
            if answer.content and answer.content_type.startswith(MEDIA):
                return cls.build(answer, {"file": _file(answer)}, "")
            raise _unreadable(answer) from error
        return cls.build(answer, output, answer.content.decode("utf-8-sig"), is_exact)

    @classmethod
    def from_connection(cls, answer: Answer) -> Result:
        """As `from_answer`, for a run over one connection.

        An unreadable response is unconfirmed unless it has fal's request id: with the id it is
        fal's own, so the run is over.
        """
        try:
            return cls.from_answer(answer)
        except Unreadable as error:
            judged(error, SubmitPhase.ACCEPTED)
            raise

    @property
    def billed(self) -> str:
        """`billable_units` as text; empty if fal did not state them."""
        return "" if self.billable_units is None else str(self.billable_units)

    @classmethod
    def build(cls, head: Answer, output: Any, text: str, is_exact: bool = True) -> Result:
        """A result with the metadata from the response's headers."""
        headers = {
            name.lower(): value
            for name, value in head.headers.items()
            if name.lower().startswith("x-fal-")
        }
        units = reading.decimal(head.billable_units)
        return cls(output, text, head.request_id, units, headers, is_exact)


def _file(answer: Answer) -> dict[str, Any]:
    data = b64encode(answer.content).decode()
    return {
        "url": f"data:{answer.content_type};base64,{data}",
        "content_type": answer.content_type,
        "file_size": len(answer.content),
    }


def _unreadable(answer: Answer) -> Unreadable:
    return Unreadable(
        reading.UNREADABLE,
        status=answer.status,
        detail={
            "content_type": answer.content_type,
            "size": len(answer.content),
            "body": answer.content[:MAX_KEPT_BYTES].decode("utf-8", "replace"),
        },
        request_id=answer.request_id,
        is_retryable=True,
        billable_units=answer.billable_units,
    )
