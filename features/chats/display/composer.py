"""The composer: the message field, the model's other fields, and what sending would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from catalog.models import Endpoint
from catalog.pricing import is_priced
from features.chats.models import Chat, Turn
from features.chats.talk import composition, second_model
from features.chats.talk.shape import Shape, shape_of
from features.chats.turns import sending
from playground.form.html import rendering
from playground.form.html.rendering import has_errors, needs_attention
from runs.costs import cost
from runs.files.own_addresses import tidy_addresses
from schemas import Field, Problem, decode_post, encode_arguments
from schemas import draw as draw_nodes

Post = dict[str, list[str]]


@dataclass(frozen=True)
class Message:
    """The message in a composer with its settings, and problems with them."""

    text: str = ""
    system: str = ""
    post: Post = field(default_factory=dict)
    problems: Sequence[Problem] = ()


def held(chat: Chat) -> Message:
    """Return the composer's contents: an unsent draft, else the last settings."""
    shape = shape_of(chat.endpoint)
    if chat.draft:
        draft = chat.draft
        return Message(draft.get("text", ""), draft.get("system", ""), draft.get("post", {}))
    post = encode_arguments(shape.rest, chat.settings) if shape else {}
    return Message("", chat.system, second_model.with_fields(chat, post, chat.settings))


def settings_of(shape: Shape, post: Post) -> tuple[dict[str, Any], list[Problem]]:
    """Return the model's other arguments in a post, and problems with unreadable ones."""
    parsed = decode_post(shape.rest, post)
    return tidy_addresses(parsed.arguments), parsed.problems


def context(chat: Chat, filled: Message) -> dict[str, Any]:
    """Return the context of the composer's template."""
    shape = shape_of(chat.endpoint)
    own = [problem.message for problem in filled.problems if not problem.path]
    base = {"filled": filled, "shape": shape, "troubles": own}
    if shape is None:
        return base
    below = [problem for problem in filled.problems if problem.path]
    of_second = [problem for problem in below if problem.path[0] == second_model.NAME]
    below = [problem for problem in below if problem not in of_second]
    nodes = draw_nodes(shape.rest, post=filled.post, problems=below).children
    media = [node for node in nodes if _takes_file(node.field)]
    setting_nodes = [node for node in nodes if not _takes_file(node.field)]
    address = reverse("playground:uploads")
    wrong = [*own, *(problem.message for problem in below if not _is_known(shape, problem))]
    return base | {
        "troubles": wrong,
        "media": rendering.render_fields(media, address),
        "has_media": bool(media),
        "is_media_open": any(n.field.is_required or n.is_changed or has_errors(n) for n in media),
        "settings": rendering.render_fields(setting_nodes, address),
        "settings_count": len(setting_nodes),
        "changed_count": sum(node.is_changed for node in setting_nodes),
        "is_settings_open": any(needs_attention(node) for node in setting_nodes),
        "limit": shape.prompt.max_length if shape.prompt else None,
        **_second(chat, filled.post, settings_of(shape, filled.post)[0], of_second),
    }


def _second(
    chat: Chat, post: Post, first: dict[str, Any], problems: Sequence[Problem]
) -> dict[str, Any]:
    """Return the context of the second model's own fields; empty if there is none."""
    root = second_model.root_of(chat)
    if root is None:
        return {}
    post = second_model.with_fields(chat, post, first)
    (group_node,) = draw_nodes(root, post=post, problems=problems).children
    address = reverse("playground:uploads")
    return {
        "second_settings": rendering.render_fields(group_node.children, address),
        "is_second_open": any(needs_attention(node) for node in group_node.children),
    }


def _is_known(shape: Shape, problem: Problem) -> bool:
    return any(child.name == problem.path[0] for child in shape.rest.children)


def _takes_file(field: Field) -> bool:
    return bool(field.media or (field.item and field.item.media))


def encode(shape: Shape, settings: dict[str, Any]) -> Post:
    """Return the post of the model's other fields filled with these settings."""
    return encode_arguments(shape.rest, settings)


@dataclass(frozen=True)
class Price:
    """The cost of one model's answer: "about $0.001", and how it is computed."""

    model: str
    words: str
    basis: str


@dataclass(frozen=True)
class Preview:
    """What is known about a message before it is sent; falsy if nothing is."""

    prices: tuple[Price, ...] = ()
    left_out: int = 0  # turns, for the model that gets the fewest
    trouble: str = ""

    def __bool__(self) -> bool:
        return bool(self.prices or self.left_out or self.trouble)


def of_message(chat: Chat, parent: int | None, filled: Message) -> Preview:
    """Return the cost and problems of sending this to the chat's models with the earlier turns."""
    shape = shape_of(chat.endpoint)
    if shape is None or not filled.text.strip():
        return Preview()
    settings, _ = settings_of(shape, filled.post)
    last = chat.turns.filter(pk=parent).first() if parent else None
    preview = _of_model(chat, chat.endpoint, last, filled, settings)
    if chat.second is None:
        return preview
    second_settings, _ = second_model.settings_of(chat, filled.post, settings)
    other = _of_model(chat, chat.second, last, filled, second_settings)
    return Preview(
        prices=preview.prices + other.prices,
        left_out=max(preview.left_out, other.left_out),
        trouble=preview.trouble or other.trouble,
    )


def _of_model(
    chat: Chat, endpoint: Endpoint, parent: Turn | None, filled: Message, settings: dict[str, Any]
) -> Preview:
    shape = shape_of(endpoint)
    if shape is None:
        return Preview()
    turn = Turn(
        chat=chat, parent=parent, endpoint=endpoint, text=filled.text, system=filled.system,
        settings=settings,
    )  # fmt: skip
    composed = sending.composition_of(turn, shape)
    trouble = composition.excess(shape, composed, endpoint.name)
    prices: tuple[Price, ...] = ()
    if is_priced(endpoint):
        estimate = cost.estimate_run(endpoint, composed.arguments)
        if estimate.is_known and estimate.page_label:
            prices = (Price(endpoint.name, estimate.page_label, " · ".join(estimate.basis[:1])),)
    return Preview(prices, composed.left_out, trouble)
