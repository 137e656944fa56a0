"""What is made of results to be shown: a film's still, a thumbnail for lists, a mesh's page; once per content."""

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
    """Has files looked at by `pictures.py`, meshes drawn by `mesh_viewer.py`; ends one that takes too long."""

    def __init__(self, limit_s: float = LOOK_S) -> None:
        self._program = confined.Program("playground.files.pictures", limit_s)
        self._meshes = confined.Program("playground.files.mesh_viewer", limit_s)

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

    async def draw_mesh(self, path: str, file_type: str, page: str) -> bool:
        """Whether the mesh's page is now in the file `page`; False for one that cannot be shown."""
        try:
            asked = {"path": path, "file_type": file_type, "page": page}
            why = (await self._meshes.ask(asked)).get("error", "")
        except confined.Broken as error:
            why = str(error)
        if why:
            log.info("a mesh cannot be shown: %s", why)
        return not why

    async def close(self) -> None:
        """End the programs."""
        await self._program.close()
        await self._meshes.close()
