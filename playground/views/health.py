"""`/healthz`: whether everything that Vitrine needs is alive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from catalog.models import SyncReport
from playground.models import Run, Worker

ALIVE = timedelta(seconds=20)


def workers_alive() -> int:
    """How many workers gave a sign of life lately."""
    return Worker.objects.filter(beat_at__gt=timezone.now() - ALIVE).count()


def readiness() -> str:
    """Why a run would have to wait, in a sentence; empty when it would not."""
    alive = list(Worker.objects.filter(beat_at__gt=timezone.now() - ALIVE))
    if not alive:
        return "No worker is running, so runs wait. Start one with `manage.py worker`."
    if not any(worker.has_key for worker in alive):
        return "FAL_KEY is not set, so runs wait. Put it into .env and start Vitrine again."
    return ""


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Database, workers alive, unfinished runs, age of the last sync in seconds; 503 when broken."""
    state: dict[str, Any] = {"database": "ok"}
    try:
        state["workers"] = workers_alive()
        state["unfinished_runs"] = Run.objects.unfinished().count()
        last = SyncReport.objects.filter(state=SyncReport.State.DONE).first()
        ended = last.ended_at if last else None
        state["last_sync_age_s"] = (
            round((timezone.now() - ended).total_seconds()) if ended else None
        )
    except DatabaseError:
        return JsonResponse({"database": "down"}, status=503)
    return JsonResponse(state, status=200 if state["workers"] else 503)
