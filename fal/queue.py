"""The queue: submit, watch, fetch, cancel (protocol, section 5)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import httpx

from fal import bodies, reading
from fal.answers import Answer, run_failure
from fal.endpoint_id import EndpointId
from fal.errors import NotReady, RequestRejected, Unreachable, Unreadable, UpstreamFailed
from fal.request import Handle, SubmitOptions, arguments_as_bytes
from fal.result import Result
from fal.status import Cancellation, Phase, Status
from fal.wire import SUBMIT, Wire

_JSON = {"Content-Type": "application/json"}


class Queue:
    """Talks to fal's queue, by the URLs that it returned."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def submit(
        self,
        endpoint_id: str,
        arguments: Mapping[str, Any] | str,
        options: SubmitOptions = SubmitOptions(),  # noqa: B008  frozen
    ) -> Handle:
        """Asks for one request, once: it costs money (C25).

        A text is sent byte for byte as the JSON that it holds. An error whose `is_unconfirmed`
        is true leaves open whether fal took the request: it must not be sent again unasked.
        """
        url = f"{self._wire.addresses.queue}/{EndpointId.parse(endpoint_id)}"
        answer = await self._wire.ask(
            "POST",
            url,
            params=options.params(),
            headers={**_JSON, **options.headers()},
            content=arguments_as_bytes(arguments),
            timeouts=SUBMIT,
            repeat=False,
        )
        return self._accepted(endpoint_id, answer)

    def handle(self, endpoint_id: str, request_id: str) -> Handle:
        """The handle of a request whose URLs were lost (C15)."""
        return Handle.rebuilt(self._wire.addresses.queue, endpoint_id, request_id)

    async def status(self, handle: Handle, *, logs: bool = True) -> Status:
        """How the request is now, by the body, whatever the status code says (C18)."""
        answer = await self._wire.ask("GET", handle.status_url, params=_logs(logs), repeat=True)
        return Status.from_json(reading.parse(answer.content))

    async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
        """Every change of the request's status until it is COMPLETED, as fal tells them.

        Raises Unreachable, RequestRejected or Unreadable where there is no stream, or it was cut: then poll.
        Close it (`contextlib.aclosing`) when leaving before the end.
        """
        base, mark, query = handle.status_url.partition("?")
        url = f"{base.rstrip('/')}/stream{mark}{query}"
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        async with self._wire.stream("GET", url, params=_logs(logs), headers=headers) as response:
            head = Answer(response.status_code, response.headers, b"")
            if not bodies.is_stream(head.content_type):
                raise Unreadable("fal's status stream is none.", status=head.status)
            too_large = Unreadable("fal's status stream is too large.", status=head.status)
            chunks = bodies.capped(response.aiter_bytes(), bodies.MAX_ANSWER_BYTES, too_large)
            async with aclosing(bodies.events(chunks)) as events:
                async for text in events:
                    status = Status.from_json(reading.parse(text))
                    yield status
                    if status.is_completed:
                        return
        raise Unreachable("fal's status stream ended before the request did.", sent=True)

    async def result(self, handle: Handle) -> Result:
        """The output; raises RunFailed for the model's own error, NotReady when it is too early."""
        answer = await self._wire.ask("GET", handle.response_url, repeat=True, error_of=run_failure)
        result = Result.from_answer(answer) if answer.status != 202 else None
        if result is None or _is_of_the_queue(result.output, handle):
            raise NotReady(
                "The request has not ended yet.", status=answer.status, is_retryable=True
            )
        return result

    async def cancel(self, handle: Handle) -> Cancellation:
        """Asks fal to drop or stop the request; it may still complete, so keep watching it (C22)."""
        try:
            await self._wire.ask("PUT", handle.cancel_url, repeat=True)
        except RequestRejected as error:
            if error.status == 404:
                return Cancellation.NOT_FOUND
            if error.status == 400 and "ALREADY_COMPLETED" in str(error.detail):
                return Cancellation.ALREADY_COMPLETED
            raise
        return Cancellation.REQUESTED

    def _accepted(self, endpoint_id: str, answer: Answer) -> Handle:
        """The handle from any 2xx: only the id must be there, in the body or its header (C17)."""
        try:
            raw = reading.as_mapping(reading.parse(answer.content))
        except UpstreamFailed:
            raw = {}
        request_id = reading.text(raw, "request_id") or answer.request_id or ""
        try:
            return self.handle(endpoint_id, request_id).with_answer(self._ours(raw))
        except ValueError as error:
            raise Unreachable(
                "fal took the request but its answer names no request id.",
                sent=True,
                is_unconfirmed=True,
                status=answer.status,
            ) from error

    def _ours(self, raw: reading.Json) -> reading.Json:
        """An answer without addresses that may not have the key (C16): fal's rule makes them as well.

        A gateway hands on what fal says of its own hosts, which may not be reached from here.
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


def _is_of_the_queue(output: Any, handle: Handle) -> bool:
    """Whether what came as a result is the request's own status, and not what the model gave."""
    if not isinstance(output, dict) or output.get("request_id") != handle.request_id:
        return False
    return output.get("status") in (Phase.IN_QUEUE.value, Phase.IN_PROGRESS.value)


def _logs(wanted: bool) -> list[tuple[str, str]]:
    return [("logs", "1" if wanted else "0")]
