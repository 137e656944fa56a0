"""Streamed runs: partial outputs, then the final output (protocol, sections 7 and 16.5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import httpx

from fal import reading
from fal.errors import FalError, RequestRejected, RunFailed, Unreachable, Unreadable, UpstreamFailed
from fal.http import bodies
from fal.http.answers import BROKEN, Answer, reason, run_failure
from fal.http.failed_submits import SubmitPhase, judged, phase_of
from fal.http.limits import Limits
from fal.http.wire import OnSent, Wire
from fal.messages.endpoint_id import EndpointId
from fal.messages.request import SubmitOptions, arguments_as_bytes
from fal.messages.result import MAX_KEPT_BYTES, Result
from fal.transports import completions
from fal.transports.sync import run_headers

_ERROR_KEYS = {"detail", "error", "error_type", "message", "request_id", "status", "type"}
_PROGRESS_KEYS = {"logs", "message", "partial", "progress", "request_id", "status", "type"}
_STEPS = {"submit", "completion"}  # a workflow's events about a node without an error (15.7)
UNUSABLE = "stream_unusable"


@dataclass(frozen=True)
class Partial:
    """A run's progress. `value` replaces the previous one; None: fal has accepted the run.

    `step` is a workflow's event about one of its nodes, as it came (section 15.7).
    """

    value: Any = None
    request_id: str | None = None
    step: Mapping[str, Any] | None = None


class Tee(Protocol):
    """Receives a successful response as it is read: its head, its bytes, and its end."""

    async def begin(self, head: Answer) -> None:
        """Receives the status and the headers."""

    async def write(self, chunk: bytes) -> None:
        """Receives bytes of the body as fal sent them, before they are parsed."""

    async def end(self) -> None:
        """Called when the body has ended; not if the connection was lost."""


class Stream:
    """Runs a model over an event stream; closing the connection cancels the run."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def events(
        self,
        endpoint_id: str,
        arguments: Mapping[str, Any] | str,
        options: SubmitOptions = SubmitOptions(),  # noqa: B008  frozen
        on_sent: OnSent | None = None,
        tee: Tee | None = None,
    ) -> AsyncGenerator[Partial | Result]:
        """Yields partials, the first when fal has accepted the run, and last the Result.

        `tee` also receives the response, unparsed. Never retried, because it costs money. Any
        error may be `is_unconfirmed`; after the first partial every failure is RunFailed or
        Unreadable. Close the generator (`contextlib.aclosing`) to cancel the run.
        """
        head: Answer | None = None
        if completions.is_completions(endpoint_id) and not isinstance(arguments, str):
            arguments = completions.streamed(arguments, with_usage=tee is None)
        try:
            async with self._wire.stream(
                "POST",
                f"{self._wire.addresses.run}/{streaming_id(endpoint_id)}",
                headers={
                    **run_headers(options),
                    "Accept": "text/event-stream",
                    "Cache-Control": "no-store",
                },
                content=arguments_as_bytes(arguments),
                timeouts=self._wire.limits.model_stream,
                error_of=run_failure,
                on_sent=on_sent,
            ) as response:
                answer = Answer(response.status_code, response.headers, b"")
                if not response.is_success:
                    raise run_failure(answer)
                head = answer
                chunks: AsyncIterable[bytes] = response.aiter_bytes()
                if tee is not None:
                    await tee.begin(head)
                    chunks = _copied(chunks, tee)
                async with aclosing(
                    results(head, chunks, endpoint_id, self._wire.limits)
                ) as updates:
                    async for update in updates:
                        yield update
        except Unreadable:
            raise
        except (Unreachable, RequestRejected, RunFailed) as error:
            if head is None:
                judged(error, phase_of(error))
            elif not isinstance(error, RunFailed):
                raise broken_stream(head, error.message) from error
            raise


async def _copied(chunks: AsyncIterable[bytes], tee: Tee) -> AsyncGenerator[bytes]:
    """Pass a body on; `tee` gets each chunk first."""
    async for chunk in chunks:
        await tee.write(chunk)
        yield chunk
    await tee.end()


def streaming_id(endpoint_id: str) -> str:
    """The endpoint id's streaming path, `…/stream`; some ids already end with it.

    OpenAI's completions stream at their own address (section 16.5).
    """
    text = str(EndpointId.parse(endpoint_id))
    is_own = text.endswith("/stream") or completions.is_completions(text)
    return text if is_own else f"{text}/stream"


async def results(
    head: Answer, chunks: AsyncIterable[bytes], endpoint_id: str, limits: Limits
) -> AsyncGenerator[Partial | Result]:
    """Yields the partials in the body `chunks` of a successful response, and last the Result.

    `head` is the response without its body. A body that is not an event stream is the output.
    Otherwise the last event is the output, unless an earlier event was marked final (`partial:
    false`): then that one is, even if the connection is lost or goes silent afterwards. An error
    event before a lost connection is the run's own error. Raises RunFailed if the stream reports a
    failure or ends without an output; unconfirmed if the last event was only progress.
    """
    yield Partial(None, head.request_id)
    body = bodies.capped_answer(chunks, head.status, limits.max_answer_bytes)
    first = await anext(body, b"")
    chunks = bodies.prepend(first, body)
    if not bodies.is_stream(head.content_type, first):
        yield await _read_result(head, chunks)
        return
    if completions.is_completions(endpoint_id):
        async for part in _completion(head, chunks, limits):
            yield part
        return
    event = _Event()
    async with aclosing(bodies.events(chunks)) as texts:
        while (text := await _next_event(texts, event, limits.end_s)) is not None:
            received = _Event.parse(text)
            if not received.supersedes(event):
                continue
            event = received
            if _is_workflow(endpoint_id) and event.is_typed_error:
                yield Partial(None, head.request_id, event.value)
            update = _interpret(head, event, endpoint_id)
            if update is not None:
                yield update
            if isinstance(update, Result):
                return
    if _is_only_progress(event, endpoint_id):
        raise broken_stream(head, "Its stream only reported progress.")
    yield _output(head, event)


async def _completion(
    head: Answer, chunks: AsyncIterable[bytes], limits: Limits
) -> AsyncGenerator[Partial | Result]:
    """Yield OpenAI's completion as it grows, and last the complete one (section 16.5, C70)."""
    completion, is_done = completions.Completion(), False
    none, end_s = _Event(), limits.end_s
    async with aclosing(bodies.events(chunks)) as texts:
        while not is_done and (text := await _next_event(texts, none, end_s)) is not None:
            if is_done := text.strip() == completions.DONE:
                continue
            event = _Event.parse(text)
            if event.is_error:
                raise _failed(head, event)
            if isinstance(event.value, dict):
                completion.add(event.value)
                yield Partial(completion.as_json(), head.request_id)
    if not is_done and not completion.is_over:
        raise broken_stream(head, "Its stream ended before the answer was complete.")
    output = completion.as_json()
    yield Result.build(head, output, json.dumps(output))


def broken_stream(head: Answer, why: str) -> RunFailed:
    """The failure of a run whose response broke off: fal accepted it, its outcome is unknown."""
    broken = RunFailed(
        f"The answer broke off before the output was there. {why}",
        type=BROKEN,
        request_id=head.request_id,
        is_retryable=True,
    )
    return judged(broken, SubmitPhase.ACCEPTED)


async def _read_result(head: Answer, chunks: AsyncIterable[bytes]) -> Result:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
    return Result.from_connection(head._replace(content=bytes(body)))


async def _next_event(texts: AsyncGenerator[str], after: _Event, end_s: float) -> str | None:
    """The next event's text, or None at the end; a lost connection is an end if `after` decides.

    Waits at most `end_s` if no further event is required.
    """
    try:
        async with asyncio.timeout(end_s if after.is_marked_final else None):
            return await anext(texts, None)
    except (TimeoutError, httpx.HTTPError, FalError):
        if after.is_conclusive:
            return None
        raise


class _Event(NamedTuple):
    """One event: its text, and the JSON value in it (None if it is not JSON)."""

    text: str = ""
    value: Any = None
    is_exact: bool = True

    @classmethod
    def parse(cls, text: str) -> _Event:
        """Parses an event. One that is not JSON matters only if it is the last."""
        try:
            return cls(text, *reading.parse_whole(text))
        except UpstreamFailed:
            return cls(text)

    @property
    def is_bare_error(self) -> bool:
        """Whether it contains an error and nothing else."""
        fields = reading.as_mapping(self.value)
        is_bare = fields.keys() <= _ERROR_KEYS and bool(fields.get("error") or fields.get("detail"))
        return is_bare or self.is_typed_error

    @property
    def is_typed_error(self) -> bool:
        """Whether it has `type: error` and a message, as in workflows (section 7)."""
        fields = reading.as_mapping(self.value)
        return fields.get("type") == "error" and bool(fields.get("message") or fields.get("error"))

    @property
    def is_error(self) -> bool:
        """Whether it contains an error, alone or with a partial output (section 7: `error`)."""
        error = reading.as_mapping(self.value).get("error")
        return self.is_bare_error or (bool(error) and isinstance(error, str | dict))

    @property
    def is_marked_final(self) -> bool:
        """Whether the model marks it as the final output (`partial: false`)."""
        return reading.as_mapping(self.value).get("partial") is False and not self.is_error

    @property
    def is_progress(self) -> bool:
        """Whether it reports progress only; an object among its values counts as output."""
        fields = reading.as_mapping(self.value)
        if not fields or self.is_marked_final or not fields.keys() <= _PROGRESS_KEYS:
            return False
        return not any(isinstance(value, dict) for value in fields.values())

    @property
    def is_conclusive(self) -> bool:
        """Whether it decides the run's outcome."""
        return self.is_marked_final or self.is_error

    def supersedes(self, before: _Event) -> bool:
        """Whether it replaces the previous event; only a conclusive event replaces a final one."""
        return self.text.strip() != "[DONE]" and (self.is_conclusive or not before.is_marked_final)


def _interpret(head: Answer, event: _Event, endpoint_id: str) -> Partial | Result | None:
    """The update that an event means, if any; workflow events are told apart by their `type`."""
    step_message = reading.as_mapping(event.value)
    kind = step_message.get("type") if _is_workflow(endpoint_id) else None
    if kind == "output":
        return _output(head, event._replace(value=step_message.get("output", step_message)))
    if kind == "error":
        raise _node_failed(head, step_message)
    if kind in _STEPS:
        return Partial(step_message.get("output"), head.request_id, step_message)
    # A bare error must not replace the partial output; unknown types are ignored (C67).
    is_silent = event.value is None or event.is_bare_error or kind is not None
    return None if is_silent else Partial(event.value, head.request_id)


def _is_only_progress(event: _Event, endpoint_id: str) -> bool:
    """Whether the last event reports progress and no outcome."""
    if event.is_error or not isinstance(event.value, dict):
        return False
    return _is_workflow(endpoint_id) or event.is_progress


def _is_workflow(endpoint_id: str) -> bool:
    """Whether its events have a `type`; then its output has one, too (section 7)."""
    return endpoint_id.startswith("workflows/")


def _output(head: Answer, event: _Event) -> Result:
    """The last event as the output; raises RunFailed if it is not one."""
    if event.is_error:
        raise _failed(head, event)
    if not isinstance(event.value, dict):
        raise _unusable(head, event.text, "The stream ended without an output.")
    if event.value.get("partial") is True:
        raise _unusable(head, event.text, "The stream ended before the output was whole.")
    return Result.build(head, event.value, event.text, event.is_exact)


def _failed(head: Answer, event: _Event) -> RunFailed:
    """The failure reported in the last event; unconfirmed if fal says that the client had gone."""
    if event.is_typed_error:
        return _node_failed(head, event.value)
    why = reason(head._replace(content=event.text.encode()))
    failure = _failure(head, why.message, type=why.type, detail=why.detail)
    return judged(failure, SubmitPhase.ACCEPTED)


def _node_failed(head: Answer, step_message: reading.Json) -> RunFailed:
    """The failure of a workflow step, which is the run's failure (section 7)."""
    error = reading.as_mapping(step_message.get("error"))
    detail = reading.as_mapping(error.get("body")).get("detail")
    texts = (reading.text(step_message, "message"), reading.text(step_message, "error"))
    message = next(filter(None, texts), "A step of the workflow failed.")
    status = reading.integer(error, "status")
    return _failure(head, message, status=status, detail=detail or message)


def _unusable(head: Answer, text: str, message: str) -> RunFailed:
    """The failure of a run whose last event is not an output; `detail` keeps that event."""
    detail = {"last_event": text[:MAX_KEPT_BYTES]} if text else None
    return _failure(head, message, type=UNUSABLE, detail=detail, is_retryable=True)


def _failure(head: Answer, message: str, **fields: Any) -> RunFailed:
    """A failure with the request id and cost from the response's headers."""
    return RunFailed(
        message, request_id=head.request_id, billable_units=head.billable_units, **fields
    )
