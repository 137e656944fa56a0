"""The context processor of every page: the upstream's name, the chosen theme, the cookies' port."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return `upstream` (fal or sandbox), `theme` (empty: the system's), hosts and port."""
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "port": settings.COOKIE_PORT,
        "upstream": settings.UPSTREAM,
        "upstream_host": urlsplit(settings.FAL_QUEUE_URL).netloc,
    }
