"""The API's responses as short texts: assistants pay for each word that they read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

MAX_BYTES = 7500  # of a response; with the protocol's envelope below 8 KB
MAX_OUTPUT = 3000
MAX_DESCRIPTION = 140
MAX_CHOICES = 12
_CUT = "\n… cut here: ask for less at once, or open the page."


def bounded(text: str) -> str:
    """Return the text, cut to `MAX_BYTES` as measured after JSON escaping."""
    if _size(text) <= MAX_BYTES:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _size(text[:middle]) <= MAX_BYTES else (low, middle - 1)
    return text[:low].rpartition("\n")[0] + _CUT if "\n" in text[:low] else text[:low] + _CUT


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))


def cut(text: str, most: int = MAX_DESCRIPTION) -> str:
    """Return the text as one line of at most `most` characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def as_json(value: Any) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def card(one: dict[str, Any]) -> str:
    """Describe a model in a line."""
    parts = [one["endpoint_id"], one["name"], one["category"], one["price"]["text"]]
    standing = one["standing"] if one["is_runnable"] else "cannot be run"
    return " · ".join([*filter(None, [*parts, standing]), cut(one["description"])])


def model(one: dict[str, Any]) -> str:
    """Describe a model with its inputs."""
    lines = [
        f"{one['endpoint_id']} ({one['name']}), {one['category']}",
        cut(one["description"], 400),
        one["refusal"],
        f"Price: {one['price_in_words'] or 'unknown'}",
        f"Typically takes {one['typical_duration_s']:.0f} s" if one["typical_duration_s"] else "",
        "Inputs (* required):",
        *(input_line(found) for found in one["inputs"]),
    ]
    if one["example"]:
        lines.append(f"Example: {cut(as_json(one['example']), 800)}")
    return "\n".join(line for line in lines if line)


def input_line(one: dict[str, Any]) -> str:
    """Describe an input in a line."""
    choices = "|".join(one["choices"][:MAX_CHOICES])
    more = "|…" if len(one["choices"]) > MAX_CHOICES else ""
    facts = [
        f"default {cut(one['default'], 60)}" if one["default"] else "",
        f"{choices}{more}",
        one["limits"],
        cut(one["description"]),
    ]
    mark = "*" if one["is_required"] else ""
    return f"- {one['name']}{mark}: {one['type']}; " + "; ".join(filter(None, facts))


def run(one: dict[str, Any]) -> str:
    """Describe a run with its artifacts and the beginning of its output."""
    lines = [run_line(one)]
    lines += [f"Waits: {one['note']}"] if one["note"] else []
    if error := one.get("error"):
        lines += [error["title"], error["advice"]]
        lines += [
            f"{'.'.join(map(str, p['path']))}: {p['message']}" for p in error["problems"][:10]
        ]
    lines += map(artifact, one["artifacts"])
    if one["output"] is not None:
        lines.append(f"Output: {cut(as_json(one['output']), MAX_OUTPUT)}")
    lines.append(f"Billed: {one['billed']}" if one["billed"] else "")
    if not one["is_final"]:
        lines.append(
            f"It goes on. Look again with get_run(run_id={one['id']!r}); do not run it anew."
        )
    return "\n".join(line for line in lines if line)


def flow_run(one: dict[str, Any]) -> str:
    """Describe a run of a flow with the runs of its steps."""
    lines = [f"{one['id']} · {one['state']} · {one['url']}"]
    for number, step in enumerate(one["steps"], start=1):
        words = step["not_sent"] or step["state"] or "not begun"
        parts = [f"Step {number}: {step['endpoint_id']}", words, step["run_id"]]
        lines.append(" · ".join(filter(None, parts)))
    if one["is_final"]:
        lines.append("Look at a step's results with get_run.")
    else:
        lines.append("It goes on: look at its page, or at a step with get_run; do not run it anew.")
    return "\n".join(lines)


def run_line(one: dict[str, Any]) -> str:
    """Describe a run in a line."""
    parts = [one["id"], one["endpoint_id"], one["state"], cut(one["reason"] or one["title"], 100)]
    return " · ".join([*filter(None, parts), one["url"]])


def artifact(one: dict[str, Any]) -> str:
    """Describe an artifact in a line."""
    size = f"{one['width']}×{one['height']}" if one["width"] else ""
    parts = [f"Artifact {one['position']}: {one['kind']}", size, one["url"] or "was not copied"]
    return " · ".join(filter(None, parts))


def listed(lines: Iterable[str], empty: str, cursor: str | None = None) -> str:
    """Return the lines, or `empty` if there are none, and a cursor if there are more."""
    found = list(lines)
    more = [f"More: cursor={cursor!r}"] if cursor else []
    return bounded("\n".join([*found, *more])) if found else empty
