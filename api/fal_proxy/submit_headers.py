"""The headers of fal's clients that are forwarded with a run (protocol, section 5.1).

An allow-list: no other header of a caller ever reaches upstream. Those of fal's that are not on it
are named in the response.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import fal
from runs.ownership.upstream_retention import LONGEST_S
from schemas.exact import NotJson, loads

MAX_CHARS = 4000
MOST_NAMED = 20  # of tags that are ignored
_NOT_SHOWN = re.compile(r"[^ -~]|[,()]")  # in a header that lists names
NORMAL, LOW = "normal", "low"
TRUE, FALSE = {"1", "true", "yes"}, {"0", "false", "no"}
START_TIMEOUT = ("X-Fal-Request-Start-Timeout", "X-Fal-Request-Timeout")  # the first one wins
PRIORITY, HINT = "X-Fal-Queue-Priority", "X-Fal-Runner-Hint"
LIFECYCLE = "X-Fal-Object-Lifecycle-Preference"
DISABLE_FALLBACK = "x-app-fal-disable-fallback"
NO_RETRY, RETRY_CONFIG = "X-Fal-No-Retry", "X-Fal-Retry-Config"
STORE_IO, TAGS = "X-Fal-Store-IO", "X-Fal-Tags"
UPLOAD_POLICY = "x-app-fal-upload-policy"
CONDITIONS = {"server_error", "timeout", "connection_error"}
FORWARDED = (
    *START_TIMEOUT,
    PRIORITY,
    HINT,
    LIFECYCLE,
    DISABLE_FALLBACK,
    NO_RETRY,
    RETRY_CONFIG,
    STORE_IO,
    TAGS,
)
# The others are read by the proxy itself, or mean nothing for a submit.
KNOWN = {name.lower() for name in FORWARDED} | {
    "x-fal-target-url",
    "x-fal-client-proxy",
    "x-fal-file-name",
}
IGNORED = "X-Vitrine-Ignored"  # of a response: the names of headers that were not forwarded


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
    if headers.get(PRIORITY, "").strip() == LOW:
        options["priority"] = LOW
    if hint := _text(headers, HINT):
        options["hint"] = hint
    if lifecycle := _text(headers, LIFECYCLE):
        options["object_lifecycle"] = _lifecycle(lifecycle)
    if _flag(DISABLE_FALLBACK, _text(headers, DISABLE_FALLBACK)):
        options["disable_fallback"] = True
    if _flag(NO_RETRY, _text(headers, NO_RETRY)):
        options["no_retry"] = True
    if retries := _text(headers, RETRY_CONFIG):
        options["retry_config"] = _retries(retries)
    if (stores := _text(headers, STORE_IO)) and not _flag(STORE_IO, stores):
        options["store_io"] = False
    if tags := _tags(headers)[0]:
        options["tags"] = tags
    if _text(headers, UPLOAD_POLICY):
        raise InvalidHeader(
            f"{UPLOAD_POLICY} is not offered: results in a bucket of yours could not be copied."
        )
    try:
        fal.SubmitOptions(**options)
    except ValueError as error:
        raise InvalidHeader(str(error)) from error
    return options


def ignored_headers(headers: Mapping[str, str]) -> list[str]:
    """Return the names of fal's headers that are neither forwarded nor read, in lower case.

    Priorities and tags that fal would ignore follow the name of their header.
    """
    names = sorted(name.lower() for name in headers)
    names = [
        name for name in names if name.startswith(("x-fal-", "x-app-fal-")) and name not in KNOWN
    ]
    priority = headers.get(PRIORITY, "").strip()
    values = [(PRIORITY, priority)] if priority not in ("", NORMAL, LOW) else []
    values += [(TAGS, tag.partition("=")[0]) for tag in _tags(headers)[1][:MOST_NAMED]]
    return names + [f"{name.lower()} ({_NOT_SHOWN.sub('', text)[:64]})" for name, text in values]


def _retries(value: str) -> dict[str, int]:
    """Return the additional attempts per condition; upstream would ignore a mistake silently."""
    retries = {}
    for condition, config in _object(RETRY_CONFIG, value).items():
        number = config.get("retries") if isinstance(config, dict) else None
        if condition not in CONDITIONS or type(number) is not int or not 0 <= number < 10:
            raise InvalidHeader(
                f'{RETRY_CONFIG} must be like {{"timeout": {{"retries": 2}}}}, with at most 9 '
                f"retries for each of {', '.join(sorted(CONDITIONS))}."
            )
        retries[condition] = number
    return retries


def _tags(headers: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the tags that fal takes, the last one of each key, and those that it drops."""
    tags: dict[str, str] = {}
    dropped = []
    for tag in filter(None, map(str.strip, headers.get(TAGS, "")[:MAX_CHARS].split(","))):
        key, equals, text = tag.partition("=")
        try:
            fal.SubmitOptions(tags=tags | {key: text})
        except ValueError:
            equals = ""
        if equals:
            tags[key] = text
        else:
            dropped.append(tag)
    return tags, dropped


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
    if not 1 < seconds <= LONGEST_S:
        raise InvalidHeader(f"{name} must be a number of seconds above 1, at most ten years.")
    return seconds


def _lifecycle(value: str) -> dict[str, Any]:
    """Return when fal deletes the files of the run; without seconds, never."""
    lifecycle = _object(LIFECYCLE, value)
    seconds = lifecycle.get("expiration_duration_seconds")
    if seconds is not None and (type(seconds) is not int or not 1 <= seconds <= LONGEST_S):
        raise InvalidHeader(
            f"expiration_duration_seconds in {LIFECYCLE} must be whole seconds from 1 to "
            f"{LONGEST_S} (ten years), or null."
        )
    return lifecycle


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
