"""Uploads: files that a request needs become URLs that a model can read (protocol, 9.1)."""

from __future__ import annotations

import asyncio
import io
import json
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import httpx

from fal import reading
from fal.answers import Answer
from fal.errors import UpstreamFailed
from fal.wire import FILE, Wire

SINGLE_UP_TO_BYTES = 90 << 20
PART_BYTES = 10 << 20
_IN_MEMORY_BYTES = 8 << 20
_CHUNK_BYTES = 1 << 18
UNKNOWN_TYPE = "application/octet-stream"
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;[\x20-\x7e]*)?", re.ASCII)
Source = Path | str | bytes | AsyncIterable[bytes]


class Storage:
    """Puts files into fal's storage."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def upload(
        self,
        source: Source,
        *,
        content_type: str = UNKNOWN_TYPE,
        file_name: str,
        lifecycle: Mapping[str, Any] | None = None,
    ) -> str:
        """The URL under which models find what `source` (a path, bytes or chunks) holds.

        Above 90 MiB it goes in parts of 10 MiB. Every step is safe to repeat, and is repeated.
        """
        async with _opened(source) as (file, size_bytes):
            is_single = size_bytes <= SINGLE_UP_TO_BYTES
            step = "initiate" if is_single else "initiate-multipart"
            # Browsers say the type; what is no type would be no header either.
            content_type = content_type if _TYPE.fullmatch(content_type) else UNKNOWN_TYPE
            upload_url, file_url = await self._initiate(step, content_type, file_name, lifecycle)
            if is_single:
                await self._put_whole(upload_url, file, size_bytes, content_type)
            else:
                await self._put_parts(upload_url, file, size_bytes)
        return file_url

    async def _initiate(
        self, step: str, content_type: str, file_name: str, lifecycle: Mapping[str, Any] | None
    ) -> tuple[str, str]:
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
        return upload_url, file_url

    async def _put_whole(
        self, url: str, file: IO[bytes], size_bytes: int, content_type: str
    ) -> None:
        headers = {"Content-Type": content_type, "Content-Length": str(size_bytes)}
        await self._put(url, headers, _Chunks(file, size_bytes))

    async def _put_parts(self, url: str, file: IO[bytes], size_bytes: int) -> None:
        parts = []
        for number in range(1, -(-size_bytes // PART_BYTES) + 1):
            content = await asyncio.to_thread(file.read, PART_BYTES)
            answer = await self._put(_below(url, str(number)), {}, content)
            parts.append({"partNumber": number, "etag": _etag(answer)})
        await self._wire.ask(
            "POST",
            _below(url, "complete"),
            headers={"Content-Type": "application/json"},
            content=json.dumps({"parts": parts}).encode(),
            timeouts=FILE,
            repeat=True,
            with_key=False,
        )

    async def _put(self, url: str, headers: Mapping[str, str], content: bytes | _Chunks) -> Answer:
        """Uploads without the key: the URL itself is the permission."""
        return await self._wire.ask(
            "PUT", url, headers=headers, content=content, timeouts=FILE, repeat=True, with_key=False
        )


class _Chunks:
    """A file's bytes from its beginning, each time it is iterated: a repeated PUT starts anew."""

    def __init__(self, file: IO[bytes], size_bytes: int) -> None:
        self._file = file
        self._size_bytes = size_bytes

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        await asyncio.to_thread(self._file.seek, 0)
        left = self._size_bytes
        while left and (chunk := await asyncio.to_thread(self._file.read, min(_CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk


@asynccontextmanager
async def _opened(source: Source) -> AsyncGenerator[tuple[IO[bytes], int]]:
    """`source` as a file at its beginning, and its size; chunks go to a temporary file first."""
    if isinstance(source, bytes):
        yield io.BytesIO(source), len(source)
    elif isinstance(source, str | Path):
        with await asyncio.to_thread(Path(source).open, "rb") as file:
            yield file, file.seek(0, io.SEEK_END) and file.tell()
    else:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
            async for chunk in source:
                await asyncio.to_thread(spool.write, chunk)
            size_bytes = spool.tell()
            spool.seek(0)
            yield spool, size_bytes


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
