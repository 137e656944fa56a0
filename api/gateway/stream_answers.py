"""The response to the caller of a streamed run: upstream's own bytes, or OpenAI's chunks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing, suppress

import fal
from api.fal_proxy import responses, tickets
from api.openai_proxy import answers, chat_responses
from core.http.asgi import Send
from core.http.forwarding import ResponseBroken
from fal.transports import completions
from runs.models import Run
from runs.worker.transports import direct

# Headers of fal's responses that callers get; all others are dropped.
PASSED_ON = (
    "content-type",
    "retry-after",
    "x-fal-billable-units",
    "x-fal-error-type",
    "x-fal-needs-retry",
    "x-fal-request-id",
)
_OURS = [(b"cache-control", b"private, no-store"), (b"x-accel-buffering", b"no")]
_EVENT_STREAM = (b"content-type", b"text/event-stream; charset=utf-8")


class Answer:
    """The caller's response: upstream's headers by an allow-list, then its bytes."""

    def __init__(self, run: Run, send: Send) -> None:
        self.has_begun = self.is_whole = False
        self._run = run
        self._send = send

    async def events(
        self,
        upstream: fal.Clients,
        endpoint_id: str,
        arguments: object,
        options: fal.SubmitOptions,
        on_sent: direct.OnSent,
    ) -> direct.Events:
        """Open the run's connection; received data is also sent to the caller."""
        stream = upstream.stream.events(endpoint_id, arguments, options, on_sent=on_sent, tee=self)  # type: ignore[arg-type]
        async with aclosing(stream) as events:
            async for event in events:
                yield event

    async def begin(self, head: fal.Answer) -> None:
        """Send status and headers."""
        await self._start(head.status, _headers(head.headers))

    async def write(self, chunk: bytes) -> None:
        """Send bytes."""
        await self._put({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self) -> None:
        """Record that upstream has sent everything; the run's end is recorded next."""
        self.is_whole = True

    async def conclude(self, run: Run) -> None:
        """End the response according to the run's end; raises ResponseBroken if it broke off."""
        if not self.has_begun:
            await respond(self._send, self._without_stream(run))
        elif self.is_whole or run.state == Run.State.SUCCEEDED:
            await self._put({"type": "http.response.body", "body": b""})
        else:
            await self._break_off(run)

    def _without_stream(self, run: Run) -> responses.UpstreamResponse:
        return responses.of_connection(run)

    async def _break_off(self, run: Run) -> None:
        raise ResponseBroken("The model's stream broke off.")

    async def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.has_begun = True
        start = {"type": "http.response.start", "status": status}
        await self._send({**start, "headers": [*headers, *_OURS]})

    async def _put(self, message: dict[str, object]) -> None:
        with suppress(OSError):  # the caller has disconnected; the run's end is still recorded
            await self._send(message)


class RoutedAnswer(Answer):
    """OpenAI's chunks as sent by the router, in whole events; errors end a broken stream."""

    def __init__(self, run: Run, send: Send) -> None:
        super().__init__(run, send)
        self._held = b""

    async def write(self, chunk: bytes) -> None:
        """Send the complete events."""
        buffered = self._held + chunk
        blanks = [blank for blank in (b"\n\n", b"\r\n\r\n") if blank in buffered]
        cut = max((buffered.rfind(blank) + len(blank) for blank in blanks), default=0)
        self._held = buffered[cut:]
        if cut:
            await super().write(buffered[:cut])

    async def end(self) -> None:
        """Send the rest."""
        await super().end()
        if self._held:
            await super().write(self._held)

    async def conclude(self, run: Run) -> None:
        """End the response; a run that failed after its last chunk counts as broken off as well."""
        self.is_whole = self.is_whole and run.state == Run.State.SUCCEEDED
        await super().conclude(run)

    def _without_stream(self, run: Run) -> responses.UpstreamResponse:
        return chat_responses.of_connection(run)

    async def _break_off(self, run: Run) -> None:
        body = chat_responses.error_event(run)
        await self._put({"type": "http.response.body", "body": body})


class EndpointAnswer(RoutedAnswer):
    """OpenAI's chunks for an endpoint that streams its whole text so far (section 16.4)."""

    def __init__(self, run: Run, send: Send, *, wants_usage: bool) -> None:
        super().__init__(run, send)
        self._wants_usage = wants_usage
        self._text = ""

    async def events(
        self,
        upstream: fal.Clients,
        endpoint_id: str,
        arguments: object,
        options: fal.SubmitOptions,
        on_sent: direct.OnSent,
    ) -> direct.Events:
        """Open the run's connection; the caller gets only the new part of each text."""
        stream = upstream.stream.events(endpoint_id, arguments, options, on_sent=on_sent)  # type: ignore[arg-type]
        async with aclosing(stream) as events:
            async for event in events:
                await self._add(event)
                yield event

    async def _add(self, event: fal.Partial | fal.Result) -> None:
        output = event.output if isinstance(event, fal.Result) else event.value
        text = answers.parse_answer(output).text
        if text and not self.has_begun:
            headers = chat_responses.headers(self._run.pk)
            header_pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
            await self._start(200, [_EVENT_STREAM, *header_pairs])
            await self._say({"role": "assistant", "content": ""})
        if text.startswith(self._text) and len(text) > len(self._text):
            await self._say({"content": text[len(self._text) :]})
            self._text = text
        if isinstance(event, fal.Result) and self.has_begun:
            last = chat_responses.ending(self._run, output, wants_usage=self._wants_usage)
            parts = [chat_responses.event(chunk) for chunk in last]
            await self.write(b"".join(parts) + chat_responses.DONE)
            await self.end()

    async def _say(self, delta: dict[str, str]) -> None:
        await self.write(chat_responses.event(chat_responses.chunk(self._run, delta)))


def answer_to(run: Run, dialect: str, send: Send) -> Answer:
    """Return the answer in a ticket's dialect."""
    if not dialect:
        return Answer(run, send)
    if completions.is_completions(run.endpoint.endpoint_id):
        return RoutedAnswer(run, send)
    return EndpointAnswer(run, send, wants_usage=dialect == tickets.OPENAI_WITH_USAGE)


async def respond(send: Send, response: responses.UpstreamResponse) -> None:
    """Send a whole response."""
    items = response.headers.items()
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in items]
    headers.append((b"content-length", b"%d" % len(response.content)))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


def _headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    values = ((name, headers.get(name)) for name in PASSED_ON)
    return [(name.encode(), value.encode("latin-1")) for name, value in values if value]
