"""The models of conversations."""

from chats.models.chat import Chat, Turn

__all__ = ["Chat", "Turn"]
