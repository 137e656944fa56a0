"""The context processor of every page: the upstream's name and the chosen theme."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, str]:
    """Return `upstream` (fal or sandbox), `upstream_host`, and `theme` (empty: the system's)."""
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "upstream": settings.UPSTREAM,
        "upstream_host": urlsplit(settings.FAL_QUEUE_URL).netloc,
    }
