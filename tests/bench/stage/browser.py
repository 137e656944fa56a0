"""Headless Chromium: cold pages with their bytes and times, and the time until a run is painted."""

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page

from tests.bench.stage.stage import Broken

THUMBNAILS, SHARES, RESULTS = "/pictures/", "/s/", "/artifacts/"
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


class _Wire:
    """The network events of one page by request, and the sizes of the answers."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.events: dict[str, Any] = {}
        self.sizes: dict[str, int] = {}

    def note_request(self, event: Any) -> None:
        if not event["request"]["url"].startswith(("data:", "blob:")):
            self.events[event["requestId"]] = event

    def note_size(self, event: Any) -> None:
        if event["requestId"] in self.events:
            self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    def is_picture(self, request: str) -> bool:
        """Return whether a request is for a thumbnail, a result or an image of another host."""
        event = self.events[request]
        address = urlsplit(event["request"]["url"])
        is_content = address.path.startswith((THUMBNAILS, SHARES)) or RESULTS in address.path
        return event.get("type") == "Image" and (is_content or address.netloc != self.host)

    def bytes_of_requests(self) -> list[int]:
        """Return the size of each request that transferred bytes and is not for a picture."""
        return [n for request, n in self.sizes.items() if n and not self.is_picture(request)]

    def external(self) -> int:
        hosts = {urlsplit(event["request"]["url"]).hostname for event in self.events.values()}
        return len(hosts - {urlsplit(f"//{self.host}").hostname})


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
