"""The models of conversations."""

from features.chats.models.chat import Chat, Turn

__all__ = ["Chat", "Turn"]
