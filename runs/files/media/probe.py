"""Makes previews of results: posters, thumbnails, viewer pages of meshes; checks signatures."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core import storage
from core.process import subprocess_worker
from fal.db_safe import db_safe_text
from runs.files.media import mesh_viewer
from runs.files.metadata import provenance

log = logging.getLogger(__name__)

PROBE_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class ProbeResult:
    """The detected type of a file (image, video, audio or ""), its size, and pictures as WebP."""

    kind: str = ""
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    shortest_s: float | None = None  # if its header and its streams differ
    codec: str = ""  # of a film or sound, by FFmpeg's name
    poster: bytes = b""
    thumbnail: bytes = b""


@dataclass(frozen=True)
class Origin:
    """What a file says about its origin, in the form of the columns of `Artifact`."""

    provenance: str
    signer: str = ""
    source_type: str = ""


def can_check_signatures() -> bool:
    """Whether c2pa-python is installed, which the extra `provenance` includes."""
    return importlib.util.find_spec("c2pa") is not None


class MediaProbe:
    """Runs the probe and related programs in subprocesses and kills those that take too long."""

    def __init__(self, limit_s: float = PROBE_TIMEOUT_S) -> None:
        self._program = subprocess_worker.SandboxedWorker("runs.files.media.probe_program", limit_s)
        self._meshes = subprocess_worker.SandboxedWorker("runs.files.media.mesh_program", limit_s)
        self._signatures = subprocess_worker.SandboxedWorker(
            "runs.files.media.signature_program", limit_s
        )

    async def probe(self, path: str, content_type: str) -> ProbeResult:
        """Probe a file; return an empty result if it cannot be probed."""
        if not content_type.startswith(("image/", "video/", "audio/")):
            return ProbeResult()
        try:
            answer = await self._program.request({"path": path, "content_type": content_type})
        except subprocess_worker.WorkerDied as error:
            log.warning("a file of type %s cannot be probed: %s", content_type, error)
            return ProbeResult()
        if why := answer.pop("error", ""):
            log.info("a file of type %s has no preview: %s", content_type, why)
        return ProbeResult(**_decoded(answer))

    async def probe_stored(self, name: str, content_type: str) -> ProbeResult:
        """Probe a file in our storage. Raises any error of the storage."""
        async with _local(name) as path:
            return await self.probe(path, content_type)

    async def origin_of(self, path: str) -> Origin:
        """Return what a file says about its origin; verify its signature if c2pa is installed."""
        is_signed, source_type = await asyncio.to_thread(_marks, path)
        if not is_signed:
            return Origin("none", source_type=source_type)
        answer = await self._check_signature(path) if can_check_signatures() else {}
        signer = db_safe_text(str(answer.get("signer", "")))
        if "is_valid" not in answer:
            return Origin("signed", signer, source_type)
        return Origin("valid" if answer["is_valid"] else "invalid", signer, source_type)

    async def origin_of_stored(self, name: str) -> Origin:
        """Call `origin_of` for a file in our storage. Raises any error of the storage."""
        async with _local(name) as path:
            return await self.origin_of(path)

    async def _check_signature(self, path: str) -> subprocess_worker.Json:
        try:
            answer = await self._signatures.request({"path": path})
        except subprocess_worker.WorkerDied as error:
            answer = {"error": str(error)}
        if "error" in answer:
            log.info("a signature cannot be checked: %s", answer["error"])
        return answer

    async def render_mesh(self, path: str, file_type: str, page: str) -> str:
        """Write a mesh's viewer page to the file `page`; return a sentence if it is impossible."""
        answer = await self._of_mesh({"path": path, "file_type": file_type, "page": page})
        if answer is None:
            return mesh_viewer.UNSHOWN
        compression = answer.get("compression")
        return mesh_viewer.COMPRESSED.format(compression) if compression else ""

    async def draw_mesh(self, path: str, file_type: str) -> ProbeResult:
        """Return a mesh's poster and thumbnail; an empty result if it cannot be drawn."""
        answer = await self._of_mesh({"path": path, "file_type": file_type})
        return ProbeResult(**_decoded(answer or {}))

    async def _of_mesh(self, request: dict[str, str]) -> subprocess_worker.Json | None:
        try:
            answer = await self._meshes.request(request)
            why = answer.get("error", "")
        except subprocess_worker.WorkerDied as error:
            why = str(error)
        if why:
            log.info("a mesh cannot be shown: %s", why)
        return None if why else answer

    async def close(self) -> None:
        """Stop the subprocesses."""
        await self._program.close()
        await self._meshes.close()
        await self._signatures.close()


def _marks(path: str) -> tuple[bool, str]:
    with Path(path).open("rb") as file:
        return provenance.is_signed(file), provenance.source_type(file)


@asynccontextmanager
async def _local(name: str) -> AsyncIterator[str]:
    """Yield the path of a stored file, or of a temporary copy of it."""
    with ExitStack() as stack:
        yield await asyncio.to_thread(stack.enter_context, storage.local_path(name))


def _decoded(answer: subprocess_worker.Json) -> subprocess_worker.Json:
    pictures = ("poster", "thumbnail")
    return answer | {name: base64.b64decode(answer.get(name, "")) for name in pictures}
