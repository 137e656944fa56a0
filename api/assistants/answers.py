"""The API's responses as short texts: assistants pay for each word that they read."""

from __future__ import annotations

import json
from collections.abc import Iterable
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


def card(endpoint: dict[str, Any]) -> str:
    """Describe a model in a line."""
    parts = [
        endpoint["endpoint_id"],
        endpoint["name"],
        endpoint["category"],
        endpoint["price"]["text"],
    ]
    status = endpoint["standing"] if endpoint["is_runnable"] else "cannot be run"
    return " · ".join([*filter(None, [*parts, status]), cut(endpoint["description"])])


def model(endpoint: dict[str, Any]) -> str:
    """Describe a model with its inputs."""
    lines = [
        f"{endpoint['endpoint_id']} ({endpoint['name']}), {endpoint['category']}",
        cut(endpoint["description"], 400),
        endpoint["refusal"],
        f"Price: {endpoint['price_in_words'] or 'unknown'}",
        f"Typically takes {endpoint['typical_duration_s']:.0f} s"
        if endpoint["typical_duration_s"]
        else "",
        "Inputs (* required):",
        *(input_line(field) for field in endpoint["inputs"]),
    ]
    if endpoint["example"]:
        lines.append(f"Example: {cut(as_json(endpoint['example']), 800)}")
    return "\n".join(line for line in lines if line)


def input_line(field: dict[str, Any]) -> str:
    """Describe an input in a line."""
    choices = "|".join(field["choices"][:MAX_CHOICES])
    is_cut = len(field["choices"]) > MAX_CHOICES
    ellipsis = f"|… (all: read_model with input={field['name']!r})" if is_cut else ""
    facts = [
        f"default {cut(field['default'], 60)}" if field["default"] else "",
        f"{choices}{ellipsis}",
        field["limits"],
        cut(field["description"]),
    ]
    mark = "*" if field["is_required"] else ""
    return f"- {field['name']}{mark}: {field['type']}; " + "; ".join(filter(None, facts))


def whole_input(field: dict[str, Any], start: int) -> str:
    """Describe an input with its whole description and its choices from number `start`, bounded."""
    head = [
        f"{field['name']}{' (required)' if field['is_required'] else ''}: {field['type']}",
        f"Default: {field['default']}" if field["default"] else "",
        field["limits"],
        cut(field["description"], 2000),
        f"{len(field['choices'])} choices:" if field["choices"] else "",
    ]
    lines, end = [line for line in head if line], start
    room = MAX_BYTES - _size("\n".join(lines)) - 100
    while end < len(field["choices"]) and (room := room - _size(field["choices"][end])) > 0:
        end += 1
    cursor_line = [f"More: cursor={str(end)!r}"] if end < len(field["choices"]) else []
    return "\n".join([*lines, *field["choices"][start:end], *cursor_line])


def cost(priced: dict[str, Any]) -> str:
    """Return the cost of a run or an estimate: `Cost in USD: 0.04 (estimated)`."""
    figure = priced["cost"]
    return f"Cost in USD: {figure['amount']} ({figure['source']})" if figure else ""


def run(run: dict[str, Any]) -> str:
    """Describe a run with its artifacts and the beginning of its output."""
    lines = [run_line(run)]
    lines += [f"Waiting: {run['note']}"] if run["note"] else []
    if error := run.get("error"):
        lines += [error["title"], error["advice"]]
        lines += [
            f"{'.'.join(map(str, p['path']))}: {p['message']}" for p in error["problems"][:10]
        ]
    lines += map(artifact, run["artifacts"])
    if run["output"] is not None:
        output = as_json(run["output"])[: 3 * MAX_OUTPUT]
        lines.append(f"Output: {cut(output, MAX_OUTPUT)}")
    lines.append(f"Billed: {run['billed']}" if run["billed"] else "")
    lines.append(cost(run))
    if not run["is_final"]:
        lines.append(
            f"The run is in progress. Check it with get_run(run_id={run['id']!r}); "
            "do not start it again."
        )
    return "\n".join(line for line in lines if line)


def flow_run(flow_run: dict[str, Any]) -> str:
    """Describe a run of a flow with the runs of its steps."""
    lines = [f"{flow_run['id']} · {flow_run['state']} · {flow_run['url']}"]
    for number, step in enumerate(flow_run["steps"], start=1):
        state = step["not_sent"] or step["state"] or "not started"
        parts = [f"Step {number}: {step['endpoint_id']}", state, step["run_id"]]
        lines.append(" · ".join(filter(None, parts)))
    if flow_run["is_final"]:
        lines.append("Read a step's results with get_run.")
    else:
        lines.append(
            "The flow is in progress. Check a step with get_run; do not start the flow again."
        )
    return "\n".join(lines)


def question(consent: dict[str, Any], session_left: str) -> str:
    """Return the question to a person before something expensive starts."""
    subject = f"Your budget leaves {consent['left']}; this" if consent["left"] else "This"
    return (
        f"Run {consent['subject']} for {consent['price']}? {subject} session may spend "
        f"${session_left} more. Answer within 120 seconds; nothing runs without your yes."
    )


def asked(consent: dict[str, Any], session_left: str) -> str:
    """Tell an assistant whose client cannot ask where the person can agree."""
    return (
        f"Nothing has run yet: {question(consent, session_left)}\n"
        f"Give the person this address, where they see it and press Run: {consent['url']}\n"
        f"Then read the result with get_run(run_id={consent['id']!r}, wait_s=120)."
    )


def run_line(run: dict[str, Any]) -> str:
    """Describe a run in a line."""
    parts = [
        run["id"],
        run["endpoint_id"],
        run["state"],
        cut(run["reason"] or run["title"], 100),
    ]
    return " · ".join([*filter(None, parts), run["url"]])


def artifact(artifact: dict[str, Any]) -> str:
    """Describe an artifact in a line."""
    size = f"{artifact['width']}×{artifact['height']}" if artifact["width"] else ""
    parts = [
        f"Artifact {artifact['position']}: {artifact['kind']}",
        size,
        artifact["url"] or "not copied",
    ]
    return " · ".join(filter(None, parts))


def join_lines(lines: Iterable[str], empty: str, cursor: str | None = None) -> str:
    """Return the lines, or `empty` if there are none, and a cursor if there are more."""
    answer_lines = list(lines)
    cursor_line = [f"More: cursor={cursor!r}"] if cursor else []
    return bounded("\n".join([*answer_lines, *cursor_line])) if answer_lines else empty
