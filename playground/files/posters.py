"""Small pictures of results: a film's still, a thumbnail for lists, made once per content."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass

from catalog.pictures import confined

log = logging.getLogger(__name__)

LOOK_S = 20.0


@dataclass(frozen=True)
class Seen:
    """What a file turned out to be (image, video, audio, or nothing of these); pictures are WebP."""

    kind: str = ""
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    poster: bytes = b""
    thumbnail: bytes = b""


class Looker:
    """Has files looked at by `pictures.py`, one after the other; ends it when it takes too long."""

    def __init__(self, limit_s: float = LOOK_S) -> None:
        self._program = confined.Program("playground.files.pictures", limit_s)

    async def look(self, path: str, content_type: str) -> Seen:
        """What the file is and shows; as good as nothing for one that cannot be looked at."""
        if not content_type.startswith(("image/", "video/", "audio/")):
            return Seen()
        try:
            answer = await self._program.ask({"path": path, "content_type": content_type})
        except confined.Broken as error:
            log.warning("a %s cannot be looked at: %s", content_type, error)
            return Seen()
        if why := answer.pop("error", ""):
            log.info("a %s shows nothing: %s", content_type, why)
        for name in ("poster", "thumbnail"):
            answer[name] = base64.b64decode(answer.get(name, ""))
        return Seen(**answer)

    async def close(self) -> None:
        """End the program."""
        await self._program.close()
