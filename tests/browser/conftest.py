"""One browser a module, the way the benchmarks start theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from bench import browser
from tests.browser.forms import kit, show
from tests.browser.media import open_form

__all__ = ["chromium", "kit", "open_form", "show"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Headless Chromium.

    As long as Playwright lives it keeps an event loop in this thread; the tests' own queries
    and pytest-django's clearing up are synchronous all the same.
    """
    with pytest.MonkeyPatch.context() as patch, browser.chromium() as started:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield started
