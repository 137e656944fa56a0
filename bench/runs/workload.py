"""The capacity of a worker: thousands of unfinished runs in one process, and submits per second.

The reference is a minimal client that does the same on the same sandbox without a database: one
submit, one status stream and one result per run. On SQLite, and on PostgreSQL if configured
(`bench/stage/database.py`).
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from subprocess import PIPE
from typing import Any, TypeVar

import httpx

from bench.figures import Goal, at_most, show, table, without_goal
from bench.runs.workload_product import Progress
from bench.stage import database
from bench.stage.children import ROOT, Broken, Child, free_port
from bench.stage.process_usage import TICKS_PER_S, ProcessUsage, allow_many_files, usage_of
from bench.stage.stage import KEY, Stage

T = TypeVar("T")
MODEL = "mischief/slow"
COUNT = 2000
HOLD_S = 15.0
IN_ONE_POOL = 16
FINISH_S = 60.0
START_S = 30.0
CALM_S = 2  # seconds without CPU use


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, count: int = COUNT, hold_s: float = HOLD_S
) -> list[Goal]:
    """Return memory, CPU and submits per second of one worker, compared with a minimal client."""
    allow_many_files()
    rows, goals = [], []
    bare = _bare(stage, count, hold_s)
    rows.append(["bare client", *_cells(bare)])
    sqlite = f"sqlite:///{stage.scratch / 'workload.sqlite3'}"
    workers = {"SQLite": _worker(stage, sqlite, count, hold_s)}
    if database.is_named():
        with database.empty() as url:
            workers["PostgreSQL"] = _worker(stage, url, count, hold_s)
    for name, figures in workers.items():
        rows.append([f"worker on {name}", *_cells(figures)])
        what = f"{count} runs in one worker, {name}"
        bad = figures["lost"] + figures["unfinished"]
        goals.append(at_most("worker", f"{what}: lost, or not over in time", bad, 0, ""))
        goals.append(at_most("worker", f"{what}: upstream calls a run", figures["calls"], 2, ""))
        for key, unit in (("submits_per_s", "/s"), ("cpu_s", "s"), ("memory_mb", "MB")):
            reference = f"bare client {show(bare[key], unit)}"
            goals.append(
                without_goal("worker", f"{what}: {key}", show(figures[key], unit), reference)
            )
    print(f"\n{count} runs that wait {hold_s:g} s at upstream, all in one process")
    print(table(["", *COLUMNS], rows))
    print(
        "Others' CPU s: what the rest of the machine was busy with meanwhile; PostgreSQL is among "
        "it.",
        flush=True,
    )
    return goals


# Heading → figure. CPU excludes a worker's start and its first sync; submits per second are counted
# from when all runs had been created to upstream's last response.
COLUMNS = {
    "submits/s": "submits_per_s",
    "CPU s": "cpu_s",
    "MB": "memory_mb",
    "seconds in all": "seconds",
    "calls a run": "calls",
    "lost": "lost",
    "sent again": "again",
    "not over by then": "unfinished",
    "others' CPU s": "others_s",
}


def _cells(figures: dict[str, float]) -> list[str]:
    return [f"{figures[name]:.1f}".removesuffix(".0") for name in COLUMNS.values()]


def _upstream(stage: Stage, name: str, count: int) -> Child:
    """Start a sandbox that runs all requests at once."""
    command = [sys.executable, "-m", "sandbox", "--port=0"]
    command += [f"--concurrency={count}", f"--data-dir={stage.scratch / name}"]
    return stage.start(name, command, env=os.environ | {"SANDBOX_KEY": KEY})


def _worker(stage: Stage, url: str, count: int, hold_s: float) -> dict[str, float]:
    """Measure a worker that is given this many runs at once, on this database."""
    from config.server.processes import sandbox_environment

    upstream = _upstream(stage, f"upstream-{url.partition(':')[0]}", count)
    port = int(upstream.line("Sandbox at ").split()[2].rpartition(":")[2])
    settings = {"SECRET_KEY": "bench"} | {
        "DATABASE_URL": url,
        # no sync and no thumbnails at the same time
        "FAL_API_URL": f"http://127.0.0.1:{free_port()}",
        "RUNS_AT_ONCE": str(count),
        "RUNS_AT_ONCE_PER_USER": str(count),
    }
    environment = stage.environment | sandbox_environment(port, KEY) | settings
    options: dict[str, Any] = {"cwd": stage.product.checkout, "env": environment}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], **options, check=True)
    worker = stage.start("worker-" + url.partition(":")[0], [*manage, "worker"], **options)
    idle = _calm(worker.process.pid)
    before, own = others_cpu_s(), usage_of(upstream.process.pid).cpu_s + idle.cpu_s
    program = [sys.executable, "-m", "bench.runs.workload_product", MODEL, str(count), str(hold_s)]
    django = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    asking = subprocess.Popen(
        program, cwd=stage.product.checkout, env=environment | django, stdout=PIPE, text=True
    )
    with asking:
        try:
            figures = _watched(worker, asking, count)
        finally:
            asking.kill()
    own = usage_of(upstream.process.pid).cpu_s + usage_of(worker.process.pid).cpu_s - own
    figures["cpu_s"] -= idle.cpu_s
    figures["others_s"] = max(others_cpu_s() - before - own - figures.pop("looking_s"), 0.0)
    figures["calls"] = _calls(port) / count
    worker.stop()
    upstream.stop()
    return figures


def _calm(pid: int) -> ProcessUsage:
    """Return what the worker has used once it is idle after its first sync."""
    until = time.monotonic() + START_S
    before, calm = usage_of(pid), 0
    while calm < CALM_S and time.monotonic() < until:
        time.sleep(1)
        now = usage_of(pid)
        calm = calm + 1 if now.cpu_s - before.cpu_s < 0.1 else 0
        before = now
    return before


def _watched(worker: Child, asking: subprocess.Popen[str], count: int) -> dict[str, float]:
    """Read the output of `asking`, and check once a second until all runs have ended."""
    assert asking.stdout is not None
    memory = 0.0
    for line in asking.stdout:
        progress = Progress(**json.loads(line))
        now = usage_of(worker.process.pid)
        memory = max(memory, now.memory_mb)
        if progress.unfinished and progress.passed_s < FINISH_S:
            continue
        return {
            "submits_per_s": count / progress.sending_s if progress.sending_s else 0.0,
            "seconds": progress.passed_s,
            "cpu_s": now.cpu_s,
            "memory_mb": memory,
            "unfinished": progress.unfinished,
            "lost": progress.lost,
            "again": progress.sent_again,
            "looking_s": usage_of(asking.pid).cpu_s,
        }
    raise Broken("nobody could look at the runs")


def _calls(port: int) -> float:
    """Return the number of calls after the submits, for statuses and results."""
    headers = {"authorization": f"Key {KEY}"}
    answer = httpx.get(f"http://127.0.0.1:{port}/_sandbox/calls", headers=headers, timeout=30)
    counted = answer.raise_for_status().json()["calls"]
    return float(sum(counted.get(kind, 0) for kind in ("status", "status_stream", "result")))


def others_cpu_s() -> float:
    """Return the CPU seconds of all processes of this machine so far.

    If other processes use CPU, the figures are affected.
    """
    first = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _idle, _waiting, *more = map(int, first)
    return (user + nice + system + sum(more[:2])) / TICKS_PER_S


def _bare(stage: Stage, count: int, hold_s: float) -> dict[str, float]:
    """Do the same with httpx only, in a separate process."""
    upstream = _upstream(stage, "upstream-bare", count)
    base = upstream.line("Sandbox at ").split()[2]
    command = [sys.executable, "-m", "bench.runs.workload", base, KEY, str(count), str(hold_s)]
    before, own = others_cpu_s(), usage_of(upstream.process.pid).cpu_s
    completed = subprocess.run(
        command, cwd=ROOT, stdout=PIPE, text=True, check=True, timeout=FINISH_S
    )
    passed, own = others_cpu_s() - before, usage_of(upstream.process.pid).cpu_s - own
    upstream.stop()
    figures: dict[str, float] = json.loads(completed.stdout.splitlines()[-1])
    return figures | {
        "calls": 2.0,
        "again": 0.0,
        "unfinished": 0.0,
        "others_s": max(passed - own - figures["cpu_s"], 0.0),
    }


async def twice(send: Callable[[], Awaitable[T]]) -> T:
    """Return the result of `send`, called again if the sandbox was closing the connection."""
    try:
        return await send()
    except httpx.RemoteProtocolError:
        return await send()


async def bare(base: str, key: str, count: int, hold_s: float) -> dict[str, float]:
    """Submit, listen and fetch the result: the minimum of any queue client."""
    begun, sent, ended = time.monotonic(), [], []
    # Close idle connections long before the sandbox does (5 s), as the product does.
    limits = httpx.Limits(keepalive_expiry=1)
    asking = asyncio.Semaphore(100)
    body = {"prompt": "x", "duration": hold_s, "log_lines": 1, "picture": False}
    headers = {"authorization": f"Key {key}"}
    async with AsyncExitStack() as stack:
        # httpx's work per request grows with the requests in a pool: a few in each.
        clients = [
            httpx.AsyncClient(headers=headers, timeout=120, limits=limits, verify=False)
            for _ in range(-(-count // IN_ONE_POOL))
        ]
        for client in clients:
            await stack.enter_async_context(client)

        async def listen(client: httpx.AsyncClient, url: str) -> None:
            async with client.stream("GET", url) as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data:") and '"COMPLETED"' in line:
                        return

        async def one(client: httpx.AsyncClient) -> None:
            async with asking:
                answer = await twice(lambda: client.post(f"{base}/queue/{MODEL}", json=body))
            handle = answer.json()
            sent.append(time.monotonic())
            await twice(lambda: listen(client, f"{handle['status_url']}/stream"))
            async with asking:
                (await twice(lambda: client.get(handle["response_url"]))).raise_for_status()
            ended.append(time.monotonic())

        await asyncio.gather(*(one(clients[n // IN_ONE_POOL]) for n in range(count)))
    now = usage_of(os.getpid())
    return {
        "submits_per_s": count / (max(sent) - begun),
        "seconds": max(ended) - begun,
        "cpu_s": now.cpu_s,
        "memory_mb": now.memory_mb,
        "lost": count - len(ended),
    }


if __name__ == "__main__":
    allow_many_files()
    base, key, count, hold_s = sys.argv[1:]
    print(json.dumps(asyncio.run(bare(base, key, int(count), float(hold_s)))))
