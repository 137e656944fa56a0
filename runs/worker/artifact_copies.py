"""Copies artifacts to our storage in the background: upstream's copies expire."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
import uuid
from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.core.files import File
from django.db import DatabaseError
from django.db.models import F, Q, QuerySet

import fal
from core import storage
from core.db import clock
from fal.db_safe import db_safe_text
from runs.file_kinds import KINDS, KNOWN, MEDIA
from runs.files import content_types, derived_files, purge, storage_limits, stored_files
from runs.files.media import mesh_viewer
from runs.files.media.probe import MediaProbe, ProbeResult
from runs.files.stored_files import StoredFile
from runs.models import Artifact, DerivedFile
from runs.models.querysets import REMOTE
from runs.state import locked_update

log = logging.getLogger(__name__)

CHECK_SPACE_EVERY_BYTES = 64 << 20  # of a download, between two checks of free space
# Pauses start at FIRST_PAUSE_S and double. An unreachable host or a full disk is retried for about
# a week, since upstream keeps files for days at least. A host that answers without the file may not
# have it yet: retried for an hour. Gone (410) is nearly final.
TRIES = 350
TRIES_FOR_NONE = 11
TRIES_FOR_GONE = 3
FIRST_PAUSE_S = 5
LONGEST_PAUSE_S = 1800
# By file extension: formats with magic bytes.
PROMISED_BY_NAME = {"zip": "a ZIP archive", "pdf": "a PDF", "glb": "a 3D model"}
DOUBTFUL = {content_types.TEXT, content_types.UNREADABLE}
SVG = "image/svg+xml"
TAKEN_FOR = timedelta(minutes=1)  # renewed while the worker copies the artifact


def has_due() -> bool:
    """Whether an artifact is due; one cheap query without a write."""
    return _due(clock.now()).exists()


def next_due_at() -> datetime | None:
    """Return when the next artifact is due, possibly in the past; None if none is left."""
    now = clock.now()
    soon = Artifact.objects.filter(REMOTE).order_by(F("next_attempt_at").asc(nulls_first=True))
    return next((at or now for at in soon.values_list("next_attempt_at", flat=True)[:1]), None)


def due(limit: int) -> list[Artifact]:
    """Claim up to `limit` artifacts to copy now, by moving their next attempt.

    Each run's first artifact goes before any run's second: a run with a thousand delays no other.
    """
    now = clock.now()
    rows = list(_due(now).order_by("position", "pk")[:limit])
    Artifact.objects.filter(pk__in=[row.pk for row in rows]).update(
        next_attempt_at=now + TAKEN_FOR, attempts=F("attempts") + 1
    )
    return rows


def renew(copies: Collection[int]) -> None:
    """Renew the claims of copies in progress, so that a slow download is not started twice."""
    claimed_artifacts = Artifact.objects.filter(REMOTE, pk__in=copies)
    claimed_artifacts.update(next_attempt_at=clock.now() + TAKEN_FOR)


def release(copies: Collection[int]) -> None:
    """Release unfinished copies, so that other workers start them at once."""
    Artifact.objects.filter(REMOTE, pk__in=copies).update(
        next_attempt_at=None, attempts=F("attempts") - 1
    )


def _due(now: datetime) -> QuerySet[Artifact]:
    ready = Q(next_attempt_at=None) | Q(next_attempt_at__lt=now)
    return Artifact.objects.filter(REMOTE, ready)


async def copy(artifact: Artifact, files: fal.Files, probe: MediaProbe) -> None:
    """Copy one artifact and detect its kind; mark it as lost if upstream no longer has it."""
    try:
        stored_file = await _copy(artifact, files, probe)
    except fal.FalError as error:
        log.warning("artifact %s of run %s not copied: %s", artifact.path, artifact.run_id, error)
        fields = {"size_bytes": 0} if isinstance(error, fal.EmptyFile) else {}
        await _record_failed(artifact, str(error), _is_over(artifact, error), **fields)
        return
    except DatabaseError:
        raise  # logged by the worker; the file is copied again
    except OSError as error:  # a full disk: one log line, without the file's path
        message = "artifact %s of run %s not stored: %s"
        log.warning(message, artifact.path, artifact.run_id, error)
        await _record_storage_error(artifact, error)
        return
    except Exception as error:  # other storages raise anything, e.g. for an unavailable bucket
        log.exception("artifact %s of run %s not stored", artifact.path, artifact.run_id)
        await _record_storage_error(artifact, error)
        return
    try:
        await _record_copied(artifact, stored_file)
    except DatabaseError as error:
        is_over = artifact.attempts + 1 >= TRIES_FOR_NONE
        await _record_failed(artifact, f"The database does not take it: {error}", is_over)


async def _record_copied(artifact: Artifact, stored_file: StoredFile) -> None:
    await sync_to_async(derived_files.record)(
        artifact.run_id, artifact.position, stored_file.previews
    )
    # Upstream's dimensions are valid only for the kind that it stated.
    stated = artifact if artifact.kind == stored_file.kind else Artifact()
    await _record(
        artifact,
        state=Artifact.State.STORED,
        kind=stored_file.kind,
        # A data URI may be megabytes, which every list would load.
        url=artifact.url[:64] if artifact.is_inline else artifact.url,
        file=stored_file.name,
        digest=stored_file.digest,
        size_bytes=stored_file.size_bytes,
        content_type=stored_file.content_type,
        width=stored_file.width or stated.width,
        height=stored_file.height or stated.height,
        duration_s=stored_file.duration_s or stated.duration_s,
        shortest_s=stored_file.shortest_s,
        codec=stored_file.codec,
        poster=stored_file.poster,
        thumbnail=stored_file.thumbnail,
        provenance=stored_file.provenance,
        signer=stored_file.signer,
        source_type=stored_file.source_type,
        next_attempt_at=None,
        error=stored_file.warning,
    )


def _is_over(artifact: Artifact, error: fal.FalError) -> bool:
    """Whether retries are useless. A new kind of error has to occur twice to be final."""
    tries, most = artifact.attempts + 1, _most_tries(artifact, error)
    is_confirmed = most == 1 or artifact.error == _stored_words(str(error))
    return tries >= TRIES or (tries >= most and is_confirmed)


def _stored_words(why: str) -> str:
    return db_safe_text(why)[:255]


def _most_tries(artifact: Artifact, error: fal.FalError) -> int:
    """Return the maximum number of attempts for this error."""
    if error.is_retryable:
        return TRIES
    is_final = error.status is None and not isinstance(error, fal.BadRedirect)
    if is_final or artifact.is_inline:
        return 1
    return TRIES_FOR_GONE if error.status == HTTPStatus.GONE else TRIES_FOR_NONE


async def _record_storage_error(artifact: Artifact, error: Exception) -> None:
    why = f"The storage does not take it: {storage.describe_error(error)}."
    await _record_failed(artifact, why, is_over=False)


async def _record_failed(artifact: Artifact, why: str, is_over: bool, **fields: Any) -> None:
    pause_s = min(FIRST_PAUSE_S * 2 ** min(artifact.attempts, 9), LONGEST_PAUSE_S)
    await _record(
        artifact,
        again=timedelta(seconds=pause_s),
        state=Artifact.State.LOST if is_over else Artifact.State.REMOTE,
        error=_stored_words(why),
        **fields,
    )


async def _record(artifact: Artifact, *, again: timedelta | None = None, **values: Any) -> None:
    """Store the outcome of a copy, retried until committed; notify pages if it is new."""
    is_news = values["state"] != artifact.state or values["error"] != artifact.error

    def write(run: uuid.UUID) -> None:
        at = {"next_attempt_at": clock.now() + again} if again else {}
        Artifact.objects.filter(pk=artifact.pk).update(**values, **at)
        if is_news:
            locked_update.bump_version(run)

    await locked_update.retry_until_committed(write, artifact.run_id)


async def _copy(artifact: Artifact, files: fal.Files, probe: MediaProbe) -> StoredFile:
    await asyncio.to_thread(storage_limits.require_free_space)
    with tempfile.NamedTemporaryFile(prefix="vitrine-") as file:
        async with files.open(artifact.url, max_bytes=storage_limits.largest_bytes()) as stream:
            claimed_type = stream.content_type or artifact.content_type
            await asyncio.to_thread(storage_limits.require_free_space, stream.size or 0)
            async for chunk in stream:
                file.write(chunk)
                if (
                    file.tell() // CHECK_SPACE_EVERY_BYTES
                    > (file.tell() - len(chunk)) // CHECK_SPACE_EVERY_BYTES
                ):
                    await asyncio.to_thread(storage_limits.require_free_space)
        await asyncio.to_thread(
            storage_limits.require_free_space, file.tell()
        )  # the stated size may be wrong, or others took space
        if not file.tell():
            raise fal.EmptyFile("Upstream gave an empty file (0 bytes).", status=HTTPStatus.OK)
        file.flush()
        warning = await _contradiction(file, artifact, probe)
        error = fal.FileUnavailable(warning, status=HTTPStatus.OK)
        if warning and not _is_over(artifact, error):
            raise error
        digest = await asyncio.to_thread(stored_files.content_digest, file)
        names = artifact.file_name, artifact.url.partition("?")[0]
        await sync_to_async(purge.reclaim)(digest)
        stored_file = await asyncio.to_thread(stored_files.store, file, claimed_type, digest, names)
        stored_file = replace(stored_file, **asdict(await probe.origin_of(file.name)))
        if warning:  # stored nevertheless, in case the run really made this
            return replace(stored_file, kind="file", warning=warning)
        return await _probed(stored_file, file.name, artifact.kind, probe)


async def _contradiction(file: IO[bytes], artifact: Artifact, probe: MediaProbe) -> str:
    """Return a sentence if the bytes are not of the kind that the output promised, else "".

    A failing host may send an error page instead. A 3D model may be JSON (glTF).

    A single wrong response must not replace the result: the caller retries (`_is_over`).
    """
    is_known = artifact.kind in KNOWN
    promised = KINDS[artifact.kind].a_file if is_known else _by_name(artifact)
    document = await asyncio.to_thread(_page_instead_of_media, file, artifact) if promised else ""
    if document and artifact.kind in MEDIA and document in DOUBTFUL:
        probed = await probe.probe(
            file.name, f"{artifact.kind}/"
        )  # some pictures have no magic bytes
        document = "" if probed.kind else document
    return f"Upstream gave {document} instead of {promised}." if document else ""


def _page_instead_of_media(file: IO[bytes], artifact: Artifact) -> str:
    """Return what was sent instead of the promised kind; empty if the bytes may be of that kind."""
    file.seek(0)
    head = file.read(content_types.DOCUMENT_BYTES + 1)
    is_proven = (
        content_types.content_type(head[: content_types.HEAD_BYTES]) != content_types.UNKNOWN
    )
    if artifact.kind == "file":
        return "" if is_proven else content_types.document_kind(head) or content_types.plain(head)
    document = content_types.document_kind(head)
    if document:
        return "" if artifact.kind == "mesh" and document == "JSON" else document
    if artifact.kind not in MEDIA or is_proven or content_types.is_svg(head):
        return ""
    instead = content_types.plain(head)
    claims_other_format = artifact.content_type.partition("/")[
        0
    ] in MEDIA and not content_types.is_provable(artifact.content_type)
    return "" if claims_other_format and instead == content_types.UNREADABLE else instead


def _by_name(artifact: Artifact) -> str:
    """Return the kind promised by the file extension, if magic bytes can confirm it; else ""."""
    name = artifact.file_name or artifact.url.partition("?")[0]
    return (
        PROMISED_BY_NAME.get(name.rpartition(".")[2].lower(), "") if artifact.kind == "file" else ""
    )


async def _probed(stored_file: StoredFile, path: str, guess: str, probe: MediaProbe) -> StoredFile:
    """Add kind, dimensions, duration and previews; previews are made once per content."""
    same_content = Artifact.objects.filter(digest=stored_file.digest, state=Artifact.State.STORED)
    if earlier := await same_content.exclude(poster="", thumbnail="", duration_s=None).afirst():
        return replace(
            stored_file,
            kind=earlier.kind,
            width=earlier.width,
            height=earlier.height,
            duration_s=earlier.duration_s,
            shortest_s=earlier.shortest_s,
            codec=earlier.codec or "",
            poster=earlier.poster,
            thumbnail=earlier.thumbnail,
            previews=await sync_to_async(derived_files.previews_of)(earlier),
        )
    is_media = stored_file.content_type.partition("/")[0] in MEDIA
    probed = await probe.probe(path, stored_file.content_type if is_media else f"{guess}/")
    kind = _kind(guess, stored_file.content_type, probed)
    warning = await _render_mesh(stored_file, path, probe) if kind == "mesh" else ""
    if kind == "mesh" and not warning:
        probed = await probe.draw_mesh(path, stored_file.name.rpartition(".")[2])
    pictures = await asyncio.to_thread(derived_files.write, stored_file.name, probed)
    return replace(
        stored_file,
        kind=kind,
        warning=warning,
        width=probed.width or stored_file.width,
        height=probed.height or stored_file.height,
        duration_s=probed.duration_s,
        shortest_s=probed.shortest_s,
        codec=probed.codec,
        previews={
            DerivedFile.What.POSTER: derived_files.digest(probed.poster),
            DerivedFile.What.THUMBNAIL: derived_files.digest(probed.thumbnail),
        },
        poster=pictures.poster,
        thumbnail=pictures.thumbnail,
    )


async def _render_mesh(stored_file: StoredFile, path: str, probe: MediaProbe) -> str:
    """Render a mesh's viewer page beside its file; return a sentence if that is impossible."""
    with tempfile.NamedTemporaryFile(prefix="vitrine-") as page:
        file_type = stored_file.name.rpartition(".")[2]
        if warning := await probe.render_mesh(path, file_type, page.name):
            return warning
        size_bytes = page.seek(0, os.SEEK_END)
        name = mesh_viewer.page_name(stored_file.name)
        await asyncio.to_thread(storage.write, name, File(page), size_bytes)
    return ""


def _kind(guess: str, content_type: str, probed: ProbeResult) -> str:
    """Return the kind of the bytes, else the one that upstream's data suggest (`guess`).

    If nothing in the bytes confirms a supposed medium, it is a file, not a broken picture.
    """
    if proven := probed.kind or content_types.kind(content_type):
        return proven
    return "file" if guess in MEDIA and content_type != SVG else guess
