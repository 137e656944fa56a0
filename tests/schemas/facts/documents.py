"""Small documents of models, and the facts that are read from them."""

from typing import Any

from schemas.facts.capabilities import read_capabilities

Node = dict[str, Any]
Case = tuple[str, Node, Node, str]  # what the case shows, inputs, outputs, facts


def facts(document: Any, endpoint_id: str = "") -> list[str]:
    """Return the facts without quantities of a typical run (estimate/test_prices.py)."""
    all_facts = read_capabilities(document, endpoint_id).facts
    return [fact for fact in all_facts if not fact.startswith("usual-")]


text = {"type": "string", "description": "What to make."}
url = {"type": "string"}
urls = {"type": "array", "items": {"type": "string"}}
file = {"type": "object", "title": "File", "properties": {"url": url, "content_type": url}}
VIDEO, IMAGES = {"video": file}, {"images": {"type": "array", "items": file}}


def enum(*values: Any, **more: Any) -> Node:
    return {"enum": list(values), "type": "string"} | more


def number(low: Any = None, high: Any = None, default: Any = None, kind: str = "integer") -> Node:
    bounds = {"minimum": low, "maximum": high, "default": default}
    return {"type": kind} | {key: value for key, value in bounds.items() if value is not None}


def document(takes: Node, gives: Node, required: tuple[str, ...] = ()) -> Node:
    body = {"type": "object", "properties": takes, "required": list(required)}
    answer = {"type": "object", "properties": gives}
    return {
        "paths": {
            "/a/b": {"post": {"requestBody": {"content": {"application/json": {"schema": body}}}}},
            "/a/b/requests/{request_id}": {
                "get": {"responses": {"200": {"content": {"application/json": {"schema": answer}}}}}
            },
        }
    }
