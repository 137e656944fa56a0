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
from typing import Any, TypeVar

import httpx

from bench.figures import Goal, at_most, show, table, without_goal
from bench.stage import database
from bench.stage.children import ROOT, Broken, Child, free_port
from bench.stage.process_usage import TICKS_PER_S, ProcessUsage, allow_many_files, usage_of
from bench.stage.stage import KEY, Stage

T = TypeVar("T")
MODEL = "mischief/slow"
COUNT = 2000
HOLD_S = 20.0
IN_ONE_POOL = 16
FINISH_S = 60.0
START_S = 30.0
CALM_S = 2  # seconds without CPU use


def measure_goals(stage: Stage, rounds: int, is_full: bool, count: int = COUNT) -> list[Goal]:
    """Return memory, CPU and submits per second of one worker, compared with a minimal client."""
    allow_many_files()
    rows, goals = [], []
    bare = _bare(stage, count)
    rows.append(["bare client", *_cells(bare)])
    workers = {"SQLite": _worker(stage, f"sqlite:///{stage.scratch / 'workload.sqlite3'}", count)}
    if database.is_named():
        with database.empty() as url:
            workers["PostgreSQL"] = _worker(stage, url, count)
    for name, found in workers.items():
        rows.append([f"worker on {name}", *_cells(found)])
        what = f"{count} runs in one worker, {name}"
        bad = found["lost"] + found["unfinished"]
        goals.append(at_most("worker", f"{what}: lost, or not over in time", bad, 0, ""))
        goals.append(at_most("worker", f"{what}: upstream calls a run", found["calls"], 2, ""))
        for key, unit in (("submits_per_s", "/s"), ("cpu_s", "s"), ("memory_mb", "MB")):
            told = f"bare client {show(bare[key], unit)}"
            goals.append(without_goal("worker", f"{what}: {key}", show(found[key], unit), told))
    print(f"\n{count} runs that wait {HOLD_S:g} s at upstream, all in one process")
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


def _cells(found: dict[str, float]) -> list[str]:
    return [f"{found[name]:.1f}".removesuffix(".0") for name in COLUMNS.values()]


def _upstream(stage: Stage, name: str, count: int) -> Child:
    """Start a sandbox that runs all requests at once."""
    command = [sys.executable, "-m", "sandbox", "--port=0"]
    command += [f"--concurrency={count}", f"--data-dir={stage.scratch / name}"]
    return stage.start(name, command, env=os.environ | {"SANDBOX_KEY": KEY})


def _worker(stage: Stage, url: str, count: int) -> dict[str, float]:
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
    script = ASK.format(model=MODEL, count=count, hold=HOLD_S)
    asking = subprocess.Popen(
        [*manage, "shell", "-v0", "-c", script], **options, stdout=subprocess.PIPE, text=True
    )
    try:
        found = _watched(worker, asking, count)
    finally:
        asking.kill()
        asking.wait()
    own = usage_of(upstream.process.pid).cpu_s + usage_of(worker.process.pid).cpu_s - own
    found["cpu_s"] -= idle.cpu_s
    found["others_s"] = max(others_cpu_s() - before - own - found.pop("looking_s"), 0.0)
    found["calls"] = _calls(port) / count
    worker.stop()
    upstream.stop()
    return found


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
        passed, unfinished, lost, sending_s, again = map(float, line.split())
        now = usage_of(worker.process.pid)
        memory = max(memory, now.memory_mb)
        if unfinished and passed < FINISH_S:
            continue
        return {
            "submits_per_s": count / sending_s if sending_s else 0.0,
            "seconds": passed,
            "cpu_s": now.cpu_s,
            "memory_mb": memory,
            "unfinished": unfinished,
            "lost": lost,
            "again": again,
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


ASK = """
import time, uuid
from django.contrib.auth.models import User
from django.db.models import Count, Max, Min, Q
from catalog.models import Endpoint
from playground import changes
from runs.models import Run
user = User.objects.create_user(f"bench-{{uuid.uuid4().hex[:8]}}")
endpoint, _ = Endpoint.objects.get_or_create(endpoint_id="{model}",
    defaults=dict(display_name="Slow", owner="mischief", category="x"))
arguments = dict(prompt="x", duration={hold}, log_lines=1, picture=False)
Run.objects.bulk_create([Run(user=user, endpoint=endpoint, form_token=uuid.uuid4().hex,
    arguments=arguments) for _ in range({count})])
changes.announce()
began = time.monotonic()
runs = Run.objects.filter(user=user)
while True:
    time.sleep(1)
    ends = Q(state__in=Run.FINAL)
    found = runs.aggregate(left=Count("pk", filter=~ends), lost=Count("pk",
        filter=ends & ~Q(state="succeeded") | Q(state="unconfirmed")),
        again=Count("pk", filter=Q(attempts__gt=1)), first=Min("created_at"),
            last=Max("queued_at"), waiting=Count("pk", filter=Q(queued_at=None)))
    sending = 0 if found["waiting"] else (found["last"] - found["first"]).total_seconds()
    print(time.monotonic() - began, found["left"], found["lost"], sending, found["again"],
        flush=True)
"""


def _bare(stage: Stage, count: int) -> dict[str, float]:
    """Do the same with httpx only, in a separate process."""
    upstream = _upstream(stage, "upstream-bare", count)
    base = upstream.line("Sandbox at ").split()[2]
    command = [sys.executable, "-m", "bench.runs.workload", base, KEY, str(count)]
    before, own = others_cpu_s(), usage_of(upstream.process.pid).cpu_s
    told = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=FINISH_S
    )
    passed, own = others_cpu_s() - before, usage_of(upstream.process.pid).cpu_s - own
    upstream.stop()
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found | {
        "calls": 2.0,
        "again": 0.0,
        "unfinished": 0.0,
        "others_s": max(passed - own - found["cpu_s"], 0.0),
    }


async def twice(send: Callable[[], Awaitable[T]]) -> T:
    """Return the result of `send`, called again if the sandbox was closing the connection."""
    try:
        return await send()
    except httpx.RemoteProtocolError:
        return await send()


async def bare(base: str, key: str, count: int) -> dict[str, float]:
    """Submit, listen and fetch the result: the minimum of any queue client."""
    begun, sent, ended = time.monotonic(), [], []
    # Close idle connections long before the sandbox does (5 s), as the product does.
    limits = httpx.Limits(keepalive_expiry=1)
    asking = asyncio.Semaphore(100)
    body = {"prompt": "x", "duration": HOLD_S, "log_lines": 1, "picture": False}
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
    print(json.dumps(asyncio.run(bare(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
