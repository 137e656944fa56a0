"""Django's `url` tag, except that a view's URL is looked up once and then filled in.

The head of every page has fifteen URLs, a run has nine, and each lookup walks the resolver. Vitrine
has one URLconf and is served from the root of its host, so a view's URL never changes but for its
arguments; those that are ids and numbers need no checks and no quoting.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache

from django import template
from django.template import defaulttags
from django.template.base import FilterExpression, Parser, Token
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

register = template.Library()

# Of each type of argument that needs no checks, one whose text occurs in no URL of ours.
EXAMPLES: Mapping[type, uuid.UUID | int] = {
    uuid.UUID: uuid.UUID("4f1d7a2e-9b0c-4d5e-8f6a-3b2c1d0e9f8a"),
    int: 907_381_529,
}


class URLNode(template.Node):
    """The URL of a named view with positional arguments or none."""

    def __init__(self, view_name: str, node: defaulttags.URLNode) -> None:
        self._view_name = view_name
        self._args: list[FilterExpression] = node.args
        self._node = node

    def render(self, context: Context) -> str:
        """Return the address, escaped; raises NoReverseMatch as Django's tag does."""
        values = [arg.resolve(context) for arg in self._args]
        pattern = _pattern(self._view_name, *map(type, values))
        if pattern is None or any(isinstance(value, int) and value < 0 for value in values):
            return self._node.render(context)
        return SafeString(pattern % tuple(values))


@cache
def _pattern(view_name: str, *types: type) -> str | None:
    """Return a view's escaped URL with `%s` for each argument of these types.

    None if no view matches, or if a type has no example.
    """
    if not EXAMPLES.keys() >= set(types):
        return None
    try:
        address = escape(reverse(view_name, args=[EXAMPLES[kind] for kind in types]))
    except NoReverseMatch:
        return None
    pattern = address.replace("%", "%%")
    for kind in set(types):
        pattern = pattern.replace(str(EXAMPLES[kind]), "%s")
    return pattern


@register.tag
def url(parser: Parser, token: Token) -> template.Node:
    """Parse `{% url "run" run.pk %}`; leaves named arguments and `as` to Django's tag."""
    node = defaulttags.url(parser, token)
    name = node.view_name.var
    is_positional = isinstance(name, str) and not (node.kwargs or node.asvar)
    return URLNode(name, node) if is_positional else node
