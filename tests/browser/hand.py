"""Counts what a person does in a browser.

A click is a press of a button, a link or a key that chooses. Typing a text, choosing from a list
and dropping a file count as one click each, if a person does them.
"""

import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page

DROP = """async ([address, name, type]) => {
  const bytes = await (await fetch(address)).arrayBuffer();
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  const options = { bubbles: true, cancelable: true, dataTransfer: data };
  document.querySelector("h1").dispatchEvent(new DragEvent("drop", options));
}"""
Record = Callable[[str, object], None]


class Hand:
    """Acts like a person, and counts the clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.began = time.monotonic()

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def tap(self, target: Locator) -> None:
        """Tap, which counts as a click."""
        self.clicks += 1
        target.tap()

    def type(self, target: Locator, text: str) -> None:
        self.clicks += 1
        target.fill(text)

    def select(self, target: Locator, value: str) -> None:
        self.clicks += 1
        target.select_option(value)

    def drop(self, content: str, name: str, kind: str) -> None:
        """Drop the content of an address, under another name, onto the page's heading."""
        self.clicks += 1
        self.page.evaluate(DROP, [content, name, kind])

    def press(self, key: str) -> None:
        self.clicks += 1
        self.page.keyboard.press(key)

    def tell(self, record: Callable[[str, object], None], most: int) -> None:
        """Print and record clicks and seconds; assert that the clicks are at most `most`."""
        seconds = time.monotonic() - self.began
        print(f"{self.clicks} clicks, {seconds:.1f} s")
        record("clicks", self.clicks)
        record("seconds", round(seconds, 1))
        assert self.clicks <= most
