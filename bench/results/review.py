"""Two hundred guests at one review of a hundred pictures, on one web process.

Each guest opens the review as a browser does: the page, the pictures of its first screen over six
connections, the others as it scrolls, and a held poll. For a minute they pick, and some comment,
every few seconds. Requests are measured from their first byte to the answer's last; the load comes
from this machine too. Then one guest alone: from a pick to the answer of another's poll. And the
page in a fresh browser.
"""

from __future__ import annotations

import asyncio
import html
import random
import re
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.figures import KB, Goal, at_most, at_most_ratio, median, percentile, table, without_goal
from bench.pages.cold_pages import GALLERY, GALLERY_NEEDS
from bench.stage.browser import visit
from bench.stage.children import Broken, apart, report_of
from bench.stage.process_usage import allow_many_files, find_process, usage_of
from bench.stage.product import Product
from bench.stage.stage import Stage

GUESTS, PICTURES, SECONDS = 200, 100, 60.0
ARRIVE_WITHIN_S = 10.0
PAUSE_S = (4.0, 12.0)  # between two things that a guest says
COMMENTS = 0.25  # of what is said; the rest are picks
CONNECTIONS = 6
KEY = "a key for measurements alone, as long as Django wants one to be"
ON_SCREEN = 24  # pictures of the first screen; a browser loads the others as they come near
SCROLLED = 12  # pictures that come into view each time that something is said
WATCH = re.compile(r"<share-live\b[^>]*>")
ATTRIBUTE = re.compile(r'data-(token|version)="([^"]*)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
SOURCE = re.compile(r'<img\b[^>]*?src="([^"]+)"')
LIMIT_MS, LIVE_MS, PAGE_KB, USABLE = 500.0, 300.0, 40.0, 2.0


@dataclass
class Figures:
    """What all guests met: milliseconds by kind of request, what failed, how late polls were."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)
    polls: int = 0
    said: int = 0

    @property
    def all_ms(self) -> list[float]:
        """The times of every request but held polls."""
        return [ms for times in self.times.values() for ms in times]


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, guests: int = GUESTS, seconds: float = SECONDS
) -> list[Goal]:
    """Return the results; of a smaller crowd in the tests."""
    allow_many_files()
    url = f"sqlite:///{stage.scratch / 'review.sqlite3'}"
    # The key of both: it encrypts the tokens of shares.
    product = Product(stage, "review", url, {"RATE_LIMITS": "1", "SECRET_KEY": KEY})
    command = ["bench.results.review_program", str(PICTURES)]
    report = report_of(command, product.checkout, product.environment)
    address, path = product.address, f"{report['path']}review/"
    pid = find_process("config.server.serving", address)
    before = usage_of(pid)
    figures = apart(_crowd(address, path, guests, seconds))
    after = usage_of(pid)
    late_ms = apart(_pair(address, path, rounds))
    _show(figures, guests)
    print(f"web process: {after.cpu_s - before.cpu_s:.1f} CPU s, {after.memory_mb:.0f} MB")
    if figures.failed:
        print("failed:", *sorted(set(figures.failed))[:10], sep="\n  ")
    return [
        at_most(
            "review", f"{guests} guests: p99", percentile(figures.all_ms, 0.99), LIMIT_MS, "ms"
        ),
        at_most("review", f"{guests} guests: failed requests", len(figures.failed), 0, ""),
        at_most("review", "a pick on another's screen", percentile(late_ms, 0.9), LIVE_MS, "ms"),
        *_page(stage, product, report["path"]),
    ]


def _page(stage: Stage, product: Product, path: str) -> list[Goal]:
    """Measure the share in a fresh profile of somebody without an account."""
    shared, gallery = [], []
    for _ in range(3):
        context = stage.browser.new_context()
        shared.append(visit(context, product.address + path, "main", is_live=True))
        context.close()
        context = stage.browser.new_context(storage_state=product.cookies)
        gallery.append(visit(context, product.address + GALLERY, GALLERY_NEEDS))
        context.close()
    weight = median(seen.wire_bytes for seen in shared) / KB
    usable = median(seen.usable_ms for seen in shared)
    reference = median(seen.usable_ms for seen in gallery)
    return [
        at_most("review", f"share of {PICTURES} pictures, cold", weight, PAGE_KB, "KB"),
        at_most_ratio("review", "the same, usable", usable, reference, USABLE, "ms", "gallery"),
        without_goal("review", "the same, requests", str(median(s.requests for s in shared))),
    ]


def _show(figures: Figures, guests: int) -> None:
    rows = [
        [what, str(len(times)), *(f"{x:.0f}" for x in _quantiles(times))]
        for what, times in sorted(figures.times.items())
    ]
    print(f"\n{guests} guests, ms; {figures.polls} answers of polls, {figures.said} things said")
    print(table(["", "requests", "median", "p99", "most"], rows), flush=True)


def _quantiles(times: list[float]) -> tuple[float, float, float]:
    return median(times), percentile(times, 0.99), max(times)


# --- the guests ---------------------------------------------------------------------------------
class Guest:
    """A browser without an account, at a review."""

    def __init__(self, address: str, path: str, number: int, figures: Figures) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS)
        self.client = httpx.AsyncClient(
            base_url=address, timeout=60, limits=limits, follow_redirects=False
        )
        self.path, self.number, self.figures = path, number, figures
        self.dice = random.Random(number)
        self.sources: list[str] = []
        self.token = self.watch = ""
        self.version = 0

    async def open(self) -> None:
        """Load the page and its pictures."""
        page = (await self._ask("page", "GET", self.path)).text
        token, live = TOKEN.search(page), WATCH.search(page)
        if not token or not live:
            raise Broken(f"the review's page is not live: {page[:500]}")
        told = dict(ATTRIBUTE.findall(live[0]))
        self.token = token[1]
        self.watch, self.version = html.unescape(told["token"]), int(told["version"])
        self.sources = [html.unescape(source) for source in SOURCE.findall(page)]
        await self.scroll(ON_SCREEN)

    async def scroll(self, count: int) -> None:
        """Load so many of the pictures that were not shown yet."""
        shown, self.sources = self.sources[:count], self.sources[count:]
        await asyncio.gather(*(self._ask("picture", "GET", source) for source in shown))

    async def say(self) -> None:
        """Pick a picture, or comment on one."""
        item = self.dice.randint(1, PICTURES)
        is_comment = self.dice.random() < COMMENTS
        said = {"comment": f"Number {item} is fine.", "item": str(item)}
        data = said if is_comment else {"pick": str(item)}
        data |= {"csrfmiddlewaretoken": self.token, "name": f"Guest {self.number}"}
        where = "comments/" if is_comment else "picks/"
        await self._ask("comment" if is_comment else "pick", "POST", self.path + where, data=data)
        self.figures.said += 1

    async def poll(self) -> None:
        """Hold one poll, as long as it takes."""
        asked = {"watch": self.watch, "after": str(self.version), "item": "0"}
        try:
            answer = await self.client.get("/shares/live/", params=asked)
        except httpx.HTTPError as error:
            self.figures.failed.append(f"poll: {type(error).__name__}")
            return
        self.figures.polls += 1
        if answer.status_code == 200:
            self.version = answer.json()["version"]
        elif answer.status_code != 204:
            self.figures.failed.append(f"poll: {answer.status_code}")

    async def _ask(self, what: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {}
        if method == "POST":  # as the page's script sends it
            headers = {"referer": f"{self.client.base_url}{self.path}", "HX-Request": "true"}
        began = time.perf_counter()
        try:
            answer = await self.client.request(method, path, headers=headers, **more)
        except httpx.HTTPError as error:
            self.figures.failed.append(f"{what}: {type(error).__name__}")
            raise Broken(f"{what} got no answer") from error
        self.figures.times[what].append((time.perf_counter() - began) * 1000)
        if answer.status_code not in (200, 302, 303):
            self.figures.failed.append(f"{what}: {answer.status_code}")
        return answer


async def _crowd(address: str, path: str, guests: int, seconds: float) -> Figures:
    figures = Figures()
    ends = time.monotonic() + ARRIVE_WITHIN_S + seconds

    async def stay(number: int) -> None:
        guest = Guest(address, path, number, figures)
        await asyncio.sleep(guest.dice.uniform(0, ARRIVE_WITHIN_S))
        async with guest.client:
            await guest.open()
            polling = asyncio.create_task(_poll_on(guest))
            while time.monotonic() < ends:
                await asyncio.sleep(guest.dice.uniform(*PAUSE_S))
                with suppress(Broken):  # it is among the failed requests
                    await guest.say()
                    await guest.scroll(SCROLLED)
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)

    await asyncio.gather(*(stay(number) for number in range(guests)))
    return figures


async def _poll_on(guest: Guest) -> None:
    while True:
        await guest.poll()


async def _pair(address: str, path: str, rounds: int) -> list[float]:
    """Return the ms from the post of one guest to the answer of the other's poll."""
    figures, late = Figures(), []
    first, second = (Guest(address, path, number, figures) for number in (9001, 9002))
    async with first.client, second.client:
        await first.open()
        await second.open()
        await first.say()
        await second.poll()
        for _ in range(rounds):
            waiting = asyncio.create_task(second.poll())
            await asyncio.sleep(0.2)
            began, before = time.perf_counter(), second.version
            await first.say()
            await waiting
            if second.version > before:
                late.append((time.perf_counter() - began) * 1000)
    return late
