"""The context processor of every page: the upstream's name, the chosen theme, the cookies' port."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from runs.progress import current_upstream


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return `upstream`, asked for where a page shows it, `theme` (empty: the system's), `port`."""
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "port": settings.COOKIE_PORT,
        "upstream": current_upstream.get,
    }
