"""Runs fal-client, as it comes from PyPI, with nothing but its environment; prints JSON."""

import json
import sys
from typing import Any

import fal_client

MODEL = "fal-ai/flux/dev"


def subscribe() -> Any:
    """Submit, poll, fetch."""
    ids: list[str] = []
    seen: list[str] = []
    output = fal_client.subscribe(
        MODEL,
        {"prompt": "subscribe"},
        with_logs=True,
        on_enqueue=ids.append,
        on_queue_update=lambda update: seen.append(type(update).__name__),
    )
    again = fal_client.result(MODEL, ids[0])
    return {"output": output, "again": again, "last": seen[-1]}


def run() -> Any:
    """One held call."""
    return {"output": fal_client.run(MODEL, arguments={"prompt": "run"})}


def fail() -> Any:
    """The model refuses its input."""
    try:
        fal_client.run(MODEL, arguments={"prompt": "fail"})
    except fal_client.FalClientHTTPError as error:
        return {"status": error.status_code, "body": error.response.json()}
    return {}


def cancel() -> Any:
    """Cancelled before it was sent."""
    handle = fal_client.submit(MODEL, {"prompt": "wait"})
    handle.cancel()
    try:
        handle.get()
    except fal_client.FalClientHTTPError as error:
        return {"status": error.status_code, "type": error.error_type}
    return {}


if __name__ == "__main__":
    step = {
        step_function.__name__: step_function for step_function in (subscribe, run, fail, cancel)
    }[sys.argv[1]]
    print(json.dumps(step()))
