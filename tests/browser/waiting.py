"""Waiting for what a page does: on a busy machine anything may come between two lines of a test."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect


def eventually(page: Page, claim: Callable[[], bool]) -> None:
    """Wait until it holds: for what the page's own elements do not show."""
    for _ in range(1200):
        if claim():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come true")


def settle(page: Page) -> None:
    """Wait for what htmx does after a swap.

    A button that is pressed sooner, as no hand can, posts without it.
    """
    expect(page.locator(".htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


class Held:
    """The requests of a page for addresses like `pattern`, which wait until they are let go."""

    def __init__(self, page: Page, pattern: str | re.Pattern[str]) -> None:
        self._page = page
        self._waiting: list[Route] = []
        self._is_open = False
        page.route(pattern, self._take)

    def come(self, count: int = 1) -> None:
        """Wait until so many of them wait: a page shows what it does before its request is here."""
        eventually(self._page, lambda: len(self._waiting) >= count)

    def let_go(self, count: int = 1) -> None:
        """Let them go on, once so many are here, and hold no others."""
        self.come(count)
        self._is_open = True
        for route in self._waiting:
            route.continue_()

    def _take(self, route: Route) -> None:
        if self._is_open:
            route.continue_()
        else:
            self._waiting.append(route)
