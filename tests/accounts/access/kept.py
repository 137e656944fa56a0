"""What each role gets at the pages of `projects.kept.resource.Resource`, the same for all kinds."""

from django.urls import get_resolver

from projects.kept.models import kinds
from projects.kept.resource import Resource
from tests.accounts.access.marks import ANYBODYS, METHOD, OWNERS_ALONE, Row
from tests.accounts.routes import routes

# By the method of the resource.
ROWS = {
    "index": Row(ANYBODYS, METHOD),
    "new": Row(ANYBODYS, ANYBODYS),
    "show_row": Row(OWNERS_ALONE, METHOD),
    "change": Row(OWNERS_ALONE, OWNERS_ALONE),
    "deletion": Row(METHOD, OWNERS_ALONE),
}


def methods_by_route() -> dict[str, str]:
    """Return the method of a resource that serves each of its routes."""
    return {
        route.name: route.view.__name__
        for route in routes(get_resolver("config.urls").url_patterns)
        if isinstance(getattr(route.view, "__self__", None), Resource)
    }


KEPT: dict[str, Row] = {
    **{name: ROWS[method] for name, method in methods_by_route().items()},
    **{f"undo:{kind.slug}": Row(METHOD, OWNERS_ALONE) for kind in kinds()},
}
