"""Runs workflows: each step is a separate request, and events have fal's format (15.7)."""

from functools import partial
from typing import Any

from sandbox.contract.registry import Arguments
from sandbox.errors import Failure
from sandbox.execution.context import Context
from sandbox.workflows import BY_NAME

ABSENT = object()  # an optional input that was not given: keys that refer to it are omitted


def run(name: str, arguments: Arguments, context: Context) -> dict[str, Any]:
    """Run the steps of a saved workflow, which stand in the order of their dependencies.

    A failing step ends the workflow with an `error` event. If a step's runner disconnects, the
    workflow's own connection is lost too, without an event.
    """
    contents = BY_NAME[name]["contents"]
    results: dict[str, Any] = {"input": arguments}
    for key, node in contents["nodes"].items():
        if node["type"] != "run":
            continue
        context.sleep(0.1)
        try:
            results[key] = context.call(node["app"], _resolved(node["input"], results), key)
        except Failure as failure:
            if failure.error_type != "runner_disconnected":
                error = {"status": failure.status, "body": failure.body()}
                message = f"Step {key} failed: {failure.text}"
                context.emit({"type": "error", "node_id": key, "message": message, "error": error})
            raise
        context.emit({"type": "completion", "node_id": key, "output": results[key]})
    return dict(_resolved(contents["output"], results))


def _resolved(value: Any, results: dict[str, Any]) -> Any:
    """Return the value with its references (`$node.name.0`) replaced."""
    if isinstance(value, str) and value.startswith("$"):
        node, *path = value[1:].split(".")
        result = results[node]
        for part in path:
            result = result[int(part)] if isinstance(result, list) else result.get(part)
        return ABSENT if node == "input" and result is None else result
    if isinstance(value, dict):
        resolved = {key: _resolved(item, results) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not ABSENT}
    if isinstance(value, list):
        return [_resolved(item, results) for item in value]
    return value


storyboard = partial(run, "storyboard")
mishap = partial(run, "mishap")
