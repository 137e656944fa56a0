"""Streamed runs: the output as far as it is, again and again, then the output (protocol, section 7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

from fal import bodies, reading
from fal.answers import DISCONNECTED, Answer, reason, run_failure
from fal.endpoint_id import EndpointId
from fal.errors import FalError, RequestRejected, RunFailed, Unreachable, Unreadable, UpstreamFailed
from fal.request import SubmitOptions, arguments_as_bytes
from fal.result import KEPT_BYTES, Result
from fal.sync import run_headers
from fal.wire import MODEL_STREAM, OnSent, Wire, may_have_been_taken

_ERROR_KEYS = {"detail", "error", "error_type", "message", "request_id", "status", "type"}
_PROGRESS_KEYS = {"logs", "message", "partial", "progress", "request_id", "status", "type"}
BROKEN = "stream_broken"
UNUSABLE = "stream_unusable"
END_S = 5.0  # how long the end of an answer is waited for that is whole already


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
                answer = Answer(response.status_code, response.headers, b"")
                if not response.is_success:
                    raise run_failure(answer)
                head = answer
                async with aclosing(results(head, response.aiter_bytes(), endpoint_id)) as found:
                    async for one in found:
                        yield one
        except Unreadable:
            raise
        except (Unreachable, RequestRejected, RunFailed) as error:
            if head is None:
                error.is_unconfirmed = may_have_been_taken(error)
            elif not isinstance(error, RunFailed):
                raise broken(head, error.message) from error
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
    The last event is the output, unless the model called one whole before. That one is the output
    however the body ends, by a cut or by silence; and an error is the run's own before a cut.
    Raises RunFailed where the stream says so, or ends without an output: unconfirmed where its last
    word was how far the run is.
    """
    yield Partial(None, head.request_id)
    body = bodies.answer(chunks, head.status)
    first = await anext(body, b"")
    chunks = bodies.joined(first, body)
    if not bodies.is_stream(head.content_type, first):
        yield await _whole(head, chunks)
        return
    event = _Event()
    async with aclosing(bodies.events(chunks)) as texts:
        while (text := await _next(texts, after=event)) is not None:
            found = _Event.read(text)
            if not found.counts_after(event):
                continue
            event = found
            said = _said(head, event, endpoint_id)
            if said is not None:
                yield said
            if isinstance(said, Result):
                return
    if _is_underway(event, endpoint_id):
        raise broken(head, "Its stream ended with how far it was.")
    yield _output(head, event)


def broken(head: Answer, why: str) -> RunFailed:
    """The failure of a run whose answer broke off: fal had it, and nobody here knows how it went on."""
    return RunFailed(
        f"The answer broke off before the output was there. {why}",
        type=BROKEN,
        request_id=head.request_id,
        is_retryable=True,
        is_unconfirmed=True,
    )


async def _whole(head: Answer, chunks: AsyncIterable[bytes]) -> Result:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
    return Result.from_connection(head._replace(content=bytes(body)))


async def _next(texts: AsyncGenerator[str], after: _Event) -> str | None:
    """The next event; None at the end, which may be a cut where the last word was said."""
    try:
        async with asyncio.timeout(END_S if after.is_whole else None):
            return await anext(texts, None)
    except (TimeoutError, httpx.HTTPError, FalError):
        if after.is_last_word:
            return None
        raise


class _Event(NamedTuple):
    """What one event holds: its text, and the JSON in it; None where there is none."""

    text: str = ""
    value: Any = None
    is_exact: bool = True

    @classmethod
    def read(cls, text: str) -> _Event:
        """The event; one that is no JSON matters only if it stays the last one."""
        try:
            return cls(text, *reading.parse_whole(text))
        except UpstreamFailed:
            return cls(text)

    @property
    def is_bare_error(self) -> bool:
        """Whether it tells of an error and of nothing else."""
        said = reading.as_mapping(self.value)
        is_bare = said.keys() <= _ERROR_KEYS and bool(said.get("error") or said.get("detail"))
        return is_bare or self.is_typed_error

    @property
    def is_typed_error(self) -> bool:
        """Whether it calls itself an error and says of what, as a workflow's do (section 7)."""
        said = reading.as_mapping(self.value)
        return said.get("type") == "error" and bool(said.get("message") or said.get("error"))

    @property
    def is_error(self) -> bool:
        """Whether it tells of an error, alone or beside how far the output is (section 7: `error`)."""
        error = reading.as_mapping(self.value).get("error")
        return self.is_bare_error or (bool(error) and isinstance(error, str | dict))

    @property
    def is_whole(self) -> bool:
        """Whether the model itself calls it the whole output."""
        return reading.as_mapping(self.value).get("partial") is False and not self.is_error

    @property
    def is_progress(self) -> bool:
        """Whether it tells how far the run is and nothing else; an object in it is somebody's output."""
        said = reading.as_mapping(self.value)
        if not said or self.is_whole or not said.keys() <= _PROGRESS_KEYS:
            return False
        return not any(isinstance(value, dict) for value in said.values())

    @property
    def is_last_word(self) -> bool:
        """Whether it tells what came of the run."""
        return self.is_whole or self.is_error

    def counts_after(self, before: _Event) -> bool:
        """Whether it takes the place of the event before: nothing but a last word takes a whole one's."""
        return self.text.strip() != "[DONE]" and (self.is_last_word or not before.is_whole)


def _said(head: Answer, event: _Event, endpoint_id: str) -> Partial | Result | None:
    """What one event means; a workflow's events say by a type what they are."""
    typed = reading.as_mapping(event.value)
    kind = typed.get("type") if _is_workflow(endpoint_id) else None
    if kind == "output":
        return _output(head, event._replace(value=typed.get("output", typed)))
    if kind == "error":
        raise _node_failed(head, typed)
    if kind == "completion":
        return Partial(typed.get("output"), head.request_id)
    # An error in the place of the output so far would wipe it out.
    is_silent = event.value is None or event.is_bare_error or kind == "submit"
    return None if is_silent else Partial(event.value, head.request_id)


def _is_underway(event: _Event, endpoint_id: str) -> bool:
    """Whether the last event tells how far the run is, and nothing of what came of it."""
    if event.is_error or not isinstance(event.value, dict):
        return False
    return _is_workflow(endpoint_id) or event.is_progress


def _is_workflow(endpoint_id: str) -> bool:
    """Whether its events say by a type what they are; then its output has one, too (section 7)."""
    return endpoint_id.startswith("workflows/")


def _output(head: Answer, event: _Event) -> Result:
    """The last event as the output; raises RunFailed where it cannot be one."""
    if event.is_error:
        raise _failed(head, event)
    if not isinstance(event.value, dict):
        raise _unusable(head, event.text, "The stream ended without an output.")
    if event.value.get("partial") is True:
        raise _unusable(head, event.text, "The stream ended before the output was whole.")
    return Result.of(head, event.value, event.text, event.is_exact)


def _failed(head: Answer, event: _Event) -> RunFailed:
    """The failure that the model told of in its last event; that we had gone is not how its run ended."""
    if event.is_typed_error:
        return _node_failed(head, event.value)
    why = reason(head._replace(content=event.text.encode()))
    is_cut = why.type == DISCONNECTED
    return _failure(head, why.message, type=why.type, detail=why.detail, is_unconfirmed=is_cut)


def _node_failed(head: Answer, typed: reading.Json) -> RunFailed:
    """A step failed: its own error is the run's (section 7)."""
    error = reading.as_mapping(typed.get("error"))
    detail = reading.as_mapping(error.get("body")).get("detail")
    words = (reading.text(typed, "message"), reading.text(typed, "error"))
    message = next(filter(None, words), "A step of the workflow failed.")
    status = reading.integer(error, "status")
    return _failure(head, message, status=status, detail=detail or message)


def _unusable(head: Answer, text: str, message: str) -> RunFailed:
    """The failure of a run whose last event is no output: it is kept all the same."""
    kept = {"last_event": text[:KEPT_BYTES]} if text else None
    return _failure(head, message, type=UNUSABLE, detail=kept, is_retryable=True)


def _failure(head: Answer, message: str, **told: Any) -> RunFailed:
    """A failure that the stream told of, with what its head says of the run."""
    return RunFailed(
        message, request_id=head.request_id, billable_units=head.billable_units, **told
    )
