"""How a run is sent: start timeout, priority, retries and fallbacks at fal (protocol, 5.1).

One declaration for every way to start a run: the form, the JSON API, assistants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.formatting import duration_in_words

Post = dict[str, list[str]]

SHORTEST_S, LONGEST_S = 2, 86_400  # fal's clients refuse a second or less
OFFERED_S = (30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
LOW = "low"
# Fields of `fal.SubmitOptions`, as the JSON Schema of a request; what is left out is not sent.
OPTIONS: Mapping[str, dict[str, Any]] = {
    "start_timeout_s": {
        "type": "number",
        "description": "give up, at no cost, if it has not started within this many seconds",
        "minimum": SHORTEST_S,
        "maximum": LONGEST_S,
    },
    "priority": {
        "type": "string",
        "description": "low: it waits behind the normal requests of everybody; queue only",
        "enum": ["normal", LOW],
        "default": "normal",
    },
    "no_retry": {
        "type": "boolean",
        "description": "fal does not try again by itself after its own failure; queue only",
        "default": False,
    },
    "disable_fallback": {
        "type": "boolean",
        "description": "fal does not let an equivalent model answer if this one is unavailable",
        "default": False,
    },
}
CONTROLS = {name: f"~{name}" for name in OPTIONS}  # of the form, not arguments of the model


def chosen(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options among these values, without defaults and unknown ones."""
    return {
        name: value
        for name, schema in OPTIONS.items()
        if (value := values.get(name)) not in (None, schema.get("default"))
        and value in schema.get("enum", [value])
    }


def of_post(post: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the options that a form's controls choose; ignore what no control offers."""
    texts = {name: post.get(control, [""])[-1] for name, control in CONTROLS.items()}
    return chosen(
        {
            "start_timeout_s": _seconds(texts["start_timeout_s"]),
            "priority": texts["priority"],
            "no_retry": bool(texts["no_retry"]),
            "disable_fallback": bool(texts["disable_fallback"]),
        }
    )


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if SHORTEST_S <= seconds <= LONGEST_S else None


def as_post(options: Mapping[str, Any]) -> Post:
    """Return the controls of a form with these options."""
    return {
        CONTROLS[name]: ["1" if value is True else str(value)]
        for name, value in chosen(options).items()
    }


def offered_timeouts(options: Mapping[str, Any]) -> list[tuple[float, str]]:
    """Return the start timeouts to choose from, with the chosen one, in words."""
    seconds = {*OFFERED_S, *filter(None, [options.get("start_timeout_s")])}
    return [(value, duration_in_words(value)) for value in sorted(seconds)]
