"""The models of boards."""

from boards.models.board import Batch, Cell, Column, Row
from boards.models.vote import Mark, RowMark, Vote

__all__ = ["Batch", "Cell", "Column", "Mark", "Row", "RowMark", "Vote"]
