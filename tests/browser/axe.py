"""Accessibility checks by axe-core; a test fails with axe's report if there is a violation."""

from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page, ViewportSize

from tests.sampling import IS_EXHAUSTIVE

# Finish animations first: nobody chose the colours in the middle of a transition. Progress bars are
# animated without end and cannot be finished.
RUN = """([within, rules]) => {
  for (const one of document.getAnimations())
    if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  return axe.run(within ?? document, { resultTypes: ["violations"], preload: false, ...rules });
}"""
# A theme changes only colours, so only the rules about colours are checked again in the other
# theme. Colours do not depend on the width: narrower pages are checked in one theme only.
WIDTH = 480  # px
SIZES: list[ViewportSize] = [{"width": 1440, "height": 900}, {"width": 390, "height": 844}]
# Pixels by which a page is too wide, beside the room that it keeps for a scroll bar.
EXCESS = "document.documentElement.scrollWidth - document.body.offsetWidth"
OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}


def assert_clean(page: Page, what: str = "", within: str | None = None) -> None:
    """Assert that axe finds no violation on the page, or in a selector, in both themes."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    size = page.viewport_size
    is_narrow = size is not None and size["width"] < WIDTH
    themes: list[tuple[Literal["dark", "light"], Any]] = [("dark", {}), ("light", OF_COLOURS)]
    for theme, rules in themes[: 1 if is_narrow else 2]:
        page.emulate_media(color_scheme=theme)
        results = AxeResults(page.evaluate(RUN, [within, rules]))
        assert not results.violations_count, (
            f"{what or page.url}, {theme}: {results.generate_report()}"
        )


def assert_fits(page: Page, what: str = "") -> None:
    """Assert that the page does not scroll sideways, beside a scroll bar if there is one."""
    too_wide: Any = page.evaluate(EXCESS)
    assert too_wide <= 0, f"{what or page.url} scrolls sideways by {too_wide} px"


def assert_usable(page: Page, what: str = "") -> None:
    """Assert that the page fits at desktop and phone width and is accessible.

    `make test-all` looks for violations at both widths.
    """
    before = page.viewport_size
    for size in SIZES:
        page.set_viewport_size(size)
        if size is SIZES[0] or IS_EXHAUSTIVE:
            assert_clean(page, what)
        assert_fits(page, what)
    if before:
        page.set_viewport_size(before)
