"""Browser contexts that are used again: for a new one Chromium starts processes, for half a second."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from playwright.sync_api import Browser, BrowserContext


class Contexts:
    """Gives out contexts in which nothing was ever looked at; each is cleared and given out again."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = defaultdict(list)
        self._taken: list[tuple[str, BrowserContext]] = []

    def take(self, **options: Any) -> BrowserContext:
        """A context with these options (those of `Browser.new_context`), nobody else's until `clear`."""
        key = repr(sorted(options.items()))
        free = self._free[key]
        context = free.pop() if free else self._browser.new_context(**options)
        self._taken.append((key, context))
        return context

    def clear(self) -> None:
        """Take all back: pages closed, and what they left behind forgotten."""
        while self._taken:
            key, context = self._taken.pop()
            context.set_offline(False)
            context.unroute_all()
            context.clear_cookies()
            last = context.pages[0] if context.pages else context.new_page()
            for page in context.pages[1:]:
                page.close()
            session = context.new_cdp_session(last)
            session.send("Network.clearBrowserCache")
            session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
            last.close()
            self._free[key].append(context)
