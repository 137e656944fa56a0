"""G11: cold visits to boards of 10, 100 and 400 runs, compared with the gallery of 24 cards.

The boards are run through the sandbox first, so that their pages show results. Each visit has a
fresh browser profile; the pages alternate. Content loaded on scrolling is not counted, neither here
nor in the gallery. `board_runs` measures the runs themselves.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from playwright.sync_api import Page

from bench.figures import Goal, at_most, at_most_ratio
from bench.pages.cold_pages import (
    GALLERY,
    GALLERY_NEEDS,
    Visits,
    of,
    profile,
    show,
    usable,
    wire_kb,
)
from bench.stage.browser import visit
from bench.stage.children import Broken
from bench.stage.stage import Stage

MODELS = ("sandbox/aurora/lite", "atelier/bloom")
COUNTS = (10, 100, 400)
BOARD_NEEDS = ".board"
WRITTEN_S = 1.0  # of the largest board, with its page
PATIENCE_S = 420.0


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, counts: tuple[int, int, int] = COUNTS
) -> list[Goal]:
    """Return the results of G11 for a small, a middle and a large board."""
    boards: dict[int, str] = {}
    written = 0.0
    models = [("model", name) for name in MODELS]
    for count in counts:  # own prompts per board, so that no result is reused for another board
        prompts = [f"A boat on sea {count}, study {n}" for n in range(count // len(models))]
        boards[count], written = run_board(stage, count, models, prompts)
    visits: Visits = {name: [] for name in ("gallery", *(f"{count} runs" for count in counts))}
    paths = {"gallery": (GALLERY, GALLERY_NEEDS)}
    paths |= {f"{count} runs": (boards[count], BOARD_NEEDS) for count in counts}
    for number in range(rounds + 1):
        for name, (path, needs) in paths.items():
            fresh = profile(stage, "product")
            seen = visit(fresh, stage.product.address + path, needs)
            fresh.close()
            if number:  # the first round only warms the server
                visits[name].append(seen)
    show("Boards, cold", visits)
    kb = {name: of(seen, wire_kb) for name, seen in visits.items()}
    small, middle, large = (f"{count} runs" for count in counts)
    of_large, of_gallery = of(visits[large], usable), of(visits["gallery"], usable)
    long_tasks = of(visits[large], lambda visited: visited.long_tasks)
    return [
        *(
            at_most_ratio("G11", f"{name}: on the wire", kb[name], kb[small], 3, "KB", small)
            for name in (middle, large)
        ),
        at_most_ratio("G11", f"{large}: usable", of_large, of_gallery, 2, "ms", "gallery"),
        at_most("G11", f"{large}: long tasks", long_tasks, 0, ""),
        at_most("G11", f"{large}: Run pressed until the board", written, WRITTEN_S, "s"),
    ]


def run_board(
    stage: Stage, count: int, query: Sequence[tuple[str, str]], rows: Iterable[str], field: str = ""
) -> tuple[str, float]:
    """Plan and run a board of `count` runs; return its path, and the seconds that Run took.

    `query` is the plan's; `rows` are values of the field, by default prompts.
    """
    context = profile(stage, "product")
    try:
        page = context.new_page()
        page.goto(f"{stage.product.address}/compare/new/?{urlencode(query)}")
        if field:
            page.locator("#row-field").select_option(field)
        page.locator("#row-values").fill("\n".join(rows))
        started = time.monotonic()
        page.locator("form[data-board-plan] button").first.click()
        page.wait_for_selector(BOARD_NEEDS)
        written = time.monotonic() - started
        _await(page, count)
        return page.url.removeprefix(stage.product.address), written
    finally:
        context.close()


def _await(page: Page, count: int) -> None:
    """Wait until every run of the board has succeeded."""
    deadline = time.monotonic() + PATIENCE_S
    progress = page.locator("#board-progress")
    while f"{count} of {count} done" not in (text := progress.inner_text()):
        if time.monotonic() > deadline:
            raise Broken(f"a board of {count} runs did not end: {text}")
        page.wait_for_timeout(500)
