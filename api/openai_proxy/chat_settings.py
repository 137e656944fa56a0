"""The parameters of OpenAI's chat body as arguments of an endpoint.

A parameter sets the endpoint's field of that name, or of a synonym. A parameter without such a
field is refused by name, unless its value requests the default behaviour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from api.openai_proxy.chat_messages import NO_TURNS, Medium, wrong
from api.openai_proxy.shape import Shape
from schemas import Field

MOST_TOKENS = ("max_tokens", "max_completion_tokens", "max_new_tokens", "max_output_tokens")
SAME: dict[str, tuple[str, ...]] = {
    "max_tokens": MOST_TOKENS,
    "max_completion_tokens": MOST_TOKENS,
    "stop": ("stop", "stop_sequences"),
}
# Parameters of the call itself, and those about the caller, which do not affect the answer.
OF_THE_CALL = {"model", "messages", "stream", "stream_options"}
OF_THE_CALLER = {
    *("user", "safety_identifier", "metadata", "store", "service_tier"),
    *("prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"),
}
TOOLS = {"tools", "functions"}
OF_TOOLS = {"tool_choice", "function_call", "parallel_tool_calls"}  # mean nothing without tools
# Values that describe the behaviour of a model without such a parameter.
NEUTRAL = {
    "n": 1,
    "temperature": 1,
    "top_p": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logprobs": False,
    "response_format": {"type": "text"},
    "modalities": ["text"],
}
NONE: tuple[Any, ...] = (None, "", [], {})
UNKNOWN = "{} has no parameter {!r}. Leave it out, or name a model of the router."
TWICE = (
    "{!r} contradicts another parameter of this call, which sets the same. Send only one of them."
)
MEDIA = {"image": "pictures", "audio": "sound", "video": "films"}
NO_MEDIA = "{} takes no {}. Leave them out, or name another model."
ONE_MEDIUM = "{} takes one file in “{}”, and the messages have {}. Leave out the others."


def settings_of(shape: Shape, body: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the arguments that the body's parameters set; raises Problem for others."""
    fields = {child.name for child in shape.rest.children} - OF_THE_CALL
    settings: dict[str, Any] = {}
    for parameter, value in body.items():
        if parameter in OF_THE_CALL or value is None:
            continue
        field = next(
            (candidate for candidate in SAME.get(parameter, (parameter,)) if candidate in fields),
            None,
        )
        if field is None:
            _require_no_effect(parameter, value, name)
        elif settings.setdefault(field, value) != value:
            raise wrong(parameter, TWICE.format(parameter))
    return settings


def _require_no_effect(parameter: str, value: Any, name: str) -> None:
    if parameter in TOOLS and value not in NONE:
        raise wrong(parameter, NO_TURNS.format(name, f"Leave out {parameter!r}."))
    is_neutral = value in NONE or (parameter in NEUTRAL and value == NEUTRAL[parameter])
    if not is_neutral and parameter not in OF_THE_CALLER | OF_TOOLS:
        unknown = UNKNOWN.format(name, parameter[:100])
        raise wrong(parameter[:100], unknown, slug="unsupported-parameter")


def with_media(
    shape: Shape, settings: dict[str, Any], media: Iterable[Medium], name: str
) -> dict[str, Any]:
    """Return the arguments with the messages' media in the fields that accept them."""
    by_kind: dict[str, dict[str, Medium]] = {}
    for file in media:
        by_kind.setdefault(file.kind, {}).setdefault(file.url, file)
    arguments = dict(settings)
    for kind, urls in by_kind.items():
        first = next(iter(urls.values()))
        field = _field_for(shape.rest.children, kind)
        if field is None:
            raise wrong(first.place, NO_MEDIA.format(name, MEDIA[kind]))
        if field.name in arguments:
            raise wrong(field.name, TWICE.format(field.name))
        if field.item is None and len(urls) > 1:
            last = list(urls.values())[-1]
            raise wrong(last.place, ONE_MEDIUM.format(name, field.name, len(urls)))
        arguments[field.name] = [*urls] if field.item else first.url
    return arguments


def _field_for(fields: Sequence[Field], kind: str) -> Field | None:
    """Return the field that takes media of a kind; a list before a single one."""
    lists = [field for field in fields if field.item and field.item.media == kind]
    return next(iter([*lists, *(field for field in fields if field.media == kind)]), None)
