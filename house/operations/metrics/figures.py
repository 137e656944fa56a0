"""Figures from the database, read for each scrape with a constant number of queries.

Each reads an index of few rows or a stored sum, never a table that grows with the runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from accounts.models import QueuedMail
from catalog.models import SyncReport
from core.db import clock
from features.notifications.models import Delivery
from house.operations.backup import creation, nightly
from house.operations.metrics import reporting, upstream_calls
from house.operations.models import Backup
from runs.files import storage_limits
from runs.models import Artifact, DailySum, KeptFigures, Run, WebhookReport
from runs.models.querysets import REMOTE
from runs.progress import worker_status
from runs.results import figures

GAUGES = {
    "vitrine_process_memory_bytes": "Resident memory of each process, the oldest process first.",
    "vitrine_realtime_missing": "1 if realtime is configured, but no realtime process is alive.",
    "vitrine_runs": "Runs that have not ended.",
    "vitrine_oldest_run_seconds": "Seconds since the oldest run that has not ended was created.",
    "vitrine_leases": "Leases of runs: held by a worker, or expired because the worker is silent.",
    "vitrine_workers": "Workers alive, with upstream's key and without.",
    "vitrine_account_refused": "1 if upstream refuses the key or the balance.",
    "vitrine_upstream_breakers": "Circuit breakers of the workers, by host and state.",
    "vitrine_ledger_dollars": "What runs have cost (settled), and may cost (reserved).",
    "vitrine_sync_age_seconds": "Seconds since the catalogue was last brought up to date.",
    "vitrine_sync_failed": "1 if the last sync did not end well.",
    "vitrine_backup_age_seconds": "Seconds since the newest backup was started, by its outcome.",
    "vitrine_backup_last": "1 for the outcome of the last backup.",
    "vitrine_waiting": "Rows that wait for a worker.",
    "vitrine_storage_bytes": "Bytes that are stored, and bytes that are free.",
}
NONE: Mapping[str, str] = {}
Number = float | Decimal | None  # None: unknown, and so not shown
Sample = tuple[str, Number, Mapping[str, str]]


def samples() -> Iterator[Sample]:
    """Yield every figure: its name, value and labels."""
    yield from _processes()
    yield from _runs()
    yield from _workers()
    yield from _ledger()
    yield from _sync()
    yield from _backups()
    yield from _waiting()
    yield from _storage()


def _processes() -> Iterator[Sample]:
    numbers: Counter[str] = Counter()
    for process in reporting.processes():
        numbers[process.kind] += 1  # among live processes: a process's own id would be a new series
        labels = {"process": process.kind, "number": str(numbers[process.kind])}
        yield "vitrine_process_memory_bytes", process.memory_bytes, labels
    yield "vitrine_realtime_missing", reporting.is_realtime_missing(), NONE


def _runs() -> Iterator[Sample]:
    now = clock.now()
    is_held = ~Q(worker="")  # otherwise it waits until then to be sent again
    groups = Run.objects.unfinished().order_by().values("state", "transport", "charge__door")
    absent = {str(state) for state in Run.State if state not in Run.FINAL}
    for group in groups.annotate(
        runs=Count("pk"),
        oldest=Min("created_at"),
        held=Count("pk", filter=is_held & Q(lease_until__gt=now)),
        expired=Count("pk", filter=is_held & Q(lease_until__lte=now)),
    ):
        labels = {name: group[name] for name in ("state", "transport")}
        labels["door"] = group["charge__door"] or "unknown"
        absent.discard(group["state"])
        yield "vitrine_runs", group["runs"], labels
        yield "vitrine_oldest_run_seconds", (now - group["oldest"]).total_seconds(), labels
        for lease in ("held", "expired"):
            yield "vitrine_leases", group[lease], labels | {"lease": lease}
    for state in sorted(absent):  # alerts and graphs need a number, also where nothing waits
        labels = {"state": state}
        yield "vitrine_runs", 0, labels
        yield "vitrine_oldest_run_seconds", 0, labels
        for lease in ("held", "expired"):
            yield "vitrine_leases", 0, labels | {"lease": lease}


def _workers() -> Iterator[Sample]:
    alive = worker_status.workers_alive()
    with_key = sum(worker.has_key for worker in alive)
    yield "vitrine_workers", with_key, {"key": "yes"}
    yield "vitrine_workers", len(alive) - with_key, {"key": "no"}
    yield "vitrine_account_refused", worker_status.is_account_refused(alive), NONE
    breakers = Counter(
        (upstream_calls.host(breaker["host"]), breaker["state"])
        for worker in alive
        for breaker in worker.breakers
    )
    for (host, state), count in breakers.items():
        yield "vitrine_upstream_breakers", count, {"host": host, "state": state}


def _ledger() -> Iterator[Sample]:
    days = DailySum.objects.filter(kind=DailySum.Kind.HOUSE)
    sums = days.aggregate(amount=Sum("amount"), reserved=Sum("reserved"))
    amount, reserved = sums["amount"] or 0, sums["reserved"] or 0
    yield "vitrine_ledger_dollars", amount - reserved, {"state": "settled"}
    yield "vitrine_ledger_dollars", reserved, {"state": "reserved"}


def _sync() -> Iterator[Sample]:
    ended = SyncReport.objects.exclude(state__in=SyncReport.COMING)
    last, last_done = ended.first(), ended.filter(state=SyncReport.State.DONE).first()
    since = last_done.ended_at if last_done else nightly.first_due_at()
    yield "vitrine_sync_age_seconds", _age(since), NONE
    yield "vitrine_sync_failed", last != last_done, NONE


def _backups() -> Iterator[Sample]:
    ended = Backup.objects.exclude(state=Backup.State.RUNNING)
    last, last_whole = ended.first(), ended.exclude(state=Backup.State.FAILED).first()
    proved = ended.filter(state=Backup.State.PROVED).first()
    without = nightly.first_due_at() if settings.BACKUP_TO else None
    for name, backup in (("made", last_whole), ("proved", proved)):
        age = _age(backup.started_at if backup else without)
        yield "vitrine_backup_age_seconds", age, {"backup": name}
    for state in Backup.State:
        became = last is not None and last.state == state
        yield "vitrine_backup_last", became, {"state": str(state)}


def _waiting() -> Iterator[Sample]:
    for queue, rows in (
        ("webhook reports", WebhookReport.objects),
        ("deliveries", Delivery.objects.filter(state=Delivery.State.PENDING)),
        ("mails", QueuedMail.objects),
        ("copies", Artifact.objects.filter(REMOTE)),
    ):
        yield "vitrine_waiting", rows.count(), {"queue": queue}


def _storage() -> Iterator[Sample]:
    # As last computed by a worker: no scrape waits for sums of whole tables.
    row = KeptFigures.objects.filter(pk=figures.STORAGE).first()
    sums = row.values if row else {}
    for kind, size_bytes in {
        "results": sums.get("results_bytes"),
        "uploads": sums.get("uploads_bytes"),
        "database": creation.database_bytes(),
        "free": storage_limits.free_bytes(),
        "floor": settings.DISK_FLOOR_MB * storage_limits.MB,
    }.items():
        yield "vitrine_storage_bytes", size_bytes, {"what": kind}


def _age(at: datetime | None) -> float | None:
    return (timezone.now() - at).total_seconds() if at else None
