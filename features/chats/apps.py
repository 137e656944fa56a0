"""Conversations with language models."""

from django.apps import AppConfig


class ChatsConfig(AppConfig):
    """Each turn of a conversation is an ordinary run."""

    name = "features.chats"
    verbose_name = "Chats"

    def ready(self) -> None:
        """Register what the app promises to its runs."""
        from features.chats.owner import ChatsOwner
        from runs.promises import owners

        owners.register(ChatsOwner())
