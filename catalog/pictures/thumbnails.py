"""Upstream's thumbnails, fetched in the background and kept small: the worker's quietest job.

Each pair of addresses that an endpoint has (a still, and one that moves) is a `Picture`.
It is fetched from the media addresses alone, drawn by a program that may be killed
(`drawing.py`), stored under names that say what it was drawn from, and only then linked
to its endpoints, many at a time: each link renews the catalogue's revision, and with it
every page that was drawn.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import tempfile
import time
from functools import partial
from typing import IO, Any

from asgiref.sync import sync_to_async

import fal
from catalog import outages
from catalog.models import Picture, Revision
from catalog.pictures import confined, picture_book, picture_files

log = logging.getLogger(__name__)

AT_ONCE = 3
MAX_BYTES = 32 << 20
FETCH_S, DRAW_S = 60.0, 30.0
IDLE_S = 2.0
# Between two rounds of links, growing: the first cards at once, then the rarer the more there
# are (a second for each thousand): every round has whoever looks draw the catalogue anew.
FIRST_LINKS_S, LONG_LINKS_S, MORE_S_PER_ENDPOINT = 1.0, 3.0, 0.001
PLAN_EVERY_S, SWEEP_EVERY_S = 1.0, 3600.0
RECIPE = b"2"  # raised when `drawing.py` draws otherwise: other files, other addresses


class Undrawable(Exception):
    """What came is no picture that can be drawn."""


class Thumbnails:
    """What one worker does about pictures: `tend` again and again, `close` at the end."""

    def __init__(self, files: fal.Files, addresses: fal.Addresses) -> None:
        self._files = files
        self._addresses = addresses
        self._program = confined.Program("catalog.pictures.drawing", DRAW_S)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._revision = ""
        self._planned_at = self._swept_at = float("-inf")
        self._unlinked_since: float | None = None
        self._links_pause_s = FIRST_LINKS_S
        self._is_full = False

    async def tend(self) -> float:
        """Do what there is to do now; returns the seconds after which to look again."""
        await sync_to_async(self._plan)()
        room = 0 if self._is_full else AT_ONCE - len(self._under_way)
        for picture in await sync_to_async(picture_book.due)(room):
            task = asyncio.create_task(self._keep(picture), name=f"picture {picture}")
            self._under_way[picture.pk] = task
            task.add_done_callback(partial(self._done, picture.pk))
        if not self._under_way:
            await self._program.close()  # its libraries are large; it starts again in no time
            return IDLE_S if self._unlinked_since is None else 0.0
        await asyncio.wait(
            self._under_way.values(), timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED
        )
        return 0.0

    async def close(self) -> None:
        """Leave what is under way; it is taken up again in a few minutes."""
        tasks = [*self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._program.close()

    def _done(self, pk: str, task: asyncio.Task[None]) -> None:
        self._under_way.pop(pk, None)
        if task.cancelled() or (error := task.exception()) is None:
            return
        outages.tell(log, error, "%s had to stop, and is taken up again", task.get_name())

    def _plan(self) -> None:
        """Notice new addresses, and link what came when it is time."""
        now, revision = time.monotonic(), Revision.current()
        if revision != self._revision and now - self._planned_at >= PLAN_EVERY_S:
            self._notice(now)
            self._revision, self._planned_at = revision, now
            self._unlinked_since = self._unlinked_since or now
        if self._unlinked_since is None:
            return
        if self._under_way and now - self._unlinked_since < self._links_pause_s:
            return
        wants = picture_book.wanted()
        picture_book.link(wants)
        self._is_full = picture_book.is_full()
        self._unlinked_since = None
        longest_s = LONG_LINKS_S + len(wants) * MORE_S_PER_ENDPOINT
        longer_s = min(self._links_pause_s * 2, longest_s)
        self._links_pause_s = longer_s if self._under_way else FIRST_LINKS_S

    def _notice(self, now: float) -> None:
        wants, is_first = picture_book.wanted(), self._swept_at < 0
        picture_book.notice(wants, self._addresses, look_again=is_first)
        if now - self._swept_at >= SWEEP_EVERY_S:
            picture_book.sweep(wants)
            self._swept_at = now

    async def _keep(self, picture: Picture) -> None:
        """Fetch, draw and store one picture, or note why that did not work."""
        try:
            drawn = await self._drawn(picture)
        except fal.FalError as error:
            is_bad = not error.is_retryable
            await self._failed(picture, str(error), is_bad, is_bad and error.status is None)
        except (Undrawable, confined.Broken) as error:
            await self._failed(picture, str(error), is_bad=True)
        except TimeoutError:
            await self._failed(picture, "It took too long.")
        except outages.PASSING:  # the database is away, which says nothing of the picture
            raise
        except Exception as error:
            # Whatever a storage may raise: a full disk, a bucket that is away.
            log.exception("%s is not stored", picture)
            await self._failed(picture, f"The storage does not take it: {error}")
        else:
            await sync_to_async(picture_book.kept)(picture, drawn)
            if self._unlinked_since is None:
                self._unlinked_since = time.monotonic()

    async def _failed(
        self, picture: Picture, why: str, is_bad: bool = False, is_over: bool = False
    ) -> None:
        fail = partial(picture_book.failed, picture, why, is_bad=is_bad, is_over=is_over)
        if await sync_to_async(fail)():
            log.info("no thumbnail from %s: %s", picture.url, why)

    async def _drawn(self, picture: Picture) -> picture_book.Drawn:
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
                except fal.FalError as refused:  # the still is good by itself, and soon there
                    error = f"Does not move: {refused}"
                    moving.truncate(0)
                    digest.update(b"still")
            base = digest.hexdigest()
            known = await sync_to_async(picture_book.known)(base)
            if known is not None:
                return known
            moves = moving.tell() > 0 and not error
            asked = {"still": still.name, "moving": moving.name if moves else ""}
            answer = await self._program.ask(asked)
            return await asyncio.to_thread(_stored, base, answer, error)

    async def _fetch(self, url: str, file: IO[bytes], digest: Any) -> None:
        async with asyncio.timeout(FETCH_S), self._files.open(url, max_bytes=MAX_BYTES) as stream:
            async for chunk in stream:
                file.write(chunk)
                digest.update(chunk)
        file.flush()


def _stored(base: str, answer: dict[str, Any], error: str) -> picture_book.Drawn:
    if "error" in answer:
        raise Undrawable(answer["error"])
    small, large, clip = (base64.b64decode(answer[key]) for key in ("small", "large", "clip"))
    return picture_book.Drawn(
        small=picture_files.put(picture_files.name(base, picture_files.SMALL), small),
        large=picture_files.put(picture_files.name(base, picture_files.LARGE), large),
        clip=picture_files.put(picture_files.name(base, picture_files.CLIP), clip),
        colour=answer["colour"],
        size_bytes=len(small) + len(large) + len(clip),
        error=error or answer.get("no_clip", ""),
    )
