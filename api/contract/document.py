"""The OpenAPI 3.1 document of the API, generated from the operations."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from api.contract.components import COMPONENTS
from api.contract.operation import PROBLEM, Operation, Parameter, Response
from api.contract.shapes import ref
from api.tokens import SCOPES

BASE = "/api/v1"
USUAL_ERRORS = (401, 403, 422, 429, 503)
_ABOUT = (
    "Search the catalogue, run models and collect what they make. Send a token, which each "
    "person creates in Vitrine under “API tokens”, as `Authorization: Bearer vitrine_…`. Lists "
    "are paged by `cursor`; errors are problem details (RFC 9457); `RateLimit` gives what is left."
)
_TAGS = {
    "models": "The catalogue: search, inputs, prices, changes.",
    "runs": "Runs and their artifacts.",
    "presets": "Named arguments for a model.",
    "collections": "What the curators recommend, and your favourites.",
    "boards": "Grids of runs: inputs × models.",
    "flows": "Chains of models, and their runs.",
    "uploads": "Files for a run's input.",
    "account": "Whom the token acts for.",
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vitrine", "version": "1", "description": _ABOUT},
        "servers": [{"url": BASE}],
        "tags": [{"name": name, "description": words} for name, words in _TAGS.items()],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": COMPONENTS,
            "headers": _HEADERS,
            "responses": {"Problem": _problem("An error.")},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Scopes: "
                    + "; ".join(f"`{name}`: {words}" for name, words in SCOPES.items()),
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


def _operation(one: Operation) -> dict[str, Any]:
    errors = sorted({*USUAL_ERRORS, *one.errors, *([400, 413, 415] if one.body else [])})
    found: dict[str, Any] = {
        "operationId": one.id,
        "tags": [one.tag],
        "summary": one.summary,
        "description": f"{one.description} Needs the scope `{one.scope}`.".strip(),
        "parameters": [_parameter(parameter) for parameter in one.parameters],
        "responses": {
            **{str(response.status): _success(response) for response in one.responses},
            **{str(status): _problem(HTTPStatus(status).phrase) for status in errors},
        },
    }
    if one.body:
        content = {one.body.content_type: {"schema": ref(one.body.component)}}
        found["requestBody"] = {"required": one.body.is_required, "content": content}
    return found


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.where,
        "description": one.description,
        "required": one.where == "path",
        "schema": dict(one.schema),
    }


def _success(response: Response) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": response.description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS},
    }
    if response.component:
        found["content"] = {"application/json": {"schema": ref(response.component)}}
    return found


def _problem(words: str) -> dict[str, Any]:
    return {"description": words, "content": {PROBLEM: {"schema": ref("Problem")}}}
