"""Syncs the account's workflows to the database: a job of the worker, which has the key."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.conf import settings

import fal
from catalog.models import Endpoint, SyncReport
from catalog.sync import post_sync
from features.flows.fal_workflows import store
from runs.promises.lifecycle import Job
from runs.results import error_messages

log = logging.getLogger(__name__)

AT_ONCE = 4
RETRY_S = 120.0
WAIT_S = 5.0
NEVER_S = 1e9
NO_KEY = "The key is not valid for this account."
NARROW_KEY = "The key may not read workflows: it needs the scope API or ADMIN."


class AccountSync:
    """The job: as often as the catalogue is read."""

    def __init__(self, upstream: fal.Clients) -> None:
        self._workflows = upstream.workflows
        self._due_at = 0.0

    async def run(self) -> float:
        """Sync the account if it is due; return the seconds until the next call."""
        if not await sync_to_async(has_catalogue)():
            return WAIT_S  # forms use schemas of the models that a workflow calls
        now = asyncio.get_running_loop().time()
        if now < self._due_at:
            return self._due_at - now
        pause_s = await self._read()
        self._due_at = now + pause_s
        return pause_s

    async def _read(self) -> float:
        try:
            await read_account(self._workflows)
        except fal.FalError as error:
            log.warning("the account's workflows were not read: %s", reason(error))
            return RETRY_S
        await post_sync.run_in_background()
        return settings.SYNC_INTERVAL_MINUTES * 60.0 or NEVER_S


def job(upstream: fal.Clients) -> Job:
    """Return the job for a worker with these clients."""
    return Job("read the account's workflows", AccountSync(upstream).run)


def has_catalogue() -> bool:
    """Whether a catalogue sync has completed."""
    return SyncReport.objects.filter(state=SyncReport.State.DONE).exists()


async def read_account(workflows: fal.Workflows) -> None:
    """List the account's workflows; fetch their definitions and those of the catalogue's workflows.

    Raises FalError if the list cannot be read. Database errors are raised directly, not in an
    exception group. A single unreadable definition is logged.
    """
    own = {item.endpoint_id: item async for page in workflows.pages() for item in page.items}
    catalogue_items = await sync_to_async(_of_catalogue)(set(own))
    room = asyncio.Semaphore(AT_ONCE)

    async def open_one(item: fal.WorkflowItem) -> None:
        async with room:
            detail = await _open(workflows, item)
        await sync_to_async(store.keep)(item, detail)

    try:
        async with asyncio.TaskGroup() as tasks:
            for item in [*own.values(), *catalogue_items]:
                tasks.create_task(open_one(item))
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
    await sync_to_async(store.retire)(set(own))


async def _open(workflows: fal.Workflows, item: fal.WorkflowItem) -> fal.WorkflowDetail | None:
    """Return a workflow with its definition; None if that is not to be had."""
    try:
        return await workflows.open(item.owner, item.name)
    except fal.FalError as error:
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            # Expected: many of the catalogue's workflows belong to others and are not public.
            log.debug("the definition of %s is not public", item.endpoint_id)
        else:
            log.warning("the definition of %s was not read: %s", item.endpoint_id, error)
        return None


def _of_catalogue(own: set[str]) -> list[fal.WorkflowItem]:
    """Return the workflows that only the catalogue lists."""
    workflow_endpoints = Endpoint.objects.listed().filter(endpoint_id__startswith="workflows/")
    items = []
    for endpoint in workflow_endpoints.exclude(entry_digest=Endpoint.OF_ACCOUNT):
        parts = endpoint.endpoint_id.split("/")
        if len(parts) == 3 and endpoint.endpoint_id not in own:
            items.append(fal.WorkflowItem(parts[1], parts[2]))
    return items


def reason(error: fal.FalError) -> str:
    """Return why the account could not be read, as a sentence (C74)."""
    if error.status == HTTPStatus.UNAUTHORIZED:
        return NO_KEY
    if error.status == HTTPStatus.FORBIDDEN:
        return NARROW_KEY
    return error_messages.reason(error.as_json())
