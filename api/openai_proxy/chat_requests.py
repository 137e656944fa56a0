"""Parses OpenAI's chat body into an endpoint and its arguments.

`model` is the id of an endpoint that takes text and answers in text, or any name that fal's router
knows (protocol, section 16.5). The router gets the body unchanged; an endpoint gets the
messages in the form of its schema (`composition.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.http import retirement
from api.http.problem import Problem
from api.openai_proxy import chat_messages, chat_settings, composition, known_models
from api.openai_proxy.chat_messages import wrong
from api.openai_proxy.shape import Shape
from catalog.models import Endpoint
from fal.db_safe import db_safe_text
from fal.transports import completions

UNKNOWN_MODEL = "model-not-found"  # OpenAI's code for it
NO_ROUTER = "The catalogue has no model “{}”, and this Vitrine's upstream has no router for it."
NO_NAME = (
    "There is no model “{}”. Name one of the catalogue by its id, or one of fal's router as "
    "vendor/model; GET …/models lists them."
)
NO_CHAT = (
    "“{}” is not a chat model, which answers text with text. GET …/models lists the chat models."
)
ONE_ADDRESS = "Name the model that should answer as vendor/model; {} is the router's own address."
TOO_LONG = "The conversation is longer than {} takes. Leave out its oldest messages."


@dataclass(frozen=True)
class ChatRequest:
    """A call: the endpoint with its arguments, and the format of the answer."""

    endpoint: Endpoint
    arguments: dict[str, Any]
    is_stream: bool
    wants_usage: bool


def parse_chat_request(body: Any) -> ChatRequest:
    """Parse a body; raises Problem (400, 404) with the name of the parameter."""
    if not isinstance(body, dict):
        raise Problem(400, "The body must be a JSON object with model and messages.")
    messages, model = body.get("messages"), body.get("model")
    if not isinstance(model, str) or not model.strip():
        raise wrong("model", "Name the model that should answer.")
    is_list = isinstance(messages, list) and bool(messages)
    if not is_list or not all(isinstance(message, dict) for message in messages or ()):
        raise wrong("messages", "messages must be a list of objects with role and content.")
    endpoint, arguments = _arguments(body, db_safe_text(model))
    options = body.get("stream_options")
    wants_usage = isinstance(options, dict) and options.get("include_usage") is True
    return ChatRequest(endpoint, arguments, body.get("stream") is True, wants_usage)


def _arguments(body: dict[str, Any], model: str) -> tuple[Endpoint, dict[str, Any]]:
    endpoint = Endpoint.objects.filter(endpoint_id=model).first()
    if endpoint is not None:
        return retirement.note(endpoint), _composed(endpoint, _shape(endpoint), body)
    router = known_models.router()
    if router is None:
        raise wrong("model", NO_ROUTER.format(model[:200]), 404, UNKNOWN_MODEL)
    if not known_models.is_router_name(model):
        raise wrong("model", NO_NAME.format(model[:200]), 404, UNKNOWN_MODEL)
    return router, {name: value for name, value in body.items() if name != "stream"}


def _shape(endpoint: Endpoint) -> Shape:
    """Return how an endpoint takes a conversation; raises Problem if it takes none."""
    if completions.is_completions(endpoint.endpoint_id):
        raise wrong("model", ONE_ADDRESS.format(endpoint.endpoint_id))
    shape = known_models.chat_shape(endpoint)
    if shape is None:
        raise wrong("model", NO_CHAT.format(endpoint.endpoint_id), 404, UNKNOWN_MODEL)
    if known_models.needs_model(shape):
        raise wrong("model", ONE_ADDRESS.format(endpoint.endpoint_id))
    return shape


def _composed(endpoint: Endpoint, shape: Shape, body: dict[str, Any]) -> dict[str, Any]:
    name = endpoint.name
    settings = chat_settings.settings_of(shape, body, name)
    messages = chat_messages.parse_messages(body["messages"], name)
    media = [medium for message in messages for medium in message.media]
    settings = chat_settings.with_media(shape, settings, media, name)
    composed = composition.compose(shape, chat_messages.conversation(messages), settings)
    if composed.problems:
        first = composed.problems[0]
        raise wrong(str(first.path[0]) if first.path else "messages", first.message)
    if composed.left_out:
        raise wrong("messages", TOO_LONG.format(name), slug="context-length-exceeded")
    return composed.arguments
