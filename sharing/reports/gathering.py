"""Gathers what a report says of a board as it is now: only what everybody may read who sees it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median

from boards.export.contents import Contents, contents_of, cost_of, mark_of, run_of, seconds_of
from boards.models import Board, Cell, Column, Trial, Vote
from boards.runs.visibility import WITHHELD
from boards.trials import news
from boards.trials.outcomes import outcomes_of
from boards.votes import bradley_terry
from boards.votes.agreement import agreement_of
from boards.votes.ballots import count_wins
from boards.votes.rankings import RankedColumn, Ranking, name_of, rankings
from catalog.models import Endpoint
from catalog.pricing import listed_price
from core.formatting import counted
from runs.models import Run
from runs.results import error_messages
from sharing.reports.content import Candidate, Content, Failure, Judging, LeftOut, TagVerdict
from sharing.reports.picks import Judged, best_and_worst, judged_results

MAX_SETTINGS_CHARS = 200
NOT_TRIED = (Trial.State.HELD, Trial.State.UNFIT, Trial.State.REFUSED, Trial.State.DISMISSED)
LICENSES = {
    "": "not stated",
    "commercial": "commercial use",
    "research": "research only",
    "private": "private",
}
Z_95 = 1.96


def content_of(board: Board) -> Content:
    """Return what a report says of the board now. 17 queries at most, whatever its size."""
    contents = contents_of(board)
    votes = list(board.votes.counted().select_related("first__row", "second"))
    overall, *tagged = rankings(board)
    judged = judged_results(contents, votes)
    best, worst = best_and_worst(contents, judged)
    return Content(
        title=board.title,
        taken=board.taken_id or 0,
        taken_why=board.taken_why,
        rows=len(contents.rows),
        cells=len(contents.cells),
        results=len(_results(contents.cells)),
        candidates=_candidates(contents, overall, votes),
        judging=_judging(board, contents, votes, judged),
        by_tag=[_of_tag(ranking) for ranking in tagged],
        best=best,
        worst=worst,
        failures=_failures(contents),
        left_out=[*_left_out(board, contents), *_not_tried(board)],
    )


def _results(cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells if (run := run_of(cell)) and run.state == Run.State.SUCCEEDED]


def _candidates(contents: Contents, ranking: Ranking, votes: Sequence[Vote]) -> list[Candidate]:
    unclear = _unclear(contents.columns, votes)
    return [
        _candidate(contents, ranked, ranking, unclear.get(ranked.column.pk, []))
        for ranked in ranking.columns
    ]


def _candidate(
    contents: Contents, ranked: RankedColumn, ranking: Ranking, unclear: list[int]
) -> Candidate:
    column, endpoint = ranked.column, ranked.column.endpoint
    own = [cell for cell in contents.cells if cell.column_id == column.pk]
    done = _results(own)
    costs = [figure.amount for cell in done if (figure := cost_of(cell))]
    times = [time for cell in done if (time := _working_s(cell)) is not None]
    low, high = wilson(ranked.wins + ranked.ties / 2, ranked.votes)
    return Candidate(
        key=column.pk,
        name=name_of(column),
        endpoint_id=endpoint.endpoint_id,
        settings=_settings(column),
        license=LICENSES.get(endpoint.license_type.lower(), endpoint.license_type),
        list_price=listed_price(endpoint),
        unit_price=endpoint.unit_price_usd,
        currency=endpoint.currency,
        results=len(done),
        failed=sum(run is not None and run.state == Run.State.FAILED for run in map(run_of, own)),
        cost=_median(costs),
        seconds=median(times) if times else None,
        votes=ranked.votes,
        wins=ranked.wins,
        ties=ranked.ties,
        percent=ranked.percent,
        low=round(100 * low) if ranked.votes else None,
        high=round(100 * high) if ranked.votes else None,
        ranks=ranked.ranks if ranked.votes and ranking.has_ranks else "",
        unclear=unclear,
        rows_won=ranked.rows_won,
        stars=ranked.stars,
        passed=ranked.passed,
        judged=ranked.judged,
        price_per_win=ranked.price_per_win,
        schema=endpoint.schema_id or "",
        refusal=endpoint.refusal_everywhere or _outdated(endpoint),
    )


def _outdated(endpoint: Endpoint) -> str:
    return "Upstream calls this model deprecated." if endpoint.status == "deprecated" else ""


def _working_s(cell: Cell) -> float | None:
    """Return how long the model worked: the time in upstream's queue is no quality of it."""
    run = run_of(cell)
    if run is None or run.started_at is None or run.ended_at is None:
        return seconds_of(cell)
    return max((run.ended_at - run.started_at).total_seconds(), 0.0)


def _settings(column: Column) -> str:
    words = ", ".join(
        f"{name} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in column.settings.items()
    )
    return words if len(words) <= MAX_SETTINGS_CHARS else f"{words[: MAX_SETTINGS_CHARS - 1]}…"


def _median(costs: Sequence[Decimal]) -> Decimal | None:
    return median(costs) if costs else None


def _unclear(columns: Sequence[Column], votes: Sequence[Vote]) -> dict[int, list[int]]:
    """Return, by the key of a voted column, those that the votes cannot tell from it."""
    compared = {cell.column_id for vote in votes for cell in (vote.first, vote.second)}
    keys = [column.pk for column in columns if column.pk in compared]
    numbers = {key: place for place, key in enumerate(keys)}
    fit = bradley_terry.fit(count_wins(votes, numbers), len(numbers))

    def is_told(one: int, other: int) -> bool:
        return fit.is_better(numbers[one], numbers[other]) or fit.is_better(
            numbers[other], numbers[one]
        )

    return {
        key: [other for other in keys if other != key and not is_told(key, other)] for key in keys
    }


def _judging(
    board: Board, contents: Contents, votes: Sequence[Vote], judged: Sequence[Judged]
) -> Judging:
    marks = [mark for cell in contents.cells if (mark := mark_of(cell))]
    winners = [contents.row_mark(row) for row in contents.rows]
    return Judging(
        votes=len(votes),
        voters=len({vote.voter_key for vote in votes}),
        guests=len({vote.guest for vote in votes if vote.voter_id is None}),
        is_by_maker=any(vote.voter_id == board.user_id for vote in votes),
        agreement=agreement_of(votes).words if votes else "",
        rows_won=sum(bool(mark and mark.winner_id) for mark in winners),
        starred=sum(mark.stars > 0 for mark in marks),
        decided=sum(bool(mark.verdict) for mark in marks),
        unjudged=len(_results(contents.cells)) - len(judged),
    )


def _of_tag(ranking: Ranking) -> TagVerdict:
    best = ranking.leader.column.pk if ranking.leader else 0
    return TagVerdict(ranking.tag, ranking.vote_count, best)


def _failures(contents: Contents) -> list[Failure]:
    """Return the failed runs by model and reason, the most frequent first."""
    counts: Counter[tuple[int, str, str]] = Counter()
    for cell in contents.cells:
        run = run_of(cell)
        if run and run.state == Run.State.FAILED:
            kind, _, words = error_messages.reason(run.error).partition(": ")
            counts[cell.column_id, kind, words] += 1
    return [Failure(*key, count) for key, count in counts.most_common()]


def _left_out(board: Board, contents: Contents) -> Iterator[LeftOut]:
    """Yield what is on the board without a result, and why; failures are told elsewhere."""
    held = Counter(cell.not_sent for cell in contents.cells if cell.not_sent)
    withheld = held.pop(WITHHELD, 0)
    for reason, count in held.most_common():
        yield LeftOut(f"{counted(count, 'cell')} not sent: {_sentence(reason)}")
    runs = [run for cell in contents.cells if (run := run_of(cell))]
    gone = sum(run_of(cell) is None and not cell.not_sent for cell in contents.cells)
    for count, words in (
        (withheld, "no longer shared with everybody who sees the board."),
        (gone, "deleted."),
        (sum(run.state == Run.State.CANCELLED for run in runs), "cancelled."),
        (sum(not run.is_final for run in runs), "not there yet: still running or waiting."),
        (_replaced(board), "replaced by a later one."),
    ):
        if count:
            yield LeftOut(f"{counted(count, 'result')} {words}")


def _replaced(board: Board) -> int:
    return board.cells.exclude(replaced_at=None).count()


def _not_tried(board: Board) -> Iterator[LeftOut]:
    """Yield the models that the board's standing trials found and did not try."""
    trials = list(news.loaded(board.trials.filter(state__in=NOT_TRIED, column=None)))
    for outcome in outcomes_of(trials) if trials else []:
        yield LeftOut(_sentence(outcome.words), outcome.name)


def _sentence(text: str) -> str:
    return error_messages.with_full_stop(text)


def wilson(won: float, votes: int) -> tuple[float, float]:
    """Return the bounds of the true share after `won` of `votes` (E. B. Wilson, 1927).

    In the whole range without votes. Ties count half, which makes the interval a little wide.
    """
    if votes <= 0:
        return 0.0, 1.0
    share, square = won / votes, Z_95**2
    middle = (share + square / (2 * votes)) / (1 + square / votes)
    inner = share * (1 - share) / votes + square / (4 * votes**2)
    half = Z_95 * math.sqrt(max(inner, 0.0)) / (1 + square / votes)
    return max(middle - half, 0.0), min(middle + half, 1.0)
