"""The browser contexts of a test."""

from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE_MS = 60_000  # long enough to tell an event that never comes from a busy machine


class Contexts(ExitStack):
    """Creates browser contexts and closes them all, which delivers their pages' pending events."""

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self._browser = browser

    def take(self, **options: Any) -> BrowserContext:
        """Return a new context with these options (those of `Browser.new_context`)."""
        context = self.enter_context(self._browser.new_context(**options))
        context.set_default_timeout(PATIENCE_MS)
        return context

    def open_as(self, client: Client, base: str, size: tuple[int, int], **options: Any) -> Page:
        """Return a new page of the server at `base`, logged in like Django's client."""
        viewport = {"width": size[0], "height": size[1]}
        context = self.take(base_url=base, viewport=viewport, **options)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base}])
        return context.new_page()
