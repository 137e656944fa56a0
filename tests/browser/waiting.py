"""Waits for visible effects of a page, which may be late on a busy machine."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect


def eventually(page: Page, claim: Callable[[], bool]) -> None:
    """Wait until `claim()` is true, for conditions that the page's elements do not show."""
    for _ in range(1200):
        if claim():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come true")


# Resolves once all places and the scrolling were the same for ten frames in a row.
_AT_REST = """() => new Promise((done) => {
  let before = "", same = 0;
  const look = () => {
    const boxes = [...document.querySelectorAll("body *")].map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return [x, y, width, height].map(Math.round);
    });
    const now = JSON.stringify([scrollX, scrollY, boxes]);
    same = now === before ? same + 1 : 0;
    before = now;
    if (same < 10) requestAnimationFrame(look);
    else done();
  };
  look();
})"""


def wait_at_rest(page: Page) -> None:
    """Wait until nothing on the page moves any more: no scrolling, no late change of layout."""
    page.evaluate(_AT_REST)


def pass_time(page: Page, seconds: float) -> None:
    """Run the page's timers of the next seconds now, and receive the requests they make.

    The test calls `page.clock.install()` before the page sets these timers.
    """
    page.clock.run_for(round(seconds * 1000))
    page.evaluate("1")


def settle(page: Page) -> None:
    """Wait until htmx has processed the swapped content.

    A button pressed before that, faster than a person can, would post without htmx.
    """
    expect(page.locator(".htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


class Held:
    """Holds a page's requests for URLs like `pattern` until the test releases them."""

    def __init__(self, page: Page, pattern: str | re.Pattern[str]) -> None:
        self._page = page
        self._waiting: list[Route] = []
        self._is_open = False
        page.route(pattern, self._take)

    def come(self, count: int = 1) -> None:
        """Wait until `count` requests are held; the page may show its state before they arrive."""
        eventually(self._page, lambda: len(self._waiting) >= count)

    def let_go(self, count: int = 1) -> None:
        """Release the requests once `count` are held, and hold no further ones."""
        self.come(count)
        self._is_open = True
        for route in self._waiting:
            route.continue_()

    def _take(self, route: Route) -> None:
        if self._is_open:
            route.continue_()
        else:
            self._waiting.append(route)
