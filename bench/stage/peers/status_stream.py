"""The minimum that any queue client does.

Submit, read the status stream, fetch the result and the image.

Reads a line of JSON per run, prints milliseconds.
"""

from __future__ import annotations

import json
import sys
import time

import httpx


def run(client: httpx.Client, address: str, arguments: object) -> None:
    """Run once, from the submit to the image's last byte."""
    handle = client.post(address, json=arguments).raise_for_status().json()
    with client.stream("GET", f"{handle['status_url']}/stream") as stream:
        # The stream ends with COMPLETED; read to its end, its connection is reused for the result.
        last = [json.loads(line[5:]) for line in stream.iter_lines() if line[:5] == "data:"][-1]
    assert last["status"] == "COMPLETED"
    output = client.get(handle["response_url"]).raise_for_status().json()
    client.get(output["images"][0]["url"]).raise_for_status()


def main(base: str, key: str, model: str) -> None:
    """Respond to each line."""
    with httpx.Client(headers={"authorization": f"Key {key}"}, timeout=60) as client:
        for line in sys.stdin:
            start = time.perf_counter()
            run(client, f"{base}/queue/{model}", json.loads(line))
            print((time.perf_counter() - start) * 1000, flush=True)


main(*sys.argv[1:])
