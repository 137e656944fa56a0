"""Keeps the account's counts of calls to the models in use, from fal's analytics.

`runs/progress/model_calls.py` reads them. A key that may not read analytics is asked again after
an hour; until then pages count the project's own runs alone.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Q
from django.utils import timezone

import fal
from catalog.models import Endpoint
from fal.messages.analytics import CallCounts
from runs.models import Run
from runs.progress.model_calls import FIGURES, WINDOW
from runs.results import figures

log = logging.getLogger(__name__)

PAUSE_S = 10.0  # between two searches for models in use
ASK_EVERY_S = 300.0  # for each model
REFUSED_FOR = timedelta(hours=1)
MOST_MODELS = 200  # asked about at once


class ModelCallsReader:
    """A recurring job: asks for the models that have active runs or failed lately."""

    def __init__(self, platform: fal.Platform) -> None:
        self._platform = platform

    async def step(self) -> float:
        """Ask for the models that are due; return the seconds until the next step."""
        due = await sync_to_async(_claim)()
        if due:
            start = timezone.now() - WINDOW
            try:
                counts = await self._platform.analytics(due, start=start)
            except fal.AuthFailed:
                await sync_to_async(_switch_off)()
            except fal.FalError as error:
                log.info("the analytics could not be read: %s", error)
            else:
                await sync_to_async(_keep)(due, counts)
        return PAUSE_S


def _claim() -> dict[str, int]:
    """Return the models in use whose counts are due, by id, and mark them as asked for."""
    models = _in_use()
    if not models:
        return {}
    with figures.changing(FIGURES) as row:
        now = timezone.now()
        if row.due_at > now:  # the key may not read them
            return {}
        hour_ago = now.timestamp() - WINDOW.total_seconds()
        row.values = {key: kept for key, kept in row.values.items() if kept["asked"] > hour_ago}
        asked = {key: kept["asked"] for key, kept in row.values.items()}
        asked_before = now.timestamp() - ASK_EVERY_S
        due = {i: pk for i, pk in models.items() if asked.get(str(pk), 0.0) <= asked_before}
        for pk in due.values():
            row.values.setdefault(str(pk), {"at": 0.0})["asked"] = now.timestamp()
    return due


def _in_use() -> dict[str, int]:
    failed = Q(state=Run.State.FAILED, created_at__gte=timezone.now() - WINDOW)
    keys: set[int] = set()
    for runs in (Run.objects.unfinished(), Run.objects.filter(failed)):
        keys.update(runs.order_by().values_list("endpoint_id", flat=True).distinct()[:MOST_MODELS])
    listed = Endpoint.objects.listed().exclude(entry_digest=Endpoint.OF_ACCOUNT)
    return dict(listed.filter(pk__in=keys).values_list("endpoint_id", "pk"))


def _keep(due: dict[str, int], counts: list[CallCounts]) -> None:
    now = timezone.now().timestamp()
    counted: dict[str, dict[str, Any]] = {
        str(due[model.endpoint_id]): {
            "asked": now,
            "at": now,
            "calls": model.calls,
            "refused": model.refused,
            "failed": model.failed,
        }
        for model in counts
        if model.endpoint_id in due
    }
    with figures.changing(FIGURES) as row:
        row.values |= counted


def _switch_off() -> None:
    with figures.changing(FIGURES) as row:
        row.values, row.due_at = {}, timezone.now() + REFUSED_FOR
