"""G1 and G2: what a run costs beyond the model's own time, and how often upstream is asked.

From the click to the picture painted in Chromium, less the seconds that the model itself took (as
the sandbox measured them). Product, floor and fal-client take turns, round by round.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page

from bench import peers
from bench.browser import painted_ms
from bench.figures import Goal, at_most, median, note, percentile, table, times
from bench.stage import KEY, ROOT, Broken, Stage

MODEL = "mischief/slow"
PICTURE = "#stage img"
RUN = "#run-button"
LONG = 10.0
AFTER_SUBMIT = ("status_stream", "status", "result")
NO_STREAM = {"kind": "status_stream", "name": "404", "times": 1_000_000}
CLIENT = "fal-client"
# The whole of fal-client's own road to a picture; it wants https hosts, the sandbox has none.
SUBSCRIBE = """
import sys, time, json, httpx, fal_client.client as client
base, key, model = sys.argv[1:]
client.QUEUE_URL_FORMAT, client.RUN_URL_FORMAT = base + "/queue/", base + "/run/"
fal = client.SyncClient(key=key)
pictures = httpx.Client()
for line in sys.stdin:
    start = time.perf_counter()
    output = fal.subscribe(model, json.loads(line))
    pictures.get(output["images"][0]["url"]).raise_for_status()
    print((time.perf_counter() - start) * 1000, flush=True)
"""

Samples = dict[str, list[float]]


def arguments(seconds: float) -> dict[str, object]:
    """A run of a known length; one log line, and a picture that no cache knows."""
    return {"prompt": "patience", "duration": seconds, "log_lines": 1}


class Target:
    """One page that is clicked, round after round, in a browser profile of its own."""

    def __init__(self, stage: Stage, base: str, login: str = "") -> None:
        self.stage = stage
        self.base = base
        self.context = stage.browser.new_context()
        if login:
            page = self.context.new_page()
            page.goto(login)
            page.close()

    def run(self, seconds: float) -> float:
        """Open the model's page, fill it in, click; milliseconds until painted."""
        page = self.context.new_page()
        try:
            fill = quote(json.dumps(arguments(seconds)))
            page.goto(f"{self.base}/models/{MODEL}/?input={fill}", wait_until="networkidle")
            self._fill(page, seconds)
            self.stage.upstream.delete("/_sandbox/calls")
            return painted_ms(page, RUN, PICTURE, seconds + 30)
        finally:
            page.close()

    def _fill(self, page: Page, seconds: float) -> None:
        for name, value in arguments(seconds).items():
            control = page.locator(f"[name={name}]").first
            if control.input_value() != str(value):
                control.fill(str(value))

    def close(self) -> None:
        self.context.close()


class Client:
    """One of fal's own clients in a process of its own, without a browser."""

    def __init__(self, stage: Stage, command: list[str], folder: Path = ROOT) -> None:
        self.stage = stage
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=folder)

    def run(self, seconds: float) -> float:
        """Subscribe and fetch the picture; milliseconds."""
        assert self.process.stdin
        assert self.process.stdout
        self.stage.upstream.delete("/_sandbox/calls")
        self.process.stdin.write(json.dumps(arguments(seconds)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Broken(f"{self.process.args!r} ended")
        return float(line)

    def close(self) -> None:
        self.process.communicate()


def clients(stage: Stage) -> dict[str, Target | Client]:
    """fal's own clients: the one for Python, and those for JavaScript where they are installed."""
    asked = [stage.sandbox, KEY, MODEL]
    found: dict[str, Target | Client] = {
        CLIENT: Client(stage, [sys.executable, "-c", SUBSCRIBE, *asked])
    }
    for mode, command in peers.fal_clients(asked).items():
        found[f"@fal-ai/client, {mode}"] = Client(stage, command, peers.folder())
    return found


def ask(
    stage: Stage, rounds: int, is_full: bool, lengths: tuple[float, ...] = (0.3, 2.0)
) -> list[Goal]:
    """G1 at each length, with G2 counted on the way; then G2 without the status stream."""
    targets: dict[str, Target | Client] = {
        "product": Target(stage, stage.product, stage.login),
        "floor": Target(stage, stage.floor),
        **clients(stage),
    }
    goals: list[Goal] = []
    try:
        for target in targets.values():
            target.run(0.1)  # warm: connections, caches, the model's own code
        for seconds in (*lengths, *(LONG,) * is_full):
            # The longer the run, the fewer of them.
            few = min(rounds, max(round(rounds / (1 + seconds)), 3))
            samples, calls = measure(stage, targets, seconds, few)
            goals += overhead(seconds, samples) + upstream_calls(seconds, calls)
        goals += without_stream(stage, targets["product"], LONG if rounds > 1 else lengths[0])
    finally:
        for target in targets.values():
            target.close()
    if not find_spec("gradio"):
        goals.append(note("G1", "Gradio", "not installed, so not measured"))
    return goals


def measure(
    stage: Stage, targets: dict[str, Target | Client], seconds: float, rounds: int
) -> tuple[Samples, Samples]:
    """Milliseconds over the model's time, and upstream calls after the submit, by target."""
    samples: Samples = defaultdict(list)
    calls: Samples = defaultdict(list)
    for _ in range(rounds):
        for name, target in targets.items():
            elapsed = target.run(seconds)
            samples[name].append(elapsed - model_ms(stage))
            calls[name].append(sum(counted(stage).values()))
    rows = []
    for name, ms in samples.items():
        figures = (median(ms), percentile(ms, 0.9), min(ms), max(ms))
        rows.append([name, *(f"{value:.0f}" for value in figures), f"{median(calls[name]):g}"])
    print(f"\nOverhead of a run of {seconds:g} s, {rounds} rounds, ms")
    print(table(["", "median", "p90", "least", "most", "calls"], rows), flush=True)
    return samples, calls


def overhead(seconds: float, samples: Samples) -> list[Goal]:
    """G1 at one length."""
    product, floor = samples["product"], samples["floor"]
    what = f"overhead, T = {seconds:g} s"
    p90, floor_p90 = percentile(product, 0.9), percentile(floor, 0.9)
    client = _of_clients(samples, "ms")
    return [
        times("G1", f"{what}, median", median(product), median(floor), 1.5, "ms"),
        at_most("G1", f"{what}, p90", p90, 60, "ms", floor_p90),
        note("G1", f"{what}, no browser", "", client),
    ]


def _of_clients(samples: Samples, unit: str) -> str:
    """The medians of fal's own clients, in words."""
    theirs = {name: median(values) for name, values in samples.items() if "client" in name}
    return "; ".join(f"{name} {value:.0f} {unit}".strip() for name, value in theirs.items())


def upstream_calls(seconds: float, calls: Samples) -> list[Goal]:
    """G2 at one length."""
    what = f"calls after the submit, T = {seconds:g} s"
    client = _of_clients(calls, "")
    most = max(calls["product"])
    return [
        times("G2", what, most, median(calls["floor"]), 1, ""),
        note("G2", what, f"{most:g}", client),
    ]


def without_stream(stage: Stage, product: Target | Client, seconds: float) -> list[Goal]:
    """G2 where upstream has no status stream: polls, and what they cost in time."""
    stage.upstream.post("/_sandbox/faults", json=NO_STREAM).raise_for_status()
    try:
        over = product.run(seconds) - model_ms(stage)
    finally:
        stage.upstream.delete("/_sandbox/faults")
    calls = counted(stage)
    tries = calls["status"] + calls["status_stream"]
    what = f"no status stream, T = {seconds:g} s"
    return [
        at_most("G2", f"{what}: polls", calls["status"], 12, ""),
        at_most("G2", f"{what}: polls and stream tries", tries, 12, ""),
        note("G2", f"{what}: overhead", f"{over:.0f} ms"),
    ]


def counted(stage: Stage) -> dict[str, int]:
    """Upstream's calls since the last reset, by kind, but for the submit."""
    found = stage.upstream.get("/_sandbox/calls").json()["calls"]
    return {kind: found.get(kind, 0) for kind in AFTER_SUBMIT}


def model_ms(stage: Stage) -> float:
    """What the last run took the model itself, as upstream measured it."""
    params: dict[str, str | int] = {"endpoint_id": MODEL, "limit": 1}
    rows = stage.upstream.get("/api/v1/models/requests/by-endpoint", params=params).json()["items"]
    return float(rows[0]["duration"]) * 1000
