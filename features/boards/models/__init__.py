"""The models of boards."""

from features.boards.models.board import Board, Cell, Column, Comment, PlanDraft, Row, RowRequest
from features.boards.models.participation import Act
from features.boards.models.vote import Mark, RowMark, Vote

__all__ = [
    "Act",
    "Board",
    "Cell",
    "Column",
    "Comment",
    "Mark",
    "PlanDraft",
    "Row",
    "RowMark",
    "RowRequest",
    "Vote",
]
