"""The context processor of every page: the upstream's name and the chosen theme."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from playground.runs.progress import current_upstream


def frame(request: HttpRequest) -> dict[str, str | Callable[[], Any]]:
    """Return `upstream`, asked for where a page shows it, and `theme` (empty: the system's)."""
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "upstream": current_upstream.get,
    }
