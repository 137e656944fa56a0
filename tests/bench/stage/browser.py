"""Headless Chromium: cold pages with their bytes and times, and the time until a run is painted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.bench.stage.children import Broken

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
THUMBNAILS, SHARES, RESULTS = "/pictures/", "/s/", "/artifacts/"
IMAGES = "Image"
PATIENCE_MS = 120_000  # the sandbox makes each thumbnail on its first request

# Clicks, and waits until a new image is decoded and, two frames later, on screen.
PAINTED = """async ([button, picture, limit]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const before = new Set([...document.querySelectorAll(picture)].map((image) => image.src));
  const isNew = (image) => !before.has(image.src) && image.complete && image.naturalWidth > 0;
  const start = performance.now();
  document.querySelector(button).click();
  while (![...document.querySelectorAll(picture)].some(isNew)) {
    if (performance.now() - start > limit) throw new Error(`no picture after ${limit} ms`);
    await frame();
  }
  await frame();
  await frame();
  return performance.now() - start;
}"""

# Usable: deferred scripts and modules have run and all DOMContentLoaded handlers have returned.
TIMES = """() => new Promise((resolve) => {
  const tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: "longtask",
  buffered: true });
  setTimeout(() => {
    const page = performance.getEntriesByType("navigation")[0];
    resolve({
      usable: page.domContentLoadedEventEnd,
      long_tasks: tasks.length,
    });
  }, 100);
})"""


@dataclass
class Visit:
    """The cost of one page, without its pictures: bytes on the wire, requests, milliseconds."""

    usable_ms: float
    long_tasks: int
    heap_bytes: float
    wire_bytes: int
    requests: int
    external: int


@dataclass
class _Wire:
    """Counts the network events of one page."""

    host: str
    of: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def note_request(self, event: Any) -> None:
        if not event["request"]["url"].startswith(("data:", "blob:")):
            self.of[event["requestId"]] = event

    def note_size(self, event: Any) -> None:
        if event["requestId"] in self.of:
            self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    def is_picture(self, request: str) -> bool:
        """Return whether a request is for a thumbnail, a result or an image of another host."""
        event = self.of[request]
        address = urlsplit(event["request"]["url"])
        is_content = address.path.startswith((THUMBNAILS, SHARES)) or RESULTS in address.path
        is_of_page = address.netloc == self.host and not is_content
        return event.get("type") == IMAGES and not is_of_page

    def bytes_of_requests(self) -> list[int]:
        """Return the size of each request that transferred bytes and is not for a picture."""
        return [n for request, n in self.sizes.items() if n and not self.is_picture(request)]

    def external(self) -> int:
        hosts = {urlsplit(event["request"]["url"]).hostname for event in self.of.values()}
        return len(hosts - {urlsplit(f"//{self.host}").hostname})


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
    """Start a browser for the block; raises Broken if there is none."""
    program = find_program()
    if program is None:
        raise Broken("Chromium is not installed; `make bench` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def visit(context: BrowserContext, url: str, needs: str, *, is_live: bool = False) -> Visit:
    """Open `url` in a new page; `needs` is the selector of a control that must become enabled.

    A live page holds a poll, so it is never idle: the visit ends when it has loaded.
    """
    page = context.new_page()
    try:
        session = context.new_cdp_session(page)
        wire = _Wire(urlsplit(url).netloc)
        session.on("Network.requestWillBeSent", wire.note_request)
        session.on("Network.loadingFinished", wire.note_size)
        session.send("Network.enable")
        session.send("Performance.enable")
        until: Literal["load", "networkidle"] = "load" if is_live else "networkidle"
        answer = page.goto(url, wait_until=until, timeout=PATIENCE_MS)
        # First the heap: Playwright's own scripts, loaded when it queries a page, would be a large
        # part.
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        times = page.evaluate(TIMES)
        if not answer or answer.status != 200 or not page.locator(needs).first.is_enabled():
            raise Broken(f"{url} does not show {needs}")
    finally:
        page.close()
    return Visit(
        usable_ms=times["usable"],
        long_tasks=times["long_tasks"],
        heap_bytes=next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize"),
        wire_bytes=sum(wire.bytes_of_requests()),
        requests=len(wire.bytes_of_requests()),
        external=wire.external(),
    )


def painted_ms(page: Page, button: str, picture: str, limit_s: float) -> float:
    """Return the milliseconds from the click on `button` until a new image is on screen."""
    try:
        return float(page.evaluate(PAINTED, [button, picture, limit_s * 1000]))
    except Error as error:
        text = page.locator("body").inner_text()
        raise Broken(f"{page.url}: {error.message}; the page shows:\n{text}") from error
