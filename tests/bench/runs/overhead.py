"""G1 and G2: the overhead of a run over the model's own time, and the number of upstream calls.

Measured from the click to the painted image in Chromium, minus the model's time as the sandbox
measured it. The model's time differs in every round, so that polling at an interval gets neither
lucky nor unlucky timing throughout. Product (also on PostgreSQL if configured), floor and, if it is
installed, Gradio alternate; then product and floor once more with network latency to upstream.
"""

from __future__ import annotations

import random
from collections import defaultdict

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
from tests.bench.runs.targets import (
    GRADIO,
    MODEL,
    Target,
    Targets,
    gradio_python,
    pages,
    unmeasured,
)
from tests.bench.stage.product import Product
from tests.bench.stage.stage import Stage

LONG = 10.0
MORE_S = 0.5  # a run of T seconds takes at most this much longer
DISTANT_MS = 60.0
DISTANT_S = 2.0
DISTANT_ROUNDS = 2
MORE_MS = 20
AFTER_SUBMIT = ("status_stream", "status", "result")
NO_STREAM = {"kind": "status_stream", "name": "404", "times": 1_000_000}

Samples = dict[str, list[float]]


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, lengths: tuple[float, ...] = (0.3, 2.0)
) -> list[Goal]:
    """Measure G1 for each length, with G2 counted in the same runs.

    Then G2 without the status stream, and G1 with network latency.
    """
    targets = all_targets(stage, stage.products)
    goals: list[Goal] = []
    try:
        warm(targets)
        for seconds in (*lengths, *(LONG,) * is_full):
            # Longer runs get fewer rounds.
            few = rounds if seconds == lengths[0] else max(round(rounds / (1 + seconds)), 1)
            samples, calls = measure(stage, targets, seconds, few)
            for on in stage.products:
                goals += overhead(on, seconds, samples) + upstream_calls(on, seconds, calls)
        goals += without_stream(stage, targets["product"], LONG if rounds > 1 else lengths[0])
    finally:
        close(targets)
    if GRADIO not in targets:
        goals.append(without_goal("G1", GRADIO, unmeasured(gradio_python())))
    return goals + measure_with_latency(stage, min(rounds, DISTANT_ROUNDS))


def all_targets(stage: Stage, products: dict[str, Product]) -> Targets:
    """Return all targets: the products, by `product` and name, and the references."""
    ours = {
        f"product{on}": Target(stage, product.address, product.login)
        for on, product in products.items()
    }
    return {**ours, **pages(stage)}


def warm(targets: Targets) -> None:
    """Warm up connections, caches, and the model's own code."""
    for target in targets.values():
        target.run(0.1)


def close(targets: Targets) -> None:
    """Close all targets."""
    for target in targets.values():
        target.close()


def measure_with_latency(stage: Stage, rounds: int) -> list[Goal]:
    """Measure G1 with latency on every byte to and from upstream, including the image."""
    with stage.with_latency(DISTANT_MS) as distant:
        targets = all_targets(distant, distant.products)
        try:
            warm(targets)
            samples, _ = measure(distant, targets, DISTANT_S, rounds)
        finally:
            close(targets)
    what = f"overhead, T = {DISTANT_S:g} s, upstream {DISTANT_MS:g} ms away"
    floor = median(samples["floor"])
    return [
        at_most_above(
            "G1",
            f"{what}{on}, median",
            median(samples[f"product{on}"]),
            floor,
            MORE_MS,
            "ms",
        )
        for on in distant.products
    ]


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
    away = f", upstream {stage.round_trip_ms:g} ms away" if stage.round_trip_ms else ""
    print(
        f"\nOverhead of a run of {seconds:g} to {seconds + MORE_S:g} s{away}, {rounds} rounds, ms"
    )
    print(table(["", "median", "p90", "least", "most", "calls"], rows), flush=True)
    return samples, calls


def overhead(on: str, seconds: float, samples: Samples) -> list[Goal]:
    """Return the result of G1 for one product and one length."""
    product, floor = samples[f"product{on}"], samples["floor"]
    what = f"overhead{on}, T = {seconds:g} s"
    goals = [at_most_ratio("G1", f"{what}, median", median(product), median(floor), 1.5, "ms")]
    if theirs := samples.get(GRADIO):
        goals.append(
            at_most_ratio(
                "G1", f"{what}, median", median(product), median(theirs), 0.5, "ms", GRADIO
            )
        )
    return goals


def upstream_calls(on: str, seconds: float, calls: Samples) -> list[Goal]:
    """Return the result of G2 for one product and one length."""
    what = f"calls after the submit{on}, T = {seconds:g} s"
    return [at_most_ratio("G2", what, max(calls[f"product{on}"]), median(calls["floor"]), 1, "")]


def without_stream(stage: Stage, product: Target, seconds: float) -> list[Goal]:
    """Measure G2 when upstream has no status stream: the number of polls and their overhead."""
    stage.upstream.post("/_sandbox/faults", json=NO_STREAM).raise_for_status()
    try:
        over = product.run(seconds) - model_ms(stage)
    finally:
        stage.upstream.delete("/_sandbox/faults")
    calls = count_calls(stage)
    tries = calls["status"] + calls["status_stream"]
    what = f"no status stream, T = {seconds:g} s"
    return [
        at_most("G2", f"{what}: polls", calls["status"], 12, ""),
        at_most("G2", f"{what}: polls and stream tries", tries, 12, ""),
        without_goal("G2", f"{what}: overhead", f"{over:.0f} ms"),
    ]


def count_calls(stage: Stage) -> dict[str, int]:
    """Return the upstream calls since the last reset by kind, except submits."""
    calls = stage.upstream.get("/_sandbox/calls").json()["calls"]
    return {kind: calls.get(kind, 0) for kind in AFTER_SUBMIT}


def model_ms(stage: Stage) -> float:
    """Return the model's own time in the last run, as upstream measured it."""
    params: dict[str, str | int] = {"endpoint_id": MODEL, "limit": 1}
    rows = stage.upstream.get("/api/v1/models/requests/by-endpoint", params=params).json()["items"]
    return float(rows[0]["duration"]) * 1000
