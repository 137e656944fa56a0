"""The headers of fal's clients that are kept for a run (protocol, section 5.1).

An allow-list: no other header of a caller ever reaches upstream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import fal
from schemas.exact import NotJson, loads

MAX_CHARS = 4000
PRIORITIES = ("normal", "low")
TRUE, FALSE = {"1", "true", "yes"}, {"0", "false", "no"}
START_TIMEOUT = ("X-Fal-Request-Start-Timeout", "X-Fal-Request-Timeout")  # the first one wins
PRIORITY, HINT = "X-Fal-Queue-Priority", "X-Fal-Runner-Hint"
LIFECYCLE = "X-Fal-Object-Lifecycle-Preference"
DISABLE_FALLBACK = "x-app-fal-disable-fallback"


class InvalidHeader(ValueError):
    """A header has a value that upstream would reject; the message says why."""


def parse_submit_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of `fal.SubmitOptions` that these headers set; raises InvalidHeader.

    `headers` is case-insensitive, like a request's. Defaults are left out: `@fal-ai/client` always
    sends the priority `normal`.
    """
    options: dict[str, Any] = {}
    header = next(((name, headers[name]) for name in START_TIMEOUT if name in headers), None)
    if header:
        options["start_timeout_s"] = _seconds(*header)
    if (priority := _text(headers, PRIORITY)) and priority != PRIORITIES[0]:
        if priority not in PRIORITIES:
            raise InvalidHeader(f"{PRIORITY} must be one of {', '.join(PRIORITIES)}.")
        options["priority"] = priority
    if hint := _text(headers, HINT):
        options["hint"] = hint
    if lifecycle := _text(headers, LIFECYCLE):
        options["object_lifecycle"] = _object(LIFECYCLE, lifecycle)
    if _flag(DISABLE_FALLBACK, _text(headers, DISABLE_FALLBACK)):
        options["disable_fallback"] = True
    try:
        fal.SubmitOptions(**options)
    except ValueError as error:
        raise InvalidHeader(str(error)) from error
    return options


def _text(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip()
    if len(value) > MAX_CHARS:
        raise InvalidHeader(f"{name} is longer than {MAX_CHARS} characters.")
    return value


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 1 < seconds < float("inf"):
        raise InvalidHeader(f"{name} must be a number of seconds above 1.")
    return seconds


def _object(name: str, value: str) -> dict[str, Any]:
    try:
        parsed = loads(value)
    except NotJson as error:
        raise InvalidHeader(f"{name} is not JSON: {error}.") from error
    if not isinstance(parsed, dict):
        raise InvalidHeader(f"{name} must be a JSON object.")
    return parsed


def _flag(name: str, value: str) -> bool:
    if value.lower() not in TRUE | FALSE | {""}:
        raise InvalidHeader(f"{name} must be true or false.")
    return value.lower() in TRUE
