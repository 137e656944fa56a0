"""What sending a message will cost and leave out, as far as it is known before."""

from __future__ import annotations

from dataclasses import dataclass

from chats.display import composer
from chats.display.composer import Filled
from chats.models import Chat, Turn
from chats.talk import limits
from chats.talk.shape import shape_of
from chats.turns import sending
from playground.runs.costs import cost


@dataclass(frozen=True)
class Preview:
    """What is known of a message before it is sent; empty texts where nothing is."""

    cost: str = ""  # "about $0.001"
    basis: str = ""  # how it is computed
    left_out: int = 0
    trouble: str = ""

    def __bool__(self) -> bool:
        return bool(self.cost or self.left_out or self.trouble)


def of_message(chat: Chat, parent: int | None, filled: Filled) -> Preview:
    """What sending this to the chat's model costs, with the turns before it, and what is wrong."""
    shape = shape_of(chat.endpoint)
    if shape is None or not filled.text.strip():
        return Preview()
    settings, _ = composer.settings_of(shape, filled.post)
    last = chat.turns.filter(pk=parent).first() if parent else None
    turn = Turn(
        chat=chat, parent=last, endpoint=chat.endpoint, text=filled.text, system=filled.system,
        settings=settings,
    )  # fmt: skip
    composed = sending.composition_of(turn, shape)
    trouble = limits.excess(shape, composed, chat.endpoint.display_name)
    if not chat.endpoint.unit_price_usd:
        return Preview(left_out=composed.left_out, trouble=trouble)
    found = cost.estimate_run(chat.endpoint, composed.arguments)
    words = found.words if found.is_known else ""
    return Preview(words, " · ".join(found.basis[:1]) if words else "", composed.left_out, trouble)
