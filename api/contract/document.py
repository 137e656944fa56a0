"""The OpenAPI 3.1 document of the API, generated from the operations."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from api.contract.components import COMPONENTS
from api.contract.nulls import with_nulls
from api.contract.operation import PROBLEM, Operation, Parameter, Response
from api.contract.shapes import ref
from api.tokens import SCOPES
from core.version import version

BASE = "/api/v1"
USUAL_ERRORS = (401, 403, 422, 429, 503)
_ABOUT = (
    "Search the catalogue, run models and collect what they make. Send a token, which each "
    "person creates in Vitrine under “API tokens”, as `Authorization: Bearer vitrine_…`. Lists "
    "are paged by `cursor`; errors are problem details (RFC 9457); the header `RateLimit` says "
    "how many requests are left. In a request's body, `null` for an optional member is its "
    "absence. The version is Vitrine's."
)
_TAGS = {
    "models": "The catalogue: search, inputs, prices, changes.",
    "runs": "Runs and their artifacts.",
    "presets": "Named arguments for a model.",
    "collections": "What the curators recommend, and the models that you starred.",
    "boards": "Grids of runs: inputs × models.",
    "flows": "Chains of models, and their runs.",
    "uploads": "Files for a run's input.",
    "webhooks": "Addresses that are notified when runs end.",
    "account": "The person that the token acts for.",
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vitrine", "version": version(), "description": _ABOUT},
        "servers": [{"url": BASE}],
        "tags": [{"name": name, "description": description} for name, description in _TAGS.items()],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {name: with_nulls(schema) for name, schema in COMPONENTS.items()},
            "headers": _HEADERS,
            "responses": {"Problem": _problem("An error.")},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Scopes: "
                    + "; ".join(f"`{name}`: {description}" for name, description in SCOPES.items()),
                }
            },
        },
    }


_HEADERS = {
    "RateLimit": {
        "schema": {"type": "string"},
        "description": '`"read";r=599;t=1`: requests left, and seconds until all are back',
    },
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": '`"read";q=600;w=60`: requests allowed in a window of seconds',
    },
}


def _operation(operation: Operation) -> dict[str, Any]:
    of_body = [400, 413, 415] if operation.body else []
    of_money = [402] if operation.limit == "run" else []
    errors = sorted({*USUAL_ERRORS, *operation.errors, *of_body, *of_money})
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"{operation.description} Needs the scope `{operation.scope}`.".strip(),
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": {
            **{str(response.status): _success(response) for response in operation.responses},
            **{str(status): _problem(HTTPStatus(status).phrase) for status in errors},
        },
    }
    if operation.body:
        content = {operation.body.content_type: {"schema": ref(operation.body.component)}}
        described["requestBody"] = {"required": operation.body.is_required, "content": content}
    return described


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.description,
        "required": parameter.where == "path",
        "schema": dict(parameter.schema),
    }


def _success(response: Response) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": response.description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS},
    }
    if response.component:
        described["content"] = {"application/json": {"schema": ref(response.component)}}
    return described


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM: {"schema": ref("Problem")}}}
