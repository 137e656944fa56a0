"""fal's queue: submit, status, status stream, result, cancel (protocol, section 5)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import httpx

from fal import reading
from fal.errors import NotReady, RequestRejected, Unreachable, Unreadable, UpstreamFailed
from fal.http import bodies
from fal.http.answers import Answer, run_failure
from fal.http.failed_submits import SubmitPhase, judged
from fal.http.wire import Wire
from fal.messages.endpoint_id import EndpointId
from fal.messages.request import Handle, SubmitOptions, arguments_as_bytes
from fal.messages.result import Result
from fal.messages.status import Cancellation, Phase, Status

_JSON = {"Content-Type": "application/json"}


class Queue:
    """Client for fal's queue; uses the URLs that the submit returned."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def submit(
        self,
        endpoint_id: str,
        arguments: Mapping[str, Any] | str,
        options: SubmitOptions = SubmitOptions(),  # noqa: B008  frozen
    ) -> Handle:
        """Submits one request. Never retried, because it costs money (C25).

        Arguments given as text are sent byte for byte. If an error has `is_unconfirmed`, fal may
        have accepted the request: do not resend it without asking the user.
        """
        url = f"{self._wire.addresses.queue}/{EndpointId.parse(endpoint_id)}"
        answer = await self._wire.send(
            "POST",
            url,
            params=options.params(),
            headers={**_JSON, **options.headers()},
            content=arguments_as_bytes(arguments),
            timeouts=self._wire.limits.submit,
            repeat=False,
        )
        return self._handle_from(endpoint_id, answer)

    def handle(self, endpoint_id: str, request_id: str) -> Handle:
        """The handle of a request whose returned URLs are not known (C15)."""
        return Handle.rebuilt(self._wire.addresses.queue, endpoint_id, request_id)

    async def status(self, handle: Handle, *, logs: bool = True) -> Status:
        """The request's current status, taken from the body, not from the HTTP status (C18)."""
        answer = await self._wire.send("GET", handle.status_url, params=_logs(logs), repeat=True)
        return Status.from_json(reading.parse(answer.content))

    async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
        """Streams the request's status changes until it is COMPLETED.

        Raises Unreachable, RequestRejected or Unreadable if there is no stream or it breaks off;
        the caller then polls. Close it (`contextlib.aclosing`) if you stop before the end.
        """
        base, mark, query = handle.status_url.partition("?")
        url = f"{base.rstrip('/')}/stream{mark}{query}"
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        async with self._wire.stream("GET", url, params=_logs(logs), headers=headers) as response:
            head = Answer(response.status_code, response.headers, b"")
            if not bodies.is_stream(head.content_type):
                raise Unreadable("fal's status stream is not an event stream.", status=head.status)
            too_large = Unreadable("fal's status stream is too large.", status=head.status)
            chunks = bodies.capped(
                response.aiter_bytes(), self._wire.limits.max_answer_bytes, too_large
            )
            async with aclosing(bodies.events(chunks)) as events:
                async for text in events:
                    status = Status.from_json(reading.parse(text))
                    yield status
                    if status.is_completed:
                        return
        raise Unreachable("fal's status stream ended before the request did.", sent=True)

    async def result(self, handle: Handle) -> Result:
        """The output; raises RunFailed for a model error and NotReady before the request's end."""
        answer = await self._wire.send(
            "GET", handle.response_url, repeat=True, error_of=run_failure
        )
        result = Result.from_answer(answer) if answer.status != 202 else None
        if result is None or _is_queue_status(result.output, handle):
            raise NotReady(
                "The request has not ended yet.", status=answer.status, is_retryable=True
            )
        return result

    async def cancel(self, handle: Handle) -> Cancellation:
        """Requests cancellation. The request may still complete, so keep following it (C22)."""
        try:
            await self._wire.send("PUT", handle.cancel_url, repeat=True)
        except RequestRejected as error:
            if error.status == 404:
                return Cancellation.NOT_FOUND
            if error.status == 400 and "ALREADY_COMPLETED" in str(error.detail):
                return Cancellation.ALREADY_COMPLETED
            raise
        return Cancellation.REQUESTED

    def _handle_from(self, endpoint_id: str, answer: Answer) -> Handle:
        """The handle from any 2xx that has a request id in its body or header (C17)."""
        try:
            raw = reading.as_mapping(reading.parse(answer.content))
        except UpstreamFailed:
            raw = {}
        request_id = reading.text(raw, "request_id") or answer.request_id or ""
        try:
            return self.handle(endpoint_id, request_id).with_answer(self._without_foreign_urls(raw))
        except ValueError as error:
            nameless = Unreachable(
                "fal took the request but its answer names no request id.",
                sent=True,
                status=answer.status,
            )
            raise judged(nameless, SubmitPhase.UNANSWERED) from error

    def _without_foreign_urls(self, raw: reading.Json) -> reading.Json:
        """The response without URLs on hosts that must not receive the key (C16).

        The handle then builds them by fal's rule. A gateway passes on URLs of fal's own hosts,
        which may not be reachable from here.
        """
        return {
            name: value
            for name, value in raw.items()
            if not name.endswith("_url") or self._may_have_key(value)
        }

    def _may_have_key(self, url: object) -> bool:
        try:
            return isinstance(url, str) and self._wire.addresses.may_have_key(url)
        except httpx.InvalidURL:
            return False


def _is_queue_status(output: Any, handle: Handle) -> bool:
    """Whether a result's body is the request's queue status instead of the model's output."""
    if not isinstance(output, dict) or output.get("request_id") != handle.request_id:
        return False
    return output.get("status") in (Phase.IN_QUEUE.value, Phase.IN_PROGRESS.value)


def _logs(wants_logs: bool) -> list[tuple[str, str]]:
    return [("logs", "1" if wants_logs else "0")]
