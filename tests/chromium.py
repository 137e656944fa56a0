"""Finds and starts headless Chromium, for tests in a browser and for benchmarks."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Resolve no other host, so that nothing external is fetched or waited for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
# The headless shell has no window UI, which the full program renders for each profile.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
OF_PLAYWRIGHT = (
    "chromium_headless_shell-*/*/*headless*shell*",
    "chromium-*/*/chrome",
    "chromium-*/*/*.app/Contents/MacOS/*",
)


def find_program() -> str | None:
    """Return the path of the browser for tests and benchmarks, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), _of_playwright())


def _of_playwright() -> str | None:
    """Return the newest browser that `playwright install` has put into its folder, or None."""
    home = Path.home()
    default = {"darwin": home / "Library" / "Caches", "win32": home / "AppData" / "Local"}
    folder = default.get(sys.platform, home / ".cache") / "ms-playwright"
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or folder)
    for pattern in OF_PLAYWRIGHT:
        programs = [path for path in folder.glob(pattern) if os.access(path, os.X_OK)]
        if programs:
            return str(max(programs, key=os.path.getmtime))
    return None


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser for the block; raises RuntimeError if there is none."""
    program = find_program()
    if program is None:
        raise RuntimeError("Chromium is not installed; `make bench` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
