"""The URLs of conversations, below `/chats/`."""

from django.urls import path

from features.chats.views import actions, chat, lists

app_name = "chats"
urlpatterns = [
    path("new/", lists.new, name="new"),
    path("<uuid:pk>/", chat.chat, name="chat"),
    path("<uuid:pk>/turns/", actions.turns, name="chat-turns"),
    path("<uuid:pk>/draft/", actions.draft, name="chat-draft"),
    path("<uuid:pk>/title/", actions.title, name="chat-title"),
    *lists.CHATS.urls(),
]
