"""Ranks a board's columns by votes and marks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from features.boards.models import Board, Cell, Column, RowMark, Vote
from features.boards.runs.visibility import withhold_unreadable
from features.boards.votes import bradley_terry
from features.boards.votes.ballots import count_wins
from runs.costs import known_costs
from runs.models import Run
from runs.models.querysets import heavy_columns
from schemas.estimate.wording import nobody_pays

MIDDLE, SCALE = 1000, 400 / math.log(10)  # as in chess: 400 points are odds of ten to one


@dataclass(frozen=True)
class RankedColumn:
    """The votes on one column; `best` to `worst` are its possible ranks."""

    column: Column
    name: str  # no other column of the board has it
    wins: int
    losses: int
    ties: int
    score: int
    low: int
    high: int
    best: int
    worst: int
    rows: int  # with a winner
    rows_won: int
    price: Decimal | None  # per run, in US dollars

    @property
    def votes(self) -> int:
        """Return the number of votes on it."""
        return self.wins + self.losses + self.ties

    @property
    def share(self) -> float | None:
        """Return its share of the wins, a tie counting as half a win; None without votes."""
        return (self.wins + self.ties / 2) / self.votes if self.votes else None

    @property
    def percent(self) -> int | None:
        """Return the share in per cent."""
        return None if self.share is None else round(100 * self.share)

    @property
    def ranks(self) -> str:
        """Return `1` or `2 to 4`."""
        return str(self.best) if self.best == self.worst else f"{self.best} to {self.worst}"


@dataclass(frozen=True)
class Ranking:
    """The columns, best first; `has_ranks` is True if the votes distinguish any two of them."""

    tag: str
    columns: list[RankedColumn]
    vote_count: int
    has_ranks: bool
    leader: RankedColumn | None

    @property
    def best(self) -> RankedColumn:
        """Return the column with the largest share of votes, or without votes the most rows."""
        return max(self.columns, key=lambda column: (column.share or 0, column.rows_won))

    @property
    def has_prices(self) -> bool:
        """Return whether any column has a price that somebody pays."""
        return not nobody_pays() and any(column.price for column in self.columns)

    @property
    def has_wins(self) -> bool:
        """Return whether any row has a winner."""
        return any(column.rows_won for column in self.columns)

    @property
    def has_times(self) -> bool:
        """Return whether the models' median times tell the columns apart."""
        times = {
            ranked.column.endpoint_id: ranked.column.endpoint.median_s for ranked in self.columns
        }
        return len(times) > 1 and any(seconds is not None for seconds in times.values())

    @property
    def summary(self) -> str:
        """Return the result of the votes in a sentence."""
        if not self.vote_count:
            return "No votes yet."
        if self.leader:
            return f"{self.leader.name} is better than each of the others."
        if self.has_ranks:
            return "Some are better than others; too few votes to tell which one is best."
        return "Too few votes to tell: any difference so far may be chance."


def name_of(column: Column) -> str:
    """Return a column's model with its value along the axis."""
    name = column.endpoint.name
    return f"{name} · {column.label}" if column.label else name


def column_names(columns: Iterable[Column]) -> dict[int, str]:
    """Return a distinct name for each column, by its key.

    A model's name has its version. If two models still share a name, their ids are added:
    `Kling (fal-ai/kling/v2.1)`. Columns of one model with the same name get their positions.
    """
    all_columns = list(columns)
    models = {(col.endpoint.name.casefold(), col.endpoint.endpoint_id) for col in all_columns}
    alike = {name for name, count in Counter(name for name, _ in models).items() if count > 1}
    names = {
        col.pk: _with_id(col) if col.endpoint.name.casefold() in alike else name_of(col)
        for col in all_columns
    }
    times = Counter(names.values())
    return {
        col.pk: name if times[name] == 1 else f"{name} (column {col.position + 1})"
        for col, name in zip(all_columns, names.values(), strict=True)
    }


def _with_id(column: Column) -> str:
    name = f"{column.endpoint.name} ({column.endpoint.endpoint_id})"
    return f"{name} · {column.label}" if column.label else name


def rankings(board: Board) -> list[Ranking]:
    """Return the ranking by all votes, then by those of each tag. Six queries."""
    columns = list(board.columns.named())
    votes = list(board.votes.counted().select_related("first__row", "second"))
    cells = _cells(board, columns)
    decided = RowMark.objects.decided().filter(row__board=board)
    winners = dict(decided.values_list("row_id", "winner_id"))
    names = column_names(columns)
    facts = {c.pk: _Facts(c, names[c.pk], cells, winners) for c in columns}
    tags = _tags(board, cells)
    by_tag = {tag: [v for v in votes if tag in _tags_of(v, tags)] for tag in _all(tags)}
    voted = {"": votes} | {tag: tagged for tag, tagged in by_tag.items() if tagged}
    return [_ranking(tag, columns, vote_counts, facts) for tag, vote_counts in voted.items()]


def _cells(board: Board, columns: Sequence[Column]) -> list[Cell]:
    endpoints = {column.pk: column.endpoint for column in columns}
    cells = list(
        board.cells.filter(replaced_at=None)
        .select_related("run__charge", "mark")
        .defer(*heavy_columns("run__"))
    )
    withhold_unreadable(board, cells)
    for cell in cells:
        if cell.run:
            cell.run.endpoint = endpoints[cell.column_id]
    return cells


class _Facts:
    """A column's name, marks and prices."""

    def __init__(
        self, column: Column, name: str, cells: Sequence[Cell], winners: Mapping[int, int | None]
    ) -> None:
        self.name = name
        own = [cell for cell in cells if cell.column_id == column.pk]
        done_runs = [cell.run for cell in own if cell.run and cell.run.state == Run.State.SUCCEEDED]
        costs = [figure.amount for run in done_runs if (figure := known_costs.paid(run))]
        rows = {cell.row_id for cell in own} & winners.keys()
        self.rows, self.rows_won = len(rows), sum(winners[row] == column.pk for row in rows)
        self.price = sum(costs, Decimal(0)) / len(costs) if costs else None


def _ranking(
    tag: str,
    columns: Sequence[Column],
    votes: Sequence[Vote],
    facts: dict[int, _Facts],
) -> Ranking:
    compared = {cell.column_id for vote in votes for cell in (vote.first, vote.second)}
    numbers = {pk: place for place, pk in enumerate(c.pk for c in columns if c.pk in compared)}
    fit = bradley_terry.fit(count_wins(votes, numbers), len(numbers))
    counts = _counts(votes)
    ranked = [_ranked(c, numbers, fit, counts[c.pk], facts[c.pk]) for c in columns]
    has_ranks = any(column.best > 1 for column in ranked)
    ranked.sort(
        key=lambda column: (
            not column.votes,
            column.best,
            column.worst,
            -column.score,
            -column.rows_won,
        )
    )
    sure = [column for column in ranked if column.votes and column.worst == 1]
    leader = sure[0] if sure and len(numbers) > 1 else None
    return Ranking(tag, ranked, len(votes), has_ranks, leader)


def _counts(votes: Sequence[Vote]) -> dict[int, Counter[str]]:
    counts: dict[int, Counter[str]] = _Counts()
    for vote in votes:
        for cell in (vote.first, vote.second):
            if vote.winner_id is None:
                counts[cell.column_id]["ties"] += 1
            else:
                counts[cell.column_id]["wins" if vote.winner_id == cell.pk else "losses"] += 1
    return counts


class _Counts(dict[int, Counter[str]]):
    def __missing__(self, key: int) -> Counter[str]:
        self[key] = Counter()
        return self[key]


def _ranked(
    column: Column,
    numbers: dict[int, int],
    fit: bradley_terry.Fit,
    counts: Counter[str],
    facts: _Facts,
) -> RankedColumn:
    number = numbers.get(column.pk)
    other_numbers = [other for other in numbers.values() if other != number]
    score = half = 0.0
    best, worst = 1, max(len(numbers), 1)
    if number is not None:
        score, half = float(fit.scores[number]) * SCALE, fit.half_width(number) * SCALE
        best = 1 + sum(fit.is_better(other, number) for other in other_numbers)
        worst = len(numbers) - sum(fit.is_better(number, other) for other in other_numbers)
    return RankedColumn(
        column=column,
        name=facts.name,
        wins=counts["wins"],
        losses=counts["losses"],
        ties=counts["ties"],
        score=round(MIDDLE + score),
        low=round(MIDDLE + score - half),
        high=round(MIDDLE + score + half),
        best=best,
        worst=worst,
        rows=facts.rows,
        rows_won=facts.rows_won,
        price=facts.price,
    )


Tags = tuple[dict[int, list[str]], dict[int, list[str]]]  # of cells, of rows


def _tags(board: Board, cells: Sequence[Cell]) -> Tags:
    rows = dict(RowMark.objects.filter(row__board=board).values_list("row_id", "tags"))
    return {cell.pk: cell.mark.tags for cell in cells if hasattr(cell, "mark")}, rows


def _all(tags: Tags) -> list[str]:
    return sorted({tag for part in tags for row_tags in part.values() for tag in row_tags})


def _tags_of(vote: Vote, tags: Tags) -> set[str]:
    """Return the tags of a vote: those of its row and of its two cells."""
    of_cells, of_rows = tags
    row_tags = {*of_rows.get(vote.first.row_id, [])}
    return row_tags.union(*(of_cells.get(key, []) for key in (vote.first_id, vote.second_id)))
