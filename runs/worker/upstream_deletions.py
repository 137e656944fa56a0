"""Deletes at fal what it stores of runs, as planned (`runs/ownership/upstream_deletion.py`).

A plan is carried out once the run has ended, our copies of its results are verified, and no run in
progress reads its files at fal. It is repeated until fal confirms that every file is gone.
"""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef
from django.utils import timezone

import fal
from core.storage import describe_error
from fal.db_safe import db_safe_text
from runs.files import input_references
from runs.models import Artifact, InputFile, Run, UpstreamDeletion
from runs.models.querysets import UNFINISHED
from runs.ownership import upstream_deletion
from runs.ownership.upstream_deletion import AccountStorage
from runs.results import figures
from runs.state import locked_update

if TYPE_CHECKING:
    from datetime import datetime

log = logging.getLogger(__name__)

AT_ONCE = 20
SOON_S = 0.05  # while more is due
LOOK_AGAIN_S = 30.0
SETTINGS_EVERY = timedelta(minutes=10)
CLAIMED_FOR = timedelta(minutes=2)  # longer than a call and its retries take
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)


class UpstreamDeletions:
    """A worker's job: reads the account's storage settings, and carries out the plans."""

    def __init__(self, account: fal.Account) -> None:
        self._account = account
        self._settings_at: datetime | None = None

    async def step(self) -> float:
        """Carry out some of the plans that are due; return the seconds until the next step."""
        if self._settings_at is None or timezone.now() - self._settings_at > SETTINGS_EVERY:
            await self._read_settings()
        if not self._account.has_key:
            return SETTINGS_EVERY.total_seconds()
        plans = await sync_to_async(_claim)()
        for plan in plans:
            await self._delete(plan)
        return SOON_S if len(plans) == AT_ONCE else LOOK_AGAIN_S

    async def _read_settings(self) -> None:
        self._settings_at = timezone.now()
        storage = AccountStorage(can_delete=self._account.has_key)
        if self._account.has_key:
            try:
                settings = await self._account.storage_settings()
            except fal.FalError as error:
                storage = storage._replace(trouble=_sentence(error))
            else:
                storage = storage._replace(
                    is_known=True,
                    expires_after_s=settings.expiration_duration_seconds,
                    is_private=(settings.initial_acl or {}).get("default", "allow") != "allow",
                )
        await sync_to_async(_keep)(storage)

    async def _delete(self, plan: UpstreamDeletion) -> None:
        if trouble := await sync_to_async(_missing_copy, thread_sensitive=False)(plan.run_id):
            await sync_to_async(_postpone)(plan, trouble)
            return
        try:
            deletion = await self._account.delete_payloads(
                plan.request_id, idempotency_key=f"{plan.run_id}-{plan.attempts}"
            )
        except fal.FalError as error:
            log.warning("fal did not delete the data of run %s: %s", plan.run_id, error)
            await sync_to_async(_postpone)(plan, _sentence(error))
            return
        if deletion.remaining:
            file = deletion.remaining[0]
            log.warning("fal still has %s of run %s", len(deletion.remaining), plan.run_id)
            await sync_to_async(_postpone)(plan, f"fal still has a file: {file.exception}")
            return
        await locked_update.retry_until_committed(_confirm, plan.run_id)


def _keep(storage: AccountStorage) -> None:
    with figures.changing(upstream_deletion.ACCOUNT) as row:
        row.values = storage._asdict()


def _claim() -> list[UpstreamDeletion]:
    """Return plans to carry out now; drop those for which there is nothing at fal to delete."""
    if not upstream_deletion.due().exists():
        return []  # asked after each change of the database
    while input_references.read_unread():
        pass
    in_progress = Exists(Run.objects.filter(UNFINISHED, pk=OuterRef("run_id")))
    read_by_others = InputFile.objects.filter(in_progress, source=OuterRef("run_id"))
    due = list(upstream_deletion.ready().exclude(Exists(read_by_others))[:AT_ONCE])
    runs_by_pk = Run.objects.light().in_bulk([plan.run_id for plan in due])
    claimed_at, plans = timezone.now(), []
    for plan in due:
        run = runs_by_pk.get(plan.run_id)
        plan.request_id = run.request_id if run else plan.request_id
        row = UpstreamDeletion.objects.filter(pk=plan.pk, due_at=plan.due_at)
        if not plan.request_id:
            row.delete()
        elif row.update(due_at=claimed_at + CLAIMED_FOR, request_id=plan.request_id):
            plans.append(plan)
    return plans


def _missing_copy(run_id: uuid.UUID) -> str:
    """Return why fal's copies are still needed; empty if ours are complete or the run is gone."""
    stored = Artifact.objects.filter(run=run_id, state=Artifact.State.STORED)
    for artifact in stored.filter(run__deleted_at=None).exclude(file=""):
        try:
            if default_storage.size(artifact.file) == artifact.size_bytes:
                continue
            reason = "it has another size"
        except Exception as error:  # storage backends raise any kind of exception
            reason = describe_error(error)
        return f"Our copy of {artifact.path or 'a result'} is not complete: {reason}."[:255]
    return ""


def _postpone(plan: UpstreamDeletion, trouble: str) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(plan.attempts, 9), LONGEST_PAUSE)
    UpstreamDeletion.objects.filter(pk=plan.pk).update(
        due_at=timezone.now() + pause, attempts=plan.attempts + 1, trouble=trouble
    )


def _confirm(run_id: uuid.UUID) -> None:
    """Record that fal has deleted it; the row is not needed without its run."""
    rows = UpstreamDeletion.objects.filter(pk=run_id)
    if Run.objects.filter(pk=run_id).exists():
        rows.update(deleted_at=timezone.now(), trouble="")
        locked_update.bump_version(run_id)
    else:
        rows.delete()


def _sentence(error: fal.FalError) -> str:
    match error.status:
        case HTTPStatus.UNAUTHORIZED:
            text = "fal refuses FAL_ADMIN_KEY."
        case HTTPStatus.FORBIDDEN:
            text = f"FAL_ADMIN_KEY lacks a permission: {error.message}"
        case _:
            text = str(error)
    return db_safe_text(text)[:255]
