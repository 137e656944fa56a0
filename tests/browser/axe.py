"""What axe-core finds on a page: nothing, or the test fails with its report."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page, ViewportSize

# In the middle of a change of theme, or of a result that appears, every colour is one that nobody
# chose. Progress bars move for ever and cannot be finished.
RUN = """([within, rules]) => {
  for (const one of document.getAnimations())
    if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  return axe.run(within ?? document, { resultTypes: ["violations"], preload: false, ...rules });
}"""
# A theme changes colours alone: what asks for them is asked again in the other one. They are the
# same at any width: a page that is narrower is asked about in one theme.
WIDTH = 480  # px
SIZES: list[ViewportSize] = [{"width": 1440, "height": 900}, {"width": 390, "height": 844}]
OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}


def assert_clean(page: Page, what: str = "", within: str | None = None) -> None:
    """axe finds nothing on the page, or on the part that a selector names, in dark and in light."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    size = page.viewport_size
    is_narrow = size is not None and size["width"] < WIDTH
    themes: list[tuple[Literal["dark", "light"], Any]] = [("dark", {}), ("light", OF_COLOURS)]
    for theme, rules in themes[: 1 if is_narrow else 2]:
        page.emulate_media(color_scheme=theme)
        found = AxeResults(page.evaluate(RUN, [within, rules]))
        assert not found.violations_count, f"{what or page.url}, {theme}: {found.generate_report()}"


def assert_fits(page: Page, what: str = "") -> None:
    """Nothing makes the page scroll sideways."""
    too_wide: Any = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert too_wide <= 0, f"{what or page.url} scrolls sideways"


def assert_usable(page: Page, what: str = "") -> None:
    """The page is clean and fits at a desktop's width and at a phone's."""
    before = page.viewport_size
    for size in SIZES:
        page.set_viewport_size(size)
        assert_clean(page, what)
        assert_fits(page, what)
    if before:
        page.set_viewport_size(before)
