"""The worker job that fetches, renders and stores upstream's thumbnails.

Each pair of URLs of an endpoint (still and animated) is a `Picture`. It is fetched from allowed
media hosts only, rendered in a subprocess that may be killed (`drawing.py`), stored under a name
made of its source's digest, and then linked to its endpoints. Links are written in batches, as
each renews the catalogue's revision and so invalidates every cached page.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from asgiref.sync import sync_to_async

import fal
from catalog.models import Picture, Revision
from catalog.pictures import picture_files, picture_registry
from core.db import transient_errors
from core.process import subprocess_worker

log = logging.getLogger(__name__)

AT_ONCE = 3
MAX_BYTES = 32 << 20
DRAW_S = 30.0
REST_S = 15.0  # when the catalogue has not changed for `QUIET_S`
QUIET_S = 60.0
# Pauses between batches of links. They double up to a limit, which grows by a second per thousand
# endpoints, because each batch makes open pages render the catalogue again.
FIRST_LINKS_S, LONG_LINKS_S, MORE_S_PER_ENDPOINT = 1.0, 3.0, 0.001
SWEEP_EVERY_S = 3600.0
RECIPE = b"2"  # raised when the output of `drawing.py` changes, to get new file names


class Undrawable(Exception):
    """The fetched file cannot be rendered."""


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Durations in seconds, sizes in bytes of our storage."""

    fetch_s: float = 60.0
    idle_s: float = 2.0
    plan_every_s: float = 1.0
    most_bytes: int = 4 << 30  # for all pictures together


PICTURE_LIMITS = PictureLimits()


class ThumbnailFetcher:
    """One worker's fetching of thumbnails: call `step` repeatedly, `close` at the end."""

    def __init__(
        self,
        files: fal.Files,
        addresses: fal.Addresses,
        limits: PictureLimits = PICTURE_LIMITS,
    ) -> None:
        self._files = files
        self._addresses = addresses
        self._limits = limits
        self._program = subprocess_worker.SandboxedWorker("catalog.pictures.drawing", DRAW_S)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._revision = ""
        self._changed_at = time.monotonic()
        self._planned_at = self._swept_at = float("-inf")
        self._unlinked_since: float | None = None
        self._links_pause_s = FIRST_LINKS_S
        self._is_full = False

    async def step(self) -> float:
        """Do the work that is due; returns the seconds until the next call."""
        await sync_to_async(self._plan)()
        room = 0 if self._is_full else AT_ONCE - len(self._under_way)
        for picture in await sync_to_async(picture_registry.due)(room):
            task = asyncio.create_task(self._fetch_and_store(picture), name=f"picture {picture}")
            self._under_way[picture.pk] = task
            task.add_done_callback(partial(self._done, picture.pk))
        if not self._under_way:
            await self._program.close()  # frees the memory of its libraries; it restarts quickly
            if self._unlinked_since is not None:
                return 0.0
            is_quiet = time.monotonic() - self._changed_at > QUIET_S
            return REST_S if is_quiet else self._limits.idle_s
        await asyncio.wait(
            self._under_way.values(),
            timeout=self._limits.idle_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        return 0.0

    async def close(self) -> None:
        """Cancel running fetches; they are retried in a few minutes."""
        tasks = [*self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._program.close()

    def _done(self, pk: str, task: asyncio.Task[None]) -> None:
        self._under_way.pop(pk, None)
        if task.cancelled() or (error := task.exception()) is None:
            return
        transient_errors.log_failure(
            log, error, "%s was interrupted and will be retried", task.get_name()
        )

    def _plan(self) -> None:
        """Queue new URLs, and link finished pictures when their pause is over."""
        now, revision = time.monotonic(), Revision.current()
        if revision != self._revision and now - self._planned_at >= self._limits.plan_every_s:
            self._register(now)
            self._revision, self._planned_at = revision, now
            self._changed_at = now
            self._unlinked_since = self._unlinked_since or now
        if self._unlinked_since is None:
            return
        if self._under_way and now - self._unlinked_since < self._links_pause_s:
            return
        wants = picture_registry.wanted()
        picture_registry.link(wants)
        self._is_full = picture_registry.size_bytes() >= self._limits.most_bytes
        self._unlinked_since = None
        longest_s = LONG_LINKS_S + len(wants) * MORE_S_PER_ENDPOINT
        longer_s = min(self._links_pause_s * 2, longest_s)
        self._links_pause_s = longer_s if self._under_way else FIRST_LINKS_S

    def _register(self, now: float) -> None:
        wants, is_first = picture_registry.wanted(), self._swept_at < 0
        picture_registry.register(wants, self._addresses, recheck_hosts=is_first)
        if now - self._swept_at >= SWEEP_EVERY_S:
            picture_registry.sweep(wants)
            self._swept_at = now

    async def _fetch_and_store(self, picture: Picture) -> None:
        """Fetch, render and store one picture, or record why that failed."""
        try:
            rendered = await self._render(picture)
        except fal.FalError as error:
            is_bad = not error.is_retryable
            await self._failed(picture, str(error), is_bad, is_bad and error.status is None)
        except (Undrawable, subprocess_worker.WorkerDied) as error:
            await self._failed(picture, str(error), is_bad=True)
        except TimeoutError:
            await self._failed(picture, "It took too long.")
        except transient_errors.TRANSIENT:
            raise  # the database is unavailable; not a failure of this picture
        except Exception as error:
            # Storages may raise anything: a full disk, an unreachable bucket.
            log.exception("%s is not stored", picture)
            await self._failed(picture, f"The storage does not take it: {error}")
        else:
            await sync_to_async(picture_registry.record_rendered)(picture, rendered)
            if self._unlinked_since is None:
                self._unlinked_since = time.monotonic()

    async def _failed(
        self, picture: Picture, why: str, is_bad: bool = False, is_over: bool = False
    ) -> None:
        fail = partial(picture_registry.record_failed, picture, why, is_bad=is_bad, is_over=is_over)
        if await sync_to_async(fail)():
            log.info("no thumbnail from %s: %s", picture.url, why)

    async def _render(self, picture: Picture) -> picture_registry.RenderedPicture:
        with (
            tempfile.NamedTemporaryFile(prefix="vitrine-") as still,
            tempfile.NamedTemporaryFile(prefix="vitrine-") as moving,
        ):
            digest = hashlib.sha256(RECIPE)
            await self._fetch(picture.url, still, digest)
            error = ""
            if picture.animated_url:
                try:
                    await self._fetch(picture.animated_url, moving, digest)
                except fal.FalError as refusal:  # the still suffices
                    error = f"Does not move: {refusal}"
                    moving.truncate(0)
                    digest.update(b"still")
            base = digest.hexdigest()
            rendered = await sync_to_async(picture_registry.find_rendered)(base)
            if rendered is not None:
                return rendered
            moves = moving.tell() > 0 and not error
            request = {"still": still.name, "moving": moving.name if moves else ""}
            answer = await self._program.request(request)
            return await asyncio.to_thread(_stored, base, answer, error)

    async def _fetch(self, url: str, file: IO[bytes], digest: Any) -> None:
        async with (
            asyncio.timeout(self._limits.fetch_s),
            self._files.open(url, max_bytes=MAX_BYTES) as stream,
        ):
            async for chunk in stream:
                file.write(chunk)
                digest.update(chunk)
        file.flush()


def _stored(base: str, answer: dict[str, Any], error: str) -> picture_registry.RenderedPicture:
    if "error" in answer:
        raise Undrawable(answer["error"])
    small, large, clip = (base64.b64decode(answer[key]) for key in ("small", "large", "clip"))
    return picture_registry.RenderedPicture(
        small=picture_files.write(picture_files.name(base, picture_files.SMALL), small),
        large=picture_files.write(picture_files.name(base, picture_files.LARGE), large),
        clip=picture_files.write(picture_files.name(base, picture_files.CLIP), clip),
        colour=answer["colour"],
        size_bytes=len(small) + len(large) + len(clip),
        error=error or answer.get("no_clip", ""),
    )
