"""G1 and G2: the overhead of a run over the model's own time, and the number of upstream calls.

Measured from the click to the painted image in Chromium, minus the model's time as the sandbox
measured it. The model's time differs in every round, so that polling at an interval gets neither
lucky nor unlucky timing throughout. Product, floor and, if it is installed, Gradio alternate; then
product and floor once more with an upstream that is far away.
"""

import random
from collections import defaultdict

from tests.bench import gradio
from tests.bench.figures import (
    Goal,
    at_most,
    at_most_above,
    at_most_ratio,
    median,
    percentile,
    table,
    without_goal,
)
from tests.bench.runs.targets import MODEL, Target
from tests.bench.stage.stage import Stage

LONG = 10.0
MORE_S = 0.5  # a run of T seconds takes at most this much longer
DISTANT_S, DISTANT_ROUND_TRIP_S, DISTANT_ROUNDS = 2.0, 0.06, 2
MORE_MS = 20
AFTER_SUBMIT = ("status_stream", "status", "result")
NO_STREAM = {"kind": "status_stream", "name": "404", "times": 1_000_000}
# Upstream begins each call on the way from the click to the picture one round trip later.
LATER = [
    {"kind": kind, "name": "slow", "value": DISTANT_ROUND_TRIP_S, "times": 1_000_000}
    for kind in ("submit", "status", "result", "file")
]

Targets = dict[str, Target]
Samples = dict[str, list[float]]


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, lengths: tuple[float, ...] = (0.3, 2.0)
) -> list[Goal]:
    """Measure G1 for each length, with G2 counted in the same runs.

    Then G2 without the status stream, and G1 with network latency.
    """
    product = Target(stage, stage.product.address, stage.product.storage_state)
    near = {"product": product, "floor": Target(stage, stage.floor.address)}
    targets = near | gradio.targets(stage)
    goals: list[Goal] = []
    try:
        for target in targets.values():
            target.run(0.1)  # warms up connections, caches, and the model's own code
        for seconds in (*lengths, *(LONG,) * is_full):
            # Longer runs get fewer rounds.
            few = rounds if seconds == lengths[0] else max(round(rounds / (1 + seconds)), 1)
            goals += overhead(seconds, *measure(stage, targets, seconds, few))
        goals += without_stream(stage, product, LONG if rounds > 1 else lengths[0])
        goals.append(with_latency(stage, near, min(rounds, DISTANT_ROUNDS)))
    finally:
        for target in targets.values():
            target.context.close()
    if gradio.NAME not in targets:
        why = "broken" if gradio.python() else "not installed"
        goals.append(without_goal("G1", gradio.NAME, f"{why}, so not measured"))
    return goals


def measure(stage: Stage, targets: Targets, seconds: float, rounds: int) -> tuple[Samples, Samples]:
    """Return the milliseconds above the model's time, and upstream calls, by target."""
    samples: Samples = defaultdict(list)
    calls: Samples = defaultdict(list)
    dice = random.Random(seconds)  # each call gets the same lengths
    for _ in range(rounds):
        length = round(seconds + dice.uniform(0, MORE_S), 3)
        for name, target in targets.items():
            elapsed = target.run(length)
            samples[name].append(elapsed - model_ms(stage))
            calls[name].append(sum(count_calls(stage).values()))
    rows = []
    for name, ms in samples.items():
        figures = (median(ms), percentile(ms, 0.9), min(ms), max(ms))
        rows.append([name, *(f"{value:.0f}" for value in figures), f"{median(calls[name]):g}"])
    print(f"\nOverhead of a run of {seconds:g} to {seconds + MORE_S:g} s, {rounds} rounds, ms")
    print(table(["", "median", "p90", "least", "most", "calls"], rows), flush=True)
    return samples, calls


def overhead(seconds: float, samples: Samples, calls: Samples) -> list[Goal]:
    """Return the results of G1 and G2 for one length."""
    what = f"overhead, T = {seconds:g} s, median"
    ours = median(samples["product"])
    goals = [at_most_ratio("G1", what, ours, median(samples["floor"]), 1.5, "ms")]
    if theirs := samples.get(gradio.NAME):
        goals.append(at_most_ratio("G1", what, ours, median(theirs), 0.5, "ms", gradio.NAME))
    what = f"calls after the submit, T = {seconds:g} s"
    return [
        *goals,
        at_most_ratio("G2", what, max(calls["product"]), median(calls["floor"]), 1, ""),
    ]


def without_stream(stage: Stage, product: Target, seconds: float) -> list[Goal]:
    """Measure G2 when upstream has no status stream: the number of polls and their overhead."""
    with stage.faults(NO_STREAM):
        over = product.run(seconds) - model_ms(stage)
    calls = count_calls(stage)
    tries = calls["status"] + calls["status_stream"]
    what = f"no status stream, T = {seconds:g} s"
    return [
        at_most("G2", f"{what}: polls", calls["status"], 12, ""),
        at_most("G2", f"{what}: polls and stream tries", tries, 12, ""),
        without_goal("G2", f"{what}: overhead", f"{over:.0f} ms"),
    ]


def with_latency(stage: Stage, targets: Targets, rounds: int) -> Goal:
    """Measure G1 with an upstream that is far away, also for the image."""
    away = f"upstream {1000 * DISTANT_ROUND_TRIP_S:g} ms away"
    print(f"\nWith {away}:")
    with stage.faults(LATER):
        samples, _ = measure(stage, targets, DISTANT_S, rounds)
    what = f"overhead, T = {DISTANT_S:g} s, {away}, median"
    ours, floor = median(samples["product"]), median(samples["floor"])
    return at_most_above("G1", what, ours, floor, MORE_MS, "ms")


def count_calls(stage: Stage) -> dict[str, int]:
    """Return the upstream calls since the last reset by kind, except submits."""
    calls = stage.upstream.get("/_sandbox/calls").json()["calls"]
    return {kind: calls.get(kind, 0) for kind in AFTER_SUBMIT}


def model_ms(stage: Stage) -> float:
    """Return the model's own time in the last run, as upstream measured it."""
    params: dict[str, str | int] = {"endpoint_id": MODEL, "limit": 1}
    rows = stage.upstream.get("/api/v1/models/requests/by-endpoint", params=params).json()["items"]
    return float(rows[0]["duration"]) * 1000
