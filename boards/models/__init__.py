"""The models of boards."""

from boards.models.board import Board, Cell, Column, Row
from boards.models.draft import PlanDraft
from boards.models.trial import StandingTrial, Trial
from boards.models.vote import Mark, RowMark, Vote

__all__ = [
    "Board",
    "Cell",
    "Column",
    "Mark",
    "PlanDraft",
    "Row",
    "RowMark",
    "StandingTrial",
    "Trial",
    "Vote",
]
