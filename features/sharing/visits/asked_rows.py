"""Rows that visitors of a shared board request, which wait for a maker of the board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.boards import row_requests
from features.boards.models import Board, RowRequest
from features.sharing.kinds.board import Board as BoardKind
from features.sharing.kinds.table import kind_of
from features.sharing.reviewers import participant_of

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from features.boards.plan.plan import PlannedRow
    from features.sharing.access import Visit
    from features.sharing.models import Share
    from projects.kept.voices.participant import Participant

MOST_LISTED = 20
CLOSED = "This board accepts no more rows. Thank you for looking."
THERE = "The board already has this row."
WAITS = "waits until somebody who may run it decides"
LEFT_OUT = "was left out"
RUN = "is now a row of the board"
RUN_ELSEWHERE = "was run; this share stays as it was"


@dataclass(frozen=True)
class RequestedRow:
    """A row that this visitor has requested, and its state in words."""

    label: str
    words: str


def board_of(share: Share) -> Board | None:
    """Return the board for which visitors may request rows; None if the share takes none.

    The share's option decides, not the acts of the board's own link. A board whose models share no
    prompt, or of an archived project, takes no rows here.
    """
    kind = kind_of(share)
    if not share.takes_rows or not isinstance(kind, BoardKind):
        return None
    board = kind.seen(share.user, share.source)
    if board is None or board.project.archived_at is not None:
        return None
    return board if row_requests.prompt_field(board) else None


def row_of(share: Share, board: Board, text: str) -> PlannedRow:
    """Return the row for a prompt. Raises ValueError with a sentence for the field.

    A duplicate is reported only for rows that the share shows with their prompts; otherwise the
    answer would confirm a guess.
    """
    if not share.is_open:
        raise ValueError(CLOSED)
    row = row_requests.planned_row(board, text)
    kind = kind_of(share)
    if share.shows_settings and isinstance(kind, BoardKind):
        document = kind.document_of(share) or {"rows": []}
        row_keys = [line["key"] for line in document["rows"]]
        if board.rows.filter(pk__in=row_keys, digest=row.digest).exists():
            raise ValueError(THERE)
    return row


def asked_by(share: Share, board: Board, participant: Participant) -> list[RequestedRow]:
    """Return a participant's requests on the board, the newest first."""
    requests = board.row_requests.filter(**participant.filter()).order_by("-pk")
    return [RequestedRow(row.label, _describe_state(share, row)) for row in requests[:MOST_LISTED]]


def context(request: HtmxRequest, visit: Visit) -> dict[str, Any]:
    """Return the page's context for requesting rows; empty if the share takes none."""
    share = visit.share
    board = board_of(share)
    if board is None:
        return {}
    participant = participant_of(request, visit)
    return {
        "takes_rows": True,
        "participant": participant,
        "row_requests": asked_by(share, board, participant) if participant else [],
    }


def _describe_state(share: Share, request: RowRequest) -> str:
    if request.row_id is not None:
        return RUN if share.follows else RUN_ELSEWHERE
    return LEFT_OUT if request.decided_at else WAITS
