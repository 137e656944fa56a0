"""The preview picture of a share's first results, which messengers show, and robots.txt."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from features.sharing import access, items
from features.sharing.access import Visit, for_visitors
from features.sharing.models import Share
from runs.views.files import from_storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponseBase

    from core.http.htmx import HtmxRequest

SIZE = WIDTH, HEIGHT = 1200, 630  # https://ogp.me; large networks crop to this size
MOST, GAP = 4, 8
GROUND = (245, 244, 241)
MOST_PIXELS = 50_000_000
MOST_BYTES = 1 << 20  # of a picture without a thumbnail, which small ones do not need
ROBOTS = "User-agent: *\nAllow: /s/\nDisallow: /\n"


@require_safe
@for_visitors
def picture(request: HtmxRequest, visit: Visit) -> HttpResponseBase:
    """Serve the first pictures of a share as one picture."""
    names: list[str] = []
    for item_view in items.items_of(visit.share):
        artifact = item_view.artifact
        if artifact and item_view.still and len(names) < MOST:
            is_small = (artifact.size_bytes or 0) <= MOST_BYTES
            names += filter(None, [artifact.thumbnail or (artifact.file if is_small else "")])
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


def compose(pictures: Sequence[bytes]) -> bytes:
    """Return a JPEG of at most four pictures, each cropped to its part; plain without any.

    A picture that cannot be read leaves its part empty.
    """
    from PIL import Image, ImageOps  # four megabytes of code, needed only here

    from core.pictures.browser_copy import CHECK_PX, browser_copy, opaque

    canvas = Image.new("RGB", SIZE, GROUND)
    boxes = _boxes(len(pictures[:MOST]))
    for content, (left, top, width, height) in zip(pictures, boxes, strict=False):
        try:
            with Image.open(io.BytesIO(content)) as source:
                if source.width * source.height > MOST_PIXELS:
                    continue
                picture = browser_copy(source)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        part = opaque(ImageOps.fit(picture, (width, height)), CHECK_PX)
        canvas.paste(part, (left, top))
    file = io.BytesIO()
    canvas.save(file, "JPEG", quality=82)
    return file.getvalue()


def _boxes(count: int) -> list[tuple[int, int, int, int]]:
    """Return left, top, width and height of each picture's part."""
    half, low = (WIDTH - GAP) // 2, (HEIGHT - GAP) // 2
    right, below = half + GAP, low + GAP
    return {
        0: [],
        1: [(0, 0, WIDTH, HEIGHT)],
        2: [(0, 0, half, HEIGHT), (right, 0, half, HEIGHT)],
        3: [(0, 0, half, HEIGHT), (right, 0, half, low), (right, below, half, low)],
        4: [(x, y, half, low) for y in (0, below) for x in (0, right)],
    }[count]
