"""The workflows of the sandbox's account, as fal's editor saves them (protocol, 15.3)."""

import json
from pathlib import Path
from typing import Any

Workflow = dict[str, Any]

WORKFLOWS: list[Workflow] = json.loads((Path(__file__).parent / "workflows.json").read_text())
BY_NAME = {workflow["name"]: workflow for workflow in WORKFLOWS}
COMMON = ("name", "title", "user_nickname", "created_at")


def list_entry(workflow: Workflow) -> dict[str, Any]:
    """Return its item in the list, with the models that it calls, each once."""
    nodes = workflow["contents"]["nodes"].values()
    endpoint_ids = dict.fromkeys(node["app"] for node in nodes if "app" in node)
    entry = {name: workflow[name] for name in (*COMMON, "tags", "description")}
    return entry | {"endpoint_ids": list(endpoint_ids)}


def opened(workflow: Workflow) -> dict[str, Any]:
    """Return the response that includes its definition."""
    return {name: workflow[name] for name in (*COMMON, "is_public", "contents")}
