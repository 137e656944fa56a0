"""How long the sandbox keeps what, by a clock that tests move forward (protocol, 5.4 and 17.6)."""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

UPLOAD_HEADERS = ("x-fal-object-lifecycle", "x-fal-object-lifecycle-preference")
OUTPUT_HEADERS = ("x-fal-object-lifecycle-preference",)
NEVER_SET: dict[str, Any] = {"expiration_duration_seconds": None, "initial_acl": None}

PAYLOADS_S = 30 * 86_400
RESULT_S = 3600  # without stored payloads
LARGE_RESULT_S, LARGE_BYTES = 360, 10 * 1024


class Clock:
    """The time that decides what has expired."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self.ahead_s


def lifetime_s(
    headers: Mapping[str, str], names: Iterable[str], settings: Mapping[str, Any]
) -> float | None:
    """Return the lifetime of a file in seconds (None: without end).

    The first of these headers decides; if it does not say, the account's settings.
    """
    header = next((headers[name] for name in names if name in headers), "{}")
    try:
        wishes = json.loads(header)
    except ValueError:
        wishes = {}
    wishes = {**settings, **(wishes if isinstance(wishes, dict) else {})}
    seconds = wishes["expiration_duration_seconds"]
    return seconds if isinstance(seconds, int | float) else None


def result_lasts_s(stores_payloads: bool, size_bytes: int) -> int:
    """Return the seconds that a result stays after the end of its request."""
    if stores_payloads:
        return PAYLOADS_S
    return LARGE_RESULT_S if size_bytes >= LARGE_BYTES else RESULT_S
