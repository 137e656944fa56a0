"""Every route of Vitrine, but for what Django's own admin brings along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver

from core.resource import RESOURCES


class Route(NamedTuple):
    """A route as it stands in the resolver, the name of its view, and the view."""

    path: str
    name: str
    view: Any = None


def routes(patterns: Any, before: str = "", space: str = "") -> Iterator[Route]:
    """The routes below some patterns."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, path, inner)
        elif pattern.name == "undo":  # one address for all kinds, each with its own rights
            for slug in RESOURCES:
                yield Route(path.replace("<slug:slug>", slug), f"undo:{slug}", pattern.callback)
        elif isinstance(pattern, URLPattern):
            yield Route(path, f"{space}{pattern.name or ''}", pattern.callback)
