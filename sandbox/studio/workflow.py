"""Runs workflows: each step is a separate request, and events have fal's format (15.7)."""

from functools import partial
from typing import Any

from sandbox import workflows
from sandbox.contract.registry import Arguments
from sandbox.errors import DOCS, Failure, InvalidArguments
from sandbox.execution.context import Context

ABSENT = object()  # an optional input that was not given: keys that refer to it are omitted


def execute(
    nodes: dict[str, Any], output: Any, arguments: Arguments, context: Context
) -> dict[str, Any]:
    """Run the nodes in the order of their dependencies; return the result map.

    A failing step ends the workflow with an `error` event. If a step's runner disconnects, the
    workflow's own connection is lost too, without an event.
    """
    results: dict[str, Any] = {"input": arguments}
    for key in _in_order(nodes):
        node = nodes[key]
        if node["type"] != "run":
            continue
        node_input = resolve(node.get("input", {}), results, (key, "input"))
        context.sleep(0.1)
        try:
            results[key] = context.call(node["app"], node_input, key)
        except Failure as failure:
            if failure.error_type != "runner_disconnected":
                error = {"status": failure.status, "body": failure.body()}
                message = f"Step {key} failed: {failure.text}"
                context.emit({"type": "error", "node_id": key, "message": message, "error": error})
            raise
        context.emit({"type": "completion", "node_id": key, "output": results[key]})
    resolved = resolve(output, results, ("output",))
    return dict(resolved)


def inline(arguments: Arguments, context: Context) -> dict[str, Any]:
    """`workflows/execute`: run a definition in dialect A with its input (15.1, C66)."""
    nodes = arguments["workflow"]
    shown = [node for node in nodes.values() if node.get("type") == "display"]
    if not shown:
        raise _wrong("There is no display node", "workflow")
    workflow_input = arguments.get("input") or {}
    return execute(nodes, shown[-1].get("fields", {}), workflow_input, context)


def resolve(value: Any, results: dict[str, Any], loc: tuple[str, ...]) -> Any:
    """Return the value with its references replaced; raises InvalidArguments if one is dangling."""
    if isinstance(value, str) and value.startswith("$"):
        return _read(value, results, loc)
    if isinstance(value, dict):
        resolved = {key: resolve(item, results, (*loc, key)) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not ABSENT}
    if isinstance(value, list):
        items = [resolve(item, results, (*loc, str(at))) for at, item in enumerate(value)]
        return [item for item in items if item is not ABSENT]
    return value


def _read(text: str, results: dict[str, Any], loc: tuple[str, ...]) -> Any:
    """Return the value of a reference, whose node is the longest id that it begins with (15.4)."""
    parts = text[1:].split(".")
    for count in range(len(parts), 0, -1):
        if (node := ".".join(parts[:count])) in results:
            result = results[node]
            for part in parts[count:]:
                if isinstance(result, list) and part.isdecimal() and int(part) < len(result):
                    result = result[int(part)]
                elif isinstance(result, dict) and part in result:
                    result = result[part]
                elif node == "input":
                    return ABSENT
                else:
                    raise _wrong(f"{text} leads to nothing", *loc)
            return ABSENT if node == "input" and result is None else result
    raise _wrong(f"{text} refers to no node", *loc)


def _in_order(nodes: dict[str, Any]) -> list[str]:
    """Return the nodes so that each follows its dependencies; validates the definition."""
    for key, node in nodes.items():
        if node.get("id") != key:
            raise _wrong("The id is not the key", key, "id")
        for dependency in node.get("depends", ()):
            if dependency != "input" and dependency not in nodes:
                raise _wrong(f"{dependency!r} is not a node", key, "depends")
    done: list[str] = []
    while len(done) < len(nodes):
        ready = [
            key
            for key, node in nodes.items()
            if key not in done and {*node.get("depends", ())} - {"input"} <= {*done}
        ]
        if not ready:
            raise _wrong("The nodes depend on each other", *[k for k in nodes if k not in done][:1])
        done += ready
    return done


def _wrong(msg: str, *loc: str) -> InvalidArguments:
    """Return the error for an invalid definition, raised before any step if possible (15.7)."""
    place = ["body", "workflow", *loc]
    detail = {"loc": place, "msg": msg, "type": "value_error", "url": f"{DOCS}value_error"}
    return InvalidArguments([detail])


def saved(workflow: workflows.Workflow, arguments: Arguments, context: Context) -> dict[str, Any]:
    """Run a saved workflow."""
    contents = workflow.contents
    return execute(contents["nodes"], contents["output"], arguments, context)


storyboard = partial(saved, workflows.STORYBOARD)
postcard = partial(saved, workflows.POSTCARD)
mishap = partial(saved, workflows.MISHAP)
