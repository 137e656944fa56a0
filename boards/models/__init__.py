"""The models of boards."""

from boards.models.board import Batch, Cell, Column, Row

__all__ = ["Batch", "Cell", "Column", "Row"]
