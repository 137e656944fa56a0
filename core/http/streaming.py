"""Responses whose bytes are sent outside the page thread pool."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import IO

from django.http import StreamingHttpResponse

CHUNK_BYTES = 1 << 16


class OffThreadStream(StreamingHttpResponse):
    """Streams outside the page thread pool; producing its bytes must not touch the database."""


def chunks(file: IO[bytes], count: float = math.inf) -> Iterator[bytes]:
    """Yield the next `count` bytes of an open file, by default all, and close it."""
    with file:
        while count > 0 and (chunk := file.read(int(min(CHUNK_BYTES, count)))):
            count -= len(chunk)
            yield chunk
