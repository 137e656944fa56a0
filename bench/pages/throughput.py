"""G10: gallery pages per second of one web process, compared with a minimal Django view.

Both run on the same server with the same threads. Connections are kept alive; each client sends its
next request as soon as it has a response. The clients run in this process, so both targets share
the machine with them equally; the targets alternate.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.figures import Goal, at_least, at_most, median, percentile, table
from bench.stage.children import HOST, apart, free_port
from bench.stage.http import answer_from
from bench.stage.process_usage import allow_many_files, find_process, usage_of
from bench.stage.stage import Stage

CLIENTS = (32, 128)
SECONDS = 2.0
MEMORY_MB = 140
HEAD = ["", "clients", "pages/s", "p50 ms", "p99", "KB", "failed"]


@dataclass
class Load:
    """The results of one period of load."""

    times: list[float] = field(default_factory=list)
    failed: int = 0
    size: int = 0
    rate: float = 0.0


def measure_goals(
    stage: Stage,
    rounds: int,
    is_full: bool,
    crowds: tuple[int, ...] = CLIENTS,
    seconds: float = SECONDS,
) -> list[Goal]:
    """Return the results of G10 for each number of clients."""
    allow_many_files()
    cookie_header = "; ".join(
        f"{cookie['name']}={cookie['value']}" for cookie in stage.product.cookies["cookies"]
    )
    port = free_port()
    environment = stage.environment | {"BARE_DATABASE": str(stage.scratch / "bare.sqlite3")}
    server = [
        "-m",
        "uvicorn",
        "bench.pages.bare_view:application",
        "--host",
        HOST,
        "--port",
        str(port),
        "--no-access-log",
    ]
    bare = stage.start("bare", [sys.executable, *server], env=environment)
    targets = {
        "bare": (bare.answering(f"http://{HOST}:{port}") + "/", ""),
        "product": (f"{stage.product.address}/models/", cookie_header),
    }
    goals = []
    for clients in crowds:
        loads: dict[str, list[Load]] = {name: [] for name in targets}
        for number in range(rounds + 1):
            for name, (address, cookies) in targets.items():
                load = apart(run_load(address, cookies, clients, seconds))
                if number:  # the first round only warms up both
                    loads[name].append(load)
        print(table(HEAD, list(rows(clients, loads))), flush=True)
        ours, floor = (median(load.rate for load in loads[name]) for name in ("product", "bare"))
        what = f"gallery at {clients} clients, pages/s of the bare view's"
        goals.append(at_least("G10", what, ours / floor, 1.0))
        failed = sum(load.failed for load in loads["product"])
        goals.append(
            at_most("G10", f"gallery at {clients} clients: failed requests", failed, 0, "")
        )
    memory = usage_of(find_process("config.server.serving", stage.product.address)).memory_mb
    return [*goals, at_most("G10", "memory of the web process", memory, MEMORY_MB, "MB")]


def rows(clients: int, loads: dict[str, list[Load]]) -> Iterator[list[str]]:
    """Yield the table's rows."""
    for name, target_loads in loads.items():
        every = [ms for load in target_loads for ms in load.times]
        yield [
            name,
            str(clients),
            f"{median(load.rate for load in target_loads):.0f}",
            f"{percentile(every, 0.5):.1f}",
            f"{percentile(every, 0.99):.1f}",
            f"{target_loads[0].size / 1000:.1f}",
            str(sum(load.failed for load in target_loads)),
        ]


async def run_load(address: str, cookie: str, clients: int, seconds: float) -> Load:
    """Let `clients` clients request one address for a few seconds."""
    load, parts = Load(), urlsplit(address)
    lines = [
        f"GET {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        *([f"Cookie: {cookie}"] if cookie else []),
        "",
        "",
    ]
    request = "\r\n".join(lines).encode()
    until = time.monotonic() + seconds
    started = time.monotonic()
    await asyncio.gather(
        *(
            _client(parts.hostname or "", parts.port or 80, request, until, load)
            for _ in range(clients)
        )
    )
    load.rate = len(load.times) / (time.monotonic() - started)
    return load


async def _client(host: str, port: int, request: bytes, until: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while time.monotonic() < until:
            started = time.perf_counter()
            writer.write(request)
            status, body = await answer_from(reader)
            if status == 200:
                load.times.append((time.perf_counter() - started) * 1000)
                load.size = len(body)
            else:
                load.failed += 1
    finally:
        writer.close()
