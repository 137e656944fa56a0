"""Every route of Vitrine, except those of Django's own admin."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver

from core.resource import RESOURCES


class Route(NamedTuple):
    """A route: its path in the resolver, its view's name, and the view."""

    path: str
    name: str
    view: Any = None


def routes(patterns: Any, before: str = "", space: str = "") -> Iterator[Route]:
    """Yield the routes below some patterns."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, path, inner)
        elif pattern.name == "undo":  # one pattern for all kinds, each of which has its own rights
            for slug in RESOURCES:
                yield Route(path.replace("<slug:slug>", slug), f"undo:{slug}", pattern.callback)
        elif isinstance(pattern, URLPattern):
            yield Route(path, f"{space}{pattern.name or ''}", pattern.callback)
