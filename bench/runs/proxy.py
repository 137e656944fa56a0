"""Calls of fal's clients through the product, compared with a minimal proxy, in turns.

Each call goes through both to the same sandbox: a submit, the statuses and the result as
`subscribe` of fal's Python client requests them, and streams. The time before the product calls the
model is reported separately: it ends with the head of the response, from which the times of the
chunks are counted. Memory is that of web and gateway with many idle streams open, minus that with
one. Also measured: search by the API and by its page, and the answers of the assistant tools.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from bench.figures import Goal, at_most, at_most_above, at_most_ratio, median, table
from bench.runs.rest import usages
from bench.stage.children import HOST, Broken, Child, free_port, wait
from bench.stage.process_usage import allow_many_files
from bench.stage.product import Product
from bench.stage.stage import KEY, Stage

APP, SCRIBE = "mischief/slow", "sandbox/scribe"
QUEUE, RUN = "https://queue.fal.run", "https://fal.run"
INPUT = {"duration": 1, "picture": False}
POLL_S = 0.1  # protocol, section 5.7
ASKED = {"prompt": "sea", "max_tokens": 30}
SUBMIT_MS, CHUNK_MS, SEARCH_RATIO, ANSWER_KB, STREAMS_MB = 20, 10, 1.2, 8, 40
STREAMS = 200
AT_ONCE, MADE_S = 7, 1.5  # streams started at once (the sandbox runs eight), seconds to start them
QUESTIONS = ("photo to video", "upscale a picture", "text to speech in german")
TOOLS: dict[str, dict[str, Any]] = {
    "find_models": {"question": "photo to video", "limit": 20},
    "read_model": {"endpoint_id": SCRIBE},
    "list_runs": {},
}
ROOM = {"RUNS_AT_ONCE": "5000", "RUNS_AT_ONCE_PER_USER": "5000"}


class Side:
    """One proxy, called as fal's clients do."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self.headers = {"authorization": f"Key {token}", "content-type": "application/json"}
        self.http = httpx.Client(base_url=base, headers=self.headers, timeout=60)

    def call(self, method: str, target: str, body: Any = None) -> tuple[float, httpx.Response]:
        """Return the milliseconds until the complete response, and the response."""
        headers = {"x-fal-target-url": target}
        began = time.perf_counter()
        response = self.http.request(method, "/api/fal/proxy", headers=headers, json=body)
        took = 1000 * (time.perf_counter() - began)
        response.read()
        return took, response

    def subscribe(self) -> dict[str, list[float]]:
        """Return the milliseconds of each submit, status and result of one run (section 5.7)."""
        submit, answer = self.call("POST", f"{QUEUE}/{APP}", INPUT)
        request = f"{QUEUE}/{APP}/requests/{answer.json()['request_id']}"
        statuses: list[float] = []

        def is_over() -> bool:
            took, answer = self.call("GET", f"{request}/status")
            statuses.append(took)
            return bool(answer.json()["status"] == "COMPLETED")

        wait(is_over, lambda: "a run does not end", every_s=POLL_S)
        is_over()  # the client requests the status once more
        result, answer = self.call("GET", request)
        if answer.status_code != 200:
            raise Broken(f"{self.base}: {answer.text}")
        return {"submit": [submit], "status": statuses, "result": [result]}

    def chunks(self) -> list[float]:
        """Return the ms from the call to the response's head, then from the head to each chunk."""
        headers = {"x-fal-target-url": f"{RUN}/{SCRIBE}/stream"}
        times: list[float] = []
        began = time.perf_counter()
        with self.http.stream("POST", "/api/fal/proxy", headers=headers, json=ASKED) as response:
            head = time.perf_counter()
            times.append(1000 * (head - began))
            times.extend(
                1000 * (time.perf_counter() - head)
                for line in response.iter_lines()
                if line.startswith("data:")
            )
        return times


def measure_goals(stage: Stage, rounds: int, is_full: bool, streams: int = STREAMS) -> list[Goal]:
    """Return the speed of all interfaces."""
    allow_many_files()
    product = Product(stage, "proxied", more=ROOM)
    ours = Side(product.address, _token(product))
    port = free_port()
    command = [sys.executable, "-m", "bench.runs.passthrough", str(port), stage.sandbox, KEY]
    address = stage.start("passthrough", command).answering(f"http://{HOST}:{port}")
    sides = {"product": ours, "bare": Side(address, "none")}
    goals = _calls(sides, rounds) + _streams(sides, rounds)
    goals += _searches(product, ours, rounds) + _assistant(ours)
    goals.append(_memory(stage, product, ours, streams))
    return goals


def _token(product: Product) -> str:
    command = [sys.executable, "manage.py", "token", "owner", "--name=bench", "--scope=read,run"]
    output = subprocess.run(
        command, cwd=product.checkout, env=product.environment, capture_output=True, text=True
    ).stdout
    token = next((word for word in output.split() if word.startswith("vitrine_")), "")
    if not token:
        raise Broken(f"no token was made: {output!r}")
    return token


def _calls(sides: dict[str, Side], rounds: int) -> list[Goal]:
    """Measure submit, status and result."""
    times: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            for what, values in side.subscribe().items():
                if number:  # the first round warms up
                    times[name][what] += values
    goals = []
    for what, more in (("submit", SUBMIT_MS), ("status", 0), ("result", 0)):
        ours, bare = (median(times[name][what]) for name in ("product", "bare"))
        goals.append(at_most_above("PROXY", f"proxied {what}, p50", ours, bare, more, "ms", "bare"))
    return goals


def _streams(sides: dict[str, Side], rounds: int) -> list[Goal]:
    """Measure how much later the chunks of a stream arrive."""
    times: dict[str, list[list[float]]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, side in sides.items():
            chunks = side.chunks()
            if number:
                times[name].append(chunks)
    length = min(len(chunks) for runs in times.values() for chunks in runs)
    rows = [
        [
            str(place) if place else "head",
            *(f"{median(run[place] for run in runs):.1f}" for runs in times.values()),
        ]
        for place in (0, 1, length // 2, length - 1)
    ]
    print(table(["chunk", *(f"{name}, ms" for name in times)], rows), flush=True)
    apart = [
        median(run[place] for run in times["product"]) - median(run[place] for run in times["bare"])
        for place in range(length)
    ]
    label = "stream: chunks come later, p50"
    ours, bare = (median(run[0] for run in times[name]) for name in ("product", "bare"))
    return [
        at_most_above("PROXY", "stream: its head, p50", ours, bare, SUBMIT_MS, "ms", "bare"),
        at_most("PROXY", label, max(0.0, median(apart[1:])), CHUNK_MS, "ms"),
    ]


def _searches(product: Product, ours: Side, rounds: int) -> list[Goal]:
    """Compare search by the API with its page."""
    with httpx.Client(base_url=product.address, timeout=30) as page:
        page.cookies.update(
            {cookie["name"]: cookie["value"] for cookie in product.cookies["cookies"]}
        )
        ways: dict[str, tuple[httpx.Client, str]] = {
            "api": (ours.http, "/api/v1/models"),
            "page": (page, "/models/"),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds + 1):
            for question in QUESTIONS:
                for name, (client, path) in ways.items():
                    began = time.perf_counter()
                    client.get(path, params={"q": question}).raise_for_status()
                    if number:
                        times[name].append(1000 * (time.perf_counter() - began))
    api, own = median(times["api"]), median(times["page"])
    return [
        at_most_ratio("PROXY", "/api/v1/models?q=, p50", api, own, SEARCH_RATIO, "ms", "its page")
    ]


def _assistant(ours: Side) -> list[Goal]:
    """Measure the largest answer to an assistant."""
    sizes = []
    for name, arguments in TOOLS.items():
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments},
        }
        headers = {"accept": "application/json, text/event-stream"}
        answer = ours.http.post("/mcp", json=body, headers=headers)
        answer.raise_for_status()
        sizes.append(len(answer.content) / 1000)
    return [at_most("PROXY", "an assistant's largest answer", max(sizes), ANSWER_KB, "KB")]


def _memory(stage: Stage, product: Product, ours: Side, streams: int) -> Goal:
    """Return the memory that so many open streams take in web and gateway together."""
    fault = {"kind": "stream", "name": "mute", "value": 1, "times": streams + AT_ONCE}
    stage.upstream.post("/_sandbox/faults", json=fault).raise_for_status()
    try:
        with ThreadPoolExecutor(1) as apart:  # Playwright's event loop runs in this thread
            before, after = apart.submit(asyncio.run, _hold(ours, product.up, streams)).result()
    finally:
        stage.upstream.delete("/_sandbox/faults")
    return at_most(
        "PROXY", f"{streams} open streams: more memory", after - before, STREAMS_MB, "MB"
    )


async def _hold(ours: Side, up: Child, streams: int) -> tuple[float, float]:
    """Return the megabytes with one open stream, and with all of them."""
    headers = ours.headers | {"x-fal-target-url": f"{RUN}/{SCRIBE}/stream"}
    limits = httpx.Limits(max_connections=None)
    began: set[asyncio.Task[None] | None] = set()
    async with httpx.AsyncClient(base_url=ours.base, timeout=60, limits=limits) as client:

        async def hold() -> None:
            async with client.stream(
                "POST", "/api/fal/proxy", headers=headers, json=ASKED
            ) as response:
                response.raise_for_status()
                async for _ in response.aiter_lines():
                    began.add(asyncio.current_task())

        held = [asyncio.create_task(hold())]

        def have_all_begun() -> bool:
            return len(began) == len(held)

        try:
            await _until(have_all_begun, held)
            await asyncio.sleep(2)
            before = _megabytes(up)
            while len(held) <= streams:  # the sandbox starts a few at a time
                held += [asyncio.create_task(hold()) for _ in range(AT_ONCE)]
                await _until(have_all_begun, held)
                await asyncio.sleep(MADE_S)
            await asyncio.sleep(2)
            return before, _megabytes(up)
        finally:
            for task in held:
                task.cancel()
            await asyncio.gather(*held, return_exceptions=True)


async def _until(condition: Callable[[], bool], tasks: list[asyncio.Task[None]]) -> None:
    async with asyncio.timeout(120):
        while not condition():
            if ended := [task for task in tasks if task.done()]:
                raise Broken(f"a stream has ended: {ended[0].exception()!r}")
            await asyncio.sleep(0.05)


def _megabytes(up: Child) -> float:
    processes = usages(up.process.pid).values()
    return sum(usage.pss_mb for usage in processes if usage.name in {"web", "realtime"})
