"""The models of boards."""

from boards.models.board import Board, Cell, Column, Row
from boards.models.draft import PlanDraft
from boards.models.tally import BoardTally, Tally
from boards.models.trial import StandingTrial, Trial
from boards.models.vote import Mark, RowMark, Vote

__all__ = [
    "Board",
    "BoardTally",
    "Cell",
    "Column",
    "Mark",
    "PlanDraft",
    "Row",
    "RowMark",
    "StandingTrial",
    "Tally",
    "Trial",
    "Vote",
]
