"""Tags for the frame of every page: the header's areas, the menu's, and the tabs of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from playground.display.navigation import corridor

if TYPE_CHECKING:
    from django.http import HttpRequest

register = template.Library()


@register.simple_tag(takes_context=True)
def header_areas(context: dict[str, Any]) -> list[corridor.Tab]:
    """Return the areas of the header."""
    return corridor.areas(context["request"], corridor.HEADER)


@register.simple_tag(takes_context=True)
def menu_areas(context: dict[str, Any]) -> list[corridor.Tab]:
    """Return the areas of the user menu."""
    return corridor.areas(context["request"], corridor.MENU)


@register.inclusion_tag("frame/_tabs.html", takes_context=True)
def tabs(context: dict[str, Any]) -> dict[str, list[corridor.Tab]]:
    """Render the tabs above a page, if it has any."""
    request: HttpRequest | None = context.get("request")
    is_known = request is not None and request.user.is_authenticated
    return {"tabs": corridor.tabs(request) if request and is_known else []}
