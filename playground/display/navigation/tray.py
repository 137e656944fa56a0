"""The bell's first tab: a user's runs in progress, and those that ended recently."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from playground.display import history
from runs.models import Run
from runs.models.querysets import UNFINISHED

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from runs.models.querysets import RunQuerySet

MAX_ROWS = 20
ENDED_WITHIN = timedelta(hours=12)  # runs that ended earlier are not listed


def runs(user: User | AnonymousUser, since: datetime | None) -> RunQuerySet:
    """Return the person's unfinished runs and those ended after `since`, newest first."""
    earliest = timezone.now() - ENDED_WITHIN
    is_ended_since = Q(ended_at__gt=max(since, earliest) if since else timezone.now())
    return Run.objects.kept().own(user).filter(Q(UNFINISHED) | is_ended_since).recent()


def rows(user: User | AnonymousUser, since: datetime | None) -> list[history.Row]:
    """Return these runs as rows of the panel that the bell opens."""
    newest = runs(user, since).prefetch_related(None)[:MAX_ROWS]
    return [history.item(run, "tray") for run in newest]
