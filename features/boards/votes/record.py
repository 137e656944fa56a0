"""What blind votes add to the record of models: a vote for both models, and a win for one."""

# Tables and columns are ours.
# ruff: noqa: S608

from __future__ import annotations

from core.db.triggers import Trigger, has_changed
from runs.models import RecordSum
from runs.promises.record_reasons import RecordSource
from runs.records.triggers import add_to_sums

_VOTE = ("board_id", "first_id", "second_id", "winner_id", "reset_at")
_BOARD = ("id", "project_id", "deleted_at")


def _rows(votes: str, boards: str, sign: int = 1) -> str:
    """Return the SQL of the figures that votes add; the sign -1 subtracts them.

    Two columns of one model say nothing, and votes that were reset or of deleted boards are out.
    """
    half_wins = "CASE WHEN vote.winner_id IS NULL THEN 1 WHEN vote.winner_id = own.id THEN 2 ELSE 0"
    figures = dict.fromkeys(RecordSum.FIGURES, "0") | {
        "votes": f"{sign}",
        "half_wins": f"{sign} * {half_wins} END",
    }
    return (
        "SELECT board.project_id AS project_id, mine.endpoint_id AS endpoint_id, "
        f"{', '.join(f'{sql} AS {name}' for name, sql in figures.items())} "
        f"FROM {votes} vote JOIN {boards} board ON board.id = vote.board_id "
        "JOIN boards_cell own ON own.id IN (vote.first_id, vote.second_id) "
        "JOIN boards_cell other ON other.id IN (vote.first_id, vote.second_id) "
        "AND other.id <> own.id "
        "JOIN boards_column mine ON mine.id = own.column_id "
        "JOIN boards_column theirs ON theirs.id = other.column_id "
        "WHERE vote.reset_at IS NULL AND board.deleted_at IS NULL "
        "AND mine.endpoint_id <> theirs.endpoint_id"
    )


def _of(row: str, columns: tuple[str, ...]) -> str:
    return f"(SELECT {', '.join(f'{row}.{name} AS {name}' for name in columns)})"


def _vote(row: str, sign: int = 1) -> str:
    return _rows(_of(row, _VOTE), "boards_board", sign)


def _board(row: str, sign: int = 1) -> str:
    return _rows("boards_vote", _of(row, _BOARD), sign)


VOTES = RecordSource(
    (
        Trigger("record_vote_new", "boards_vote", "INSERT", (add_to_sums(_vote("NEW")),)),
        Trigger(
            "record_vote",
            "boards_vote",
            f"UPDATE OF {', '.join(_VOTE)}",
            (add_to_sums(f"{_vote('NEW')} UNION ALL {_vote('OLD', -1)}"),),
            has_changed(*_VOTE),
        ),
        Trigger("record_vote_gone", "boards_vote", "DELETE", (add_to_sums(_vote("OLD", -1)),)),
        Trigger(
            "record_voted_board",
            "boards_board",
            "UPDATE OF project_id, deleted_at",
            (add_to_sums(f"{_board('NEW')} UNION ALL {_board('OLD', -1)}"),),
            has_changed("project_id", "deleted_at"),
        ),
    ),
    _rows("boards_vote", "boards_board"),
)
