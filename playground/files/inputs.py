"""The files of a run's input on their way: our own addresses become ones that upstream can read."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from weakref import WeakValueDictionary

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.utils import timezone

import fal
from catalog import whole_files
from playground import lifecycle
from playground.lifecycle import Observation
from playground.models import Artifact, Run, Upload

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OURS = re.compile(
    rf"/uploads/(?P<upload>{_UUID})/[^/]*"
    rf"|/runs/(?P<run>{_UUID})/artifacts/(?P<position>[0-9]{{1,6}})/"
)
# fal keeps uploads at least a week (section 5.4); what is older goes up again.
UPLOAD_LIFE = timedelta(days=6)
SAY_EVERY_S = 1.0
STORAGE_TRIES = 30  # of one run: with the dispatcher's pauses about half an hour

_going_up: WeakValueDictionary[uuid.UUID, asyncio.Lock] = WeakValueDictionary()


async def resolved(run: Run, upstream: fal.Clients) -> Any:
    """The run's arguments with each address of ours replaced by upstream's.

    Files go up that are not there yet. Raises FalError with a sentence that names the file:
    retryable when the way there failed, final when the file cannot be had.
    """
    wanted = set(_ours_in(run.arguments))
    if not wanted:
        return run.arguments
    person = await User.objects.aget(pk=run.user_id)
    addresses = {
        address: await _upstream_address(address, run, person, upstream)
        for address in sorted(wanted)
    }
    return _replace(run.arguments, addresses)


def has_files(run: Run) -> bool:
    """Whether files of ours are to go up before the run."""
    return next(_ours_in(run.arguments), None) is not None


async def _upstream_address(address: str, run: Run, person: User, upstream: fal.Clients) -> str:
    found = OURS.fullmatch(address)
    if found is None:
        raise ValueError(address)
    if found["upload"]:
        upload = await _upload(found["upload"], person)
    else:
        artifact = await _artifact(found["run"], int(found["position"]), person)
        if artifact.state == Artifact.State.REMOTE:
            return artifact.url
        upload = await _upload_of(artifact, person)
    return await _gone_up(upload, run, upstream)


async def _upload(pk: str, person: User) -> Upload:
    found = await Upload.objects.filter(pk=pk).afirst()
    if found is None or not await sync_to_async(found.is_readable_by)(person):
        raise _lost("A file of this input is no longer here.")
    return found


async def _artifact(run_pk: str, position: int, person: User) -> Artifact:
    runs = Run.objects.readable_by(person).filter(pk=run_pk)
    found = await Artifact.objects.filter(run__in=runs, position=position).afirst()
    if found is None:
        raise _lost("A past result that this input names is no longer here.")
    if found.state == Artifact.State.LOST:
        name = found.file_name or "A past result"
        raise _lost(f"{name} was never copied here, so it cannot be used again.")
    return found


async def _upload_of(artifact: Artifact, person: User) -> Upload:
    """A stored result as a file that the person gives: it goes up once, like any other."""
    extension = artifact.file.rpartition(".")[2]
    upload, _ = await Upload.objects.aget_or_create(
        user=person,
        digest=artifact.digest,
        defaults={
            "file": artifact.file,
            "file_name": artifact.file_name or f"{artifact.kind}.{extension}",
            "content_type": artifact.content_type,
            "size_bytes": artifact.size_bytes or 0,
        },
    )
    return upload


async def _gone_up(upload: Upload, run: Run, upstream: fal.Clients) -> str:
    """Where upstream has the upload; it goes up when it is not there yet, or was long ago."""
    async with _going_up.setdefault(upload.pk, asyncio.Lock()):
        await upload.arefresh_from_db(fields=["upstream_url", "upstream_at"])
        if upload.upstream_at and upload.upstream_at > timezone.now() - UPLOAD_LIFE:
            return upload.upstream_url
        url = await _send(upload, run, upstream.storage)
        await Upload.objects.filter(pk=upload.pk).aupdate(
            upstream_url=url, upstream_at=timezone.now()
        )
        return url


async def _send(upload: Upload, run: Run, storage: fal.Storage) -> str:
    try:
        with await asyncio.to_thread(default_storage.open, upload.file) as file:
            return await storage.upload(
                file,
                content_type=upload.content_type,
                file_name=upload.file_name,
                key=str(upload.pk),  # two people's same file goes to two places
                on_progress=_Telling(run.pk, upload.file_name),
            )
    except FileNotFoundError as error:
        raise _lost(f"{upload.file_name} is no longer in the storage.") from error
    except fal.AuthFailed:
        raise
    except fal.FalError as error:
        raise fal.FalError(
            f"{upload.file_name} did not get to the model: {error.message}",
            status=error.status,
            type="file_upload_failed",
            is_retryable=error.is_retryable,
            retry_after_s=error.retry_after_s,
        ) from error
    except DatabaseError:
        raise  # of what is told meanwhile, and no matter of the storage
    except Exception as error:
        # Whatever storages may raise: a disk in trouble, a bucket that is away.
        raise await _unread(upload, run, error) from error


async def _unread(upload: Upload, run: Run, error: Exception) -> fal.FalError:
    """A storage in trouble is asked again; where that lasts, the run fails and says why."""
    message = f"{upload.file_name[:100]} cannot be read here: {whole_files.why(error)[:100]}."
    events = await Run.objects.values_list("events", flat=True).aget(pk=run.pk)
    tries = 1 + sum(event["text"].startswith(message) for event in events)
    return fal.FalError(message, type="file_upload_failed", is_retryable=tries < STORAGE_TRIES)


class _Telling:
    """Says in a run's note how far a file is: at most once a second, and nothing of a quick one."""

    def __init__(self, pk: uuid.UUID, name: str) -> None:
        self.pk = pk
        self.name = name
        self.next = time.monotonic() + SAY_EVERY_S

    async def __call__(self, there: int, whole: int) -> None:
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + SAY_EVERY_S
        note = f"Uploading {self.name[:100]}, {100 * there // max(whole, 1)} %"
        await lifecycle.arecord(self.pk, Observation(Run.State.SUBMITTING, note=note))


def _lost(sentence: str) -> fal.FalError:
    return fal.FalError(sentence, type="file_upload_failed")


def _ours_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if OURS.fullmatch(value):
            yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _ours_in(child)


def _replace(value: Any, addresses: dict[str, str]) -> Any:
    if isinstance(value, str):
        return addresses.get(value, value)
    if isinstance(value, dict):
        return {key: _replace(child, addresses) for key, child in value.items()}
    if isinstance(value, list):
        return [_replace(child, addresses) for child in value]
    return value
