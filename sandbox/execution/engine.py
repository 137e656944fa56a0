"""The queue: requests wait, run in threads and end; every change wakes their watchers."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from math import inf
from pathlib import Path
from typing import Any

import orjson

from sandbox.config import Config
from sandbox.contract.registry import Arguments, Model
from sandbox.contract.validation import check
from sandbox.errors import Cancelled, Failure, RequestError
from sandbox.execution.context import Context
from sandbox.files import Files, read_metadata
from sandbox.retention import result_lasts_s

log = logging.getLogger(__name__)


class Status(StrEnum):
    """fal's three states of a request."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"


@dataclass(eq=False)
class Request:
    """One submitted request: its options, state, log and result."""

    model: Model
    arguments: Any
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    low_priority: bool = False
    webhook: str | None = None
    files_last_s: float | None = None
    keep_payloads: bool = True
    wants_inline: bool = False
    is_live: bool = False  # an input of a live session: no artificial waits
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
    result_lasts_s: int | None = None
    result_until: float = inf  # by the sandbox's clock
    files: list[str] = field(default_factory=list)  # URLs of its output, not of its input
    version: int = 0
    context: Context | None = None
    deadline: asyncio.TimerHandle | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        """Whether the request has ended."""
        return self.status is Status.COMPLETED

    @property
    def inference_s(self) -> float | None:
        """Seconds that the model ran; None before the end."""
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at

    @property
    def status_code(self) -> int:
        """HTTP status of the result."""
        return self.failure.status if self.failure else 200

    @property
    def stores_payloads(self) -> bool:
        """Whether input and output are kept for longer than the result alone would be."""
        return self.keep_payloads and not self.wants_inline

    def has_payloads(self, now: float) -> bool:
        """Whether input and output are still stored."""
        return self.stores_payloads and now < self.result_until

    def touch(self) -> None:
        """Increment the version and wake every watcher."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self, than: int) -> None:
        """Return once the version differs from `than`."""
        while self.version == than:
            await self._changed.wait()

    async def over(self) -> None:
        """Return once the request has ended."""
        while not self.is_over:
            await self.changed(self.version)


Observer = Callable[[Request], Coroutine[Any, Any, None]]


class Engine:
    """Runs up to `limit` requests of the account: first in, first out, low priority last."""

    def __init__(
        self,
        config: Config,
        files: Files,
        asset: Callable[[str], Path | None],
        on_end: Observer,
        find: Callable[[str], Model | None] = lambda _: None,
        bill: Callable[[Request], None] = lambda _: None,
    ) -> None:
        self.requests: dict[str, Request] = {}
        self.waiting: list[Request] = []
        self.running: set[Request] = set()
        self.limit = config.concurrency
        self._config = config
        self._files = files
        self._asset = asset
        self._on_end = on_end
        self._find = find
        self._bill = bill
        self._pool = ThreadPoolExecutor(config.concurrency + 2, thread_name_prefix="model")
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, request: Request, *, start_timeout_s: float | None = None) -> Request:
        """Queue a request; starts it at once if there is room."""
        self._store(request)
        self.waiting.append(request)
        # A stable sort: keeps the order of arrival within each priority.
        self.waiting.sort(key=lambda queued: queued.low_priority)
        if start_timeout_s is not None:
            loop = asyncio.get_running_loop()
            request.deadline = loop.call_later(start_timeout_s, self._expire, request)
        self._fill()
        return request

    def start(self, request: Request) -> bool:
        """Run a request at once, ahead of the queue; return False if there is no room."""
        if len(self.running) >= self.limit:
            return False
        self._store(request)
        self._begin(request)
        return True

    def position(self, request: Request) -> int:
        """Return how many requests for the same application are ahead in the queue."""
        app = request.model.app
        ahead = self.waiting[: self.waiting.index(request)] if request in self.waiting else []
        return sum(1 for queued in ahead if queued.model.app == app)

    def waiting_for(self, app: str) -> int:
        """Return the number of queued requests of an application."""
        return sum(1 for queued in self.waiting if queued.model.app == app)

    def cancel(self, request: Request) -> bool:
        """Remove a request from the queue or ask it to stop; return False if it has ended."""
        if request.is_over:
            return False
        if request in self.waiting:
            self.waiting.remove(request)
            self._end(request, failure=Cancelled())
            self._notify_waiting(request.model.app)
        elif request.context is not None:
            request.context.cancel()
        return True

    def allow(self, limit: int) -> None:
        """Change how many requests may be in progress at once, at most `config.concurrency`."""
        self.limit = min(limit, self._config.concurrency)
        self._fill()

    def hurry(self, about: str = "") -> None:
        """Skip the waits of running requests whose arguments contain the text `about`."""
        for request in self.running:
            if request.context is not None and about in str(request.arguments):
                request.context.hurry()

    async def close(self) -> None:
        """Cancel every request and stop the threads."""
        for request in [*self.waiting, *self.running]:
            self.cancel(request)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _store(self, request: Request) -> None:
        self.requests[request.id] = request
        if len(self.requests) > self._config.kept_requests:
            oldest = next((stored for stored in self.requests.values() if stored.is_over), None)
            if oldest is not None:
                del self.requests[oldest.id]

    def _fill(self) -> None:
        while self.waiting and len(self.running) < self.limit:
            request = self.waiting.pop(0)
            self._begin(request)
            self._notify_waiting(request.model.app)

    def _notify_waiting(self, app: str) -> None:
        """Wake the watchers of an application's queued requests, whose positions have changed."""
        for queued in self.waiting:
            if queued.model.app == app:
                queued.touch()

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
        self._end(request, failure=RequestError("startup_timeout", text, headers=headers))
        self._notify_waiting(request.model.app)

    async def _execute(self, request: Request) -> None:
        loop = asyncio.get_running_loop()

        def report(kind: str, *values: Any) -> None:
            loop.call_soon_threadsafe(self._on_report, request, kind, *values)

        context = Context(
            self._files,
            report,
            pace=0 if request.is_live else self._config.pace,
            inline=request.wants_inline,
            files_last_s=request.files_last_s,
            asset=self._asset,
            find=self._find,
        )
        request.context = context
        output, failure = None, None
        try:
            arguments = check(request.model, request.arguments)
            output = await loop.run_in_executor(
                self._pool, _run_model, request.model, arguments, context
            )
        except Failure as error:
            failure = error
        except Exception:
            log.exception("the model's code failed in request %s", request.id)
            failure = RequestError("runner_server_error", "Internal Server Error")
        request.silent, request.billed = context.silent, context.billed
        self.running.discard(request)
        self._end(request, output=output, failure=failure)
        self._fill()

    def _on_report(self, request: Request, kind: str, *values: Any) -> None:
        if kind == "emit":
            request.partials.append(values[0])
        elif kind == "begin":
            self._begin_step(*values)
        elif kind == "end":
            self._end_step(*values)
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

    def _begin_step(self, id: str, model: Model, arguments: Any) -> None:
        """Record a workflow's step as a separate request, which runs within the workflow's."""
        step = Request(model, arguments, id=id, status=Status.IN_PROGRESS, started_at=time.time())
        self._store(step)

    def _end_step(self, id: str, output: Any, failure: Failure | None, billed: float) -> None:
        if step := self.requests.get(id):
            step.billed = billed
            self._end(step, output=output, failure=failure)

    def _end(self, request: Request, *, output: Any = None, failure: Failure | None = None) -> None:
        if request.deadline is not None:
            request.deadline.cancel()
        request.output, request.failure = output, failure
        request.ended_at = time.time()
        size_bytes = len(orjson.dumps(failure.body() if failure else output))
        request.result_lasts_s = result_lasts_s(request.stores_payloads, size_bytes)
        request.result_until = self._files.clock.now() + request.result_lasts_s
        request.files = self._output_files([output, *request.partials])
        self._bill(request)
        request.status = Status.COMPLETED
        request.context = None
        request.touch()
        if request.webhook:
            self._spawn(self._on_end(request))

    def _output_files(self, value: Any) -> list[str]:
        """Return the URLs in an output of the files that were made for it."""
        if isinstance(value, dict | list):
            parts = value.values() if isinstance(value, dict) else value
            return list(dict.fromkeys(url for part in parts for url in self._output_files(part)))
        path = self._files.find(value) if isinstance(value, str) else None
        return [value] if path and not read_metadata(path).get("is_upload") else []

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _run_model(model: Model, arguments: Arguments, context: Context) -> Any:
    return model.load()(arguments, context)


async def watch(request: Request, ping_s: float) -> AsyncIterator[bool]:
    """Yield True at once and at every change until the end; False after `ping_s` without one."""
    while True:
        seen_version, is_last = request.version, request.is_over
        yield True
        if is_last:
            return
        while request.version == seen_version:
            try:
                await asyncio.wait_for(request.changed(seen_version), ping_s)
            except TimeoutError:
                yield False


def wants_inline(model: Model, arguments: Any) -> bool:
    """Return whether the output's media shall be data URIs."""
    wish = arguments.get("sync_mode") if isinstance(arguments, dict) else None
    return model.has_sync_mode and wish is True
