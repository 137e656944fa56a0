"""Sends every HTTP request to fal: adds the key, applies timeouts, retries what is repeatable."""

from __future__ import annotations

import asyncio
import random
import time
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

from fal.errors import FalError, RequestRejected, RunFailed, Unreachable, certificate_advice
from fal.http import bodies
from fal.http.answers import Answer, rejection
from fal.http.connections import send_or_fall_back
from fal.http.failed_submits import judged, phase_of
from fal.http.limits import CALL, LIMITS, STREAM, Limits

if TYPE_CHECKING:
    from fal.addresses import Addresses
    from fal.http.connections import Connections

Params = Sequence[tuple[str, str]]
Content = bytes | AsyncIterable[bytes] | None
# Called with the URL of every request and its error, or None for a success.
OnOutcome = Callable[[str, FalError | None], None]
# Called with the URL of every request, its error or None, and the seconds that it took.
OnTimed = Callable[[str, FalError | None, float], None]
# Called with the URL of every request that has no response after `Limits.slow_after_s`.
OnSlow = Callable[[str], None]
OnSent = Callable[[], Awaitable[None]]

MAX_TRIES = 3
MAX_PAUSE_S = 60.0
BODY_TIMEOUT_S = 300.0  # for a whole body, however slowly it arrives

# With these errors the request cannot have left this machine, so fal cannot have accepted it.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_random = random.SystemRandom()


class Secret(str):
    """A text that tracebacks and logs do not reveal."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secret]'"


class Credential:
    """The key that a wire sends.

    Raises ValueError for a key that is invalid in a header, without quoting it.
    """

    def __init__(self, key: str) -> None:
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ValueError("The fal key must be one word of printable ASCII.")
        self.key = Secret(key)


class Wire:
    """Sends requests for the clients and hides httpx, except for a stream's response.

    `calls` (repeatable requests), `submits` (never repeated) and `streams` use separate
    connections: status streams and downloads, open for minutes, never delay a submit, and a submit
    never uses a connection that the server may be closing.
    """

    def __init__(
        self,
        calls: Connections,
        submits: Connections,
        streams: Connections,
        addresses: Addresses,
        credential: Credential,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_outcome: OnOutcome | None = None,
        on_slow: OnSlow | None = None,
        on_timed: OnTimed | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.addresses = addresses
        self.limits = limits
        self._on_outcome = on_outcome or (lambda url, error: None)
        self._on_slow = on_slow or (lambda url: None)
        self._on_timed = on_timed or (lambda url, error, seconds: None)
        self._calls = calls
        self._submits = submits
        self._streams = streams
        self._credential = credential
        self._sleep = sleep

    async def send(
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
        """The 2xx response; raises the error that `error_of` makes of any other.

        With `repeat`, for requests without cost or side effects, retries up to three times while
        the error is retryable, after fal's `Retry-After` or a pause with full jitter. Without it,
        an error's `is_unconfirmed` says whether fal may have accepted the request (C25). `on_sent`
        is called when the whole request has been sent. `is_long` marks requests that take minutes.
        """
        build = self._prepare(
            method, url, params, headers, content, timeouts, with_key=with_key, on_sent=on_sent
        )
        brief = self._calls if repeat else self._submits
        connections = self._streams if is_long else brief
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                async with connections.lease() as client:
                    return await self._send_once(client, build(client), error_of)
            except (Unreachable, RequestRejected, RunFailed) as error:
                if not repeat:
                    judged(error, phase_of(error))
                if not repeat or isinstance(error, RunFailed):
                    raise
                pause_s = _pause_s(error, MAX_TRIES - 1 - tries_left, self.limits.first_pause_s)
                if not (tries_left and error.is_retryable) or pause_s > MAX_PAUSE_S:
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
        """An open response; raises for 400 and above and when the connection is lost."""
        build = self._prepare(
            method, url, params, headers, content, timeouts, with_key=with_key, on_sent=on_sent
        )
        async with self._streams.lease() as client:
            with self.observed(url):
                response = await send_or_fall_back(client, build(client))
                if response.status_code >= 400:
                    try:
                        raise error_of(await self._read_answer(response))
                    finally:
                        await _close(response)
            with _translate_errors():
                try:
                    yield response
                finally:
                    await _close(response)

    def _prepare(
        self,
        method: str,
        url: str,
        params: Params,
        headers: Mapping[str, str] | None,
        content: Content,
        timeouts: httpx.Timeout,
        *,
        with_key: bool,
        on_sent: OnSent | None,
    ) -> Callable[[httpx.AsyncClient], httpx.Request]:
        """Checks the URL and adds the key; returns a function that builds the request."""
        target = _target_url(url, params)
        credentials = self.credentials(target) if with_key else {}
        return lambda client: client.build_request(
            method,
            target,
            headers={**(headers or {}), **credentials},
            content=content,
            timeout=timeouts,
            extensions=_trace_extension(on_sent),
        )

    async def _send_once(
        self,
        client: httpx.AsyncClient,
        request: httpx.Request,
        error_of: Callable[[Answer], FalError],
    ) -> Answer:
        with self.observed(str(request.url)):
            response = await send_or_fall_back(client, request)
            try:
                answer = await self._read_answer(response)
            finally:
                await _close(response)
            if response.is_success:
                return answer
            raise error_of(answer)

    @contextmanager
    def observed(self, url: str) -> Generator[None]:
        """Report the block's outcome and slowness, and translate httpx's errors."""
        began = time.perf_counter()
        late = asyncio.get_running_loop().call_later(self.limits.slow_after_s, self._on_slow, url)
        try:
            with _translate_errors():
                yield
        except FalError as error:
            self._on_timed(url, error, time.perf_counter() - began)
            self._on_outcome(url, error)
            raise
        finally:
            late.cancel()
        self._on_timed(url, None, time.perf_counter() - began)
        self._on_outcome(url, None)

    async def _read_answer(self, response: httpx.Response) -> Answer:
        content = bytearray()
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                async for chunk in bodies.capped_answer(
                    response.aiter_bytes(), response.status_code, self.limits.max_answer_bytes
                ):
                    content += chunk
        except TimeoutError:
            raise Unreachable("fal's answer does not end.", sent=True) from None
        body = bytes(content)
        if not response.is_success:
            body = self.without_key(body)
        return Answer(response.status_code, response.headers, body)

    def credentials(self, target: str | httpx.URL) -> dict[str, str]:
        """The Authorization header if `target` may receive the key; else an empty dict."""
        if not (self._credential.key and self.addresses.may_have_key(target)):
            return {}
        return {"Authorization": Secret(f"Key {self._credential.key}")}

    def record_outcome(self, url: str, error: FalError | None) -> None:
        """Reports the outcome of a request that was not sent by this class (a WebSocket's)."""
        self._on_outcome(url, error)

    def without_key(self, body: bytes) -> bytes:
        """`body` with the key replaced: a debug page may echo it, and errors are shown to users."""
        key = self._credential.key
        return body.replace(key.encode(), b"[key]") if key else body


async def _close(response: httpx.Response) -> None:
    """Closes the response even if the caller is cancelled meanwhile.

    A half-closed response would occupy its pool forever.
    """
    closing = asyncio.ensure_future(response.aclose())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait({closing})
        raise


def _trace_extension(on_sent: OnSent | None) -> dict[str, Any]:
    """The httpx extension that calls `on_sent` when the request's last byte has been sent."""
    if on_sent is None:
        return {}

    async def trace(event: str, _: object) -> None:
        if event == "http11.send_request_body.complete":
            await on_sent()

    return {"trace": trace}


def _target_url(url: str, params: Params) -> httpx.URL:
    """`url` with `params` added; raises Unreachable unless it is a plain http or https URL.

    httpx would turn user info in the URL into an Authorization header.
    """
    with _translate_errors():
        target = httpx.URL(url)
        if target.scheme not in {"http", "https"} or not target.host or target.userinfo:
            raise httpx.InvalidURL("the address is not one of http or https alone")
        if params:  # merged at once: adding fifty ids one by one is quadratic
            merged = httpx.QueryParams([*target.params.multi_items(), *params])
            target = target.copy_with(params=merged)
    return target


class _translate_errors:
    """Turns httpx's exceptions into Unreachable; `sent` says if the request may have left."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError):
            reason = str(error) or type(error).__name__
            if isinstance(error, _NOT_SENT):
                advice = certificate_advice(error)
                raise Unreachable(f"fal cannot be reached: {reason}{advice}") from error
            is_late = isinstance(error, httpx.TimeoutException)
            message = (
                "fal did not answer in time." if is_late else "The connection to fal broke off."
            )
            raise Unreachable(message, sent=True, detail=reason) from error


def _pause_s(error: FalError, tries_before: int, first_s: float) -> float:
    """fal's `Retry-After` with a little jitter, else an exponential pause with full jitter."""
    if error.retry_after_s is not None:
        return error.retry_after_s + _random.uniform(0, 0.25)
    return _random.uniform(0, min(MAX_PAUSE_S, first_s * 2**tries_before))
