"""Uploads a run's input files and replaces our addresses with ones that upstream can read."""

from __future__ import annotations

import asyncio
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
from core.storage import describe_error
from runs.files.own_addresses import OUR_ADDRESS, mapped, with_own_paths
from runs.models import Artifact, Run, Upload
from runs.ownership import deletion, upstream_deletion, upstream_retention
from runs.results import refusals
from runs.state import state_machine
from runs.state.transitions import Observation

# fal keeps uploads for a week, unless the account's settings say less (protocol, section 5.4).
UPLOAD_LIFE_S = 7 * 86_400
PROGRESS_EVERY_S = 1.0
MAX_STORAGE_TRIES = 30  # for one run; about half an hour with the worker's pauses

Path = tuple[str | int, ...]  # keys and indexes that lead from the arguments to a value

_upload_locks: WeakValueDictionary[uuid.UUID, asyncio.Lock] = WeakValueDictionary()


async def upload_inputs(run: Run, upstream: fal.Clients) -> Any:
    """Return the run's arguments with each of our addresses replaced by upstream's.

    Uploads the files that upstream does not have. Raises FalError with a message that names the
    file: retryable if the transfer failed, final if the file is not available.
    """
    arguments = with_own_paths(run.arguments)
    places = {address: path for path, address in _places(arguments)}
    if not places:
        return run.arguments
    person = await User.objects.aget(pk=run.user_id)
    addresses = {}
    for address in sorted(places):
        try:
            addresses[address] = await _upstream_address(address, run, person, upstream)
        except _FileMissing as error:
            raise _invalid_input(str(error), places[address]) from error
    return mapped(arguments, lambda text: addresses.get(text, text))


def has_files(run: Run) -> bool:
    """Whether files of ours have to be uploaded before the run can be submitted."""
    return next(our_addresses(with_own_paths(run.arguments)), None) is not None


async def _upstream_address(address: str, run: Run, person: User, upstream: fal.Clients) -> str:
    match = OUR_ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(address)
    if match["upload"]:
        upload = await _upload(match["upload"], run, person)
    else:
        artifact = await _artifact(match["run"], int(match["position"]), person)
        if artifact.state == Artifact.State.REMOTE:
            return artifact.url
        upload = await _upload_from_artifact(artifact, run)
    return await _uploaded_url(upload, run, upstream)


async def _upload(pk: str, run: Run, person: User) -> Upload:
    """Return the upload; a run that began before its deletion still has it."""
    upload = await Upload.objects.filter(pk=pk).afirst()
    is_there = upload and not (upload.deleted_at and upload.deleted_at < run.created_at)
    if not (upload and is_there and await sync_to_async(upload.is_open_to)(person)):
        raise _FileMissing("A file of this input is no longer here.")
    return upload


async def _artifact(run_pk: str, position: int, person: User) -> Artifact:
    readable = await sync_to_async(deletion.readable_artifacts)(run_pk, person)
    artifact = await readable.filter(position=position).afirst()
    if artifact is None:
        raise _FileMissing("A past result that this input names is no longer here.")
    if artifact.state == Artifact.State.LOST:
        name = artifact.file_name or "A past result"
        raise _FileMissing(f"{name} was never copied to this server, so it cannot be used again.")
    return artifact


async def _upload_from_artifact(artifact: Artifact, run: Run) -> Upload:
    """Return a stored result as an upload of the run's user, so that it is sent only once.

    The upload belongs to the run's project, and is hidden if the run is.
    """
    extension = artifact.file.rpartition(".")[2]
    upload, _ = await Upload.objects.aget_or_create(
        user_id=run.user_id,
        project_id=run.project_id,
        digest=artifact.digest,
        defaults={
            "is_hidden": run.is_hidden,
            "file": artifact.file,
            "file_name": artifact.file_name or f"{artifact.kind}.{extension}",
            "content_type": artifact.content_type,
            "size_bytes": artifact.size_bytes or 0,
        },
    )
    return upload


async def _uploaded_url(upload: Upload, run: Run, upstream: fal.Clients) -> str:
    """Return upstream's address of the upload; sends the file unless it was sent recently."""
    async with _upload_locks.setdefault(upload.pk, asyncio.Lock()):
        await upload.arefresh_from_db(fields=["upstream_url", "upstream_at", "upstream_until"])
        life = upstream_retention.uploads_for(run.options)
        storage = await sync_to_async(upstream_deletion.account_storage)()
        if _is_usable(upload, life, storage.expires_after_s):
            return upload.upstream_url
        now = timezone.now()
        url = await _send(upload, run, upstream.storage, life)
        await Upload.objects.filter(pk=upload.pk).aupdate(
            upstream_url=url, upstream_at=now, upstream_until=now + life if life else None
        )
        return url


def _is_usable(upload: Upload, life: timedelta | None, account_life_s: int | None) -> bool:
    """Whether upstream's copy outlasts the longest wait, and does not outlive `life`.

    Without `life`, the account's settings decide. A file that they keep for less than two such
    waits is used for half its life.
    """
    now, until = timezone.now(), upload.upstream_until
    if upload.upstream_at is None or (until is None) != (life is None):
        return False
    if until is None or life is None:
        kept_for = timedelta(seconds=min(UPLOAD_LIFE_S, account_life_s or UPLOAD_LIFE_S))
        used_for = max(kept_for - upstream_retention.LONGEST_WAIT, kept_for / 2)
        return now < upload.upstream_at + used_for
    return now + upstream_retention.LONGEST_WAIT <= until <= now + life


async def _send(upload: Upload, run: Run, storage: fal.Storage, life: timedelta | None) -> str:
    lifecycle = {"expiration_duration_seconds": int(life.total_seconds())} if life else None
    try:
        with await asyncio.to_thread(default_storage.open, upload.file) as file:
            return await storage.upload(
                file,
                content_type=upload.content_type,
                file_name=upload.file_name,
                lifecycle=lifecycle,
                key=str(upload.pk),  # so the same file of two users has two addresses
                on_progress=_ProgressNote(run.pk, upload.file_name),
            )
    except FileNotFoundError as error:
        raise _FileMissing(f"{upload.file_name} is no longer in the storage.") from error
    except fal.FalError as error:
        if isinstance(error, fal.AuthFailed) or refusals.of_account(error):
            raise
        raise fal.FalError(
            f"{upload.file_name} did not reach the model: {error.message}",
            status=error.status,
            type="file_upload_failed",
            is_retryable=error.is_retryable,
            retry_after_s=error.retry_after_s,
        ) from error
    except DatabaseError:
        raise  # the progress could not be recorded, which is not the storage's fault
    except Exception as error:
        # Storage backends raise any kind of exception: a failing disk, an unavailable bucket.
        raise await _storage_failure(upload, run, error) from error


async def _storage_failure(upload: Upload, run: Run, error: Exception) -> fal.FalError:
    """Return a retryable error for a failing storage; a final one after MAX_STORAGE_TRIES."""
    reason = describe_error(error)
    message = f"{upload.file_name[:100]} cannot be read here: {reason[:100]}."
    events = await Run.objects.values_list("events", flat=True).aget(pk=run.pk)
    tries = 1 + sum(event["text"].startswith(message) for event in events)
    is_retryable = tries < MAX_STORAGE_TRIES
    return fal.FalError(message, type="file_upload_failed", is_retryable=is_retryable)


class _ProgressNote:
    """Records an upload's progress as the run's note once a second; quick uploads write none."""

    def __init__(self, pk: uuid.UUID, name: str) -> None:
        self.pk = pk
        self.name = name
        self.next = time.monotonic() + PROGRESS_EVERY_S

    async def __call__(self, sent_bytes: int, size_bytes: int) -> None:
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + PROGRESS_EVERY_S
        note = f"Uploading {self.name[:100]}, {100 * sent_bytes // max(size_bytes, 1)} %"
        await state_machine.arecord(self.pk, Observation(Run.State.SUBMITTING, note=note))


class _FileMissing(LookupError):
    """A file of the input is not available to this person; the message names it."""


def _invalid_input(sentence: str, path: Path) -> fal.FalError:
    """Return the error with which fal answers if a model cannot fetch a file (protocol, 11.1).

    fal's clients repeat a call after a 500; a 422 ends it and names the field.
    """
    problem = {"loc": ["body", *path], "msg": sentence, "type": fal.FILE_DOWNLOAD}
    return fal.FalError(sentence, status=422, type=fal.FILE_DOWNLOAD, detail=[problem])


def our_addresses(value: Any) -> Iterator[str]:
    """Yield the addresses of our uploads and artifacts in the arguments, at any depth."""
    return (address for _, address in _places(value))


def _places(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the path and the address of each file of ours in the arguments."""
    if isinstance(value, str):
        if OUR_ADDRESS.fullmatch(value):
            yield path, value
    elif isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(child, (*path, key))
