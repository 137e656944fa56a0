"""Finds the boards that have a run in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boards.models import Batch, Cell
from runs.models import Run
from runs.owners import Place

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

MOST = 5  # reused results may put a run on any number of boards


def boards_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the boards with the run in a cell that a user may see, oldest first."""
    cells = Cell.objects.filter(run=run, replaced_at=None)
    boards = Batch.objects.kept().visible_to(user).filter(pk__in=cells.values("board"))
    found = boards.order_by("created_at")[:MOST]
    return [Place("Board", one.title or "Untitled", one.get_absolute_url()) for one in found]
