"""Template filters about sessions, and where passkeys work."""

from typing import Any

from django import template

from accounts.second_factor import origins
from accounts.sessions.active_sessions import device

register = template.Library()
register.filter(device)


@register.simple_tag(takes_context=True)
def passkeys_work(context: dict[str, Any]) -> bool:
    """Return whether a browser can use passkeys at the request's address."""
    return not origins.obstacle(context["request"])
