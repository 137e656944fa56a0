"""Conversations with language models."""

from django.apps import AppConfig


class ChatsConfig(AppConfig):
    """Each turn of a conversation is an ordinary run."""

    name = "chats"
    verbose_name = "Chats"

    def ready(self) -> None:
        """Register chats for handovers, input retention, and live updates of answers."""
        from chats.display import answer
        from chats.models import Chat, Turn
        from chats.turns.belonging import chats_of
        from playground.display.navigation import destinations
        from runs.files import input_references
        from runs.live import views
        from runs.ownership import belonging, handover

        belonging.register(chats_of)
        destinations.register(destinations.Kind("Chats", Chat.objects.of, "title", "chats:chat"))
        handover.register("chats", Chat)
        input_references.register_inputs(lambda: Chat.objects.kept(), "settings")
        input_references.register_inputs(lambda: Chat.objects.kept(), "draft")
        input_references.register_inputs(
            lambda: Turn.objects.filter(chat__deleted_at=None), "settings"
        )
        views.register("chat", lambda run, _view: answer.render(run), is_live=True)
