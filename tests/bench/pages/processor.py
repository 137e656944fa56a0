"""G10: processor time of the web process for one view, compared with a minimal Django view.

Each page is requested repeatedly over one connection, by a logged-in user who has hardly any data.
The bare view runs on the same server with as many threads. Then many clients request the gallery at
once, and no request may fail. Needs Linux.
"""

import asyncio
import re
import sys
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tests.bench.figures import Goal, at_most, at_most_ratio, table
from tests.bench.runs.posting import post_run
from tests.bench.stage.http import answer_from
from tests.bench.stage.process_usage import allow_many_files, usage_of
from tests.bench.stage.stage import Broken, Stage, apart
from tests.processes import until

CLIENTS, SECONDS = 128, 2.0
VIEWS, WARM_UP = 300, 20
MEMORY_MB = 140
GALLERY_RATIO, PAGE_RATIO = 1.7, 4.0
MODEL = "sandbox/ridgeline"
HEAD = ["page", "ms of processor", "KB"]


@dataclass(frozen=True)
class View:
    """The cost of one view of a page in ms of processor time, and its size in bytes."""

    name: str
    cost_ms: float
    size: int


def measure_goals(
    stage: Stage,
    rounds: int,
    is_full: bool,
    clients: int = CLIENTS,
    seconds: float = SECONDS,
    views: int = VIEWS,
) -> list[Goal]:
    """Return the results of G10."""
    allow_many_files()
    product = stage.product
    web = product.web
    with product.client() as client:
        pages = {
            "gallery": "/models/",
            "front page": "/",
            "run": _finished_run(client),
            "inbox": "/inbox/",
            "form": f"/models/{MODEL}/",
            "wall": "/runs/?as=wall",
            "bell": "/inbox/panel/",
        }
        bare = _bare_view(stage, views)
        measured = [_view(name, client, path, web, views) for name, path in pages.items()]
    rows = [
        [view.name, f"{view.cost_ms:.1f}", f"{view.size / 1000:.1f}"] for view in (bare, *measured)
    ]
    print(table(HEAD, rows), flush=True)
    goals = [
        at_most_ratio(
            "G10",
            f"{view.name}: processor time of a view",
            *(view.cost_ms, bare.cost_ms),
            GALLERY_RATIO if view.name == "gallery" else PAGE_RATIO,
            *("ms", "bare view"),
        )
        for view in measured
    ]
    header = "; ".join(f"{name}={value}" for name, value in product.up.cookies.items())
    failed = apart(failed_requests(f"{product.address}/models/", header, clients, seconds))
    memory = usage_of(web).memory_mb
    return [
        *goals,
        at_most("G10", f"gallery at {clients} clients: failed requests", failed, 0, ""),
        at_most("G10", "memory of the web process", memory, MEMORY_MB, "MB"),
    ]


def _finished_run(client: httpx.Client) -> str:
    """Start a run as a browser does; return its path once it has ended."""
    match = re.search(r"/runs/[0-9a-f-]{36}/", post_run(client, MODEL, {"prompt": "a ridge"}))
    if match is None:
        raise Broken("no run was started")
    path = match[0]
    until(lambda: "Download" in client.get(path).text)
    return path


def _bare_view(stage: Stage, views: int) -> View:
    command = [sys.executable, "-m", "uvicorn", "tests.bench.pages.bare_view:application"]
    command += ["--no-access-log", "--port"]
    stage.floor  # noqa: B018  fills the database
    server = stage.serve("bare", command, [], BARE_DATABASE=str(stage.floor_database))
    with httpx.Client(base_url=server.address) as client:
        return _view("bare view", client, "/", server.pid, views)


def _view(name: str, client: httpx.Client, path: str, process: int, views: int) -> View:
    for _ in range(WARM_UP):
        client.get(path)
    before = usage_of(process).cpu_s
    for _ in range(views):
        size = len(client.get(path).raise_for_status().content)
    return View(name, (usage_of(process).cpu_s - before) / views * 1000, size)


async def failed_requests(address: str, cookie: str, clients: int, seconds: float) -> int:
    """Let `clients` clients request one address for `seconds`; return the number of failures."""
    parts = urlsplit(address)
    lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Cookie: {cookie}", "", ""]
    request, until = "\r\n".join(lines).encode(), time.monotonic() + seconds
    answers = (
        _client(parts.hostname or "", parts.port or 80, request, until) for _ in range(clients)
    )
    return sum(await asyncio.gather(*answers))


async def _client(host: str, port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    failed = 0
    try:
        while time.monotonic() < until:
            writer.write(request)
            status, _ = await answer_from(reader)
            failed += status != 200
    finally:
        writer.close()
    return failed
