"""Finds the fields of a model's schema for a conversation: prompt, messages, system prompt.

A model without a text field, or without text in its output, has no conversations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from weakref import WeakKeyDictionary

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from schemas import Contract, Field, build
from schemas.validation import Version

PROMPTS = ("prompt", "user_prompt", "message", "question", "query", "input", "text", "instruction")
SYSTEMS = ("system_prompt", "system", "system_message", "system_instruction")
MESSAGES = ("messages",)
TEXT_OUTPUTS = {
    *("output", "text", "response", "answer", "content", "message", "completion"),
    *("generated_text", "result", "results", "outputs"),
}

Kind = Literal["prompt", "messages"]


@dataclass(frozen=True, eq=False)
class Shape:
    """How a model takes a conversation; `rest` are its other fields."""

    kind: Kind
    version: Version
    prompt: Field | None
    messages: Field | None
    system: Field | None
    rest: Field


def shape_of(endpoint: Endpoint) -> Shape | None:
    """Return how the endpoint takes a conversation; None if it does not."""
    version = version_of(endpoint)
    if version.root not in _SHAPES:
        _SHAPES[version.root] = read_shape(version)
    return _SHAPES[version.root]


_SHAPES: WeakKeyDictionary[Field, Shape | None] = WeakKeyDictionary()


def read_shape(version: Version) -> Shape | None:
    """Return how a model with this schema takes a conversation; None if it does not."""
    root = version.root
    fields = {child.name: child for child in root.children}
    prompt = next((fields[n] for n in PROMPTS if n in fields and _is_text(fields[n])), None)
    messages = next((fields[n] for n in MESSAGES if n in fields and fields[n].kind == "list"), None)
    if not (prompt or messages) or not _answers_in_text(version):
        return None
    system = next((fields[n] for n in SYSTEMS if n in fields and _is_text(fields[n])), None)
    own = {field.name for field in (prompt, messages, system) if field}
    others = replace(root, children=tuple(c for c in root.children if c.name not in own))
    return Shape("messages" if messages else "prompt", version, prompt, messages, system, others)


def _is_text(field: Field) -> bool:
    texts = [field, *field.branches]
    return any(text.kind == "string" and not text.media for text in texts)


def _answers_in_text(version: Version) -> bool:
    """Whether the output has a text under one of the usual names."""
    contract = version.contract
    if contract.output is None:
        return False
    outputs = build(Contract(contract.document, contract.output, None)).children
    has_text_output = any(output.name in TEXT_OUTPUTS and _is_text(output) for output in outputs)
    return has_text_output or any(output.name == "choices" for output in outputs)
