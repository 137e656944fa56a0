"""`/healthz`: whether everything that Vitrine needs is alive."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.models import SyncReport
from catalog.pictures import picture_book
from playground.attendance import workers_alive
from playground.models import Run


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Database, workers alive, what ails upstream, unfinished runs, pictures, age of the last sync in seconds.

    503 when Vitrine itself is broken; upstream's troubles are told and do not break it.
    """
    state: dict[str, Any] = {"database": "ok"}
    try:
        alive = workers_alive()
        state["workers"] = len(alive)
        state["upstream"] = next((one.trouble for one in alive if one.trouble), "ok")
        state["unfinished_runs"] = Run.objects.unfinished().count()
        last = SyncReport.objects.filter(state=SyncReport.State.DONE).first()
        ended = last.ended_at if last else None
        state["pictures"] = picture_book.told()
        state["last_sync_age_s"] = (
            round((timezone.now() - ended).total_seconds()) if ended else None
        )
    except DatabaseError:
        return JsonResponse({"database": "down"}, status=503)
    return JsonResponse(state, status=200 if state["workers"] else 503)
