"""Chooses a board's best and worst results by what was said of each: votes, stars, verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from boards.export.contents import Contents, mark_of, run_of
from boards.models import Cell, Mark, Row, Vote
from boards.models.vote import MAX_STARS
from runs.models import Run
from sharing.reports.content import Pick

MOST = 4  # of each
PROMPT_CHARS = 400
STARS_WEIGHT = 2.0  # how many votes the maker's stars are worth


@dataclass
class Judged:
    """A result and its judgements; `won` of `said` is what speaks for it."""

    cell: Cell
    votes: int
    votes_won: float
    is_row_winner: bool
    mark: Mark | None

    @property
    def said(self) -> float:
        """Return the weight of all that was said of it."""
        stars = STARS_WEIGHT if self._stars else 0.0
        return self.votes + stars + self.is_row_winner + bool(self.mark and self.mark.verdict)

    @property
    def score(self) -> float:
        """Return how good it is, 0 to 1; what was judged once is near the middle."""
        stars = STARS_WEIGHT * (self._stars - 1) / (MAX_STARS - 1) if self._stars else 0.0
        is_passed = bool(self.mark and self.mark.verdict == Mark.Verdict.PASS)
        won = self.votes_won + stars + self.is_row_winner + is_passed
        return (won + 1) / (self.said + 2)

    @property
    def facts(self) -> str:
        """Return what was said of it: `won 5 of 6 votes · 4 of 5 stars · winner of its row`."""
        won = f"{self.votes_won:g}"
        parts = [f"won {won} of {self.votes} blind votes"] if self.votes > 1 else []
        parts += [_one_vote(self.votes_won)] if self.votes == 1 else []
        parts += [f"{self._stars} of {MAX_STARS} stars"] if self._stars else []
        parts += [f"{self.mark.get_verdict_display()}"] if self.mark and self.mark.verdict else []
        parts += ["winner of its row"] if self.is_row_winner else []
        return " · ".join(parts)

    @property
    def _stars(self) -> int:
        return self.mark.stars if self.mark else 0


def judged_results(contents: Contents, votes: Iterable[Vote]) -> list[Judged]:
    """Return the results that are shown and judged, in the order of the board's cells."""
    counts: Counter[int] = Counter()
    won: Counter[int] = Counter()  # twice: a tie is half a win
    for vote in votes:
        for key in (vote.first_id, vote.second_id):
            counts[key] += 1
            won[key] += 1 if vote.winner_id is None else 2 * (vote.winner_id == key)
    winners = {row.pk: mark.winner_id for row in contents.rows if (mark := contents.row_mark(row))}
    results = [
        Judged(
            cell,
            counts[cell.pk],
            won[cell.pk] / 2,
            winners.get(cell.row_id) == cell.column_id,
            mark_of(cell),
        )
        for cell in contents.cells
        if (run := run_of(cell)) and run.state == Run.State.SUCCEEDED
    ]
    return [result for result in results if result.said]


def best_and_worst(
    contents: Contents, judged: Sequence[Judged], most: int = MOST
) -> tuple[list[Pick], list[Pick]]:
    """Return the best results, best first, and the worst, worst first; none is among both."""
    rows = {row.pk: (number, row) for number, row in enumerate(contents.rows, start=1)}
    ordered = sorted(judged, key=lambda one: (-one.score, -one.said, one.cell.pk))
    good = [one for one in ordered if one.score > 0.5]
    bad = [one for one in reversed(ordered) if one.score < 0.5]
    best = [_pick(one, *rows[one.cell.row_id]) for one in good[:most]]
    worst = [_pick(one, *rows[one.cell.row_id]) for one in bad[:most]]
    return best, worst


def _pick(judged: Judged, number: int, row: Row) -> Pick:
    cell = judged.cell
    return Pick(
        run=str(cell.run_id),
        candidate=cell.column_id,
        row=number,
        prompt=prompt_of(row, cell)[:PROMPT_CHARS],
        facts=judged.facts,
    )


def prompt_of(row: Row, cell: Cell) -> str:
    """Return the input of a result in words: the row's prompt, its label, or the run's title."""
    prompt = row.values.get("prompt") if isinstance(row.values, dict) else None
    if isinstance(prompt, str) and prompt.strip():
        return prompt.strip()
    return row.label or (cell.run.title if cell.run else "")


def _one_vote(won: float) -> str:
    return {1.0: "won its only blind vote", 0.0: "lost its only blind vote"}.get(
        won, "a tie in its only blind vote"
    )
