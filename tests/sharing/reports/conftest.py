"""Boards with judged results, of which reports are made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from boards.models import Board
from sharing.models import Report
from sharing.reports import saving
from tests.boards.conftest import models, plan_of, send
from tests.boards.judging import Judged, judged, stored
from tests.boards.votes.test_ballots import judge_all

__all__ = ["judged", "models", "plan_of", "send", "stored"]


@pytest.fixture
def voted(judged: Judged, user: User) -> Board:
    """A board of eight inputs on two models, of which every vote is for turbo."""
    board = judged(prompts="\n".join(f"a {animal}" for animal in "abcdefgh"))
    judge_all(user, board, "lab/turbo")
    return board


@pytest.fixture
def report_of(user: User) -> Callable[[Board], Report]:
    """`report_of(board)`: the user's live report of it."""

    def begin(board: Board) -> Report:
        return saving.begin(user, Board.objects.select_related("project").get(pk=board.pk))

    return begin
