"""Faults that tests switch on over HTTP, to see how a client handles them."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse

Answer = Callable[[], Awaitable[Response]]
SILENCE_S = 3600.0
PING_S = 0.5


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
        known_names = SPECIAL_FAULTS.get(fault.kind, FAULTS.keys())
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
list find search expand pricing estimate meta requests analytics billing_events balance
payload_deletion storage_settings file_acl file_signing
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
    return await FAULTS[fault.name](fault, answer)


def _refused(status: int, detail: str) -> Callable[[Fault, Answer], Awaitable[Response]]:
    """Return a fault that refuses the call in the words of fal (protocol, section 11.3)."""

    async def refused(fault: Fault, answer: Answer) -> Response:
        return error(fault.kind, status, detail)

    return refused


async def _slow(fault: Fault, answer: Answer) -> Response:
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

    async def broken() -> Any:
        yield b"{"
        raise ConnectionAbortedError("the sandbox was told to lose this answer")

    return StreamingResponse(broken(), headers={"content-length": "1000", **headers})


async def _hang(fault: Fault, answer: Answer) -> Response:
    """Execute the call; pause `value` seconds in the middle of the response."""
    response = await answer()
    if isinstance(response, StreamingResponse):
        return response
    body = bytes(response.body)

    async def halting() -> Any:
        yield body[: len(body) // 2]
        await asyncio.sleep(fault.value or 30)
        yield body[len(body) // 2 :]

    return StreamingResponse(halting(), response.status_code, dict(response.headers))


async def _garbage(fault: Fault, answer: Answer) -> Response:
    return Response(b'{"models": [{"endpoint_id": "sand', media_type="application/json")


def _fal_headers(response: Response) -> dict[str, str]:
    """Return the headers that mark a response as fal's own."""
    return {name: value for name, value in response.headers.items() if name.startswith("x-fal-")}


def _instead(
    kind: str, body: Callable[[], bytes]
) -> Callable[[Fault, Answer], Awaitable[Response]]:
    """Return a fault that executes the call and sends another body with fal's headers."""

    async def changed(fault: Fault, answer: Answer) -> Response:
        return Response(body(), headers=_fal_headers(await answer()), media_type=kind)

    return changed


async def _cut_short(fault: Fault, answer: Answer) -> Response:
    """Send the first half of the body as if it were complete."""
    response = await answer()
    half, _ = _halved(response)
    return Response(half, headers=_fal_headers(response), media_type="application/json")


def _tile() -> bytes:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "PNG")
    return picture.getvalue()


async def _ingress(fault: Fault, answer: Answer) -> Response:
    return HTMLResponse("<html><center><h1>502 Bad Gateway</h1></center>nginx</html>", 502)


async def _given_up(fault: Fault, answer: Answer) -> Response:
    """Execute the call; respond as a gateway that has timed out."""
    await answer()
    return HTMLResponse("<html><h1>524: A timeout occurred</h1></html>", 524)


async def _hung_up(fault: Fault, answer: Answer) -> Response:
    """Execute the call; respond that the client has disconnected."""
    body = {"detail": "Client disconnected", "error_type": "client_disconnected"}
    return reply(body, 499, _fal_headers(await answer()))


async def _conflict(fault: Fault, answer: Answer) -> Response:
    """Execute the call; respond with a 409 that has the request's id."""
    return reply({"detail": "Conflict"}, 409, _fal_headers(await answer()))


async def _interstitial_page(fault: Fault, answer: Answer) -> Response:
    """Respond like an interstitial page of a proxy, with status 200; the call is not executed."""
    return HTMLResponse("<html><h1>One moment, please</h1>Checking the connection</html>")


async def _partial(fault: Fault, answer: Answer) -> Response:
    """Respond to a request for the whole file with its first half, as a 206."""
    half, size = _halved(await answer())
    headers = {"content-range": f"bytes 0-{len(half) - 1}/{size}"}
    return Response(half, 206, headers, "application/octet-stream")


def _halved(response: Response) -> tuple[bytes, int]:
    """Return the first half of a body, and the length of the whole."""
    if isinstance(response, FileResponse):
        body = Path(response.path).read_bytes()
    else:
        body = bytes(response.body)
    return body[: len(body) // 2], len(body)


def _after_events(
    then: Callable[[], AsyncIterator[bytes]],
) -> Callable[[Fault, Answer], Awaitable[Response]]:
    """Return a fault that replaces the rest of a stream after `value` events."""

    async def changed(fault: Fault, answer: Answer) -> Response:
        response = await answer()
        if isinstance(response, StreamingResponse):
            count = int(fault.value or 1)
            response.body_iterator = _replace_after(response.body_iterator, count, then)
        return response

    return changed


async def _replace_after(chunks: Any, count: int, then: Callable[[], AsyncIterator[bytes]]) -> Any:
    async for chunk in chunks:
        yield chunk
        count -= 1
        if count <= 0:
            async for other in then():
                yield other
            return


async def _break_off() -> AsyncIterator[bytes]:
    raise ConnectionAbortedError("the sandbox was told to cut this stream")
    yield b""  # makes this function a generator


async def _say_nothing() -> AsyncIterator[bytes]:
    await asyncio.sleep(SILENCE_S)
    yield b""


async def _live_on() -> AsyncIterator[bytes]:
    while True:
        yield b": ping\n\n"
        await asyncio.sleep(PING_S)


async def _trickle(fault: Fault, answer: Answer) -> Response:
    """Pause `value` seconds before each event of a stream."""
    response = await answer()
    if isinstance(response, StreamingResponse):
        response.body_iterator = _delay_each(response.body_iterator, fault.value or 1)
    return response


async def _delay_each(chunks: Any, pause_s: float) -> Any:
    async for chunk in chunks:
        await asyncio.sleep(pause_s)
        yield chunk


def _body(
    change: Callable[[dict[str, Any]], None],
) -> Callable[[Fault, Answer], Awaitable[Response]]:
    async def changed(fault: Fault, answer: Answer) -> Response:
        response = await answer()
        data = orjson.loads(bytes(response.body))
        change(data)
        return reply(data, response.status_code)

    return changed


def _misnamed(status: dict[str, Any]) -> None:
    status["status"] = "ASSIGNED"


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
    "bad-key": _refused(401, "Cannot access application: invalid key credentials."),
    "no-balance": _refused(
        403, "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai."
    ),
    "admin-lock": _refused(403, "User is locked. Reason: Admin lock."),
    "no-access": _refused(403, "You have no access to this model."),
    "garbage": _garbage,
    "words": _instead("text/plain", lambda: b"Here you are: a lighthouse."),
    "picture": _instead("image/png", _tile),
    "nothing": _instead("application/json", bytes),
    "cut-short": _cut_short,
    "odd-numbers": _instead(
        "application/json", lambda: b'{"score": NaN, "most": 1E400, "half": 0.50}'
    ),
    "nginx": _ingress,
    "given-up": _given_up,
    "page": _interstitial_page,
    "hung-up": _hung_up,
    "conflict": _conflict,
    "partial": _partial,
    "odd-word": _body(_misnamed),
    "cut": _after_events(_break_off),
    "stall": _after_events(_say_nothing),
    "mute": _after_events(_live_on),
    "trickle": _trickle,
}
