"""The queue: requests wait in line, run in threads, end; every change wakes who is watching."""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sandbox.config import Config
from sandbox.context import Context
from sandbox.errors import Cancelled, Failure, RequestError
from sandbox.files import Files
from sandbox.registry import Arguments, Model
from sandbox.validation import check

log = logging.getLogger(__name__)


class Status(StrEnum):
    """fal's three words."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"


@dataclass(eq=False)
class Request:
    """One submission and everything that came of it."""

    model: Model
    arguments: Any
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    low_priority: bool = False
    webhook: str | None = None
    expires_s: float | None = None
    keep_payloads: bool = True
    wants_inline: bool = False
    is_live: bool = False  # somebody watches each answer: no deliberate waits
    status: Status = Status.IN_QUEUE
    logs: list[dict[str, str]] = field(default_factory=list)
    partials: list[Any] = field(default_factory=list)
    output: Any = None
    failure: Failure | None = None
    silent: bool = False
    billed: float = 1
    sent_at: float = field(default_factory=time.time)
    started_at: float | None = None
    ended_at: float | None = None
    version: int = 0
    context: Context | None = None
    deadline: asyncio.TimerHandle | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.status is Status.COMPLETED

    @property
    def inference_s(self) -> float | None:
        """Seconds of work, once over."""
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at

    @property
    def status_code(self) -> int:
        """The HTTP status of the result."""
        return self.failure.status if self.failure else 200

    def touch(self) -> None:
        """Count a change and wake everybody who waits for one."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self, than: int) -> None:
        """Return as soon as the version is another than the given one."""
        while self.version == than:
            await self._changed.wait()

    async def over(self) -> None:
        """Return once the request has ended."""
        while not self.is_over:
            await self.changed(self.version)


Observer = Callable[[Request], Coroutine[Any, Any, None]]


class Engine:
    """Starts what waits while there is room: first in, first out per application, low priority last."""

    def __init__(
        self,
        config: Config,
        files: Files,
        asset: Callable[[str], Path | None],
        on_end: Observer,
    ) -> None:
        self.requests: dict[str, Request] = {}
        self.waiting: list[Request] = []
        self.running: set[Request] = set()
        self._config = config
        self._files = files
        self._asset = asset
        self._on_end = on_end
        self._pool = ThreadPoolExecutor(config.concurrency + 2, thread_name_prefix="model")
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, request: Request, *, start_timeout_s: float | None = None) -> Request:
        """Put a request in line; it may start at once."""
        self._remember(request)
        self.waiting.append(request)
        self.waiting.sort(
            key=lambda each: each.low_priority
        )  # stable: order of arrival within each
        if start_timeout_s is not None:
            loop = asyncio.get_running_loop()
            request.deadline = loop.call_later(start_timeout_s, self._expire, request)
        self._fill()
        return request

    def start(self, request: Request) -> bool:
        """Run a request at once, past the line; False when there is no room."""
        if len(self.running) >= self._config.concurrency:
            return False
        self._remember(request)
        self._begin(request)
        return True

    def position(self, request: Request) -> int:
        """How many requests for the same application are ahead in line."""
        app = request.model.app
        ahead = self.waiting[: self.waiting.index(request)] if request in self.waiting else []
        return sum(1 for each in ahead if each.model.app == app)

    def waiting_for(self, app: str) -> int:
        """The length of an application's line."""
        return sum(1 for each in self.waiting if each.model.app == app)

    def cancel(self, request: Request) -> bool:
        """Take a request out of the line, or ask it to stop; False when it had ended."""
        if request.is_over:
            return False
        if request in self.waiting:
            self.waiting.remove(request)
            self._end(request, failure=Cancelled())
            self._tell_line(request.model.app)
        elif request.context is not None:
            request.context.cancel()
        return True

    def hurry(self, about: str = "") -> None:
        """Let what runs wait no more, where `about` is among its arguments."""
        for request in self.running:
            if request.context is not None and about in str(request.arguments):
                request.context.hurry()

    async def close(self) -> None:
        """Stop everything that runs."""
        for request in [*self.waiting, *self.running]:
            self.cancel(request)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _remember(self, request: Request) -> None:
        self.requests[request.id] = request
        if len(self.requests) > self._config.kept_requests:
            oldest = next((each for each in self.requests.values() if each.is_over), None)
            if oldest is not None:
                del self.requests[oldest.id]

    def _fill(self) -> None:
        while self.waiting and len(self.running) < self._config.concurrency:
            request = self.waiting.pop(0)
            self._begin(request)
            self._tell_line(request.model.app)

    def _tell_line(self, app: str) -> None:
        for each in self.waiting:
            if each.model.app == app:
                each.touch()

    def _begin(self, request: Request) -> None:
        if request.deadline is not None:
            request.deadline.cancel()
        request.status = Status.IN_PROGRESS
        request.started_at = time.time()
        self.running.add(request)
        request.touch()
        self._spawn(self._execute(request))

    def _expire(self, request: Request) -> None:
        if request not in self.waiting:
            return
        self.waiting.remove(request)
        text = "Request timed out before it could start"
        headers = {"X-Fal-Request-Timeout-Type": "user"}
        self._end(request, failure=RequestError("request_timeout", text, headers=headers))
        self._tell_line(request.model.app)

    async def _execute(self, request: Request) -> None:
        loop = asyncio.get_running_loop()

        def tell(what: str, *values: Any) -> None:
            loop.call_soon_threadsafe(self._hear, request, what, *values)

        context = Context(
            self._files,
            tell,
            pace=0 if request.is_live else self._config.pace,
            inline=request.wants_inline,
            expires_s=request.expires_s,
            asset=self._asset,
        )
        request.context = context
        output, failure = None, None
        try:
            arguments = check(request.model, request.arguments)
            output = await loop.run_in_executor(
                self._pool, _work, request.model, arguments, context
            )
        except Failure as error:
            failure = error
        except Exception:
            log.exception("request %s broke", request.id)
            failure = RequestError("runner_server_error", "Internal Server Error")
        request.silent, request.billed = context.silent, context.billed
        self.running.discard(request)
        self._end(request, output=output, failure=failure)
        self._fill()

    def _hear(self, request: Request, what: str, *values: Any) -> None:
        if what == "emit":
            request.partials.append(values[0])
        else:
            message, level = values
            request.logs.append(
                {
                    "message": message,
                    "level": level,
                    "source": "USER",
                    "timestamp": datetime.now(UTC).isoformat(timespec="microseconds"),
                }
            )
        request.touch()

    def _end(self, request: Request, *, output: Any = None, failure: Failure | None = None) -> None:
        if request.deadline is not None:
            request.deadline.cancel()
        request.output, request.failure = output, failure
        request.ended_at = time.time()
        request.status = Status.COMPLETED
        request.context = None
        request.touch()
        if request.webhook:
            self._spawn(self._on_end(request))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _work(model: Model, arguments: Arguments, context: Context) -> Any:
    return model.load()(arguments, context)


async def watch(request: Request, ping_s: float) -> AsyncIterator[bool]:
    """Yield at once and at every change until the end: True for news, False for `ping_s` of silence."""
    while True:
        seen, is_last = request.version, request.is_over
        yield True
        if is_last:
            return
        while request.version == seen:
            try:
                await asyncio.wait_for(request.changed(seen), ping_s)
            except TimeoutError:
                yield False


def wants_inline(model: Model, arguments: Any) -> bool:
    """Whether the output's media shall be data URIs."""
    return model.inline and isinstance(arguments, dict) and arguments.get("sync_mode") is True


def expiry(header: str | None) -> float | None:
    """Seconds a generated file lasts, from a lifecycle header; None is for ever."""
    if not header:
        return None
    try:
        preference = json.loads(header)
        seconds = preference.get("expiration_duration_seconds")
        return None if seconds is None else float(seconds)
    except (ValueError, TypeError, AttributeError):
        return None
