"""Sends a run: once, and never again unless it certainly did not leave."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.utils import timezone

import fal
from playground import lifecycle
from playground.lifecycle import Observation
from playground.models import Run, Upload

log = logging.getLogger(__name__)

UPLOAD = re.compile(r"^/uploads/([0-9a-f-]{36})/[^/]*$")
LONGEST_PAUSE_S = 60.0
# fal keeps uploads at least a week (section 5.4); what is older goes up again.
UPLOAD_LIFE = timedelta(days=6)


async def send(run: Run, upstream: fal.Clients) -> bool:
    """Submit the run (with its endpoint); True when upstream has it and it is to be followed.

    A refusal for good ends the run as failed. When upstream cannot be reached or is
    too busy, and the run certainly did not leave, it waits and is sent later; when
    only the answer was lost it is unconfirmed (C25).
    """
    try:
        arguments = await _with_uploads(run, upstream)
        handle = await upstream.queue.submit(run.endpoint.endpoint_id, arguments)
    except fal.FalError as error:
        await _not_sent(run, error)
        return False
    except ValueError as error:  # no JSON can be made of it, so nothing left
        await _not_sent(run, fal.FalError(f"This input cannot be sent: {error}"))
        return False
    await lifecycle.arecord(
        run.pk,
        Observation(
            Run.State.QUEUED,
            request_id=handle.request_id,
            handle=handle.as_json(),
            queue_position=handle.queue_position,
            note="",
        ),
    )
    return True


async def _not_sent(run: Run, error: fal.FalError) -> None:
    if error.is_unconfirmed:
        log.warning("run %s: the answer to its submit was lost: %s", run.pk, error)
        await lifecycle.arecord(run.pk, Observation(Run.State.UNCONFIRMED, error=error.as_json()))
    elif error.is_retryable:
        pause_s = error.retry_after_s or min(2.0**run.attempts, LONGEST_PAUSE_S)
        log.warning("run %s not sent, again in %.0f s: %s", run.pk, pause_s, error)
        await sync_to_async(lifecycle.give_back)(
            run.pk, str(error)[:255], timezone.now() + timedelta(seconds=pause_s)
        )
    else:
        await lifecycle.arecord(run.pk, Observation(Run.State.FAILED, error=error.as_json()))


async def _with_uploads(run: Run, upstream: fal.Clients) -> Any:
    """The run's arguments with each of our upload addresses replaced by upstream's."""
    wanted = set(_uploads_in(run.arguments))
    if not wanted:
        return run.arguments
    addresses = {}
    async for upload in Upload.objects.filter(pk__in=wanted, user_id=run.user_id):
        addresses[str(upload.pk)] = await upstream_address(upload, upstream)
    sent = _replace(run.arguments, addresses)
    await Run.objects.filter(pk=run.pk).aupdate(sent_arguments=sent)
    return sent


async def upstream_address(upload: Upload, upstream: fal.Clients) -> str:
    """Where upstream has the upload; it goes up when it is not there yet, or was long ago."""
    if (
        upload.upstream_url
        and upload.upstream_at
        and upload.upstream_at > timezone.now() - UPLOAD_LIFE
    ):
        return upload.upstream_url
    url = await upstream.storage.upload(
        default_storage.path(upload.file),
        content_type=upload.content_type,
        file_name=upload.file_name,
    )
    await Upload.objects.filter(pk=upload.pk).aupdate(upstream_url=url, upstream_at=timezone.now())
    return url


def _uploads_in(value: Any) -> list[str]:
    if isinstance(value, str):
        found = UPLOAD.match(value)
        return [found[1]] if found else []
    children = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    return [pk for child in children for pk in _uploads_in(child)]


def _replace(value: Any, addresses: dict[str, str]) -> Any:
    if isinstance(value, str):
        found = UPLOAD.match(value)
        return addresses.get(found[1], value) if found else value
    if isinstance(value, dict):
        return {key: _replace(child, addresses) for key, child in value.items()}
    if isinstance(value, list):
        return [_replace(child, addresses) for child in value]
    return value
