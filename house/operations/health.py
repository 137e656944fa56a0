"""Answers other programs: is the process alive, can it answer, does Vitrine work.

`/healthz` is about the whole installation; proxies ask one web process for `/readyz`, and programs
that restart processes ask for `/livez`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.models import SyncReport
from catalog.pictures import picture_registry
from core import byte_cache
from house.operations.metrics.reporting import is_realtime_missing
from house.operations.migrating import is_behind
from runs.files import storage_limits
from runs.models import Run
from runs.progress.worker_status import is_account_refused, workers_alive


@login_not_required
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Answer that this process is alive, without querying anything."""
    return HttpResponse("alive\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer whether this process can show pages: 503 if the database is missing or behind."""
    try:
        why = "the database is not migrated" if is_behind() else ""
    except DatabaseError:
        why = "the database does not answer"
    return HttpResponse(
        f"{why or 'ready'}\n",
        content_type="text/plain",
        status=503 if why else 200,
        headers={"Cache-Control": "no-store"},
    )


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Return `{"status": "ok"}`, or 503 if people cannot work.

    That means: the database fails or takes no changes, no worker or no realtime process is alive,
    upstream refuses the key or the balance is exhausted, or the disk is low (then nothing is copied
    or uploaded). Staff, also by a token, see the number of workers, upstream's trouble, unfinished
    runs, pictures, the age of the last sync in seconds, the bytes in this process's caches, and the
    disk. Other upstream trouble is temporary and does not cause a 503.
    """
    try:
        if _is_read_only():
            details = {"database": "read-only"} if request.user.is_staff else {}
            return _answer(is_ok=False, **details)
        alive = workers_alive()
        is_ok = bool(alive) and not is_account_refused(alive) and not storage_limits.is_low()
        is_ok = is_ok and not is_realtime_missing()
        details = _details() if request.user.is_staff else {}
    except DatabaseError:
        return _answer(is_ok=False)
    return _answer(is_ok=is_ok, **details)


def _is_read_only() -> bool:
    """Whether the database takes no changes: a standby, a read-only disk or connection.

    Writes nothing. On SQLite a transaction begins by taking the lock for writing.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor != "postgresql":
                return False
            cursor.execute("SHOW transaction_read_only")
            return bool(cursor.fetchone()[0] == "on")
    except OperationalError as error:
        if "locked" in str(error):  # somebody else writes
            return False
        if "readonly" in str(error):
            return True
        raise


def _answer(*, is_ok: bool, **details: Any) -> JsonResponse:
    status = {"status": "ok" if is_ok else "not ok"}
    response = JsonResponse(status | details, status=200 if is_ok else 503)
    response.headers["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # a start polls until it is ready
    return response


def _details() -> dict[str, Any]:
    alive = workers_alive()
    last = SyncReport.objects.filter(state=SyncReport.State.DONE).first()
    ended = last.ended_at if last else None
    return {
        "database": "ok",
        "workers": len(alive),
        "realtime": "missing" if is_realtime_missing() else "ok",
        "upstream": next((worker.trouble for worker in alive if worker.trouble), "ok"),
        "unfinished_runs": Run.objects.unfinished().count(),
        "pictures": picture_registry.counts(),
        "last_sync_age_s": round((timezone.now() - ended).total_seconds()) if ended else None,
        "caches": byte_cache.cache_sizes(),
        "disk": "low" if storage_limits.is_low() else "ok",
    }
