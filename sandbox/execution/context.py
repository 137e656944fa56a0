"""The context that a model's code receives: log, waits, random numbers, input and output files."""

import base64
import logging
import random
import secrets
import threading
import uuid
import zlib
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from sandbox.contract.registry import Model
from sandbox.contract.validation import check
from sandbox.errors import Cancelled, Failure, ModelError, TextRefusal
from sandbox.files import Files, content_type_of

log = logging.getLogger(__name__)

MAX_INPUT_BYTES = 64 * 1024 * 1024


class Context:
    """The context of one execution of a model, which runs in a worker thread.

    `report` is called there with ("log", message, level), ("emit", output), or about a step with
    ("begin", request id, model, arguments) and ("end", request id, output, failure, units); it
    must be thread-safe. `find` gives the model of an endpoint id.
    """

    def __init__(
        self,
        files: Files,
        report: Callable[..., None],
        *,
        pace: float = 1.0,
        inline: bool = False,
        files_last_s: float | None = None,
        asset: Callable[[str], Path | None] | None = None,
        find: Callable[[str], Model | None] | None = None,
    ) -> None:
        self.files = files
        self.billed: float = 1
        self.silent = False  # a failure is only in the result, not in the status
        self._report = report
        self._pace = pace
        self._inline = inline
        self._files_last_s = files_last_s
        self._asset = asset or (lambda _: None)
        self._find = find or (lambda _: None)
        self._is_step = False
        self._cancelled = threading.Event()  # shared with the contexts of steps
        self._wake_up = threading.Event()

    # Progress

    def log(self, message: str, level: str = "INFO") -> None:
        """Write a line to the request's log; raises Cancelled, as do `emit`, `sleep` and `step`."""
        self._raise_if_cancelled()
        self._report("log", message, level)

    def emit(self, output: Any) -> None:
        """Publish a partial output, which the streaming address sends."""
        self._raise_if_cancelled()
        if not self._is_step:
            self._report("emit", output)

    def sleep(self, seconds: float, *, exactly: bool = False) -> None:
        """Wait, scaled by the sandbox's pace unless `exactly`; `cancel` and `hurry` end it."""
        self._wake_up.wait(seconds if exactly else seconds * self._pace)
        self._raise_if_cancelled()

    def step(self, done_steps: int, total: int, action: str, seconds: float = 0.0) -> None:
        """Log the progress, then wait."""
        self.log(f"{action} {done_steps}/{total} ({100 * done_steps // total}%)")
        self.sleep(seconds)

    def cancel(self) -> None:
        """Make the model's code stop at its next step."""
        self._cancelled.set()
        self._wake_up.set()

    def hurry(self) -> None:
        """Skip the current and all later waits."""
        self._wake_up.set()

    def _raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    # Steps

    def call(self, endpoint_id: str, arguments: Any, node: str) -> Any:
        """Run another model as a workflow's step, with its own request id; raises Failure."""
        model = self._find(endpoint_id)
        if model is None:
            raise TextRefusal(f'Application "{endpoint_id}" not found')
        step = copy(self)
        step._is_step, step.billed = True, 1
        request = str(uuid.uuid4())
        event = {"type": "submit", "node_id": node, "app_id": endpoint_id, "request_id": request}
        self.emit(event)
        self._report("begin", request, model, arguments)
        output, failed = None, None
        try:
            output = model.load()(check(model, arguments), step)
        except Failure as failure:
            failed = failure
            raise
        finally:
            self._report("end", request, output, failed, step.billed)
        return output

    # Random numbers

    def seed(self, arguments: dict[str, Any]) -> int:
        """Return the seed in the arguments, or a random one."""
        seed = arguments.get("seed")
        return secrets.randbelow(2**31) if seed is None else int(seed)

    def dice(self, *parts: Any) -> random.Random:
        """Return a random generator that is seeded with `parts` only."""
        return random.Random(repr(parts))  # noqa: S311

    # Files

    def save(self, data: bytes, content_type: str, name: str, **more: Any) -> dict[str, Any]:
        """Store a file; return fal's File object for it with the further fields `more`."""
        if self._inline:
            url = f"data:{content_type};base64,{base64.b64encode(data).decode()}"
        else:
            url = self.files.put(data, content_type, name, self._files_last_s)
        metadata = {"content_type": content_type, "file_name": name, "file_size": len(data)}
        return {"url": url, **metadata, **more}

    def load(self, url: str, *loc: str | int) -> tuple[bytes, str]:
        """Return bytes and content type of a data URI or of one of this sandbox's files.

        Fetches nothing else: raises ModelError `file_download_error` at `loc`.
        """
        if url.startswith("data:"):
            return self._from_data_uri(url, loc)
        path = self.files.find(url) or self._asset(url)
        if path is None:
            self._refuse("The sandbox reads its own files and data URIs only", url, loc)
        if path.stat().st_size > MAX_INPUT_BYTES:
            ctx = {"max_size": MAX_INPUT_BYTES}
            raise ModelError("file_too_large", "The file is too large", loc, ctx)
        return path.read_bytes(), content_type_of(path)

    def _from_data_uri(self, url: str, loc: tuple[str | int, ...]) -> tuple[bytes, str]:
        head, comma, body = url[5:].partition(",")
        kind, _, encoding = head.partition(";")
        try:
            if not comma:
                raise ValueError("no comma")
            is_base64 = encoding.endswith("base64")
            data = base64.b64decode(body, validate=True) if is_base64 else unquote_to_bytes(body)
        except ValueError as error:
            log.info("data URI not read: %s", error)
            self._refuse("The data URI could not be decoded", url[:80], loc)
        return data, kind or "text/plain"

    def _refuse(self, msg: str, url: str, loc: tuple[str | int, ...]) -> NoReturn:
        raise ModelError("file_download_error", msg, loc, input=url)


def digest(*parts: Any) -> int:
    """Return a hash of `parts` that is the same on every machine and in every process."""
    return zlib.crc32(repr(parts).encode())
