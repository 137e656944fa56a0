"""What a worker can carry: thousands of unfinished runs in one process, and how fast it submits.

The reference is a bare client that does the same to the same sandbox without a database: one
submit, one status stream and one result per run. On SQLite, and on PostgreSQL where
BENCH_DATABASE_URL names an empty database.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import Any

from bench.figures import Goal, note, show, table
from bench.stage import KEY, ROOT, Broken, Child, Stage
from bench.watchers import allow_many_files, spent

MODEL = "mischief/slow"
COUNT = 2000
HOLD_S = 20.0
FINISH_S = 180.0


def ask(stage: Stage, rounds: int, is_full: bool, count: int = COUNT) -> list[Goal]:
    """Memory, processor and submits a second of one worker, beside a bare client."""
    allow_many_files()
    databases = {"SQLite": f"sqlite:///{stage.scratch / 'workload.sqlite3'}"}
    if url := os.environ.get("BENCH_DATABASE_URL"):
        databases["PostgreSQL"] = url
    rows, goals = [], []
    bare = _bare(stage, count)
    rows.append(["bare client", *_cells(bare)])
    for name, url in databases.items():
        found = _worker(stage, url, count)
        rows.append([f"worker on {name}", *_cells(found)])
        what = f"{count} runs in one worker, {name}"
        for key, unit in (("submits_per_s", "/s"), ("cpu_s", "s"), ("memory_mb", "MB")):
            told = f"bare client {show(bare[key], unit)}"
            goals.append(note("worker", f"{what}: {key}", show(found[key], unit), told))
        goals.append(note("worker", f"{what}: lost", f"{found['lost']:g}"))
    print(f"\n{count} runs that wait {HOLD_S:g} s at upstream, all in one process")
    print(table(["", "submits/s", "CPU s", "MB", "seconds in all", "lost"], rows), flush=True)
    return goals


def _cells(found: dict[str, float]) -> list[str]:
    names = ("submits_per_s", "cpu_s", "memory_mb", "seconds", "lost")
    return [f"{found[name]:.0f}" for name in names]


def _upstream(stage: Stage, name: str, count: int) -> Child:
    """A sandbox that runs all of them at once."""
    command = [sys.executable, "-m", "sandbox", "--port=0", f"--key={KEY}", "--warm=0"]
    command += [f"--concurrency={count}", f"--data-dir={stage.scratch / name}"]
    return stage.start(name, command)


def _worker(stage: Stage, url: str, count: int) -> dict[str, float]:
    """A worker with this many runs to do, on this database."""
    from config.processes import sandbox_environment

    upstream = _upstream(stage, f"upstream-{url.partition(':')[0]}", count)
    port = int(upstream.line("Sandbox at ").split()[2].rpartition(":")[2])
    settings = {"SECRET_KEY": "bench"} | {
        "DATABASE_URL": url,
        "RUNS_AT_ONCE": str(count),
        "RUNS_AT_ONCE_PER_USER": str(count),
    }
    environment = stage.environment | sandbox_environment(port, KEY) | settings
    options: dict[str, Any] = {"cwd": stage.checkout, "env": environment}
    _manage(["migrate", "-v0"], options)
    _manage(["shell", "-v0", "-c", MAKE.format(model=MODEL, count=count, hold=HOLD_S)], options)
    worker = stage.start(
        "worker-" + url.partition(":")[0], [sys.executable, "manage.py", "worker"], **options
    )
    begun = time.monotonic()
    seen = _watched(worker, options, begun, count)
    worker.stop()
    upstream.stop()
    return seen


def _watched(worker: Child, options: dict[str, Any], begun: float, count: int) -> dict[str, float]:
    """Look once a second until all have ended."""
    looking = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v0", "-c", LOOK],
        **options,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert looking.stdout is not None
    sent_at, memory = 0.0, 0.0
    try:
        for line in looking.stdout:
            waiting, unfinished, succeeded = map(int, line.split())
            passed = time.monotonic() - begun
            now = spent(worker.process.pid)
            memory = max(memory, now.memory_mb)
            if not waiting and not sent_at:
                sent_at = passed
            if not unfinished or passed > FINISH_S:
                found = {"submits_per_s": count / sent_at if sent_at else 0.0, "seconds": passed}
                return found | {"cpu_s": now.cpu_s, "memory_mb": memory, "lost": count - succeeded}
    finally:
        looking.kill()
        looking.wait()
    raise Broken("nobody could look at the runs")


def _manage(arguments: list[str], options: dict[str, Any]) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], **options, check=True)


MAKE = """
import uuid
from django.contrib.auth.models import User
from catalog.models import Endpoint
from playground.models import Run
user = User.objects.create_user(f"bench-{{uuid.uuid4().hex[:8]}}")
endpoint, _ = Endpoint.objects.get_or_create(endpoint_id="{model}", defaults=dict(display_name="Slow", owner="mischief", category="x"))
arguments = dict(prompt="x", duration={hold}, log_lines=1, picture=False)
Run.objects.bulk_create([Run(user=user, endpoint=endpoint, form_token=uuid.uuid4().hex, arguments=arguments) for _ in range({count})])
"""
LOOK = """
import time
from playground.models import Run
while True:
    runs = Run.objects
    print(runs.filter(state__in=["created", "submitting"]).count(), runs.unfinished().count(), runs.filter(state="succeeded").count(), flush=True)
    time.sleep(1)
"""


def _bare(stage: Stage, count: int) -> dict[str, float]:
    """The same by nothing but httpx, in a process of its own."""
    upstream = _upstream(stage, "upstream-bare", count)
    base = upstream.line("Sandbox at ").split()[2]
    command = [sys.executable, "-m", "bench.workload", base, KEY, str(count)]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    upstream.stop()
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


async def bare(base: str, key: str, count: int) -> dict[str, float]:
    """Submit, listen, fetch: what any client of the queue has to do."""
    import httpx

    begun, sent, ended = time.monotonic(), [], []
    # Idle connections go before the sandbox closes them (5 s), as in the product.
    limits = httpx.Limits(max_connections=count + 100, keepalive_expiry=4)
    asking = asyncio.Semaphore(100)
    body = {"prompt": "x", "duration": HOLD_S, "log_lines": 1, "picture": False}
    headers = {"authorization": f"Key {key}"}
    async with httpx.AsyncClient(headers=headers, timeout=120, limits=limits) as client:

        async def one() -> None:
            async with asking:
                handle = (await client.post(f"{base}/queue/{MODEL}", json=body)).json()
            sent.append(time.monotonic())
            async with client.stream("GET", f"{handle['status_url']}/stream") as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data:") and '"COMPLETED"' in line:
                        break
            async with asking:
                (await client.get(handle["response_url"])).raise_for_status()
            ended.append(time.monotonic())

        await asyncio.gather(*(one() for _ in range(count)))
    now = spent(os.getpid())
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
