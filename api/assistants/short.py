"""The API's responses as short texts: assistants pay for each word that they read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

MAX_BYTES = 7500  # of a response; with the protocol's envelope below 8 KB
MAX_OUTPUT = 3000
MAX_DESCRIPTION = 140
MAX_CHOICES = 12
_CUT = "\n… truncated: request less at once."


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
    is_cut = len(one["choices"]) > MAX_CHOICES
    more = f"|… (all: read_model with input={one['name']!r})" if is_cut else ""
    facts = [
        f"default {cut(one['default'], 60)}" if one["default"] else "",
        f"{choices}{more}",
        one["limits"],
        cut(one["description"]),
    ]
    mark = "*" if one["is_required"] else ""
    return f"- {one['name']}{mark}: {one['type']}; " + "; ".join(filter(None, facts))


def whole_input(one: dict[str, Any], start: int) -> str:
    """Describe an input with its whole description and its choices from number `start`, bounded."""
    head = [
        f"{one['name']}{' (required)' if one['is_required'] else ''}: {one['type']}",
        f"Default: {one['default']}" if one["default"] else "",
        one["limits"],
        cut(one["description"], 2000),
        f"{len(one['choices'])} choices:" if one["choices"] else "",
    ]
    lines, end = [line for line in head if line], start
    room = MAX_BYTES - _size("\n".join(lines)) - 100
    while end < len(one["choices"]) and (room := room - _size(one["choices"][end])) > 0:
        end += 1
    more = [f"More: cursor={str(end)!r}"] if end < len(one["choices"]) else []
    return "\n".join([*lines, *one["choices"][start:end], *more])


def run(one: dict[str, Any]) -> str:
    """Describe a run with its artifacts and the beginning of its output."""
    lines = [run_line(one)]
    lines += [f"Waiting: {one['note']}"] if one["note"] else []
    if error := one.get("error"):
        lines += [error["title"], error["advice"]]
        lines += [
            f"{'.'.join(map(str, p['path']))}: {p['message']}" for p in error["problems"][:10]
        ]
    lines += map(artifact, one["artifacts"])
    if one["output"] is not None:
        lines.append(f"Output: {_output(one['output'], one['artifacts'])}")
    lines.append(f"Billed: {one['billed']}" if one["billed"] else "")
    if not one["is_final"]:
        lines.append(
            f"The run is in progress. Check it with get_run(run_id={one['id']!r}); "
            "do not start it again."
        )
    return "\n".join(line for line in lines if line)


def _output(output: Any, artifacts: Iterable[dict[str, Any]]) -> str:
    """Return the beginning of an output with our addresses of copied files: upstream's expire."""
    ours = {one["path"]: one["url"] for one in artifacts if one["state"] == "stored"}
    text = as_json(output)[: 3 * MAX_OUTPUT]
    for path, value in _strings(output) if ours else ():
        if address := ours.get(path) or ours.get(path.removesuffix(".url")):
            text = text.replace(as_json(value), as_json(address))
    return cut(text, MAX_OUTPUT)


def _strings(output: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts of an output with their paths, as artifacts have them."""
    waiting = [("", output)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path.removeprefix("."), value
        elif isinstance(value, dict):
            waiting += [(f"{path}.{key}", item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{at}]", item) for at, item in enumerate(value)]


def flow_run(one: dict[str, Any]) -> str:
    """Describe a run of a flow with the runs of its steps."""
    lines = [f"{one['id']} · {one['state']} · {one['url']}"]
    for number, step in enumerate(one["steps"], start=1):
        words = step["not_sent"] or step["state"] or "not started"
        parts = [f"Step {number}: {step['endpoint_id']}", words, step["run_id"]]
        lines.append(" · ".join(filter(None, parts)))
    if one["is_final"]:
        lines.append("Read a step's results with get_run.")
    else:
        lines.append(
            "The flow is in progress. Check a step with get_run; do not start the flow again."
        )
    return "\n".join(lines)


def run_line(one: dict[str, Any]) -> str:
    """Describe a run in a line."""
    parts = [one["id"], one["endpoint_id"], one["state"], cut(one["reason"] or one["title"], 100)]
    return " · ".join([*filter(None, parts), one["url"]])


def artifact(one: dict[str, Any]) -> str:
    """Describe an artifact in a line."""
    size = f"{one['width']}×{one['height']}" if one["width"] else ""
    parts = [f"Artifact {one['position']}: {one['kind']}", size, one["url"] or "not copied"]
    return " · ".join(filter(None, parts))


def listed(lines: Iterable[str], empty: str, cursor: str | None = None) -> str:
    """Return the lines, or `empty` if there are none, and a cursor if there are more."""
    found = list(lines)
    more = [f"More: cursor={cursor!r}"] if cursor else []
    return bounded("\n".join([*found, *more])) if found else empty
