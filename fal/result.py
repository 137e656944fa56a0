"""What a request gave (protocol, 5.4)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fal import reading
from fal.answers import Answer
from fal.errors import Unreadable, UpstreamFailed

MEDIA = ("image/", "video/", "audio/")
KEPT_BYTES = 256 << 10  # of what is no output


@dataclass(frozen=True)
class Result:
    """A model's output. `text` is the body as it came: a 19-digit seed and 1.0 stay what they are.

    `is_exact`: the output says all of it, NaN and 30 decimals are not in it (`reading.parse_whole`).

    `billable_units` times the endpoint's unit price is what it cost; `headers` are fal's own,
    in lower case (`x-fal-served-from` …).
    """

    output: Any
    text: str
    request_id: str | None = None
    billable_units: Decimal | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_exact: bool = True

    @classmethod
    def from_answer(cls, answer: Answer) -> Result:
        """Reads a 200; a body that is a picture, film or sound becomes an output with this one file.

        Raises Unreadable, with what the body was, when it is neither that nor JSON.
        """
        try:
            output, is_exact = reading.parse_whole(answer.content)
        except UpstreamFailed as error:
            if answer.content and answer.content_type.startswith(MEDIA):
                return cls.of(answer, {"file": _file(answer)}, "")
            raise _unreadable(answer) from error
        return cls.of(answer, output, answer.content.decode("utf-8-sig"), is_exact)

    @classmethod
    def from_connection(cls, answer: Answer) -> Result:
        """`from_answer` of a run over one connection: unconfirmed where the answer is not fal's own.

        One with fal's request id is: then the run is over, whatever came of it.
        """
        try:
            return cls.from_answer(answer)
        except Unreadable as error:
            error.is_unconfirmed = not error.request_id
            raise

    @property
    def billed(self) -> str:
        """`billable_units` as text; empty where fal did not tell."""
        return "" if self.billable_units is None else str(self.billable_units)

    @classmethod
    def of(cls, head: Answer, output: Any, text: str, is_exact: bool = True) -> Result:
        """This output, with what the answer's headers say of it."""
        told = {
            name.lower(): value
            for name, value in head.headers.items()
            if name.lower().startswith("x-fal-")
        }
        units = reading.decimal(head.billable_units)
        return cls(output, text, head.request_id, units, told, is_exact)


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
            "body": answer.content[:KEPT_BYTES].decode("utf-8", "replace"),
        },
        request_id=answer.request_id,
        is_retryable=True,
        billable_units=answer.billable_units,
    )
