"""What a program pays for going through Vitrine: beside the same call direct and through LiteLLM.

One client makes the calls of every contender in turn, over connections that stay open. The model
takes no time, so what is added to the direct call is the proxy's. LiteLLM's proxy calls fal's sync
host alone and keeps nothing; through Vitrine such a call is a run like any other, in the queue.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx

from bench.figures import Goal, at_most_ratio, median, percentile, table, without_goal
from bench.runs.targets import unmeasured
from bench.stage.children import HOST, ROOT, Broken, clean_environment, free_port
from bench.stage.product import Product
from bench.stage.stage import KEY, Stage

MODEL = "mischief/slow"
ARGUMENTS = {"prompt": "patience", "duration": 0, "log_lines": 1, "picture": False}
POLL_S = 0.1  # as fal-client
WARMING = 3
LITELLM, DIRECT, VITRINE = "LiteLLM", "direct", "Vitrine"
LITELLM_KEY = "sk-bench"
LITELLM_PROGRAM = ROOT / "var" / "litellm" / "bin" / "litellm"
TIMES_LITELLM, TIMES_DIRECT = 6.0, 1.5  # guards: a run through Vitrine is kept and followed

Call = Callable[[], Any]
Samples = dict[tuple[str, str], list[float]]  # milliseconds, by way and contender


def measure_goals(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Return what going through Vitrine adds, in milliseconds and in upstream calls."""
    with httpx.Client(timeout=60) as client:
        contenders = _contenders(stage, client)
        for call in (*contenders.values(),) * WARMING:
            call()
        samples, calls = _measure(stage, contenders, rounds)
    goals = [_against_direct(samples), *_added(samples, calls)]
    if ("sync", LITELLM) in samples:
        return [_against_litellm(samples), *goals]
    return [*goals, without_goal("clients", LITELLM, unmeasured(LITELLM_PROGRAM.exists()))]


def _contenders(stage: Stage, client: httpx.Client) -> dict[tuple[str, str], Call]:
    """Return the calls to be compared, by way (as the figures name it) and contender."""
    ours, token = f"{stage.product.address}/api/fal", _token(stage.product)
    contenders: dict[tuple[str, str], Call] = {
        ("sync", DIRECT): partial(_call, client, f"{stage.sandbox}/run/{MODEL}", KEY),
        ("sync", VITRINE): partial(_call, client, f"{ours}/run/{MODEL}", token),
        ("queue", DIRECT): partial(_subscribe, client, f"{stage.sandbox}/queue/{MODEL}", KEY),
        ("queue", VITRINE): partial(_subscribe, client, f"{ours}/queue/{MODEL}", token),
    }
    if address := _litellm(stage):
        body = ARGUMENTS | {"model": "slow"}
        url = f"{address}/v1/images/generations"
        contenders["sync", LITELLM] = partial(_call, client, url, LITELLM_KEY, body, "Bearer")
    return contenders


def _call(
    client: httpx.Client, url: str, key: str, body: Any = ARGUMENTS, scheme: str = "Key"
) -> dict[str, Any]:
    response = client.post(url, json=body, headers={"Authorization": f"{scheme} {key}"})
    answer: dict[str, Any] = response.raise_for_status().json()
    return answer


def _subscribe(client: httpx.Client, url: str, key: str) -> Any:
    """Submit to a queue, poll and fetch the result, as fal-client's `subscribe` does."""
    submitted, headers = _call(client, url, key), {"Authorization": f"Key {key}"}
    while True:
        status = client.get(submitted["status_url"], headers=headers).raise_for_status().json()
        if status["status"] == "COMPLETED":
            return client.get(submitted["response_url"], headers=headers).raise_for_status().json()
        time.sleep(POLL_S)


def _measure(
    stage: Stage, contenders: dict[tuple[str, str], Call], rounds: int
) -> tuple[Samples, dict[tuple[str, str], float]]:
    """Return the milliseconds of each call, and the upstream calls for one run."""
    samples: Samples = defaultdict(list)
    calls: Samples = defaultdict(list)
    for _ in range(rounds):
        for contender, call in contenders.items():
            stage.upstream.delete("/_sandbox/calls")
            began = time.perf_counter()
            call()
            samples[contender].append((time.perf_counter() - began) * 1000)
            calls[contender].append(stage.upstream.get("/_sandbox/calls").json()["total"])
    counted = {contender: median(values) for contender, values in calls.items()}
    rows = []
    for (way, name), ms in sorted(samples.items()):
        figures = (median(ms), percentile(ms, 0.95), min(ms))
        figures_in_words = (f"{value:.1f}" for value in figures)
        rows.append([f"{way}, {name}", *figures_in_words, f"{counted[way, name]:g}"])
    print(f"\nOne call of a model that takes no time, {rounds} rounds, ms")
    print(table(["", "median", "p95", "least", "upstream calls"], rows), flush=True)
    return samples, counted


def _against_litellm(samples: Samples) -> Goal:
    direct = median(samples["sync", DIRECT])
    ours, theirs = (median(samples["sync", name]) - direct for name in (VITRINE, LITELLM))
    what = "sync call: added by Vitrine, median"
    return at_most_ratio("clients", what, ours, theirs, TIMES_LITELLM, "ms", LITELLM)


def _against_direct(samples: Samples) -> Goal:
    ours, direct = (median(samples["queue", name]) for name in (VITRINE, DIRECT))
    what = "subscribe through Vitrine, median"
    return at_most_ratio("clients", what, ours, direct, TIMES_DIRECT, "ms", DIRECT)


def _added(samples: Samples, calls: dict[tuple[str, str], float]) -> Iterator[Goal]:
    """Yield what each proxy adds to a call; the 95th percentile decides nothing."""
    for (way, name), ms in samples.items():
        if name == DIRECT:
            continue
        direct = samples[way, DIRECT]
        medians, tails = (f(ms) - f(direct) for f in (median, partial(percentile, share=0.95)))
        added = f"{medians:.0f} ms, p95 {tails:.0f} ms"
        upstream = f"{calls[way, name]:g} upstream calls, direct {calls[way, DIRECT]:g}"
        yield without_goal("clients", f"{way}: added by {name}", added, upstream)


def _token(product: Product) -> str:
    """Return a new token of the product's owner."""
    command = [sys.executable, "manage.py", "token", "owner", "--name=bench", "--scope=run"]
    ran = subprocess.run(
        command,
        cwd=product.checkout,
        env=product.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise Broken(ran.stderr)
    return ran.stdout.split()[-1]


def _litellm(stage: Stage) -> str:
    """Start LiteLLM's proxy before the sandbox and return its address; empty without one.

    `make bench` installs it, as `requirements/litellm.txt` says, into its own environment.
    """
    if not LITELLM_PROGRAM.exists():
        return ""
    port, settings = free_port(), stage.scratch / "litellm.yaml"
    settings.write_text(
        "model_list:\n"
        "  - model_name: slow\n"
        "    litellm_params:\n"
        f"      model: fal_ai/{MODEL}\n"
        f"      api_base: {stage.sandbox}/run/{MODEL}\n"
        f"      api_key: {KEY}\n"
        f"general_settings:\n  master_key: {LITELLM_KEY}\n"
    )
    # It would fetch a price list and send telemetry; nothing here leaves this machine.
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    command = [str(LITELLM_PROGRAM), "--config", str(settings)]
    command += ["--host", HOST, "--port", str(port)]
    proxy = stage.start("litellm", command, env=clean_environment() | quiet)
    try:
        proxy.answering(f"http://{HOST}:{port}/health/liveliness")
    except Broken as error:  # the others are measured without it
        print(f"{LITELLM} is broken: {error}", file=sys.stderr)
        return ""
    return f"http://{HOST}:{port}"
