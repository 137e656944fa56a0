"""Gets an image with fal-client's `subscribe`, which polls, and downloads it.

Reads a line of JSON per run, prints milliseconds.
"""

from __future__ import annotations

import json
import sys
import time

import fal_client.client as fal_client
import httpx


def main(base: str, key: str, model: str) -> None:
    """Respond to each line."""
    # fal-client requires https hosts; the sandbox has none here.
    fal_client.QUEUE_URL_FORMAT, fal_client.RUN_URL_FORMAT = f"{base}/queue/", f"{base}/run/"
    fal = fal_client.SyncClient(key=key)
    with httpx.Client() as pictures:
        for line in sys.stdin:
            start = time.perf_counter()
            output = fal.subscribe(model, json.loads(line))
            pictures.get(output["images"][0]["url"]).raise_for_status()
            print((time.perf_counter() - start) * 1000, flush=True)


main(*sys.argv[1:])
