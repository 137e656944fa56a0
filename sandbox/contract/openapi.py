"""Builds an endpoint's OpenAPI document with the structure that all of fal's documents share."""

import re
from typing import Any

from sandbox.contract.registry import Model
from sandbox.contract.schema import COMMON, Schema, boolean, integer, mapping, number, text

REF = "#/components/schemas/"

QUEUE_STATUS: Schema = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]},
        "request_id": text("The request id."),
        "response_url": text("The response url."),
        "status_url": text("The status url."),
        "cancel_url": text("The cancel url."),
        "logs": mapping(True, "The logs."),
        "metrics": mapping(True, "The metrics."),
        "queue_position": integer("The queue position."),
    },
    "required": ["status", "request_id"],
}
REQUEST_ID = {"name": "request_id", "in": "path", "required": True, "schema": text("Request ID")}
LOGS = {
    "name": "logs",
    "in": "query",
    "required": False,
    "schema": number("Whether to include logs (`1`) in the response or not (`0`)."),
}
SUCCESS = {
    "type": "object",
    "properties": {"success": boolean("Whether the request was cancelled successfully.")},
}


def document(model: Model, addresses: dict[str, str]) -> dict[str, Any]:
    """Return the document; `{files}` in examples becomes the file host's address."""
    camel = camel_case(model.endpoint_id)
    inputs, outputs = f"{camel}Input", f"{camel}Output"
    path = f"/{model.endpoint_id}"
    result = {
        "openapi": "3.0.4",
        "info": {
            "title": f"Queue OpenAPI for {model.endpoint_id}",
            "version": "1.0.0",
            "description": f"The OpenAPI schema for the {model.endpoint_id} queue.",
            "x-fal-metadata": {
                "endpointId": model.endpoint_id,
                "category": model.category,
                "thumbnailUrl": f"{{files}}/thumbs/{model.endpoint_id}.webp",
                "playgroundUrl": f"https://fal.ai/models/{model.endpoint_id}",
                "documentationUrl": f"https://fal.ai/models/{model.endpoint_id}/api",
            },
        },
        "components": {
            "securitySchemes": {
                "apiKeyAuth": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "Fal Key",
                }
            },
            "schemas": {
                "QueueStatus": QUEUE_STATUS,
                inputs: model.input,
                outputs: model.output,
                **components(model),
            },
        },
        "paths": {
            f"{path}/requests/{{request_id}}/status": {
                "get": {
                    "parameters": [REQUEST_ID, LOGS],
                    "responses": _ok("The request status.", {"$ref": REF + "QueueStatus"}),
                }
            },
            f"{path}/requests/{{request_id}}/cancel": {
                "put": {
                    "parameters": [REQUEST_ID],
                    "responses": _ok("The request was cancelled.", SUCCESS),
                }
            },
            path: {
                "post": {
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": REF + inputs}}},
                    },
                    "responses": _ok("The request status.", {"$ref": REF + "QueueStatus"}),
                }
            },
            f"{path}/requests/{{request_id}}": {
                "get": {
                    "parameters": [REQUEST_ID],
                    "responses": _ok("Result of the request.", {"$ref": REF + outputs}),
                }
            },
        },
        "servers": [{"url": addresses["queue"]}],
        "security": [{"apiKeyAuth": []}],
        **model.extra,
    }
    document: dict[str, Any] = addressed(result, addresses)
    return document


def components(model: Model) -> dict[str, Schema]:
    """Return the components that the model's schemas reference, directly or not.

    A reference to an undefined component stays dangling, on purpose.
    """
    defined = {**COMMON, **model.components}
    reachable: dict[str, Schema] = {}
    pending = [*_references(model.input), *_references(model.output)]
    while pending:
        name = pending.pop(0)
        if name in defined and name not in reachable:
            reachable[name] = defined[name]
            pending += _references(defined[name])
    return reachable


def camel_case(endpoint_id: str) -> str:
    """Name components as fal does: `sandbox/aurora/image-to-image` → `AuroraImageToImage`."""
    words = re.split(r"[^A-Za-z0-9]+", endpoint_id.partition("/")[2])
    return "".join(word[:1].upper() + word[1:] for word in words)


def addressed(value: Any, addresses: dict[str, str]) -> Any:
    """Return the value with `{files}` replaced in all its strings except keys."""
    if isinstance(value, str):
        return value.replace("{files}", addresses["files"]) if "{files}" in value else value
    if isinstance(value, dict):
        return {key: addressed(item, addresses) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [addressed(item, addresses) for item in value]
    return value


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        own = [reference.removeprefix(REF)] if isinstance(reference, str) else []
        return own + [name for item in schema.values() for name in _references(item)]
    if isinstance(schema, list):
        return [name for item in schema for name in _references(item)]
    return []


def _ok(description: str, schema: Schema) -> dict[str, Any]:
    return {
        "200": {
            "description": description,
            "content": {"application/json": {"schema": schema}},
        }
    }
