"""Streamed runs: the output as far as it is, again and again, then the output (protocol, section 7)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx
import httpx_sse

from fal import reading
from fal.answers import Answer, reason, run_failure
from fal.endpoint_id import EndpointId
from fal.errors import RequestRejected, RunFailed, Unreachable, Unreadable, UpstreamFailed
from fal.request import SubmitOptions, arguments_as_bytes
from fal.result import KEPT_BYTES, Result
from fal.sync import run_headers
from fal.wire import MAX_ANSWER_BYTES, MODEL_STREAM, OnSent, Wire, may_have_been_taken

_ERROR_KEYS = {"detail", "error", "error_type", "message", "request_id", "status", "type"}
BROKEN = "stream_broken"
UNUSABLE = "stream_unusable"


@dataclass(frozen=True)
class Partial:
    """How far a run is. `value` replaces that of the partial before; None: fal has just taken the run."""

    value: Any = None
    request_id: str | None = None


class Stream:
    """Runs a model while the connection lasts and tells how far it is; closing it cancels the work."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def events(
        self,
        endpoint_id: str,
        arguments: Mapping[str, Any] | str,
        options: SubmitOptions = SubmitOptions(),  # noqa: B008  frozen
        on_sent: OnSent | None = None,
    ) -> AsyncGenerator[Partial | Result]:
        """Partials as they come, the first when fal has taken the run; the Result is the last.

        Asked for once: it costs money. Any error may be `is_unconfirmed`; after the first partial
        every failure is RunFailed or Unreadable. Close it (`contextlib.aclosing`) to cancel the run.
        """
        head: Answer | None = None
        try:
            async with self._wire.stream(
                "POST",
                f"{self._wire.addresses.run}/{streamed(endpoint_id)}",
                headers={
                    **run_headers(options),
                    "Accept": "text/event-stream",
                    "Cache-Control": "no-store",
                },
                content=arguments_as_bytes(arguments),
                timeouts=MODEL_STREAM,
                error_of=run_failure,
                on_sent=on_sent,
            ) as response:
                head = Answer(response.status_code, response.headers, b"")
                async with aclosing(results(head, response.aiter_bytes(), endpoint_id)) as found:
                    async for one in found:
                        yield one
        except Unreadable:
            raise
        except (Unreachable, RequestRejected) as error:
            if head is not None:
                raise broken(head, error.message) from error
            error.is_unconfirmed = may_have_been_taken(error)
            raise


def streamed(endpoint_id: str) -> str:
    """The id under which a model streams; some end so already."""
    text = str(EndpointId.parse(endpoint_id))
    return text if text.endswith("/stream") else f"{text}/stream"


async def results(
    head: Answer, chunks: AsyncIterable[bytes], endpoint_id: str
) -> AsyncGenerator[Partial | Result]:
    """What a successful answer tells while its body comes: partials, the last thing a Result.

    `head` is the answer without its body. A body that is no event stream is the output itself.
    Raises RunFailed where the stream says so, or ends without an output.
    """
    yield Partial(None, head.request_id)
    if "text/event-stream" not in head.headers.get("content-type", ""):
        yield await _whole(head, chunks)
        return
    async with aclosing(_events(chunks)) as events:
        last = ""
        async for text in events:
            last = text
            said = _said(head, text, endpoint_id)
            if said is not None:
                yield said
            if isinstance(said, Result):
                return
    yield _output(head, last)


def broken(head: Answer, why: str) -> RunFailed:
    """The failure of a run whose answer broke off: fal had it, and nobody here knows how it went on."""
    why = why.removeprefix("fal cannot be reached: ").rstrip(".")
    return RunFailed(
        f"The answer broke off before the output was there: {why}.",
        type=BROKEN,
        request_id=head.request_id,
        is_retryable=True,
        is_unconfirmed=True,
    )


async def _whole(head: Answer, chunks: AsyncIterable[bytes]) -> Result:
    body = bytearray()
    async for chunk in _capped(chunks):
        body += chunk
    return Result.from_connection(head._replace(content=bytes(body)))


async def _events(chunks: AsyncIterable[bytes]) -> AsyncGenerator[str]:
    """The data of each event; the last one too where the blank line after it is missing (C34)."""
    response = httpx.Response(
        200, headers={"content-type": "text/event-stream"}, content=_ended(chunks)
    )
    async with aclosing(httpx_sse.EventSource(response).aiter_sse()) as events:
        async for event in events:
            if event.data and event.data.strip() != "[DONE]":
                yield event.data


async def _ended(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    async for chunk in _capped(chunks):
        yield chunk
    yield b"\n\n"


async def _capped(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise UpstreamFailed(f"fal's answer is larger than {MAX_ANSWER_BYTES >> 20} MiB.")
        yield chunk


def _said(head: Answer, text: str, endpoint_id: str) -> Partial | Result | None:
    """What one event means; a workflow's events say by a type what they are."""
    try:
        value = reading.parse(text)
    except UpstreamFailed:
        return None  # it matters only if it stays the last one
    typed = reading.as_mapping(value)
    kind = typed.get("type") if endpoint_id.startswith("workflows/") else None
    if kind == "output":
        return _output(head, text, typed.get("output"))
    if kind == "error":
        raise _node_failed(head, typed)
    if kind == "completion":
        return Partial(typed.get("output"), head.request_id)
    return None if kind == "submit" else Partial(value, head.request_id)


def _output(head: Answer, text: str, value: Any = None) -> Result:
    """The last event as the output; raises RunFailed where it cannot be one."""
    is_exact = True
    if value is None:
        try:
            value, is_exact = reading.parse_whole(text)
        except UpstreamFailed as error:
            raise _unusable(head, text, "The stream ended without an output.") from error
    if not isinstance(value, dict) or value.get("partial") is True:
        raise _unusable(head, text, "The stream ended before the output was whole.")
    if value and set(value) <= _ERROR_KEYS and {"detail", "error"} & set(value):
        why = reason(head._replace(content=text.encode()))
        raise RunFailed(
            why.message,
            type=why.type,
            detail=why.detail,
            request_id=head.request_id,
            billable_units=head.billable_units,
        )
    return Result.of(head, value, text, is_exact)


def _node_failed(head: Answer, typed: reading.Json) -> RunFailed:
    """A workflow's step failed: its own error is the run's (section 7)."""
    error = reading.as_mapping(typed.get("error"))
    detail = reading.as_mapping(error.get("body")).get("detail")
    message = reading.text(typed, "message") or "A step of the workflow failed."
    return RunFailed(
        message,
        status=reading.integer(error, "status"),
        detail=detail or message,
        request_id=head.request_id,
        billable_units=head.billable_units,
    )


def _unusable(head: Answer, text: str, message: str) -> RunFailed:
    """The failure of a run whose last event is no output: it is kept all the same."""
    return RunFailed(
        message,
        type=UNUSABLE,
        detail={"last_event": text[:KEPT_BYTES]} if text else None,
        request_id=head.request_id,
        is_retryable=True,
        billable_units=head.billable_units,
    )
