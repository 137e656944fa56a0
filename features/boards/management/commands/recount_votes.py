"""Recounts all judgements of all boards for the leaderboard."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.formatting import counted
from features.boards.leaderboard import counting
from features.boards.models import BoardTally


class Command(BaseCommand):
    """`manage.py recount_votes`: recounts every board at once; workers do so in turn."""

    help = "Count the votes and winners of all boards again for the leaderboard."

    def handle(self, *args: Any, **options: Any) -> None:
        """Recount, and print the number of boards and how many had another outcome."""
        for board_id in counting.never_counted():
            BoardTally.objects.judged(board_id)
        keys = list(BoardTally.objects.values_list("pk", flat=True))
        changed_count = sum(counting.recount(key) for key in keys)
        self.stdout.write(
            f"{counted(len(keys), 'board')} counted again, {changed_count} with another outcome."
        )
