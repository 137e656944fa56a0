"""Faults that tests switch on over HTTP, to see how a client handles them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from starlette.responses import FileResponse, Response, StreamingResponse

Answer = Callable[[], Awaitable[Response]]
SILENCE_S = 3600.0
PING_S = 0.5
PICTURE = Path(__file__).parent / "recordings/examples/harbour.png"


@dataclass
class Fault:
    """Affects `times` calls of `kind` whose path contains `about`, after `after` such calls."""

    kind: str
    name: str
    times: int = 1
    after: int = 0
    about: str = ""
    value: float = 0  # seconds to wait (between events, too), Retry-After, or events before the cut
    is_held: bool = False  # its calls wait until the faults are cleared


class Faults:
    """The active faults."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self._cleared = asyncio.Event()

    def add(self, fault: Fault) -> None:
        """Activate a fault; raises ValueError for an unknown name."""
        known_names = SPECIAL_FAULTS.get(fault.kind, {*REFUSALS, *SUBSTITUTES, *FAULTS})
        if fault.name not in known_names and not fault.name.isdigit():
            raise ValueError(f"no fault {fault.name!r}; there are {', '.join(sorted(known_names))}")
        self.active.append(fault)

    def clear(self) -> None:
        """Deactivate every fault; held calls continue."""
        self.active.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()

    async def wait_until_cleared(self) -> None:
        """Return when the faults are cleared the next time."""
        await self._cleared.wait()

    def take(self, kind: str, path: str = "") -> Fault | None:
        """Return the fault that affects this call, if any, and count it down."""
        for fault in self.active:
            if fault.kind != kind or fault.about not in path:
                continue
            if fault.after > 0:
                fault.after -= 1
                return None
            fault.times -= 1
            if fault.times <= 0:
                self.active.remove(fault)
            return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """Return the active faults."""
        return [asdict(fault) for fault in self.active]


def error(kind: str, status: int, message: str) -> Response:
    """Return an error response in the format of the host that `kind` belongs to."""
    platform = {
        400: "validation_error",
        401: "authorization_error",
        403: "authorization_error",
        404: "not_found",
        429: "rate_limited",
    }
    if kind in PLATFORM_KINDS:
        type_ = platform.get(status, "server_error")
        return reply({"error": {"type": type_, "message": message}}, status)
    return reply({"detail": message}, status)


_PLATFORM = """
list find search expand pricing requests analytics billing_events balance payload_deletion
storage_settings
"""
PLATFORM_KINDS = frozenset(_PLATFORM.split())


def reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(data), status, headers, "application/json")


async def strike(fault: Fault, answer: Answer) -> Response:
    """Return the response that the fault produces; `answer` executes the call."""
    if fault.name.isdigit():
        status = int(fault.name)
        response = error(fault.kind, status, f"The sandbox was told to answer {status}")
        if status == 429 and fault.value:
            response.headers["Retry-After"] = f"{fault.value:g}"
        return response
    if fault.name in REFUSALS:
        return error(fault.kind, *REFUSALS[fault.name])
    if fault.name in SUBSTITUTES:
        return await _substituted(SUBSTITUTES[fault.name], answer)
    return await FAULTS[fault.name](fault, answer)


@dataclass(frozen=True)
class Substitute:
    """A response in place of the call's own."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    executes: bool = False  # the call is executed, and its x-fal- headers are sent


# Refusals in the words of fal (protocol, section 11.3): status and detail.
REFUSALS = {
    "bad-key": (401, "Cannot access application: invalid key credentials."),
    "no-balance": (
        403,
        "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai.",
    ),
    "admin-lock": (403, "User is locked. Reason: Admin lock."),
    "no-access": (403, "You have no access to this model."),
}
SUBSTITUTES = {
    "garbage": Substitute(b'{"models": [{"endpoint_id": "sand'),
    "words": Substitute(b"Here you are: a lighthouse.", "text/plain", executes=True),
    "picture": Substitute(PICTURE.read_bytes(), "image/png", executes=True),
    "nothing": Substitute(b"", executes=True),
    "odd-numbers": Substitute(b'{"score": NaN, "most": 1E400, "half": 0.50}', executes=True),
    "hung-up": Substitute(
        b'{"detail": "Client disconnected", "error_type": "client_disconnected"}',
        status=499,
        executes=True,
    ),
    "conflict": Substitute(b'{"detail": "Conflict"}', status=409, executes=True),
    # Of a gateway in front of fal: its error, its timeout, and an interstitial page.
    "nginx": Substitute(b"<html><h1>502 Bad Gateway</h1>nginx</html>", "text/html", 502),
    "given-up": Substitute(
        b"<html><h1>524: A timeout occurred</h1></html>", "text/html", 524, executes=True
    ),
    "page": Substitute(b"<html><h1>One moment, please</h1></html>", "text/html"),
}


async def _substituted(substitute: Substitute, answer: Answer) -> Response:
    headers = _fal_headers(await answer()) if substitute.executes else {}
    return Response(substitute.body, substitute.status, headers, substitute.content_type)


def _fal_headers(response: Response) -> dict[str, str]:
    """Return the headers that mark a response as fal's own."""
    return {name: value for name, value in response.headers.items() if name.startswith("x-fal-")}


async def _slow(fault: Fault, answer: Answer) -> Response:
    """Execute the call after `value` seconds."""
    await asyncio.sleep(fault.value or 30)
    return await answer()


async def _late(fault: Fault, answer: Answer) -> Response:
    """Execute the call at once and respond after `value` seconds."""
    response = await answer()
    await asyncio.sleep(fault.value or 1)
    return response


async def _lost(fault: Fault, answer: Answer) -> Response:
    """Execute the call and abort the response after its head."""
    head = (await answer()).headers
    headers = {name: head[name] for name in ("x-fal-request-id",) if name in head}
    headers["content-length"] = "1000"
    return StreamingResponse(_then_break_off(b"{"), headers=headers)


async def _hang(fault: Fault, answer: Answer) -> Response:
    """Execute the call; pause `value` seconds in the middle of the response."""
    response = await answer()
    if isinstance(response, StreamingResponse):
        return response
    first, second = _halves(response)

    async def halting() -> AsyncIterator[bytes]:
        yield first
        await asyncio.sleep(fault.value or 30)
        yield second

    return StreamingResponse(halting(), response.status_code, dict(response.headers))


async def _cut_short(fault: Fault, answer: Answer) -> Response:
    """Send the first half of the body as if it were complete."""
    response = await answer()
    half, _ = _halves(response)
    return Response(half, headers=_fal_headers(response), media_type="application/json")


async def _partial(fault: Fault, answer: Answer) -> Response:
    """Respond to a request for the whole file with its first half, as a 206."""
    first, second = _halves(await answer())
    headers = {"content-range": f"bytes 0-{len(first) - 1}/{len(first + second)}"}
    return Response(first, 206, headers, "application/octet-stream")


def _halves(response: Response) -> tuple[bytes, bytes]:
    if isinstance(response, FileResponse):
        body = Path(response.path).read_bytes()
    else:
        body = bytes(response.body)
    return body[: len(body) // 2], body[len(body) // 2 :]


async def _odd_word(fault: Fault, answer: Answer) -> Response:
    """Send a status that fal does not know."""
    response = await answer()
    status = orjson.loads(bytes(response.body))
    return reply(status | {"status": "ASSIGNED"}, response.status_code)


def _stream_fault(
    change: Callable[[Any, float], AsyncIterator[bytes]],
) -> Callable[[Fault, Answer], Awaitable[Response]]:
    """Return a fault that changes the events of a stream; it leaves other responses as they are."""

    async def changed(fault: Fault, answer: Answer) -> Response:
        response = await answer()
        if isinstance(response, StreamingResponse):
            response.body_iterator = change(response.body_iterator, fault.value or 1)
        return response

    return changed


async def _cut(chunks: Any, count: float) -> AsyncIterator[bytes]:
    async for chunk in _first(chunks, count):
        yield chunk
    raise ConnectionAbortedError("the sandbox was told to cut this stream")


async def _stall(chunks: Any, count: float) -> AsyncIterator[bytes]:
    async for chunk in _first(chunks, count):
        yield chunk
    await asyncio.sleep(SILENCE_S)


async def _mute(chunks: Any, count: float) -> AsyncIterator[bytes]:
    async for chunk in _first(chunks, count):
        yield chunk
    while True:
        yield b": ping\n\n"
        await asyncio.sleep(PING_S)


async def _trickle(chunks: Any, pause_s: float) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        await asyncio.sleep(pause_s)
        yield chunk


async def _first(chunks: Any, count: float) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield chunk
        count -= 1
        if count <= 0:
            return


async def _then_break_off(start: bytes) -> AsyncIterator[bytes]:
    yield start
    raise ConnectionAbortedError("the sandbox was told to lose this answer")


# By kind, faults that sandbox/execution/webhooks.py and sandbox/hosts/storage.py apply.
SPECIAL_FAULTS = {
    "webhook": {"lost", "late", "twice", "forged", "no-payload", "new-key"},
    "file_deletion": {"fails"},
}

FAULTS: dict[str, Callable[[Fault, Answer], Awaitable[Response]]] = {
    "slow": _slow,
    "late": _late,
    "lost": _lost,
    "hang": _hang,
    "cut-short": _cut_short,
    "partial": _partial,
    "odd-word": _odd_word,
    "cut": _stream_fault(_cut),
    "stall": _stream_fault(_stall),
    "mute": _stream_fault(_mute),
    "trickle": _stream_fault(_trickle),
}
