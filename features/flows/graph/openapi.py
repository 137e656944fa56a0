"""Generates a workflow's OpenAPI document like fal's for endpoints (protocol, 4.1, 15.9).

As far as known, fal serves none for an account's workflows. With it the ordinary form, its checks,
the API tab and the history of schemas work as for any model.
"""

from __future__ import annotations

from typing import Any

from features.flows.graph.graph import Graph
from features.flows.graph.inputs import Borrow, input_schema

DEFINITION = "x-workflow"  # our key for the definition that a run of this version used


def document(graph: Graph, endpoint_id: str, borrow: Borrow | None = None) -> dict[str, Any]:
    """Return the document: the inputs, the names of the result, and the definition."""
    return {
        "openapi": "3.0.4",
        "info": {
            "title": f"Queue OpenAPI for {endpoint_id}",
            "version": "1.0.0",
            "description": graph.description,
        },
        "components": {
            "schemas": {
                "WorkflowInput": input_schema(graph, borrow),
                "WorkflowOutput": output_schema(graph),
            }
        },
        "paths": {
            f"/{endpoint_id}": {"post": {"requestBody": _body("WorkflowInput")}},
            f"/{endpoint_id}/requests/{{request_id}}": {
                "get": {"responses": {"200": _body("WorkflowOutput")}}
            },
        },
        DEFINITION: dict(graph.raw),
    }


def output_schema(graph: Graph) -> dict[str, Any]:
    """Return the schema of the result's names; each value is a model's output, so it is open."""
    described = graph.output_schema
    if described.get("type") == "object" and isinstance(described.get("properties"), dict):
        return dict(described)
    properties = {}
    for name in dict.fromkeys([*graph.output, *described]):
        output_field = described.get(name)
        label = output_field.get("label") if isinstance(output_field, dict) else None
        properties[str(name)] = {"title": label} if isinstance(label, str) and label else {}
    return {"type": "object", "title": "Output", "properties": properties}


def _body(name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"content": {"application/json": {"schema": schema}}}
