"""A request to fal: its options, its body, and the handle to find it again (protocol, 5.1)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from fal import reading
from fal.errors import InvalidArguments
from fal.messages.endpoint_id import EndpointId

_TAG_KEY = re.compile(r"(?!fal\.)[a-z0-9._-]{1,64}")
_TAG_VALUE = re.compile(r"[\x20-\x2b\x2d-\x7e]*")


@dataclass(frozen=True)
class SubmitOptions:
    """The options of a submit or run, besides its arguments; unset options are not sent.

    `start_timeout_s` limits the wait before the start. `retry_config` maps server_error, timeout
    and connection_error to a number of additional attempts. `store_io=False` keeps the payloads out
    of fal's storage. Raises ValueError for values that fal would reject or misinterpret.
    """

    webhook_url: str | None = None
    max_queue_length: int | None = None
    start_timeout_s: float | None = None
    priority: Literal["normal", "low"] | None = None
    hint: str | None = None
    object_lifecycle: Mapping[str, Any] | None = None
    no_retry: bool = False
    retry_config: Mapping[str, int] | None = None
    store_io: bool = True
    disable_fallback: bool = False
    upload_policy: str | Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        timeout = self.start_timeout_s
        if timeout is not None and not (math.isfinite(timeout) and timeout > 1):
            raise ValueError("start_timeout_s must be more than one second (C23).")
        if self.priority not in (None, "normal", "low"):
            raise ValueError('priority must be "normal" or "low".')
        if self.max_queue_length is not None and self.max_queue_length < 0:
            raise ValueError("max_queue_length cannot be negative.")
        good = all(_TAG_KEY.fullmatch(k) and _TAG_VALUE.fullmatch(v) for k, v in self.tags.items())
        if not good or len(self.tags) > 10 or len(self._tags()) > 1024:
            raise ValueError(
                "tags must be at most 10, 1024 characters together, with keys of [a-z0-9._-] and"
                " values of printable ASCII without commas."
            )
        for name, value in self.headers().items():
            if not value.isascii() or not value.isprintable():
                raise ValueError(f"{name} must be printable ASCII text.")

    def params(self) -> list[tuple[str, str]]:
        """The query parameters of a submit."""
        params = {"fal_webhook": self.webhook_url, "fal_max_queue_length": self.max_queue_length}
        return [(name, str(value)) for name, value in params.items() if value is not None]

    def headers(self) -> dict[str, str]:
        """The request headers; the start timeout is sent under its old and its new name."""
        timeout = None if self.start_timeout_s is None else _seconds_text(self.start_timeout_s)
        retries = {name: {"retries": n} for name, n in (self.retry_config or {}).items()}
        headers = {
            "X-Fal-Request-Timeout": timeout,
            "X-Fal-Request-Start-Timeout": timeout,
            "X-Fal-Queue-Priority": self.priority,
            "X-Fal-Runner-Hint": self.hint,
            "X-Fal-Object-Lifecycle-Preference": _json_header(self.object_lifecycle),
            "X-Fal-No-Retry": "1" if self.no_retry else None,
            "X-Fal-Retry-Config": _json_header(retries or None),
            "X-Fal-Store-IO": None if self.store_io else "0",
            "x-app-fal-disable-fallback": "true" if self.disable_fallback else None,
            "x-app-fal-upload-policy": _json_header(self.upload_policy),
            "X-Fal-Tags": self._tags(),
        }
        return {name: value for name, value in headers.items() if value}

    def _tags(self) -> str:
        return ",".join(f"{key}={value}" for key, value in self.tags.items())


@dataclass(frozen=True)
class Handle:
    """A request's id and URLs as fal returned them; `queue_position` is from the submit."""

    endpoint_id: str
    request_id: str
    status_url: str
    response_url: str
    cancel_url: str
    queue_position: int | None = field(default=None, compare=False)

    @classmethod
    def rebuilt(cls, base: str, endpoint_id: str, request_id: str) -> Handle:
        """Builds the URLs by fal's rule: `<base>/[namespace/]owner/alias/requests/<id>` (C15)."""
        if request_id in ("", ".", ".."):
            raise ValueError(f"{request_id!r} is not a request id.")
        app = EndpointId.parse(endpoint_id).app
        url = f"{base}/{app}/requests/{quote(request_id, safe='')}"
        return cls(endpoint_id, request_id, f"{url}/status", url, f"{url}/cancel")

    def with_answer(self, raw: reading.Json) -> Handle:
        """This handle with the URLs and the position that a submit's response contains."""
        return Handle(
            self.endpoint_id,
            self.request_id,
            reading.text(raw, "status_url") or self.status_url,
            reading.text(raw, "response_url") or self.response_url,
            reading.text(raw, "cancel_url") or self.cancel_url,
            reading.integer(raw, "queue_position"),
        )

    def as_json(self) -> dict[str, Any]:
        """The handle as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: reading.Json) -> Handle:
        """Reads what `as_json` wrote; raises ValueError naming missing fields."""
        names = ("endpoint_id", "request_id", "status_url", "response_url", "cancel_url")
        missing = [name for name in names if not reading.text(raw, name)]
        if missing:
            raise ValueError(f"The handle lacks {', '.join(missing)}.")
        values = {name: reading.text(raw, name) for name in names}
        return cls(**values, queue_position=reading.integer(raw, "queue_position"))


def arguments_as_bytes(arguments: Mapping[str, Any] | str) -> bytes:
    """The body of a submit: JSON text unchanged, a mapping as compact JSON (C13).

    Raises InvalidArguments if the mapping cannot be encoded.
    """
    try:
        if isinstance(arguments, str):
            return arguments.encode()
        # ASCII output, so that a lone surrogate, which UTF-8 cannot encode, is sent as an escape.
        return json.dumps(arguments, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArguments(f"This input cannot be sent: {error}") from error


def _seconds_text(seconds: float) -> str:
    """30.0 → `30`, 2.5 → `2.5`; never with an exponent."""
    return str(int(seconds)) if float(seconds).is_integer() else repr(float(seconds))


def _json_header(value: str | Mapping[str, Any] | None) -> str | None:
    return json.dumps(value) if isinstance(value, Mapping) else value


# Past requests as the Platform API lists them (protocol, 3.5).
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
