"""The state of the newest sync, shown on pages while it runs and after it failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists
from django.utils import timezone

from catalog.models import SyncReport
from catalog.pictures import picture_registry
from core.process import identity

# A sync writes a heartbeat every second. A sync on this machine is also checked by its process id,
# so a slow one gets more time; for one on another machine the heartbeat is the only evidence.
STALE_HERE = timedelta(seconds=30)
STALE_ELSEWHERE = timedelta(seconds=4)


def is_abandoned(report: SyncReport) -> bool:
    """Whether the process of a `running` sync has ended or stopped sending heartbeats."""
    if identity.is_gone(report.holder):
        return True
    limit = STALE_HERE if identity.is_local(report.holder) else STALE_ELSEWHERE
    return timezone.now() - (report.beat_at or report.started_at) > limit


@dataclass(frozen=True)
class Progress:
    """The newest sync, and whether no sync has completed yet."""

    report: SyncReport | None
    is_first: bool
    pictures_come: bool

    @property
    def is_running(self) -> bool:
        """Whether a sync is running, or begins in a moment."""
        report = self.report
        return bool(report and report.state in SyncReport.COMING and not self.is_stalled)

    @property
    def is_stalled(self) -> bool:
        """Whether the sync is marked as running, but its process has ended or stopped."""
        report = self.report
        if report is None or report.state != SyncReport.State.RUNNING:
            return False
        return is_abandoned(report)

    @property
    def is_failed(self) -> bool:
        """Whether the newest sync failed or was stopped."""
        states = {SyncReport.State.FAILED, SyncReport.State.STOPPED}
        return bool(self.report and self.report.state in states)

    @property
    def is_live(self) -> bool:
        """Whether the page should poll for progress."""
        return self.is_running or self.pictures_come or (self.is_first and not self.is_failed)


def current() -> Progress:
    """The progress of the newest sync, in one or two queries."""
    report = SyncReport.objects.annotate(pictures_come=Exists(picture_registry.coming())).first()
    is_done = report is not None and report.state == SyncReport.State.DONE
    is_first = not is_done and not SyncReport.objects.filter(state=SyncReport.State.DONE).exists()
    return Progress(report, is_first, bool(report and report.pictures_come))
