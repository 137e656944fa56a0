"""G3: many watchers of one run on one web process.

Measures the time from the end of upstream's model until each watcher has the final response. Every
watcher is a separate connection with a long poll. Product and floor alternate. The web
process's CPU and memory are read from /proc.
"""

import asyncio
import html
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

import httpx

from tests.bench.figures import Goal, at_most, at_most_ratio, median, percentile, table
from tests.bench.runs.posting import post_run
from tests.bench.runs.targets import MODEL, arguments
from tests.bench.stage.http import answer_from
from tests.bench.stage.process_usage import ProcessUsage, allow_many_files, usage_of
from tests.bench.stage.stage import Broken, Product, Stage, apart

SECONDS = 3.0
FINAL = b'data-final=\\"1\\"'  # in JSON


@dataclass(frozen=True)
class Watch:
    """How to poll for a run: the address, the posted body, and a test for the last response."""

    base: str
    path: str
    body: Callable[[int], bytes]  # by the watcher's version; an empty body makes a GET request
    is_last: Callable[[int, bytes], bool]
    cookie: str = ""


class Results:
    """The results of one side: milliseconds of every watcher, and the cost of each round."""

    def __init__(self, begin: Callable[[], Watch], pid: int) -> None:
        """`begin` starts a run to be watched; `pid` is the process that serves its watchers."""
        self.begin = begin
        self.pid = pid
        self.late_ms: list[float] = []
        self.costs: list[ProcessUsage] = []

    def watch(self, stage: Stage, crowd: int) -> None:
        """Watch one run."""
        before = usage_of(self.pid)
        self.late_ms += apart(_watch(stage, self.begin(), crowd))
        after = usage_of(self.pid)
        self.costs.append(
            ProcessUsage(after.cpu_s - before.cpu_s, after.memory_mb - before.memory_mb)
        )

    @property
    def p99_ms(self) -> float:
        """The 99th percentile of the watchers' times."""
        return percentile(self.late_ms, 0.99)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of the median round."""
        return median(cost.cpu_s for cost in self.costs)

    @property
    def memory_mb(self) -> float:
        """Memory of the worst round."""
        return max(cost.memory_mb for cost in self.costs)


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, crowds: tuple[int, ...] = (500, 2000)
) -> list[Goal]:
    """Return the results of G3 for each number of watchers."""
    allow_many_files()
    goals: list[Goal] = []
    for crowd in crowds:
        product = Results(partial(_product, stage.product), stage.product.web)
        floor = Results(partial(_floor, stage.floor.address), stage.floor.pid)
        for _ in range(rounds):
            product.watch(stage, crowd)
            floor.watch(stage, crowd)
        rows = []
        for name, result in (("product", product), ("floor", floor)):
            figures = (median(result.late_ms), result.p99_ms, max(result.late_ms))
            cells = [f"{x:.0f}" for x in figures]
            rows.append([name, *cells, f"{result.cpu_s:.2f}", f"{result.memory_mb:.0f}"])
        print(f"\n{crowd} watchers of a run of {SECONDS:g} s, ms after upstream was done")
        print(table(["", "median", "p99", "most", "CPU s", "more MB"], rows), flush=True)
        goals += _goals(f"{crowd} watchers", crowd, product, floor)
    return goals


def _goals(what: str, crowd: int, product: Results, floor: Results) -> list[Goal]:
    if crowd > 500:
        return [at_most("G3", f"{what}, p99", product.p99_ms, 1000, "ms", floor.p99_ms)]
    return [
        at_most_ratio("G3", f"{what}, p99", product.p99_ms, floor.p99_ms, 2, "ms"),
        at_most("G3", f"{what}, CPU of the web", product.cpu_s, 0.5, "s", floor.cpu_s),
        at_most("G3", f"{what}, more memory", product.memory_mb, 40, "MB", floor.memory_mb),
    ]


# --- the sides ----------------------------------------------------------------------------------
def _product(product: Product) -> Watch:
    """Post a run as a form without JavaScript does; read from its page how to watch it."""
    with product.client() as client:
        run = post_run(client, MODEL, arguments(SECONDS))
    match = re.search(r'data-run-id="([^"]+)"[^>]*data-watch="([^"]+)"', run)
    if not match:
        raise Broken("the product's page names no run to watch")
    run_watch = {"run": match[1], **json.loads(html.unescape(match[2]))}

    def body(version: int) -> bytes:
        runs = [{**run_watch, "version": str(version)}]
        return json.dumps({"runs": runs, "groups": []}).encode()

    def is_last(status: int, answer: bytes) -> bool:
        return status == 200 and FINAL in answer

    cookie = "; ".join(f"{name}={value}" for name, value in product.up.cookies.items())
    return Watch(product.address, "/runs/live/?hold=1", body, is_last, cookie)


def _floor(address: str) -> Watch:
    answer = httpx.post(f"{address}/models/{MODEL}/", json=arguments(SECONDS), timeout=30)
    run = answer.json()["id"]
    return Watch(address, f"/runs/{run}", lambda version: b"", lambda status, answer: status == 200)


# --- watching -----------------------------------------------------------------------------------
async def _watch(stage: Stage, watch: Watch, crowd: int) -> list[float]:
    """Return the milliseconds after upstream's end until each watcher has the final response."""
    host = urlsplit(watch.base)
    moments = await asyncio.gather(
        *(_one(watch, host.hostname or "", host.port or 80) for _ in range(crowd))
    )
    (ended,) = runs_ended(stage, 1)
    return [(moment - ended) * 1000 for moment in moments]


async def _one(watch: Watch, host: str, port: int) -> float:
    reader, writer = await asyncio.open_connection(host, port)
    version = 0
    try:
        while True:
            body = watch.body(version)
            method = "POST" if body else "GET"
            head = f"{method} {watch.path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
            head += f"Content-Length: {len(body)}\r\nCookie: {watch.cookie}\r\n\r\n"
            writer.write(head.encode() + body)
            status, answer = await answer_from(reader)
            if watch.is_last(status, answer):
                return time.time()
            if newer := re.search(rb'data-version=\\"(\d+)\\"', answer):
                version = int(newer[1])
            elif status not in (200, 204):
                raise Broken(f"a watcher was answered {status}")
    finally:
        writer.close()


def runs_ended(stage: Stage, count: int) -> list[float]:
    """Return when the models of the newest requests ended, by this machine's clock."""
    query = {"endpoint_id": MODEL, "limit": str(count)}
    newest = stage.upstream.get("/api/v1/models/requests/by-endpoint", params=query).json()
    return [datetime.fromisoformat(request["ended_at"]).timestamp() for request in newest["items"]]
