"""Every route of Vitrine, but for what Django's own admin brings along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver


class Route(NamedTuple):
    """A route as it stands in the resolver, the name of its view, and the view."""

    path: str
    name: str
    view: Any = None


def routes(patterns: Any, before: str = "", space: str = "") -> Iterator[Route]:
    """The routes below some patterns."""
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from routes(one.url_patterns, path, inner)
        elif isinstance(one, URLPattern):
            yield Route(path, f"{space}{one.name or ''}", one.callback)
