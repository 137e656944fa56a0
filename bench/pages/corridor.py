"""How much a page asks of whoever opens it: its controls, words and bytes, at two widths.

A control is what can be pressed or filled in and is visible; the first screen is what shows without
scrolling. The goals are those of the corridor: few things at once, the rest one step away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from bench.figures import KB, Goal, at_most, table
from bench.stage.stage import Stage

WIDTHS = {1440: 900, 390: 844}
MODELS = ("sandbox/aurora", "sandbox/ridgeline", "atelier/papercut", "sandbox/aurora/lite")
ROWS = ("A fox in snow", "A heron at dusk", "A lighthouse", "An old boat", "First light")
PATIENCE_MS = 120_000
HEAD = ["page", "width", "controls", "first screen", "words", "KB", "shift"]

# The visible controls within an element, and the words of the page.
COUNT = """(where) => {
  const controls = "a[href], button, input:not([type='hidden']), select, textarea, summary";
  const shown = [...document.querySelectorAll(controls)].filter(
    (one) => one.closest(where) && one.checkVisibility({ visibilityProperty: true })
      && one.getClientRects().length,
  );
  const isFirst = (one) => one.getBoundingClientRect().top < innerHeight;
  return {
    all: shown.length,
    first: shown.filter(isFirst).length,
    words: document.body.innerText.split(/\\s+/).length,
    bytes: performance.getEntriesByType("resource").concat(
      performance.getEntriesByType("navigation"),
    ).filter((entry) => !/\\.webp|thumbnail/.test(entry.name))
      .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
    shift: window.shifted ?? 0,
  };
}"""
WATCH_SHIFTS = """new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  window.shifted = (window.shifted ?? 0) + (entry.hadRecentInput ? 0 : entry.value);
})).observe({ type: "layout-shift", buffered: true })"""


@dataclass(frozen=True)
class Looked:
    """What a page has at one width."""

    name: str
    width: int
    counts: dict[str, Any]
    head: dict[str, Any]
    menu: int

    def row(self) -> list[str]:
        """Return its line in the table."""
        counts = self.counts
        return [
            self.name,
            str(self.width),
            *(str(counts[key]) for key in ("all", "first", "words")),
            f"{counts['bytes'] / KB:.1f}",
            f"{counts['shift']:.3f}",
        ]


def measure_goals(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Return the goals of the corridor; once, as counting has no noise."""
    product = stage.product
    looked: list[Looked] = []
    context = stage.browser.new_context(
        storage_state=product.cookies, base_url=product.address, viewport=_size(1440)
    )
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(WATCH_SHIFTS)
        paths = {
            "front": "/",
            "gallery": "/models/",
            "model": "/models/sandbox/aurora/",
            "results": "/runs/",
            "board": _board(page),
            "audit": "/people/audit/",
        }
        for width in WIDTHS:
            page.set_viewport_size(_size(width))
            looked += [_look(page, name, path, width) for name, path in paths.items()]
    finally:
        context.close()
    print(table(HEAD, [one.row() for one in looked]))
    return [goal for one in looked for goal in _goals(one)]


def _size(width: int) -> Any:
    return {"width": width, "height": WIDTHS[width]}


def _board(page: Page) -> str:
    """Make a board of four models and five rows; return its path."""
    page.goto("/compare/new/?" + "&".join(f"model={name}" for name in MODELS))
    page.locator("[name='row-values']").fill("\n".join(ROWS))
    page.locator("[data-board-plan] [value=run]").first.click()
    page.wait_for_url("**/compare/*-*/")
    page.locator(".run-tile[data-run-state='succeeded']").first.wait_for()
    return page.url.partition("//")[2].partition("/")[2].join(("/", ""))


def _look(page: Page, name: str, path: str, width: int) -> Looked:
    page.goto(path, wait_until="networkidle")
    counts, head = page.evaluate(COUNT, "body"), page.evaluate(COUNT, "body > header")
    page.locator("header nav > .menu > summary").click()
    menu = page.evaluate(COUNT, "body > header nav > .menu > div")
    return Looked(name, width, counts, head, menu["all"])


def _goals(one: Looked) -> list[Goal]:
    where = f"{one.name} at {one.width}"
    goals = [at_most("corridor", f"{where}: layout shift", one.counts["shift"], 0.001, "")]
    for name, key, most in (
        ("front", "first", 45),
        ("gallery", "all", 90),
        ("model", "first", 40),
        ("board", "all", 60),
        ("audit", "all", 60),
    ):
        if one.name == name:
            what = "controls" + " in the first screen" * (key == "first")
            goals.append(at_most("corridor", f"{where}: {what}", one.counts[key], most, ""))
    if one.name == "gallery":
        goals.append(at_most("corridor", f"{where}: entries of the head", one.head["all"], 9, ""))
        goals.append(at_most("corridor", f"{where}: entries of the menu", one.menu, 8, ""))
    return goals
