"""Chats left in 0.3.0; their migrations stay until 0.4.0."""

from django.apps import AppConfig


class FormerChatsConfig(AppConfig):
    """The app of their migrations, without models: databases of 0.2.0 know it by its label."""

    name = "features.former.chats"
    label = "chats"
