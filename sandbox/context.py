"""What a model's work is given: its log, its clock, its dice, and files in and out."""

import base64
import logging
import random
import secrets
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from sandbox.errors import Cancelled, ModelError
from sandbox.files import Files, content_type_of

log = logging.getLogger(__name__)

MAX_INPUT_BYTES = 64 * 1024 * 1024


class Context:
    """One execution of one model, used from a worker thread.

    `tell` receives ("log", message, level), ("emit", output) and must be safe to call from there.
    """

    def __init__(
        self,
        files: Files,
        tell: Callable[..., None],
        *,
        pace: float = 1.0,
        inline: bool = False,
        expires_s: float | None = None,
        asset: Callable[[str], Path | None] | None = None,
    ) -> None:
        self.files = files
        self.billed: float = 1
        self.silent = False  # complete without an error in the status, whatever the result says
        self._tell = tell
        self._pace = pace
        self._inline = inline
        self._expires_s = expires_s
        self._asset = asset or (lambda _: None)
        self._is_cancelled = False
        self._awake = threading.Event()

    # The course of the work

    def log(self, message: str, level: str = "INFO") -> None:
        """Write a line into the request's log."""
        self._check()
        self._tell("log", message, level)

    def emit(self, output: Any) -> None:
        """Show the output as far as it is; what the streaming address sends on."""
        self._check()
        self._tell("emit", output)

    def sleep(self, seconds: float, *, exactly: bool = False) -> None:
        """Wait, at the sandbox's pace unless `exactly`; who is in a hurry or cancelled wakes up at once."""
        self._awake.wait(seconds if exactly else seconds * self._pace)
        self._check()

    def step(self, done: int, total: int, what: str, seconds: float = 0.0) -> None:
        """Log honest progress, then wait."""
        self.log(f"{what} {done}/{total} ({100 * done // total}%)")
        self.sleep(seconds)

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._is_cancelled = True
        self._awake.set()

    def hurry(self) -> None:
        """Let the work wait no more."""
        self._awake.set()

    def _check(self) -> None:
        if self._is_cancelled:
            raise Cancelled

    # Chance

    def seed(self, arguments: dict[str, Any]) -> int:
        """The seed that was asked for, or a fresh one."""
        given = arguments.get("seed")
        return secrets.randbelow(2**31) if given is None else int(given)

    def dice(self, *parts: Any) -> random.Random:
        """A random generator that depends on the parts alone."""
        return random.Random(repr(parts))  # noqa: S311

    # Files

    def save(
        self,
        data: bytes,
        content_type: str,
        name: str,
        *,
        expires_s: float | None = None,
        served_as: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Keep a file and return fal's File object for it; `more` are fields of Image, Video …"""
        if self._inline:
            url = f"data:{content_type};base64,{base64.b64encode(data).decode()}"
        else:
            lasts = self._expires_s if expires_s is None else expires_s
            url = self.files.put(data, served_as or content_type, name, expires_s=lasts)
        facts = {"content_type": content_type, "file_name": name, "file_size": len(data)}
        return {"url": url, **facts, **more}

    def load(self, url: str, *loc: str | int) -> tuple[bytes, str]:
        """The bytes and content type behind a data URI or an address of this sandbox.

        Nothing else is fetched: raises ModelError `file_download_error` at `loc`.
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
    """A stable number for any text: the same on every machine and in every run."""
    return zlib.crc32(repr(parts).encode())
