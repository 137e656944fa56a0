"""The browser contexts of a test, and the errors that their pages write to the console."""

from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

PATIENCE_MS = 60_000  # long enough to tell an event that never comes from a busy machine
# What htmx says about requests of a page that is left.
OF_A_LEFT_PAGE = ("htmx:sendAbort", "htmx:afterRequest")


class Contexts(ExitStack):
    """Creates browser contexts and closes them all, which delivers their pages' pending events."""

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self._browser = browser
        self.errors: list[str] = []

    def take(self, **options: Any) -> BrowserContext:
        """Return a new context with these options (those of `Browser.new_context`)."""
        context = self.enter_context(self._browser.new_context(**options))
        context.set_default_timeout(PATIENCE_MS)
        context.on("page", self._watch)
        return context

    def open_as(self, client: Client, base: str, size: tuple[int, int], **options: Any) -> Page:
        """Return a new page of the server at `base`, logged in like Django's client."""
        viewport = {"width": size[0], "height": size[1]}
        context = self.take(base_url=base, viewport=viewport, **options)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base}])
        return context.new_page()

    def close_without_errors(self, *expected: str) -> None:
        """Close all contexts; assert that every error in a console has one of these texts."""
        self.close()
        expected += OF_A_LEFT_PAGE
        errors = [error for error in self.errors if not any(text in error for text in expected)]
        assert errors == []

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location.get('url')}")
