"""What every page's frame shows: whose upstream this is, light or dark."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, str]:
    """`upstream` (fal or sandbox), the host that answers for it, and the theme a person chose, if any."""
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "upstream": settings.UPSTREAM,
        "upstream_host": urlsplit(settings.FAL_QUEUE_URL).netloc,
    }
