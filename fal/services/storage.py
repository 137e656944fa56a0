"""Uploads of input files to fal's storage, which returns URLs for models (protocol, 9.1)."""

from __future__ import annotations

import asyncio
import io
import json
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

import httpx

from fal import reading
from fal.db_safe import db_safe_text
from fal.errors import FalError, RequestRejected, UploadRefused, UpstreamFailed
from fal.http.answers import Answer, reason, rejection
from fal.http.limits import FILE
from fal.http.wire import Wire

_IN_MEMORY_BYTES = 8 << 20
_REFUSED = frozenset({401, 403})
_MESSAGE = re.compile(rb"<Message>([^<]{1,400})</Message>")
_ANSWER_BYTES = 4096
UNKNOWN_TYPE = "application/octet-stream"
_MAX_RESUMABLE = 100  # interrupted multipart uploads that are remembered
Source = Path | str | bytes | IO[bytes] | AsyncIterable[bytes]
Progress = Callable[[int, int], Awaitable[None]]


async def _ignore_progress(sent_bytes: int, total_bytes: int) -> None:
    """The default progress callback."""


@dataclass
class _StartedUpload:
    """An upload's URLs and, if it is multipart, the ETags of the parts already uploaded."""

    upload_url: str
    file_url: str
    tags: dict[int, str] = field(default_factory=dict)


class Storage:
    """Uploads files to fal's storage."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._started: dict[str, _StartedUpload] = {}

    async def upload(
        self,
        source: Source,
        *,
        content_type: str = UNKNOWN_TYPE,
        file_name: str,
        lifecycle: Mapping[str, Any] | None = None,
        key: str = "",
        on_progress: Progress = _ignore_progress,
    ) -> str:
        """Uploads `source` (a path, a file, bytes or chunks); returns the URL for models.

        Above 90 MiB it is uploaded in parts of 10 MiB. Every step is repeatable and is retried. A
        refused upload URL is replaced once; then raises UploadRefused. An interrupted multipart
        upload resumes if called again with the same `key`, which names the content and its owner
        and must not be used concurrently. `on_progress` gets the bytes sent and the total.
        """
        # The type comes from a browser; an invalid one would break the header.
        content_type = reading.media_type(content_type) or UNKNOWN_TYPE
        async with _opened(source) as (file, size_bytes):
            is_large = size_bytes > self._wire.limits.single_upload_bytes
            step = "initiate-multipart" if is_large else "initiate"
            initiate = partial(self._initiate, step, content_type, file_name, lifecycle)
            if is_large:
                return await self._put_parts(key, initiate, file, size_bytes, on_progress)
            headers = {"Content-Type": content_type}
            content = self._chunks(file, 0, size_bytes, size_bytes, on_progress)
            started = await initiate()
            try:
                await self._put(started.upload_url, headers, content)
            except UploadRefused:
                started = await initiate()
                await self._put(started.upload_url, headers, content)
            return started.file_url

    async def _initiate(
        self, step: str, content_type: str, file_name: str, lifecycle: Mapping[str, Any] | None
    ) -> _StartedUpload:
        headers = {"Content-Type": "application/json"}
        if lifecycle:
            headers["X-Fal-Object-Lifecycle"] = json.dumps(lifecycle)
        answer = await self._wire.send(
            "POST",
            f"{self._wire.addresses.rest}/storage/upload/{step}",
            params=[("storage_type", "fal-cdn-v3")],
            headers=headers,
            content=json.dumps({"content_type": content_type, "file_name": file_name}).encode(),
            repeat=True,  # an unused upload URL costs nothing
        )
        raw = reading.as_mapping(reading.parse(answer.content))
        upload_url, file_url = reading.text(raw, "upload_url"), reading.text(raw, "file_url")
        if not upload_url or not file_url:
            raise UpstreamFailed("fal's storage did not say where to upload to.", is_retryable=True)
        return _StartedUpload(upload_url, file_url)

    async def _put_parts(
        self,
        key: str,
        initiate: Callable[[], Awaitable[_StartedUpload]],
        file: IO[bytes],
        size_bytes: int,
        on_progress: Progress,
    ) -> str:
        """Uploads the missing parts; returns the file's URL.

        If the upload URL has expired or is refused, starts a new upload once.
        """
        for is_first in (True, False):
            resumed = self._started.get(key)
            started = resumed or await initiate()
            if key:
                self._started.setdefault(key, started)
                while len(self._started) > _MAX_RESUMABLE:
                    self._started.pop(next(iter(self._started)))
            try:
                await self._put_missing(started, file, size_bytes, on_progress)
            except RequestRejected as error:
                if error.is_retryable:
                    raise
                self._started.pop(key, None)
                is_stale_url = resumed is not None or isinstance(error, UploadRefused)
                if not (is_first and is_stale_url):
                    raise
            else:
                self._started.pop(key, None)
                return started.file_url
        raise AssertionError("the second try returns or raises")

    async def _put_missing(
        self, started: _StartedUpload, file: IO[bytes], size_bytes: int, on_progress: Progress
    ) -> None:
        part_bytes = self._wire.limits.part_bytes
        for number in range(1, -(-size_bytes // part_bytes) + 1):
            if number not in started.tags:
                first, end = (number - 1) * part_bytes, min(number * part_bytes, size_bytes)
                part = self._chunks(file, first, end, size_bytes, on_progress)
                answer = await self._put(_append_path(started.upload_url, str(number)), {}, part)
                started.tags[number] = _etag(answer)
        tags = sorted(started.tags.items())
        parts = [{"partNumber": number, "etag": tag} for number, tag in tags]
        await self._wire.send(
            "POST",
            _append_path(started.upload_url, "complete"),
            headers={"Content-Type": "application/json"},
            content=json.dumps({"parts": parts}).encode(),
            timeouts=FILE,
            repeat=True,
            with_key=False,
            error_of=_put_error,
        )

    def _chunks(
        self, file: IO[bytes], first: int, end: int, size_bytes: int, on_progress: Progress
    ) -> _Chunks:
        chunk_bytes = self._wire.limits.chunk_bytes
        return _Chunks(file, first, end, size_bytes, on_progress, chunk_bytes)

    async def _put(self, url: str, headers: Mapping[str, str], content: _Chunks) -> Answer:
        """Uploads without the key: the URL is pre-signed."""
        headers = {**headers, "Content-Length": str(content.end - content.first)}
        return await self._wire.send(
            "PUT",
            url,
            headers=headers,
            content=content,
            timeouts=FILE,
            repeat=True,
            with_key=False,
            error_of=_put_error,
        )


@dataclass
class _Chunks:
    """A file's bytes from `first` to before `end`; can be iterated again when a PUT is retried."""

    file: IO[bytes]
    first: int
    end: int
    size_bytes: int
    on_progress: Progress
    chunk_bytes: int

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        at = await asyncio.to_thread(self.file.seek, self.first)
        while at < self.end:
            chunk = await asyncio.to_thread(self.file.read, min(self.chunk_bytes, self.end - at))
            if not chunk:
                return
            at += len(chunk)
            yield chunk
            await self.on_progress(at, self.size_bytes)


@asynccontextmanager
async def _opened(source: Source) -> AsyncGenerator[tuple[IO[bytes], int]]:
    """`source` as a file, and its size in bytes; chunks are first written to a temporary file."""
    if isinstance(source, bytes):
        yield io.BytesIO(source), len(source)
    elif isinstance(source, str | Path):
        with await asyncio.to_thread(Path(source).open, "rb") as file:
            yield file, file.seek(0, io.SEEK_END)
    elif isinstance(source, AsyncIterable):
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
            async for chunk in source:
                await asyncio.to_thread(spool.write, chunk)
            size_bytes = spool.tell()
            spool.seek(0)
            yield spool, size_bytes
    else:
        yield source, await asyncio.to_thread(source.seek, 0, io.SEEK_END)


def _put_error(answer: Answer) -> FalError:
    """The error of an upload URL; a 401 or 403 here says nothing about our key."""
    if answer.status not in _REFUSED:
        return rejection(answer)
    # Storage buckets explain refusals in XML:
    # <Error><Code>AccessDenied</Code><Message>Request has expired</Message>
    match = _MESSAGE.search(answer.content[:_ANSWER_BYTES])
    message = match[1].decode("utf-8", "replace") if match else _error_text(answer)
    because = f" ({db_safe_text(message)[:200]})" if message else ""
    return UploadRefused(
        f"The upload address was refused: its host answered {answer.status}{because}.",
        status=answer.status,
        detail=reason(answer).detail,
    )


def _error_text(answer: Answer) -> str:
    """A response's message from JSON or plain text; empty for HTML or an empty body."""
    why = reason(answer)
    return why.message if why.is_structured or why.message == why.detail else ""


def _append_path(url: str, name: str) -> str:
    """`url` with `name` appended to its path; the query stays."""
    target = httpx.URL(url)
    path, mark, query = target.raw_path.decode("ascii").partition("?")
    return str(target.copy_with(raw_path=f"{path.rstrip('/')}/{name}{mark}{query}".encode()))


def _etag(answer: Answer) -> str:
    """A part's ETag, from the body (fal's storage) or the ETag header."""
    try:
        tag = reading.text(reading.as_mapping(reading.parse(answer.content)), "etag")
    except UpstreamFailed:
        tag = ""
    tag = tag or answer.headers.get("etag", "")
    if not tag:
        raise UpstreamFailed("fal's storage did not acknowledge a part.", is_retryable=True)
    return tag
