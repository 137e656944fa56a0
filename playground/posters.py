"""Small pictures of results: a film's still, a thumbnail for lists, made once per content."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

log = logging.getLogger(__name__)

LOOK_S = 20.0
ANSWER_BYTES = 16 << 20


@dataclass(frozen=True)
class Seen:
    """What a file turned out to be; pictures are WebP."""

    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    poster: bytes = b""
    thumbnail: bytes = b""


class Looker:
    """Has files looked at by `pictures.py`, one after the other; ends it when it takes too long."""

    def __init__(self, limit_s: float = LOOK_S) -> None:
        self._limit_s = limit_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def look(self, path: str, content_type: str) -> Seen:
        """What the file is and shows; as good as nothing for one that cannot be looked at."""
        if not content_type.startswith(("image/", "video/", "audio/")):
            return Seen()
        async with self._turn:
            try:
                async with asyncio.timeout(self._limit_s):
                    answer = await self._ask({"path": path, "content_type": content_type})
            except (TimeoutError, OSError, ValueError) as error:
                log.warning("a %s cannot be looked at: %r", content_type, error)
                await self.close()
                return Seen()
            except asyncio.CancelledError:
                await self.close()
                raise
        if why := answer.pop("error", ""):
            log.info("a %s shows nothing: %s", content_type, why)
        for name in ("poster", "thumbnail"):
            answer[name] = base64.b64decode(answer.get(name, ""))
        return Seen(**answer)

    async def close(self) -> None:
        """End the program."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def _ask(self, question: dict[str, str]) -> dict[str, Any]:
        process = await self._running()
        if process.stdin is None or process.stdout is None:
            raise OSError("the program has no pipes")
        process.stdin.write(json.dumps(question).encode() + b"\n")
        await process.stdin.drain()
        answer: dict[str, Any] = json.loads(await process.stdout.readline())
        return answer

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "playground.pictures",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=ANSWER_BYTES,
            )
        return self._process


def keep(name: str, picture: bytes) -> str:
    """The name in our storage of a picture that goes with the stored file `name`; empty for none."""
    if not picture:
        return ""
    if default_storage.exists(name):
        if default_storage.size(name) == len(picture):
            return name
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(picture))
