"""The models of boards."""

from boards.models.board import Board, Cell, Column, Row
from boards.models.comment import Comment
from boards.models.draft import PlanDraft
from boards.models.participation import Act
from boards.models.row_request import RowRequest
from boards.models.tally import BoardTally, Tally
from boards.models.trial import StandingTrial, Trial
from boards.models.vote import Mark, RowMark, Vote

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
    "StandingTrial",
    "Tally",
    "Trial",
    "Vote",
]
