"""The one sender: who gets the key, how long to wait, what is worth asking again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Generator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from fal import bodies
from fal.answers import CANCELLED, Answer, rejection
from fal.errors import FalError, RequestRejected, RunFailed, Unreachable

if TYPE_CHECKING:
    from fal.addresses import Addresses
    from fal.connections import Connections

Params = Sequence[tuple[str, str]]
Content = bytes | AsyncIterable[bytes] | None
# Told of every address that was asked, with what went wrong (None: it answered well).
Heard = Callable[[str, FalError | None], None]
# Told of every address that has not answered for LATE_S.
Late = Callable[[str], None]
OnSent = Callable[[], Awaitable[None]]

# Seconds for each phase; our own turn is waited for (fal/connections.py). A submit may carry megabytes of data URIs; a sync run waits for the model.
CALL = httpx.Timeout(connect=5, read=30, write=30, pool=None)
SUBMIT = httpx.Timeout(connect=5, read=120, write=120, pool=None)
RUN = httpx.Timeout(connect=5, read=600, write=120, pool=None)
# fal sends a comment every 15 s while a status stream is open (5.3); one that is silent for longer holds a run up.
STREAM = httpx.Timeout(connect=5, read=20, write=30, pool=None)
# A model's own stream has no such comments, and may think for long between two events.
MODEL_STREAM = httpx.Timeout(connect=5, read=300, write=120, pool=None)
FILE = httpx.Timeout(connect=5, read=60, write=60, pool=None)

LATE_S = 4.0  # of what mostly takes milliseconds
TRIES = 3
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
BODY_S = 300.0  # a body that drips for longer is none

# Without these the request cannot have left this machine, so fal cannot have taken it.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
# A gateway's word that it reached nobody behind it; any other 5xx without a word of fal's leaves that open.
_REACHED_NOBODY = frozenset({503, 521, 522, 523, 525, 526, 529, 530})
_CUT_OFF = ("disconnect/reset before headers", "connection termination")  # but some say so in a 503
# Somebody waited too long for the request, or says that we have gone: it may have got in all the same.
TOO_LATE, HUNG_UP = 408, 499
_random = random.SystemRandom()


class Secret(str):
    """A text that tracebacks and logs do not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secret]'"


class Wire:
    """Sends requests for the clients; nothing of httpx leaves it but a stream's response.

    `calls`, which may be asked again, `submits`, which must not, and `streams` are apart: open
    status streams and downloads, which hold their connections for minutes, never keep a submit
    waiting, and its connection is never one that upstream may be closing.
    """

    def __init__(
        self,
        calls: Connections,
        submits: Connections,
        streams: Connections,
        addresses: Addresses,
        key: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        heard: Heard | None = None,
        late: Late | None = None,
    ) -> None:
        self.addresses = addresses
        self._heard = heard or (lambda url, error: None)
        self._late = late or (lambda url: None)
        self._calls = calls
        self._submits = submits
        self._streams = streams
        self._key = Secret(key)
        self._sleep = sleep

    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        content: Content = None,
        timeouts: httpx.Timeout = CALL,
        repeat: bool,
        with_key: bool = True,
        error_of: Callable[[Answer], FalError] = rejection,
        on_sent: OnSent | None = None,
        is_long: bool = False,
    ) -> Answer:
        """The 200-299 answer; raises what `error_of` makes of any other.

        With `repeat`, which is for requests that cost nothing twice, it is asked up to three
        times as long as that may help, after the pause that fal asks for or one with full jitter.
        Without it an error says in `is_unconfirmed` whether fal may have taken the request (C25).
        `on_sent` is called when the whole request has left. `is_long` is for what holds its
        connection for minutes.
        """
        target = _target(url, params)
        sent = self._headers(target, headers, with_key)
        once = self._calls if repeat else self._submits
        connections = self._streams if is_long else once
        for left in reversed(range(TRIES)):
            try:
                async with connections.one() as client:
                    request = client.build_request(
                        method,
                        target,
                        headers=sent,
                        content=content,
                        timeout=timeouts,
                        extensions=_tracing(on_sent),
                    )
                    return await self._once(client, request, error_of)
            except RunFailed as error:
                error.is_unconfirmed = not repeat and may_have_been_taken(error)
                raise
            except (Unreachable, RequestRejected) as error:
                error.is_unconfirmed = not repeat and may_have_been_taken(error)
                pause_s = _pause_s(error, TRIES - 1 - left)
                if not (repeat and left and error.is_retryable) or pause_s > LONGEST_PAUSE_S:
                    raise
            await self._sleep(pause_s)
        raise AssertionError("the last try returns or raises")

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        content: Content = None,
        timeouts: httpx.Timeout = STREAM,
        with_key: bool = True,
        error_of: Callable[[Answer], FalError] = rejection,
        on_sent: OnSent | None = None,
    ) -> AsyncGenerator[httpx.Response]:
        """The open response; 400 and above raise, and so does a cut while the body is read."""
        target = _target(url, params)
        sent = self._headers(target, headers, with_key)
        async with self._streams.one() as client:
            request = client.build_request(
                method,
                target,
                headers=sent,
                content=content,
                timeout=timeouts,
                extensions=_tracing(on_sent),
            )
            with self._told(url):
                response = await client.send(request, stream=True)
                if response.status_code >= 400:
                    try:
                        raise error_of(await self._read(response))
                    finally:
                        await _closed(response)
            with _named_errors():
                try:
                    yield response
                finally:
                    await _closed(response)

    async def _once(
        self,
        client: httpx.AsyncClient,
        request: httpx.Request,
        error_of: Callable[[Answer], FalError],
    ) -> Answer:
        with self._told(str(request.url)):
            response = await client.send(request, stream=True)
            try:
                answer = await self._read(response)
            finally:
                await _closed(response)
            if response.is_success:
                return answer
            raise error_of(answer)

    @contextmanager
    def _told(self, url: str) -> Generator[None]:
        """Tells whoever wants to know how asking this address went, and that it takes long."""
        late = asyncio.get_running_loop().call_later(LATE_S, self._late, url)
        try:
            with _named_errors():
                yield
        except FalError as error:
            self._heard(url, error)
            raise
        finally:
            late.cancel()
        self._heard(url, None)

    async def _read(self, response: httpx.Response) -> Answer:
        content = bytearray()
        try:
            async with asyncio.timeout(BODY_S):
                async for chunk in bodies.answer(response.aiter_bytes(), response.status_code):
                    content += chunk
        except TimeoutError:
            raise Unreachable("fal's answer does not come to its end.", sent=True) from None
        body = bytes(content)
        if not response.is_success:
            body = self.without_key(body)
        return Answer(response.status_code, response.headers, body)

    def _headers(
        self, target: httpx.URL, given: Mapping[str, str] | None, with_key: bool
    ) -> dict[str, str]:
        headers = dict(given or {})
        return {**headers, **self.credentials(target)} if with_key else headers

    def credentials(self, target: str | httpx.URL) -> dict[str, str]:
        """The header with the key, for an address that may have it; else nothing."""
        if not (self._key and self.addresses.may_have_key(target)):
            return {}
        return {"Authorization": Secret(f"Key {self._key}")}

    def heard(self, url: str, error: FalError | None) -> None:
        """Tell how asking an address went that was asked by other means than HTTP."""
        self._heard(url, error)

    def without_key(self, body: bytes) -> bytes:
        """`body` as it may be kept: debug pages show requests, and what an error says is shown."""
        return body.replace(self._key.encode(), b"[key]") if self._key else body


async def _closed(response: httpx.Response) -> None:
    """Close it, also for one who is cancelled meanwhile: half closed, it would stay in its pool for ever."""
    closing = asyncio.ensure_future(response.aclose())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait({closing})
        raise


def _tracing(on_sent: OnSent | None) -> dict[str, Any]:
    """Asks httpx to say when the last byte of the request is out."""
    if on_sent is None:
        return {}

    async def trace(event: str, _: object) -> None:
        if event == "http11.send_request_body.complete":
            await on_sent()

    return {"trace": trace}


def _target(url: str, params: Params) -> httpx.URL:
    """`url` with `params` added; raises Unreachable unless it is plain http or https.

    A user name in it would become an Authorization header of its own.
    """
    with _named_errors():
        target = httpx.URL(url)
        if target.scheme not in {"http", "https"} or not target.host or target.userinfo:
            raise httpx.InvalidURL("the address is not one of http or https alone")
        if params:  # all at once: one by one is quadratic, and a call may name fifty ids
            merged = httpx.QueryParams([*target.params.multi_items(), *params])
            target = target.copy_with(params=merged)
    return target


class _named_errors:
    """Turns httpx's exceptions into Unreachable, which says whether the request may have left."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError):
            words = str(error) or type(error).__name__
            if isinstance(error, _NOT_SENT):
                raise Unreachable(f"fal cannot be reached: {words}") from error
            is_late = isinstance(error, httpx.TimeoutException)
            told = "fal did not answer in time." if is_late else "The connection to fal broke off."
            raise Unreachable(told, sent=True, detail=words) from error


def may_have_been_taken(error: FalError) -> bool:
    """Whether a request without a success may be at work: its answer was lost or cannot be read.

    A gateway that gave up without a word of fal's does not know whether the request got in, unless
    its status says that it reached nobody. A model's own failure is how its run ended.
    """
    if isinstance(error, Unreachable):
        return error.sent
    status = error.status or 0
    if status == HUNG_UP:
        return error.type != CANCELLED
    if isinstance(error, RunFailed):
        return False
    if status == TOO_LATE or _has_an_id(error):
        return True
    if error.type is not None or (status != 200 and status < 500):
        return False
    return status not in _REACHED_NOBODY or any(said in str(error.detail) for said in _CUT_OFF)


def _has_an_id(error: FalError) -> bool:
    """Whether fal has given an id to what went wrong there, so it has the request; a refusal has one as well."""
    status = error.status or 0
    is_refusal = 400 <= status < 500 and status != 409
    return bool(error.request_id) and not is_refusal


def _pause_s(error: FalError, tries_before: int) -> float:
    """What fal asked for, with a little jitter so that not all come back at once, else full jitter."""
    if error.retry_after_s is not None:
        return error.retry_after_s + _random.uniform(0, 0.25)
    return _random.uniform(0, min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**tries_before))
