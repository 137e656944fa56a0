"""Clicks and presses of a person in a browser, counted.

A click is a press of a button, a link or a key that chooses; typing is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page

Record = Callable[[str, object], None]


class Hand:
    """Clicks and presses, counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.began = time.monotonic()

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def tap(self, target: Locator) -> None:
        """A press of a thumb, which counts as a click."""
        self.clicks += 1
        target.tap()

    def press(self, key: str) -> None:
        self.clicks += 1
        self.page.keyboard.press(key)

    def tell(self, record: Callable[[str, object], None], most: int) -> None:
        """Check that no more clicks were needed than promised; tell them and the seconds."""
        seconds = time.monotonic() - self.began
        print(f"{self.clicks} clicks, {seconds:.1f} s")
        record("clicks", self.clicks)
        record("seconds", round(seconds, 1))
        assert self.clicks <= most
