"""One browser and one started Vitrine per test process, started as benchmarks and `make run` do."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, expect

from config.server import static_build
from tests.browser.contexts import PATIENCE_MS, Contexts
from tests.browser.forms import kit, show
from tests.browser.gallery import gallery, open_page
from tests.browser.media import open_form
from tests.chromium import chromium as start_chromium
from tests.processes import Up, copy_checkout, free_port, until

__all__ = [
    "bundles",
    "chromium",
    "gallery",
    "kit",
    "open_form",
    "open_page",
    "session",
    "show",
    "vitrine",
]

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Headless Chromium, shared by all tests of the process.

    Playwright keeps an event loop in this thread, so Django's check against synchronous queries in
    asynchronous code is switched off.
    """
    with pytest.MonkeyPatch.context() as patch, start_chromium() as started:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield started


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[Contexts]:
    """`contexts.take(**options)`: a new browser context; all are closed at the end of the test."""
    with Contexts(chromium) as contexts:
        yield contexts


@pytest.fixture(scope="package", autouse=True)
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let `live_server` serve the bundles, which `collectstatic` builds and the finders lack."""
    folder = tmp_path_factory.mktemp("bundles")
    for name, text in static_build.bundles():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with override_settings(STATICFILES_DIRS=[folder, *settings.STATICFILES_DIRS]):
        yield


@pytest.fixture(scope="package")
def vitrine(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, collected: Path
) -> Iterator[Up]:
    """Web, worker and sandbox as `make run` starts them, with a complete catalogue.

    The database is migrated and the static files are collected before.
    """
    checkout = copy_checkout(tmp_path_factory.mktemp("clone") / "vitrine")
    shutil.copytree(collected, checkout / "var" / "static")
    shutil.copy(migrated, checkout / "var" / "vitrine.sqlite3")
    running = Up(checkout, free_port())
    try:
        with httpx.Client(base_url=running.base, cookies=running.cookies, timeout=30) as owner:
            until(lambda: owner.get("/healthz").json()["last_sync_age_s"] is not None, 120)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def session(vitrine: Up) -> list[Any]:
    """The owner's cookies; each login link (`vitrine.link`) would start a process of its own.

    A test that logs out must use its own link, because logout ends the session for all tests.
    """
    return [{"name": n, "value": v, "url": vitrine.base} for n, v in vitrine.cookies.items()]
