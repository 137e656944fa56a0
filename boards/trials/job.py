"""The worker's recurring job for standing trials: finds, sends, and reports outcomes."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from boards.models import StandingTrial, Trial
from boards.trials import candidates, news, outcomes, sending

EVERY_S = 30.0
IDLE_S = 60.0
NOTIFY_LOOKBACK = timedelta(minutes=30)  # covers the outcomes while a worker was down


def work() -> float:
    """Do what is due; returns the seconds until the next time. Two queries without any trial."""
    now = timezone.now()
    if Trial.objects.exists():
        outcomes.finish(now)
    if not StandingTrial.objects.watching().exists():
        return IDLE_S
    candidates.note_all()
    count = sending.send_due(now)
    news.notify_owners(now - NOTIFY_LOOKBACK)
    return 1.0 if count == sending.AT_ONCE else EVERY_S
