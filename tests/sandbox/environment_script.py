"""Runs fal-client, as it comes from PyPI, with only the variables that the sandbox printed."""

import json

import fal_client

SCRIBE, LIVE = "sandbox/scribe", "sandbox/aurora/lite"
ASKED = {"prompt": "sea", "max_tokens": 20}


def main() -> None:
    """Make every call that needs only the addresses in the environment; print JSON."""
    seen: list[str] = []
    output = fal_client.subscribe(
        SCRIBE, ASKED, on_queue_update=lambda update: seen.append(type(update).__name__)
    )
    handle = fal_client.submit(SCRIBE, ASKED)
    with fal_client.realtime(LIVE, use_jwt=False) as connection:
        connection.send({"prompt": "violet", "seed": 3})
        live = connection.recv()
    report = {
        "subscribe": output,
        "last": seen[-1],
        "again": handle.get(),
        "run": fal_client.run(SCRIBE, arguments=ASKED),
        "stream": list(fal_client.stream(SCRIBE, ASKED))[-1],
        "live": live["prompt"] if live else None,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
