"""The least that any client of the queue does.

Submit, listen to the status stream, fetch result and picture.

A line of JSON in, milliseconds out.
"""

from __future__ import annotations

import json
import sys
import time

import httpx


def run(client: httpx.Client, address: str, arguments: object) -> None:
    """From the submit to the picture's last byte."""
    handle = client.post(address, json=arguments).raise_for_status().json()
    with client.stream("GET", f"{handle['status_url']}/stream") as stream:
        # It ends with COMPLETED; read to its end, its connection serves for the result.
        last = [json.loads(line[5:]) for line in stream.iter_lines() if line[:5] == "data:"][-1]
    assert last["status"] == "COMPLETED"
    output = client.get(handle["response_url"]).raise_for_status().json()
    client.get(output["images"][0]["url"]).raise_for_status()


def main(base: str, key: str, model: str) -> None:
    """Answer line by line."""
    with httpx.Client(headers={"authorization": f"Key {key}"}, timeout=60) as client:
        for line in sys.stdin:
            start = time.perf_counter()
            run(client, f"{base}/queue/{model}", json.loads(line))
            print((time.perf_counter() - start) * 1000, flush=True)


main(*sys.argv[1:])
