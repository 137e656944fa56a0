"""fal's client for Python, under fal's own host names; `hosts` uses its environment variables."""

import asyncio
import os
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from common import (
    CENSOR,
    FORBIDDEN,
    HOST,
    MINUTE,
    PICTURE,
    SLOW,
    TOKEN,
    digest,
    error_in,
    main,
    open_file,
    refusals,
)

os.environ["FAL_KEY"] = TOKEN
if sys.argv[1:] == ["hosts"]:
    os.environ["FAL_RUN_HOST"] = f"{HOST}/api/fal/run"
    os.environ["FAL_QUEUE_RUN_HOST"] = f"{HOST}/api/fal/queue"

import fal_client

EDIT, LIVE = "sandbox/aurora/image-to-image", "sandbox/aurora/lite"
PART_BYTES = 101 << 20  # it sends files in parts from 100 MiB on


def error_of(call: Any) -> dict[str, Any]:
    """Return the error that a call raises."""
    return error_in(call, fal_client.FalClientHTTPError, lambda error: error.status_code)


def run() -> Any:
    """Submit, follow, fetch, open."""
    handle = fal_client.submit(PICTURE, {"prompt": "a mill"})
    updates = [type(update).__name__ for update in handle.iter_events(with_logs=True)]
    output = handle.get()
    assert updates[-1] == "Completed", updates
    assert fal_client.result(PICTURE, handle.request_id) == output
    assert isinstance(fal_client.status(PICTURE, handle.request_id), fal_client.Completed)
    return open_file(output["images"][0]["url"])


def hosts() -> Any:
    """Make the same calls with FAL_RUN_HOST, one of them held."""
    output = fal_client.subscribe(PICTURE, {"prompt": "two mills"})
    held = fal_client.run(PICTURE, {"prompt": "three mills"})
    open_file(output["images"][0]["url"])
    return open_file(held["images"][0]["url"])


def cancel() -> Any:
    """Cancel a running request."""
    handle = fal_client.submit(SLOW, {"duration": MINUTE})
    handle.cancel()
    return error_of(handle.get)


def minute() -> Any:
    """Make a call that is held for a minute."""
    output = fal_client.run(SLOW, {"duration": MINUTE}, timeout=120)
    return open_file(output["images"][0]["url"])


def upload() -> Any:
    """Upload in each way that it has: bytes, a file, its fallback, an asynchronous client."""
    picture = urllib.request.urlopen(run()["address"]).read()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tower.jpg")
        file.write_bytes(picture + b"1")
        addresses = [
            fal_client.upload(picture + b"2", "image/jpeg", "tower.jpg"),
            fal_client.upload_file(file),
            fal_client.upload(picture + b"3", "image/jpeg", repository="fal"),
            asyncio.run(fal_client.AsyncClient().upload_file(file)),
        ]
    for url in addresses:
        output = fal_client.subscribe(EDIT, {"prompt": "blue", "image_url": url})
    return {"sent": [digest(picture + end) for end in (b"1", b"2", b"3")]} | open_file(
        output["images"][0]["url"]
    )


def parts() -> Any:
    """Upload a file of more than 100 MiB in parts."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder, "noise.bin")
        film.write_bytes(os.urandom(1 << 20) * (PART_BYTES >> 20))
        address = fal_client.upload_file(film)
        assert address.startswith("https://"), address
        return {"uploaded": film.stat().st_size}


def stream() -> Any:
    """Stream a model's events."""
    events = list(fal_client.stream("sandbox/scribe", {"prompt": "Write about mountains"}))
    return {"events": len(events), "text": events[-1]["output"]}


def realtime() -> Any:
    """Get pictures over a socket, with a token of its own."""
    with fal_client.realtime(LIVE) as connection:
        connection.send({"prompt": "Aurora in rose"})
        first = connection.recv()
        connection.send({"prompt": "Aurora in blue"})
        return {"events": len([first, connection.recv()])}


main(
    [run, hosts, cancel, minute, upload, parts, stream, realtime],
    refusals=refusals(
        error_of,
        invalid=lambda: fal_client.subscribe(PICTURE, {"prompt": "x", "num_images": 99}),
        refused=lambda: fal_client.run(CENSOR, {"prompt": FORBIDDEN}),
        plain=lambda: fal_client.submit(PICTURE, {"prompt": "x"}),
    ),
)
