"""Predicts what sending a message will cost and leave out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.models import Endpoint
from catalog.pricing import is_priced
from features.chats.display import composer
from features.chats.display.composer import Message
from features.chats.models import Chat, Turn
from features.chats.talk import composition, second_model
from features.chats.talk.shape import shape_of
from features.chats.turns import sending
from runs.costs import cost


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
    settings, _ = composer.settings_of(shape, filled.post)
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
        if estimate.is_known:
            prices = (Price(endpoint.name, estimate.label, " · ".join(estimate.basis[:1])),)
    return Preview(prices, composed.left_out, trouble)
