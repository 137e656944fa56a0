"""G14: the wall of results, and archives, with the results of one person.

10,000 results by default. The wall is scrolled in a browser through 2,000 tiles.
"""

from playwright.sync_api import Page

from tests.bench.figures import KB, Goal, at_most
from tests.bench.stage.browser import visit
from tests.bench.stage.stage import Product, Stage

RESULTS, TILES = 10_000, 2_000
ARCHIVE_MB, WALL_KB, WALL_TILES, TASK_MS = 60.0, 48.0, 100, 50.0
WALL = "/runs/?as=wall"
PATIENCE_MS = 60_000

# Records from now on the longest task, and the layout shift as a share of the window.
WATCH = """() => {
  window.longest = 0;
  window.shifted = 0;
  const each = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type });
  each("longtask", (entry) => (window.longest = Math.max(window.longest, entry.duration)));
  each("layout-shift", (entry) => (window.shifted += entry.hadRecentInput ? 0 : entry.value));
}"""
STEP_PX = 400  # every two frames: 12,000 pixels per second, faster than a person reads
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
IS_AT_END = "scrollY + innerHeight >= document.documentElement.scrollHeight - 1"
PAGE_BYTES = "performance.getEntriesByType('navigation')[0].encodedBodySize"
COUNT = "document.querySelectorAll('#wall .tile').length"


def measure_goals(stage: Stage, rounds: int, is_full: bool, count: int = RESULTS) -> list[Goal]:
    """Return the results of G14; `count` is the approximate number of results."""
    product = Product(stage, "results")
    report = product.report_of("tests.bench.results.program", count)
    where = f"{report['results']:,} results ({report['vendor']}): "
    return [
        at_most("G14", f"{where}ZIP of 1,000 files", report["archive"], ARCHIVE_MB, "MB"),
        *wall(stage, product, min(TILES, count // 4)),
    ]


def wall(stage: Stage, product: Product, tiles: int) -> list[Goal]:
    """Measure the wall: the size of a page, and whether scrolling through it is smooth."""
    context = stage.browser.new_context(
        storage_state=product.storage_state, viewport={"width": 1440, "height": 900}
    )
    try:
        # Scripts, styles and the page itself, which has more than a hundred tiles.
        weight_kb = visit(context, product.address + WALL, "#wall .tile").wire_bytes / KB
        page = context.new_page()
        page.goto(product.address + WALL, wait_until="networkidle")
        in_page, page_kb = page.evaluate(COUNT), page.evaluate(PAGE_BYTES) / KB
        count, longest_ms, shifted = scroll(page, tiles)
    finally:
        context.close()
    shared_kb = weight_kb - page_kb  # scripts and styles, the same for any number of tiles
    of_100_kb = shared_kb + page_kb * WALL_TILES / max(in_page, 1)
    print(f"\nThe wall: {in_page} tiles in {page_kb:.1f} KB, beside {shared_kb:.1f} KB of the site")
    return [
        at_most("G14", "wall: 100 tiles on the wire, cold", of_100_kb, WALL_KB, "KB"),
        at_most("G14", f"wall: longest task of {count:,} tiles", longest_ms, TASK_MS, "ms"),
        at_most("G14", "wall: layout shift while it is scrolled", shifted, 0, ""),
    ]


def scroll(page: Page, tiles: int) -> tuple[int, float, float]:
    """Scroll until there are `tiles`; return their number, the longest task, the layout shift."""
    page.evaluate(WATCH)
    page.mouse.move(700, 500)
    count = 0
    while count < tiles:
        page.mouse.wheel(0, STEP_PX)
        page.evaluate(TWO_FRAMES)
        count, is_at_end = page.evaluate(f"[{COUNT}, {IS_AT_END}]")
        if is_at_end:  # the next tiles are loading
            page.locator("#wall .tile").nth(count).wait_for(state="attached", timeout=PATIENCE_MS)
    longest_ms, shifted = page.evaluate("[window.longest, window.shifted]")
    return count, longest_ms, shifted
