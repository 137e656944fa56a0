"""The time that Vitrine adds to each run of a board, compared with runs started one by one.

Measured from the submit until the result is stored, minus the time that upstream had the request,
so waiting in upstream's queue is not counted. The model uses no CPU, and the durations of the runs
differ, as those of real models do; otherwise the sandbox itself would be the bottleneck.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing

from bench.figures import Goal, at_most_ratio, median, without_goal
from bench.pages.boards import COUNTS, run_board
from bench.runs.rest import between_ms
from bench.stage.stage import Stage

MODEL = "mischief/slow"
INPUT = {"prompt": "wait", "picture": False, "log_lines": 0}
AT_LEAST, MOST_TIMES = 100, 1.5  # G11 applies to boards of 100 and 400 cells
SHORTEST_S, LONGER_S = 0.2, 0.4


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, counts: tuple[int, ...] = COUNTS
) -> list[Goal]:
    """Return the results of G11 for boards of 10, 100 and 400 runs; `rounds` run one by one."""
    alone = median(run_rows(stage, 1, number)[0] for number in range(rounds))
    goals = []
    for number, count in enumerate(counts, rounds):
        added = median(run_rows(stage, count, number))
        what = f"{count} runs: added to each"
        if count < AT_LEAST:  # most runs are submitted in one burst, so they wait for each other
            goals.append(without_goal("G11", what, f"{added:.1f} ms", ""))
        else:
            goals.append(at_most_ratio("G11", what, added, alone, MOST_TIMES, "ms", "one by one"))
    return goals


def run_rows(stage: Stage, count: int, number: int) -> list[float]:
    """Run a board with one run per row; return the milliseconds added to each.

    `number` makes its inputs differ from other boards', whose results would otherwise be reused.
    """
    query = [("model", MODEL), ("input", json.dumps(INPUT))]
    seconds = (SHORTEST_S + LONGER_S * n / count + number / 10_000 for n in range(count))
    rows = [f"{duration:.5f}" for duration in seconds]
    path, _ = run_board(stage, count, query, rows, "duration")
    return added_ms(stage, uuid.UUID(path.strip("/").rpartition("/")[2]))


def added_ms(stage: Stage, board: uuid.UUID) -> list[float]:
    """Return the milliseconds added to each run of a board."""
    file = stage.product.checkout / "var" / "vitrine.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        query = """SELECT run.request_id, run.sent_at, run.result_at
                   FROM playground_run run JOIN boards_cell cell ON cell.run_id = run.id
                   WHERE cell.board_id = ?"""
        runs = database.execute(query, [board.hex]).fetchall()
    own = {
        request["request_id"]: between_ms(request["sent_at"], request["ended_at"])
        for request in sent(stage)
    }
    return [between_ms(left, stored) - own[request] for request, left, stored in runs]


def sent(stage: Stage) -> Iterator[dict[str, str]]:
    """Yield the requests that upstream received, newest first."""
    query: dict[str, str] = {"endpoint_id": MODEL, "limit": "100"}
    while True:
        answer = stage.upstream.get("/api/v1/models/requests/by-endpoint", params=query).json()
        yield from answer["items"]
        if not answer["has_more"]:
            return
        query["cursor"] = answer["next_cursor"]
