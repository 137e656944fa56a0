"""The form of a conversation's title."""

from __future__ import annotations

from django import forms

from core.forms import LineField
from features.chats.models import Chat
from projects.kept.forms import TextsForm


class TitleForm(TextsForm):
    """The title at the head of the page."""

    title = LineField(max_length=200, widget=forms.TextInput({"aria-label": "Title"}))

    class Meta(TextsForm.Meta):
        model = Chat
        fields = ("title",)
