"""Parses OpenAI's chat body into an endpoint and its arguments.

`model` is the id of an endpoint that takes text and answers in text, or any name that fal's router
knows (fal-protocol.md, section 16.5). The router gets the body unchanged; an endpoint gets the
messages in the form of its schema, as in chats (`chats/talk/composition.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.http.problem import Problem
from catalog.models import Endpoint
from chats.talk import composition
from chats.talk.composition import Conversation, Exchange
from chats.talk.shape import Shape, shape_of
from fal.db_safe import db_safe_text
from fal.transports import completions
from schemas import Field

ROUTER = f"openrouter/router/openai/v1{completions.SUFFIX}"
SYSTEM_ROLES = {"system", "developer"}
NO_ROUTER = "The catalogue has no model “{}”, and this Vitrine's upstream has no router for it."
NO_TURNS = "{} takes text turns alone. Leave out tools, or name a model of the router."
NO_PICTURES = "{} takes no pictures. Name another model."
ONE_ADDRESS = "Name the model that shall answer as vendor/model; {} is the router's own address."


@dataclass(frozen=True)
class ChatRequest:
    """A call: the endpoint with its arguments, and the format of the answer."""

    endpoint: Endpoint
    arguments: dict[str, Any]
    is_stream: bool
    wants_usage: bool

    @property
    def is_routed(self) -> bool:
        """Whether the router answers, whose responses have OpenAI's format already."""
        return completions.is_completions(self.endpoint.endpoint_id)


def parse_chat_request(body: Any) -> ChatRequest:
    """Parse a body; raises Problem (400, 404) with the name of the parameter."""
    if not isinstance(body, dict):
        raise Problem(400, "The body must be a JSON object with model and messages.")
    messages, model = body.get("messages"), body.get("model")
    if not isinstance(model, str) or not model.strip():
        raise _wrong("model", "Name the model that shall answer.")
    is_list = isinstance(messages, list) and bool(messages)
    if not is_list or not all(isinstance(one, dict) for one in messages or ()):
        raise _wrong("messages", "messages must be a list of objects with role and content.")
    endpoint, arguments = _arguments(body, db_safe_text(model))
    options = body.get("stream_options")
    wants_usage = isinstance(options, dict) and options.get("include_usage") is True
    return ChatRequest(endpoint, arguments, body.get("stream") is True, wants_usage)


def _wrong(parameter: str, detail: str, status: int = 400) -> Problem:
    return Problem(status, detail, errors=[{"detail": detail, "parameter": parameter}])


def _arguments(body: dict[str, Any], model: str) -> tuple[Endpoint, dict[str, Any]]:
    named = Endpoint.objects.filter(endpoint_id=model).first()
    shape = shape_of(named) if named else None
    if named is not None and shape is not None:
        if shape.kind == "completions":
            raise _wrong("model", ONE_ADDRESS.format(model))
        return named, _composed(named, shape, body)
    router = Endpoint.objects.filter(endpoint_id=ROUTER).first()
    if router is None:
        raise _wrong("model", NO_ROUTER.format(model[:200]), 404)
    return router, {name: value for name, value in body.items() if name != "stream"}


def _composed(endpoint: Endpoint, shape: Shape, body: dict[str, Any]) -> dict[str, Any]:
    messages, name = body["messages"], endpoint.name
    if body.get("tools") or any(one.get("role") == "tool" for one in messages):
        raise _wrong("tools", NO_TURNS.format(name))
    settings = _settings(shape, body)
    if pictures := _pictures(messages):
        settings |= _with_pictures(shape, pictures, name)
    composed = composition.compose(shape, conversation(messages), settings)
    if composed.problems:
        first = composed.problems[0]
        raise _wrong(str(first.path[0]) if first.path else "messages", first.message)
    return composed.arguments


def _settings(shape: Shape, body: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that the model has under OpenAI's names."""
    body = dict(body)
    if "max_completion_tokens" in body:
        body.setdefault("max_tokens", body["max_completion_tokens"])
    known = {child.name for child in shape.rest.children} - {"stream", "model"}
    return {key: value for key, value in body.items() if key in known and value is not None}


def conversation(messages: Sequence[dict[str, Any]]) -> Conversation:
    """Return the turns of a list of messages; the last message is the one to answer."""
    system = "\n\n".join(text_of(one) for one in messages if one.get("role") in SYSTEM_ROLES)
    said: list[str] = []
    earlier: list[Exchange] = []
    for one in messages:
        if one.get("role") == "user":
            said.append(text_of(one))
        elif one.get("role") == "assistant" and said:
            earlier.append(Exchange("\n\n".join(said), text_of(one)))
            said = []
    if not said:
        raise _wrong("messages", "The last message must be one of role user.")
    return Conversation("\n\n".join(said), earlier, system)


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message: plain, or joined from its parts."""
    content = message.get("content")
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    texts = [part.get("text") for part in content if isinstance(part, dict)]
    return "\n\n".join(text for text in texts if isinstance(text, str))


def _pictures(messages: Sequence[dict[str, Any]]) -> list[str]:
    """Return the addresses of the pictures in the newest message that has any."""
    for one in reversed(messages):
        content = one.get("content")
        parts = [part for part in content if isinstance(part, dict)] if _is_list(content) else []
        urls = [_picture(part) for part in parts if part.get("type") == "image_url"]
        if found := [url for url in urls if url]:
            return found
    return []


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _picture(part: dict[str, Any]) -> str:
    given = part.get("image_url")
    url = given.get("url") if isinstance(given, dict) else given
    return url if isinstance(url, str) else ""


def _with_pictures(shape: Shape, pictures: list[str], name: str) -> dict[str, Any]:
    lists = [child for child in shape.rest.children if child.item and _is_picture(child.item)]
    if lists:
        return {lists[0].name: pictures}
    single = next((child for child in shape.rest.children if _is_picture(child)), None)
    if single is None or len(pictures) > 1:
        raise _wrong("messages", NO_PICTURES.format(name))
    return {single.name: pictures[0]}


def _is_picture(field: Field) -> bool:
    return field.media == "image"
