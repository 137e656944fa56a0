"""The models of boards."""

from features.boards.models.board import Board, Cell, Column, Comment, PlanDraft, Row, RowRequest
from features.boards.models.participation import Act
from features.boards.models.vote import BoardTally, Mark, RowMark, Tally, Vote

__all__ = [
    "Act",
    "Board",
    "BoardTally",
    "Cell",
    "Column",
    "Comment",
    "Mark",
    "PlanDraft",
    "Row",
    "RowMark",
    "RowRequest",
    "Tally",
    "Vote",
]
