"""Runs fal-client, as it comes from PyPI, against the hosts in the environment; prints JSON.

It reads its queue and run hosts from FAL_QUEUE_RUN_HOST and FAL_RUN_HOST when imported, so this is
a process of its own; the REST and CDN hosts are constants of its module.
"""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fal_client
from fal_client import client as module

module.REST_URL = os.environ["SANDBOX_REST"]
module.CDN_URL = os.environ["SANDBOX_CDN"]
SLOW = "mischief/slow"


def queue() -> dict[str, Any]:
    """Call submit, status, iter_events and get."""
    handle = fal_client.submit(SLOW, {"duration": 0.4, "picture": False, "log_lines": 4})
    names = [type(handle.status()).__name__]
    lines: dict[str, str] = {}
    for event in handle.iter_events(with_logs=True, interval=0.02):
        names.append(type(event).__name__)
        for line in getattr(event, "logs", None) or []:
            lines[line["timestamp"]] = line["message"]
    names.append(type(fal_client.status(SLOW, handle.request_id)).__name__)
    return {
        "names": names,
        "lines": list(lines.values()),
        "output": handle.get(),
        "again": fal_client.result(SLOW, handle.request_id),
        "id": handle.request_id,
    }


def cancel() -> dict[str, Any]:
    """Call cancel while the request runs, then once more."""
    handle = fal_client.submit(SLOW, {"duration": 30, "picture": False})
    handle.cancel()
    for _ in handle.iter_events(interval=0.02):
        pass
    seen = {}
    for name, call in (("result", handle.get), ("cancel", handle.cancel)):
        try:
            call()
        except fal_client.FalClientHTTPError as error:
            seen[name] = [error.status_code, error.error_type]
    return seen


def subscribe() -> dict[str, Any]:
    """Call subscribe with callbacks, and asynchronously."""
    updates: list[str] = []
    ids: list[str] = []
    output = fal_client.subscribe(
        "sandbox/scribe",
        {"prompt": "the sea", "max_tokens": 30, "seed": 1},
        with_logs=True,
        interval=0.02,
        on_enqueue=ids.append,
        on_queue_update=lambda update: updates.append(type(update).__name__),
    )
    arguments = {"prompt": "the sea", "max_tokens": 30, "seed": 1}
    later = asyncio.run(fal_client.subscribe_async("sandbox/scribe", arguments))
    return {"updates": updates, "ids": ids, "output": output, "async": later}


def run() -> dict[str, Any]:
    """Call run, and make its errors happen."""
    output = fal_client.run("sandbox/scribe", arguments={"prompt": "Paper is patient."})
    try:
        fal_client.run("sandbox/scribe", arguments={})
    except fal_client.FalClientHTTPError as error:
        return {"output": output, "error": [error.status_code, error.response.json()]}
    return {}


def stream() -> dict[str, Any]:
    """Call stream."""
    events = list(fal_client.stream("sandbox/scribe", {"prompt": "paper", "max_tokens": 40}))
    return {"count": len(events), "last": events[-1], "first": events[0]}


def upload() -> dict[str, Any]:
    """Upload a file whole, in parts, and by the fallback; then use a file as input."""
    module.MULTIPART_THRESHOLD = 1024 * 1024
    module.MULTIPART_CHUNK_SIZE = 512 * 1024
    small = fal_client.upload(b"small", "text/plain", "note.txt")
    large = fal_client.upload(bytes(range(256)) * 8192, "application/octet-stream", "large.bin")
    gcs = fal_client.upload(b"old", "text/plain", "old.txt", repository="fal")
    path = Path(sys.argv[2])
    image = fal_client.upload_file(path)
    facts = fal_client.run("sandbox/eye", arguments={"image_url": image})
    return {"urls": [small, large, gcs], "result": facts["result"], "token": None}


LIVE = "sandbox/aurora/lite"


def realtime() -> dict[str, Any]:
    """Open realtime by token, by key, on the doubled path, asynchronously; send a refused input."""
    seen: dict[str, Any] = {"pictures": []}
    ways: tuple[dict[str, Any], dict[str, Any]] = ({"max_buffering": 2}, {"use_jwt": False})
    for endpoint_id, how in [(LIVE, ways[0]), (LIVE, ways[1]), (f"{LIVE}/realtime", ways[1])]:
        with fal_client.realtime(endpoint_id, **how) as connection:
            for prompt in ("violet", "green"):
                connection.send({"prompt": prompt, "seed": 3})
                seen["pictures"].append(_picture(connection.recv()))
            try:
                connection.send({"prompt": 5})
                connection.recv()
            except module.RealtimeError as error:
                seen["error"] = str(error)
    seen["async"] = asyncio.run(_realtime_async())
    return seen


async def _realtime_async() -> Any:
    async with fal_client.realtime_async(LIVE) as connection:
        await connection.send({"prompt": "violet", "seed": 3})
        return _picture(await connection.recv())


def _picture(output: Any) -> str:
    """Return what identifies a picture, whose bytes come in the output."""
    (image,) = output["images"]
    return hashlib.sha256(image["content"]).hexdigest()


STEPS: dict[str, Callable[[], dict[str, Any]]] = {
    step.__name__: step for step in (queue, cancel, subscribe, run, stream, upload, realtime)
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]]()))
