"""Django's `url` tag, except that a URL without arguments is looked up only once.

The head of every page has fifteen of them, and each lookup walks the resolver. Vitrine has one
URLconf and is served from the root of its host, so such a URL never changes.
"""

from __future__ import annotations

from functools import cache

from django import template
from django.template import defaulttags
from django.template.base import Parser, Token
from django.template.context import Context
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

register = template.Library()


class FixedURLNode(template.Node):
    """The URL of a view that takes no arguments."""

    def __init__(self, view_name: str) -> None:
        self._view_name = view_name

    def render(self, context: Context) -> SafeString:
        """Return the address, escaped; raises NoReverseMatch for an unknown view."""
        return _address(self._view_name)


@cache
def _address(view_name: str) -> SafeString:
    return escape(reverse(view_name))


@register.tag
def url(parser: Parser, token: Token) -> template.Node:
    """Parse `{% url "runs" %}`; leaves URLs with arguments or `as` a variable to Django's tag."""
    node = defaulttags.url(parser, token)
    name = node.view_name.var
    is_fixed = isinstance(name, str) and not (node.args or node.kwargs or node.asvar)
    return FixedURLNode(name) if is_fixed else node
