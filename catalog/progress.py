"""How far the catalogue is: what a page says while it is being filled, and when that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists
from django.utils import timezone

from catalog.models import SyncReport
from catalog.pictures import picture_book

BEAT_IS_STALE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class Progress:
    """The newest sync, and whether this is the first time that the catalogue is filled."""

    report: SyncReport | None
    is_first: bool
    pictures_come: bool

    @property
    def is_running(self) -> bool:
        """Whether a sync is at work."""
        report = self.report
        return bool(report and report.state == SyncReport.State.RUNNING and not self.is_stalled)

    @property
    def is_stalled(self) -> bool:
        """Whether the sync says that it runs, yet gave no sign of life for a while."""
        report = self.report
        if report is None or report.state != SyncReport.State.RUNNING:
            return False
        return timezone.now() - (report.beat_at or report.started_at) > BEAT_IS_STALE_AFTER

    @property
    def is_failed(self) -> bool:
        """Whether the newest sync ended before its end."""
        states = {SyncReport.State.FAILED, SyncReport.State.STOPPED}
        return bool(self.report and self.report.state in states)

    @property
    def is_live(self) -> bool:
        """Whether it is worth asking again soon."""
        return self.is_running or self.pictures_come or (self.is_first and not self.is_failed)


def now() -> Progress:
    """The newest report; the first time lasts until one sync has come to its end."""
    report = SyncReport.objects.annotate(pictures_come=Exists(picture_book.coming())).first()
    is_done = report is not None and report.state == SyncReport.State.DONE
    is_first = not is_done and not SyncReport.objects.filter(state=SyncReport.State.DONE).exists()
    return Progress(report, is_first, bool(report and report.pictures_come))
