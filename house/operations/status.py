"""The operator's status page: workers, queue, upstream, sync, storage, newest errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db.models import Count, Min, Q
from django.utils import timezone

from accounts.models import QueuedMail
from catalog.models import SyncReport
from catalog.pictures import picture_registry
from core.db import clock
from core.formatting import duration, size
from core.storage import describe_place
from features.spending.models import BillingState
from house.operations.backup import creation, nightly
from house.operations.metrics import reporting
from house.operations.models import Backup, CspReport, DataVersion
from projects.kept.models import GRACE
from projects.models import Project
from runs.files import storage_limits
from runs.models import Artifact, Run, WebhookReport, Worker
from runs.models.querysets import REMOTE
from runs.ownership import upstream_deletion
from runs.ownership.upstream_deletion import AccountStorage
from runs.progress import account_concurrency, worker_status
from runs.results import error_messages, figures

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

NEWEST_ERRORS = 20
LATEST_SYNCS = 5
LARGEST = 20
LATEST_BACKUPS = 5
CSP_REPORTS_SHOWN = 10
FAILURES_SHOWN = 20
LONG_WAIT = timedelta(minutes=10)
DAY = timedelta(days=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkerRow:
    """A worker process, whether its heartbeat is recent, and its circuit breakers."""

    worker: Worker
    is_alive: bool

    @property
    def breakers(self) -> list[Mapping[str, str]]:
        """Return the worker's circuit breakers, open ones first."""
        return sorted(
            self.worker.breakers,
            key=lambda breaker: (breaker["state"] == "closed", breaker["host"]),
        )


@dataclass(frozen=True)
class Queue:
    """The numbers of unfinished runs by state, and of runs that ended within the last day."""

    states: list[tuple[str, int]]
    oldest_at: datetime | None
    succeeded: int
    failed: int
    stored_deliveries: int
    waiting_mails: int


@dataclass(frozen=True)
class Storage:
    """What our storage holds and how much is free; sums of whole tables date from `counted_at`."""

    place: str
    is_elsewhere: bool  # the oldest result is not in this storage
    counted_at: datetime
    results_bytes: int
    uploads_bytes: int
    database_bytes: int
    pictures: Mapping[str, int]
    free_bytes: int | None
    floor_bytes: int
    is_low: bool
    waiting_copies: int
    lost: int
    deleted_runs: int
    discarded: int
    undeleted_at_fal: int
    at_fal: AccountStorage


@dataclass(frozen=True)
class Failure:
    """A failed run and the reason, in upstream's words only if the reader sees the run."""

    run: Run
    why: str


@dataclass(frozen=True)
class Status:
    """Everything that the status page shows."""

    at: datetime
    workers: list[WorkerRow]
    queue: Queue
    syncs: list[SyncReport]
    sync_failures: list[str]
    storage: Storage
    errors: list[Failure]
    problems: list[str]
    backups: list[Backup]
    backups_at: str  # empty: none are made
    csp_reports: list[CspReport]
    data: DataVersion | None  # the version that has migrated the data
    projects: list[tuple[str, int, int]]  # the largest, with the bytes of results and uploads
    people: list[tuple[str, int]]  # who has most, with the bytes of their uploads
    in_progress: int  # our runs at fal
    account_limit: int | None  # of runs at once at fal, if it was observed


def load_status(user: User | AnonymousUser) -> Status:
    """Return the current status for this user; the number of queries is constant."""
    workers, queue, storage_figures = _workers(), _queue(), storage()
    syncs = list(SyncReport.objects.all()[:LATEST_SYNCS])
    return Status(
        timezone.now(),
        workers,
        queue,
        syncs,
        _sync_failures(syncs),
        storage_figures,
        _errors(user),
        [
            *_process_problems(workers),
            *_realtime_problems(),
            *_queue_problems(queue),
            *_problems(syncs, storage_figures),
            *_account_problems(storage_figures),
            *nightly.problems(),
        ],
        list(Backup.objects.all()[:LATEST_BACKUPS]),
        f"{settings.BACKUP_AT:%H:%M}" if settings.BACKUP_TO else "",
        list(CspReport.objects.all()[:CSP_REPORTS_SHOWN]),
        DataVersion.objects.first(),
        _projects(),
        _people(),
        account_concurrency.in_progress(),
        account_concurrency.limit(),
    )


def problems() -> list[str]:
    """Return sentences about what is wrong with the deployment."""
    syncs, storage_figures = list(SyncReport.objects.all()[:1]), storage()
    return [
        *_process_problems(_workers()),
        *_realtime_problems(),
        *_problems(syncs, storage_figures),
        *_account_problems(storage_figures),
        *nightly.problems(),
    ]


def _workers() -> list[WorkerRow]:
    alive_since = clock.now() - worker_status.ALIVE
    rows = Worker.objects.order_by("-beat_at")
    return [WorkerRow(worker, worker.beat_at > alive_since) for worker in rows]


def _queue() -> Queue:
    unfinished = Run.objects.unfinished().order_by()
    by_state = dict(unfinished.values_list("state").annotate(Count("pk")))
    waiting_runs = unfinished.exclude(state=Run.State.UNCONFIRMED)
    day = Run.objects.filter(created_at__gt=timezone.now() - DAY).aggregate(
        succeeded=Count("pk", filter=Q(state=Run.State.SUCCEEDED)),
        failed=Count("pk", filter=Q(state=Run.State.FAILED)),
    )
    return Queue(
        [(state.label, by_state[state]) for state in Run.State if state in by_state],
        waiting_runs.aggregate(at=Min("created_at"))["at"],
        day["succeeded"],
        day["failed"],
        WebhookReport.objects.count(),
        QueuedMail.objects.count(),
    )


def storage() -> Storage:
    """Return what our storage holds, and how much is free."""
    storage_figures = figures.read(figures.STORAGE)
    return Storage(
        describe_place(default_storage),
        _is_elsewhere(),
        storage_figures.made_at,
        storage_figures.values["results_bytes"],
        storage_figures.values["uploads_bytes"],
        creation.database_bytes(),
        picture_registry.counts(),
        storage_limits.free_bytes(),
        settings.DISK_FLOOR_MB * storage_limits.MB,
        storage_limits.is_low(),
        Artifact.objects.filter(REMOTE).count(),
        storage_figures.values["lost"],
        storage_figures.values["deleted_runs"],
        storage_figures.values["discarded"],
        upstream_deletion.pending().count(),
        upstream_deletion.account_storage(),
    )


def _projects() -> list[tuple[str, int, int]]:
    """Return the projects whose files take most, by name; private ones by their owner."""
    sums = figures.read(figures.STORAGE_OF_PROJECTS).values
    largest = sorted(sums, key=lambda pk: sum(sums[pk]), reverse=True)[:LARGEST]
    rows = Project.objects.select_related("person").in_bulk([int(pk) for pk in largest])
    return [
        (f"{row}, of {row.person}" if row.person else str(row), *sums[str(row.pk)])
        for pk in largest
        if (row := rows.get(int(pk)))
    ]


def _people() -> list[tuple[str, int]]:
    """Return the users whose uploads take most."""
    sums = figures.read(figures.STORAGE).values.get("uploads_of_people", {})
    largest = sorted(sums, key=sums.__getitem__, reverse=True)[:LARGEST]
    users = User.objects.in_bulk([int(pk) for pk in largest])
    return [(users[int(pk)].get_username(), sums[pk]) for pk in largest if int(pk) in users]


def _is_elsewhere() -> bool:
    """Whether the oldest result is not in our storage, as after a change of MEDIA_STORAGE."""
    stored_artifacts = Artifact.objects.filter(state=Artifact.State.STORED)
    oldest = stored_artifacts.order_by("pk").values_list("file", flat=True).first()
    try:
        return oldest is not None and not default_storage.exists(oldest)
    except Exception as error:  # storages raise any kind of exception
        log.error("the storage of results cannot be reached: %r", error)
        return False


def _sync_failures(syncs: list[SyncReport]) -> list[str]:
    last = next((sync for sync in syncs if sync.state not in SyncReport.COMING), None)
    failed: list[Any] = last.failed if last else []
    return [": ".join(map(str, entry)) for entry in failed[:FAILURES_SHOWN]]


def _errors(user: User | AnonymousUser) -> list[Failure]:
    failed = Run.objects.kept().filter(state=Run.State.FAILED).with_endpoint().light()
    newest = list(failed.select_related("user").order_by("-created_at")[:NEWEST_ERRORS])
    keys = [run.pk for run in newest]
    readable = set(Run.objects.readable_by(user).filter(pk__in=keys).values_list("pk", flat=True))
    return [Failure(run, _why(run, is_readable=run.pk in readable)) for run in newest]


def _why(run: Run, *, is_readable: bool) -> str:
    """Return why a run failed; upstream's words may repeat a private prompt."""
    error = run.error
    return error_messages.reason(error) if is_readable else error_messages.explain(error).title


def _process_problems(workers: list[WorkerRow]) -> Iterator[str]:
    alive = [row.worker for row in workers if row.is_alive]
    if not alive:
        yield "No worker is running: runs wait. Start one with “manage.py worker”."
    elif not any(worker.has_key for worker in alive):
        yield "FAL_KEY is not set: runs wait. Put it into .env and start Vitrine again."
    for trouble in dict.fromkeys(worker.trouble for worker in alive if worker.trouble):
        yield f"{trouble} Runs that need it wait and continue by themselves."


def _realtime_problems() -> Iterator[str]:
    if reporting.is_realtime_missing():
        yield (
            "No realtime process is running: live sessions and streams do not work. Start it: "
            "“systemctl start vitrine-realtime”, or “manage.py realtime”."
        )


def _account_problems(storage: Storage) -> Iterator[str]:
    """Yield what hinders the work with FAL_ADMIN_KEY: the first of the readings that failed."""
    bills = BillingState.current()
    of_bills = (bills.trouble, bills.balance_trouble) if bills.has_key else ()
    troubles = (storage.at_fal.trouble, *of_bills)
    if first := next(filter(None, troubles), ""):
        yield (
            f"{first.rstrip('.')}. Meanwhile deletions here may not reach fal, and bills and the "
            "balance may be missing."
        )


def _queue_problems(queue: Queue) -> Iterator[str]:
    if queue.oldest_at and (waited := timezone.now() - queue.oldest_at) > LONG_WAIT:
        yield f"A run has been under way for {duration(waited)}. Look at it in the list of runs."


def _problems(syncs: list[SyncReport], storage: Storage) -> Iterator[str]:
    last = syncs[0] if syncs else None
    if last is None:
        yield (
            "The catalogue was never synced. The worker will do it; “manage.py sync_models” does "
            "it at once."
        )
    elif last.state in {SyncReport.State.FAILED, SyncReport.State.STOPPED}:
        yield f"The last sync failed or was stopped: {last.error or last.get_state_display()}."
    elif _is_stale(last):
        yield "The last sync was long ago. Check whether a worker is running."
    if storage.is_elsewhere:
        yield (
            f"Earlier results are not in {storage.place}, where MEDIA_STORAGE keeps files. If it "
            "was changed, copy them with “manage.py move_media”; then pages show them again."
        )
    if storage.is_low:
        yield (
            f"The disk is nearly full: {size(storage.free_bytes)} are free, and nothing is copied "
            f"or uploaded below {size(storage.floor_bytes)}. Make room; copies then go on."
        )


def _is_stale(last: SyncReport) -> bool:
    interval = timedelta(minutes=settings.SYNC_INTERVAL_MINUTES)
    at = last.ended_at or last.beat_at or last.started_at
    return bool(interval) and timezone.now() - at > 2 * interval + LONG_WAIT


def grace_days() -> int:
    """Return the number of days for which a deleted run can be restored."""
    return GRACE.days
