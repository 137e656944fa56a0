"""G11: what a board of 10, 100 and 400 runs costs a browser, beside the gallery of 48 cards.

The boards are run through the sandbox first, so that their pages hold results. Fresh profiles, in
turns; what comes into view later is not counted, as in the gallery. What Vitrine adds to each run
of a board stands beside what it adds to runs that are pressed one by one.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from urllib.parse import urlencode

from playwright.sync_api import Page

from bench.figures import KB, Goal, at_most, median, note, times
from bench.pages.cold_pages import GALLERY, GALLERY_NEEDS, Visits, of, profile, show, usable
from bench.stage.browser import visit
from bench.stage.children import Broken
from bench.stage.stage import Stage

MODELS = ("sandbox/aurora/lite", "atelier/bloom")
COUNTS = (10, 100, 400)
BOARD_NEEDS = ".board"
ONE = "one by one"
PATIENCE_S = 420.0
SINGLES = 12  # runs, each on a board of its own


def measure_goals(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """G11."""
    boards: dict[int, str] = {}
    written = 0.0
    alone = [
        added_ms(stage, run_board(stage, 1, [MODELS[n % len(MODELS)]])[0])[0]
        for n in range(SINGLES)
    ]
    for count in COUNTS:
        boards[count], written = run_board(stage, count)
    added = {count: median(added_ms(stage, boards[count])) for count in COUNTS}
    visits: Visits = {name: [] for name in ("gallery", *(f"{count} runs" for count in COUNTS))}
    paths = {"gallery": (GALLERY, GALLERY_NEEDS)}
    paths |= {f"{count} runs": (boards[count], BOARD_NEEDS) for count in COUNTS}
    for number in range(rounds + 1):
        for name, (path, needs) in paths.items():
            fresh = profile(stage, "product")
            seen = visit(fresh, stage.product.address + path, needs)
            fresh.close()
            if number:  # the first round only warms the server
                visits[name].append(seen)
    show("Boards, cold", visits)
    kb = {name: of(seen, lambda one: one.wire_bytes) / KB for name, seen in visits.items()}
    large, small = visits["400 runs"], visits["gallery"]
    return [
        times("G11", "100 runs: on the wire", kb["100 runs"], kb["10 runs"], 3, "KB", "10 runs"),
        times("G11", "400 runs: on the wire", kb["400 runs"], kb["10 runs"], 3, "KB", "10 runs"),
        times("G11", "400 runs: usable", of(large, usable), of(small, usable), 2, "ms", "gallery"),
        at_most("G11", "400 runs: long tasks", of(large, lambda one: one.long_tasks), 0, ""),
        note("G11", "400 runs: Run pressed until the board", f"{written:.2f} s", ""),
        *(
            times(
                "G11", f"{count} runs: added to each", added[count], median(alone), 1.5, "ms", ONE
            )
            for count in COUNTS
        ),
    ]


def added_ms(stage: Stage, path: str) -> list[float]:
    """What Vitrine added to each run of a board, in milliseconds.

    From the submit until the result is stored, minus the time that upstream had the request.
    """
    board = uuid.UUID(path.strip("/").rpartition("/")[2]).hex
    file = stage.product.checkout / "var" / "vitrine.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        query = """SELECT DISTINCT run.request_id, run.sent_at, run.result_at
                   FROM playground_run run JOIN boards_cell cell ON cell.run_id = run.id
                   WHERE cell.board_id = ? AND cell.replaced_at IS NULL"""
        runs = database.execute(query, [board]).fetchall()
    upstream = {
        one["request_id"]: between_ms(one["sent_at"], one["ended_at"]) for one in sent(stage)
    }
    return [between_ms(left, stored) - upstream[request] for request, left, stored in runs]


def between_ms(start: str, end: str) -> float:
    """Milliseconds between two dates in ISO 8601."""
    first, last = (datetime.fromisoformat(text).replace(tzinfo=None) for text in (start, end))
    return (last - first).total_seconds() * 1000


def sent(stage: Stage) -> Iterator[dict[str, str]]:
    """The requests that upstream has had, the latest first."""
    query: dict[str, str] = {"endpoint_id": ",".join(MODELS), "limit": "100"}
    while True:
        answer = stage.upstream.get("/api/v1/models/requests/by-endpoint", params=query).json()
        yield from answer["items"]
        if not answer["has_more"]:
            return
        query["cursor"] = answer["next_cursor"]


def run_board(stage: Stage, count: int, models: Sequence[str] = MODELS) -> tuple[str, float]:
    """Plan, run and await a board; returns its path, and the seconds that pressing Run took."""
    context = profile(stage, "product")
    try:
        page = context.new_page()
        query = urlencode([("model", name) for name in models])
        page.goto(f"{stage.product.address}/compare/new/?{query}")
        name = uuid.uuid4().hex[:6]  # no result of another board serves for this one
        prompts = (f"A boat on the sea, {name} {number}" for number in range(count // len(models)))
        page.locator("#row-values").fill("\n".join(prompts))
        started = time.monotonic()
        page.locator("form[data-board-plan] button").first.click()
        page.wait_for_selector(BOARD_NEEDS)
        written = time.monotonic() - started
        _await(page, count)
        return page.url.removeprefix(stage.product.address), written
    finally:
        context.close()


def _await(page: Page, count: int) -> None:
    """Until every run of the board has ended well."""
    deadline = time.monotonic() + PATIENCE_S
    said = page.locator("#board-progress")
    while f"{count} of {count} done" not in (words := said.inner_text()):
        if time.monotonic() > deadline:
            raise Broken(f"a board of {count} runs did not end: {words}")
        page.wait_for_timeout(500)
