"""Template tags for pages that show or start conversations."""

from __future__ import annotations

from typing import Any

from django import template

from catalog.models import Endpoint
from features.chats.talk.shape import shape_of

register = template.Library()


@register.inclusion_tag("features/chats/_start_button.html", takes_context=True)
def begin_chat(context: template.Context, endpoint: Endpoint) -> dict[str, Any]:
    """Render the button that starts a conversation; empty if the model has none."""
    has_one = endpoint.is_runnable and shape_of(endpoint) is not None
    handed_on = {name: context.get(name, "") for name in ("csrf_token", "project")}
    return handed_on | {"endpoint": endpoint if has_one else None}


@register.inclusion_tag("features/chats/_answer.html")
def answer(values: dict[str, Any]) -> dict[str, Any]:
    """Render an answer from the context that `answer.context` returns."""
    return values
