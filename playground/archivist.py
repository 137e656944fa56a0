"""Copies artifacts to our storage in the background: upstream's copies expire."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import tempfile
import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import IO, Any

from django.core.files import File
from django.db import DatabaseError
from django.db.models import BooleanField, F, Func, Q, QuerySet

import fal
from catalog import whole_files
from catalog.pictures import picture_files
from fal.storable import storable_text
from playground import clock, writing
from playground.files import mesh_viewer, sniffing
from playground.files.posters import Looker, Seen
from playground.models import Artifact

log = logging.getLogger(__name__)

MAX_BYTES = 2 << 30
# The first pause, then twice as long each time. A host that is away is asked for a week or so, a storage
# that is full for as long: upstream keeps files for days at least. One that gives no file, or something
# else, may just not have it yet: it is asked for an hour. Gone (410) is its last word, nearly.
TRIES = 350
TRIES_FOR_NONE = 11
TRIES_FOR_GONE = 3
FIRST_PAUSE_S = 5
LONGEST_PAUSE_S = 1800
# What is of one of these kinds is seen or heard; its bytes have to show that it is.
MEDIA = {"image", "video", "audio"}
# Instead of these a host in trouble gives a page with its excuses. A 3D model may be JSON (glTF).
PROMISED = {"image": "an image", "video": "a video", "audio": "a sound", "mesh": "a 3D model"}
SVG = "image/svg+xml"
UNSHOWN = "This 3D model cannot be shown here. Download it to look at it."
TAKEN_FOR = timedelta(minutes=1)  # renewed for as long as its worker copies it
# As the index `artifact_to_copy` has it: SQLite takes a partial index only for literals.
REMOTE = Func(
    F("state"), template="%(expressions)s = 'remote'", output_field=BooleanField(), arity=1
)


@dataclass(frozen=True)
class Kept:
    """A file in our storage."""

    name: str
    digest: str
    size_bytes: int
    content_type: str
    kind: str = ""
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    poster: str = ""
    thumbnail: str = ""
    warning: str = ""  # why it is hardly what the run made


def has_due() -> bool:
    """Whether there is something to copy now; one cheap look without a write."""
    return _due(clock.now()).exists()


def due(limit: int) -> list[Artifact]:
    """Artifacts to copy now; taking them puts them off, so two workers rarely meet.

    Each run's first goes before any run's second: one with a thousand keeps no other waiting.
    """
    now = clock.now()
    rows = list(_due(now).order_by("position", "pk")[:limit])
    Artifact.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_attempt_at=now + TAKEN_FOR, attempts=F("attempts") + 1
    )
    return rows


def renew(copies: Collection[int]) -> None:
    """Keep what is being copied: a film over a slow line takes its time, and comes once."""
    taken = Artifact.objects.filter(REMOTE, pk__in=copies)
    taken.update(next_attempt_at=clock.now() + TAKEN_FOR)


def release(copies: Collection[int]) -> None:
    """Let others copy at once what was begun and not ended."""
    Artifact.objects.filter(REMOTE, pk__in=copies).update(
        next_attempt_at=None, attempts=F("attempts") - 1
    )


def _due(now: datetime) -> QuerySet[Artifact]:
    ready = Q(next_attempt_at=None) | Q(next_attempt_at__lt=now)
    return Artifact.objects.filter(REMOTE, ready)


async def keep(artifact: Artifact, files: fal.Files, looker: Looker) -> None:
    """Copy one artifact, and know it by its bytes; what upstream no longer has is marked as lost, with the reason."""
    try:
        kept = await _copy(artifact, files, looker)
    except fal.FalError as error:
        log.warning("artifact %s of run %s not copied: %s", artifact.path, artifact.run_id, error)
        found = {"size_bytes": 0} if isinstance(error, fal.EmptyFile) else {}
        await _not_kept(artifact, str(error), _is_over(artifact, error), **found)
        return
    except DatabaseError:
        raise  # the worker tells it, and the file is copied again
    except OSError as error:  # a full disk: told in a line, and where the file should lie to nobody
        words = "artifact %s of run %s not stored: %s"
        log.warning(words, artifact.path, artifact.run_id, error)
        await _not_stored(artifact, error)
        return
    except Exception as error:  # whatever other storages may raise: a bucket that is away
        log.exception("artifact %s of run %s not stored", artifact.path, artifact.run_id)
        await _not_stored(artifact, error)
        return
    try:
        await _note_kept(artifact, kept)
    except DatabaseError as error:
        is_over = artifact.attempts + 1 >= TRIES_FOR_NONE
        await _not_kept(artifact, f"The database does not take it: {error}", is_over)


async def _note_kept(artifact: Artifact, kept: Kept) -> None:
    # What upstream said of something else is not true of this.
    said = artifact if artifact.kind == kept.kind else Artifact()
    await _note(
        artifact,
        state=Artifact.State.STORED,
        kind=kept.kind,
        # Megabytes that lists would carry along.
        url=artifact.url[:64] if artifact.is_inline else artifact.url,
        file=kept.name,
        digest=kept.digest,
        size_bytes=kept.size_bytes,
        content_type=kept.content_type,
        width=kept.width or said.width,
        height=kept.height or said.height,
        duration_s=kept.duration_s or said.duration_s,
        poster=kept.poster,
        thumbnail=kept.thumbnail,
        error=kept.warning,
    )


def _is_over(artifact: Artifact, error: fal.FalError) -> bool:
    """Whether asking again is of no use. The first such answer after other trouble is no last word."""
    tries, most = artifact.attempts + 1, _most_tries(artifact, error)
    is_last_word = most == 1 or artifact.error == _kept_words(str(error))
    return tries >= TRIES or (tries >= most and is_last_word)


def _kept_words(why: str) -> str:
    return storable_text(why)[:255]


def _most_tries(artifact: Artifact, error: fal.FalError) -> int:
    """How often a file is asked for that fails like this."""
    if error.is_retryable:
        return TRIES
    is_final = error.status is None and not isinstance(error, fal.LedAway)
    if is_final or artifact.is_inline:
        return 1
    return TRIES_FOR_GONE if error.status == HTTPStatus.GONE else TRIES_FOR_NONE


async def _not_stored(artifact: Artifact, error: Exception) -> None:
    why = f"The storage does not take it: {whole_files.why(error)}."
    await _not_kept(artifact, why, is_over=False)


async def _not_kept(artifact: Artifact, why: str, is_over: bool, **found: Any) -> None:
    pause_s = min(FIRST_PAUSE_S * 2 ** min(artifact.attempts, 9), LONGEST_PAUSE_S)
    await _note(
        artifact,
        again=timedelta(seconds=pause_s),
        state=Artifact.State.LOST if is_over else Artifact.State.REMOTE,
        error=_kept_words(why),
        **found,
    )


async def _note(artifact: Artifact, *, again: timedelta | None = None, **values: Any) -> None:
    """Write down, surely, what came of a copy; pages hear of news."""
    is_news = values["state"] != artifact.state or values["error"] != artifact.error

    def write(run: uuid.UUID) -> None:
        at = {"next_attempt_at": clock.now() + again} if again else {}
        Artifact.objects.filter(pk=artifact.pk).update(**values, **at)
        if is_news:
            writing.renew(run)

    await writing.surely(write, artifact.run_id)


async def _copy(artifact: Artifact, files: fal.Files, looker: Looker) -> Kept:
    with tempfile.NamedTemporaryFile(prefix="vitrine-") as file:
        async with files.open(artifact.url, max_bytes=MAX_BYTES) as stream:
            claimed = stream.content_type or artifact.content_type
            async for chunk in stream:
                file.write(chunk)
        if not file.tell():
            raise fal.EmptyFile("Upstream gave an empty file (0 bytes).", status=HTTPStatus.OK)
        file.flush()
        warning = await asyncio.to_thread(_instead, file, artifact.kind)
        error = fal.FileUnavailable(warning, status=HTTPStatus.OK)
        if warning and not _is_over(artifact, error):
            raise error
        kept = await asyncio.to_thread(store, file, claimed)
        if warning:  # better than nothing, should the run have made this
            return replace(kept, kind="file", warning=warning)
        return await _looked_at(kept, file.name, artifact.kind, looker)


def _instead(file: IO[bytes], guess: str) -> str:
    """A sentence where a page came instead of the medium that the output promised, else nothing."""
    if guess not in PROMISED:
        return ""
    file.seek(0)
    found = sniffing.document(file.read(sniffing.DOCUMENT_BYTES + 1))
    if not found or (guess == "mesh" and found == "JSON"):
        return ""
    return f"Upstream gave {found} instead of {PROMISED[guess]}."


async def _looked_at(kept: Kept, path: str, guess: str, looker: Looker) -> Kept:
    """With kind, duration and small pictures, made once per content; a file that shows none is kept all the same."""
    stored = Artifact.objects.filter(digest=kept.digest, state=Artifact.State.STORED)
    if known := await stored.exclude(poster="", thumbnail="", duration_s=None).afirst():
        return replace(
            kept,
            kind=known.kind,
            width=known.width,
            height=known.height,
            duration_s=known.duration_s,
            poster=known.poster,
            thumbnail=known.thumbnail,
        )
    is_media = kept.content_type.partition("/")[0] in MEDIA
    seen = await looker.look(path, kept.content_type if is_media else f"{guess}/")
    kind = _kind(guess, kept.content_type, seen)
    warning = await _drawn(kept, path, looker) if kind == "mesh" else ""
    base = kept.name.rpartition(".")[0]
    poster, thumbnail = f"{base}.poster.webp", f"{base}.thumbnail.webp"
    return replace(
        kept,
        kind=kind,
        warning=warning,
        width=seen.width or kept.width,
        height=seen.height or kept.height,
        duration_s=seen.duration_s,
        poster=await asyncio.to_thread(picture_files.put, poster, seen.poster),
        thumbnail=await asyncio.to_thread(picture_files.put, thumbnail, seen.thumbnail),
    )


async def _drawn(kept: Kept, path: str, looker: Looker) -> str:
    """A sentence where a mesh cannot be shown; else nothing, and its page lies beside it."""
    with tempfile.NamedTemporaryFile(prefix="vitrine-") as page:
        if not await looker.draw_mesh(path, kept.name.rpartition(".")[2], page.name):
            return UNSHOWN
        size_bytes = page.seek(0, os.SEEK_END)
        name = mesh_viewer.page_of(kept.name)
        await asyncio.to_thread(whole_files.put, name, File(page), size_bytes)
    return ""


def _kind(guess: str, content_type: str, seen: Seen) -> str:
    """What it is shown as: what its bytes show, else what upstream's words made of it.

    What should be seen or heard and turned out to be neither is a file, not a broken picture.
    """
    if proven := seen.kind or sniffing.kind(content_type):
        return proven
    return "file" if guess in MEDIA and content_type != SVG else guess


def store(file: IO[bytes], claimed: str = "") -> Kept:
    """Put an open file into our storage, once per content; name, type and size come from its bytes."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0, os.SEEK_END)
    size_bytes = file.tell()
    file.seek(0)
    kind = sniffing.content_type(file.read(sniffing.HEAD_BYTES), claimed)
    name = f"{digest[:2]}/{digest[2:4]}/{digest}.{sniffing.extension(kind)}"
    file.seek(0)
    name = whole_files.put(name, File(file), size_bytes)
    width, height = dimensions(file) if kind.startswith("image/") else (None, None)
    return Kept(name, digest, size_bytes, kind, width=width, height=height)


def dimensions(file: IO[bytes]) -> tuple[int | None, int | None]:
    """Width and height in pixels of an open picture, or nothing where it cannot be read."""
    from PIL import Image, UnidentifiedImageError  # four megabytes of code, for who looks alone

    file.seek(0)
    try:
        with Image.open(file) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None, None
