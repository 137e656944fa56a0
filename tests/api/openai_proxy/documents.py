"""OpenAPI documents of language models: with a prompt, with messages, and unusual ones."""

from typing import Any

ANSWER = {"output": {"type": "string"}, "error": {"anyOf": [{"type": "string"}, {"type": "null"}]}}
NULLABLE = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def document(inputs: dict[str, Any], required: list[str], outputs: Any = None) -> dict[str, Any]:
    """Return a document with one operation that takes `inputs`."""
    body = {"type": "object", "properties": inputs, "required": required}
    answer = {"type": "object", "properties": ANSWER if outputs is None else outputs}
    return {
        "openapi": "3.0.4",
        "paths": {
            "/lab/llm": {
                "post": {
                    "requestBody": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/In"}}
                        }
                    }
                }
            },
            "/lab/llm/requests/{request_id}": {
                "get": {
                    "responses": {
                        "200": {
                            "content": {
                                "application/json": {"schema": {"$ref": "#/components/schemas/Out"}}
                            }
                        }
                    }
                }
            },
        },
        "components": {"schemas": {"In": body, "Out": answer}},
    }


TEXT = {"type": "string"}
ROUTER = document(
    {
        "prompt": TEXT | {"minLength": 1},
        "system_prompt": NULLABLE,
        "model": TEXT,
        "temperature": {"type": "number", "minimum": 0, "maximum": 2, "default": 1},
    },
    ["prompt", "model"],
)
SHORT = document({"prompt": TEXT | {"minLength": 1, "maxLength": 300}}, ["prompt"])
VISION = document(
    {
        "image_urls": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "prompt": TEXT,
    },
    ["prompt", "image_urls"],
)

LISTENER = document({"audio_url": TEXT, "image_url": TEXT, "prompt": TEXT}, ["prompt", "audio_url"])


def messages(content: Any, roles: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """Return a document whose `messages` have this content and these roles."""
    role = TEXT | ({"enum": roles} if roles else {})
    item = {
        "type": "object",
        "properties": {"role": role, "content": content},
        "required": ["role", "content"],
    }
    return document({"messages": {"type": "array", "items": item, **more}}, ["messages"])


MESSAGES = messages(TEXT, ["system", "user", "assistant"])
DIALOGUE = messages(TEXT, ["user", "assistant"], maxItems=6)
PART = {
    "type": "object",
    "properties": {"type": {"type": "string", "enum": ["text"]}, "text": TEXT},
    "required": ["type", "text"],
}
PARTS = messages({"type": "array", "items": PART})
PAINTER = document({"prompt": TEXT}, ["prompt"], {"images": {"type": "array", "items": {}}})
ALL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "router": (ROUTER, {"model": "a/b"}),
    "short": (SHORT, {}),
    "vision": (VISION, {"image_urls": ["https://x.test/a.png"]}),
    "messages": (MESSAGES, {}),
    "dialogue": (DIALOGUE, {}),
    "parts": (PARTS, {}),
}
