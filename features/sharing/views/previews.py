"""The preview picture of a share's first results, which chats show, and robots.txt."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from features.sharing import access, items
from features.sharing.access import Visit, for_visitors
from features.sharing.models import Share
from features.sharing.visits.preview_picture import MOST, compose
from runs.views.files import from_storage

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from core.http.htmx import HtmxRequest

ROBOTS = "User-agent: *\nAllow: /s/\nDisallow: /\n"


@require_safe
@for_visitors
def picture(request: HtmxRequest, visit: Visit) -> HttpResponseBase:
    """Serve the first pictures of a share as one picture."""
    names: list[str] = []
    for shown in items.items_of(visit.share):
        if shown.artifact and shown.artifact.thumbnail and len(names) < MOST:
            names.append(shown.artifact.thumbnail)
    tag = f'"{hashlib.sha256(f"{visit.share.pk}{names}".encode()).hexdigest()}"'

    def draw() -> HttpResponse:
        pictures = []
        for name in names:
            with default_storage.open(name) as file:
                pictures.append(file.read())
        return HttpResponse(compose(pictures), content_type="image/jpeg")

    conditional = get_conditional_response(request, etag=tag)
    response = conditional or from_storage("preview", items.GONE, draw)
    if response.status_code < 400:
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = "private, no-cache"
    return response


@require_safe
@login_not_required
def robots(request: HttpRequest) -> HttpResponse:
    """Tell robots that they may read shares; each share says itself whether it is indexed."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


def is_previewed(share: Share) -> bool:
    """Whether other programs may show its title and picture."""
    is_open = share.audience in {Share.Audience.LINK, Share.Audience.PUBLIC}
    return is_open and not share.password and not access.end_of(share)
