"""Uploads: files that a request needs become URLs that a model can read (protocol, 9.1)."""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

import httpx

from fal import reading
from fal.answers import Answer
from fal.errors import RequestRejected, UpstreamFailed
from fal.wire import FILE, Wire

SINGLE_UP_TO_BYTES = 90 << 20
PART_BYTES = 10 << 20
_IN_MEMORY_BYTES = 8 << 20
_CHUNK_BYTES = 1 << 18
UNKNOWN_TYPE = "application/octet-stream"
_MOST_BEGUN = 100  # uploads in parts that are remembered after they broke off
Source = Path | str | bytes | IO[bytes] | AsyncIterable[bytes]
Progress = Callable[[int, int], Awaitable[None]]


async def _silent(there: int, whole: int) -> None:
    """Nobody wants to know how far it is."""


@dataclass
class _Begun:
    """An upload in parts on its way: where it goes, and the tags of the parts that are there."""

    upload_url: str
    file_url: str
    tags: dict[int, str] = field(default_factory=dict)


class Storage:
    """Puts files into fal's storage."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._begun: dict[str, _Begun] = {}

    async def upload(
        self,
        source: Source,
        *,
        content_type: str = UNKNOWN_TYPE,
        file_name: str,
        lifecycle: Mapping[str, Any] | None = None,
        key: str = "",
        on_progress: Progress = _silent,
    ) -> str:
        """The URL under which models find what `source` (a path, a file, bytes or chunks) holds.

        Above 90 MiB it goes in parts of 10 MiB. Every step is safe to repeat, and is repeated.
        Parts that broke off go on where they stopped when the same `key` is given again: a name for
        the content and its owner, which one caller at a time has. `on_progress` hears how many bytes
        are there, and of how many.
        """
        # Browsers say the type; what is no type would be no header either.
        content_type = reading.media_type(content_type) or UNKNOWN_TYPE
        async with _opened(source) as (file, size_bytes):
            if size_bytes > SINGLE_UP_TO_BYTES:
                new = partial(
                    self._initiate, "initiate-multipart", content_type, file_name, lifecycle
                )
                return await self._put_parts(key, new, file, size_bytes, on_progress)
            begun = await self._initiate("initiate", content_type, file_name, lifecycle)
            headers = {"Content-Type": content_type}
            whole = _Chunks(file, 0, size_bytes, size_bytes, on_progress)
            await self._put(begun.upload_url, headers, whole)
            return begun.file_url

    async def _initiate(
        self, step: str, content_type: str, file_name: str, lifecycle: Mapping[str, Any] | None
    ) -> _Begun:
        headers = {"Content-Type": "application/json"}
        if lifecycle:
            headers["X-Fal-Object-Lifecycle"] = json.dumps(lifecycle)
        answer = await self._wire.ask(
            "POST",
            f"{self._wire.addresses.rest}/storage/upload/{step}",
            params=[("storage_type", "fal-cdn-v3")],
            headers=headers,
            content=json.dumps({"content_type": content_type, "file_name": file_name}).encode(),
            repeat=True,  # a place that is never filled costs nothing
        )
        raw = reading.as_mapping(reading.parse(answer.content))
        upload_url, file_url = reading.text(raw, "upload_url"), reading.text(raw, "file_url")
        if not upload_url or not file_url:
            raise UpstreamFailed("fal's storage did not say where to upload to.", is_retryable=True)
        return _Begun(upload_url, file_url)

    async def _put_parts(
        self,
        key: str,
        new: Callable[[], Awaitable[_Begun]],
        file: IO[bytes],
        size_bytes: int,
        on_progress: Progress,
    ) -> str:
        """All parts, those that are there already left out; a place that is gone is asked for anew."""
        while True:
            resumed = self._begun.get(key)
            begun = resumed or await new()
            if key:
                self._begun.setdefault(key, begun)
                while len(self._begun) > _MOST_BEGUN:
                    self._begun.pop(next(iter(self._begun)))
            try:
                await self._put_missing(begun, file, size_bytes, on_progress)
            except RequestRejected as error:
                if error.is_retryable:
                    raise
                self._begun.pop(key, None)
                if resumed is None:
                    raise
            else:
                self._begun.pop(key, None)
                return begun.file_url

    async def _put_missing(
        self, begun: _Begun, file: IO[bytes], size_bytes: int, on_progress: Progress
    ) -> None:
        for number in range(1, -(-size_bytes // PART_BYTES) + 1):
            if number not in begun.tags:
                first, end = (number - 1) * PART_BYTES, min(number * PART_BYTES, size_bytes)
                part = _Chunks(file, first, end, size_bytes, on_progress)
                answer = await self._put(_below(begun.upload_url, str(number)), {}, part)
                begun.tags[number] = _etag(answer)
        parts = [{"partNumber": number, "etag": tag} for number, tag in sorted(begun.tags.items())]
        await self._wire.ask(
            "POST",
            _below(begun.upload_url, "complete"),
            headers={"Content-Type": "application/json"},
            content=json.dumps({"parts": parts}).encode(),
            timeouts=FILE,
            repeat=True,
            with_key=False,
        )

    async def _put(self, url: str, headers: Mapping[str, str], content: _Chunks) -> Answer:
        """Uploads without the key: the URL itself is the permission."""
        headers = {**headers, "Content-Length": str(content.end - content.first)}
        return await self._wire.ask(
            "PUT", url, headers=headers, content=content, timeouts=FILE, repeat=True, with_key=False
        )


@dataclass
class _Chunks:
    """A file's bytes from `first` to before `end`, anew each time it is iterated: a PUT may be repeated."""

    file: IO[bytes]
    first: int
    end: int
    size_bytes: int
    on_progress: Progress

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        at = await asyncio.to_thread(self.file.seek, self.first)
        while at < self.end:
            chunk = await asyncio.to_thread(self.file.read, min(_CHUNK_BYTES, self.end - at))
            if not chunk:
                return
            at += len(chunk)
            yield chunk
            await self.on_progress(at, self.size_bytes)


@asynccontextmanager
async def _opened(source: Source) -> AsyncGenerator[tuple[IO[bytes], int]]:
    """`source` as a file at its beginning, and its size; chunks go to a temporary file first."""
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


def _below(url: str, name: str) -> str:
    """`url` with `name` after its path, before its query."""
    target = httpx.URL(url)
    path, mark, query = target.raw_path.decode("ascii").partition("?")
    return str(target.copy_with(raw_path=f"{path.rstrip('/')}/{name}{mark}{query}".encode()))


def _etag(answer: Answer) -> str:
    """A part's tag, from the body as fal's storage answers, else from the ETag header."""
    try:
        tag = reading.text(reading.as_mapping(reading.parse(answer.content)), "etag")
    except UpstreamFailed:
        tag = ""
    tag = tag or answer.headers.get("etag", "")
    if not tag:
        raise UpstreamFailed("fal's storage did not acknowledge a part.", is_retryable=True)
    return tag
