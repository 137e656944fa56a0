"""The worker's recurring job: counts the judgements of boards on which something has changed."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from boards.leaderboard import counting
from boards.models import BoardTally

AT_ONCE = 50  # boards a round
IDLE_S = 60.0
# Not only judgements change what counts: results come after a row's winner, are deleted, moved, or
# taken back as examples. Each board is therefore counted anew now and then.
RECOUNT_AFTER = timedelta(minutes=15)


def work() -> float:
    """Count what is due; returns the seconds until the next time. One query if nothing is."""
    due = list(BoardTally.objects.due().values_list("pk", flat=True)[:AT_ONCE])
    for board_id in due:
        counting.recount(board_id)
    return 0.0 if len(due) == AT_ONCE else IDLE_S


def work_through() -> float:
    """Count boards that were counted long ago or never; returns the seconds until the next time."""
    for board_id in counting.never_counted():
        BoardTally.objects.judged(board_id)
    old = BoardTally.objects.filter(counted_at__lt=timezone.now() - RECOUNT_AFTER)
    listed = list(old.order_by("counted_at").values_list("pk", flat=True)[:AT_ONCE])
    for board_id in listed:
        counting.recount(board_id)
    return IDLE_S
