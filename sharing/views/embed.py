"""What chats and networks ask of a link: a picture, a title as oEmbed; and what robots may."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from core.http.addresses import absolute
from runs.views.files import from_storage
from sharing import access, items
from sharing.access import Visit, for_visitors, share_at
from sharing.models import Share
from sharing.visits.preview_picture import HEIGHT, MOST, WIDTH, compose

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from core.http.htmx import HtmxRequest

ROBOTS = "User-agent: *\nAllow: /s/\nDisallow: /\n"
NOTHING = "There is nothing to embed at this address."


@require_safe
@for_visitors
def picture(request: HtmxRequest, visit: Visit) -> HttpResponseBase:
    """Serve the first pictures of a share as one."""
    names: list[str] = []
    for shown in items.of(visit.share):
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
def oembed(request: HtmxRequest) -> HttpResponse:
    """Describe the share whose address is `url` (https://oembed.com), if everybody may open it.

    A share with a password or a login, one that has ended and one that never was are all the same.
    """
    if request.GET.get("format", "json") != "json":
        return HttpResponse("Only JSON is given here.\n", "text/plain", status=501)
    share = _named(request.GET.get("url", ""))
    if share is None or not is_embeddable(share):
        raise Http404(NOTHING)
    address = absolute(request, reverse("sharing:share-preview", args=[share.token]))
    return JsonResponse(
        {
            "version": "1.0",
            "type": "link",
            "title": str(share),
            "provider_name": "Vitrine",
            "provider_url": absolute(request, "/"),
            "thumbnail_url": address,
            "thumbnail_width": WIDTH,
            "thumbnail_height": HEIGHT,
            "cache_age": 300,
        }
    )


@require_safe
@login_not_required
def robots(request: HttpRequest) -> HttpResponse:
    """Say what robots may read: shares, of which each says itself whether it is indexed."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


def is_embeddable(share: Share) -> bool:
    """Whether its title and picture may be shown by other programs."""
    is_open = share.audience in {Share.Audience.LINK, Share.Audience.PUBLIC}
    return is_open and not share.password and not access.end_of(share)


def _named(address: str) -> Share | None:
    try:
        match = resolve(urlsplit(address).path)
    except (Resolver404, ValueError):
        return None
    if match.view_name != "sharing:share":
        return None
    return share_at(match.kwargs["token"])
