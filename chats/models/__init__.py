"""The models of conversations."""

from chats.models.chat import Chat
from chats.models.turn import Turn

__all__ = ["Chat", "Turn"]
