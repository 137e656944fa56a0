"""What every page's frame shows: whose upstream this is."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, str]:
    """`upstream` (fal or sandbox) and the host that answers for it."""
    return {
        "upstream": settings.UPSTREAM,
        "upstream_host": urlsplit(settings.FAL_QUEUE_URL).netloc,
    }
