"""The models of boards."""

from boards.models.board import Batch, Cell, Column, Row
from boards.models.draft import PlanDraft

__all__ = ["Batch", "Cell", "Column", "PlanDraft", "Row"]
