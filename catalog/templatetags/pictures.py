"""Template tags for an endpoint's picture, or its placeholder."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from catalog.filters.facts import outcome
from catalog.models import Endpoint
from catalog.templatetags.vitrine import icons

register = template.Library()

FIRST_ROW = 5
# Card widths (card.css); a browser that supports `auto` measures them itself.
_SIZES = "auto,(width<40rem) 46vw,18rem"
_LATER = mark_safe(f'sizes="{_SIZES}" loading="lazy"')  # noqa: S308  our own words
_FIRST = mark_safe(f'sizes="{_SIZES[5:]}" fetchpriority="high"')  # noqa: S308


# What stands for a model without a picture, by what it makes.
_ICONS = {"image": "image", "video": "play", "audio": "wave", "training": "sliders"}


def _drawn(endpoint: Endpoint | None) -> SafeString:
    """Return the icon of what a model makes; that of a picture for none."""
    return icons()[_ICONS.get(outcome(endpoint.category), "file") if endpoint else "image"]


@register.simple_tag
def picture(endpoint: Endpoint, place: int | str = "", is_top: bool | str = False) -> SafeString:
    """The picture of the card at `place` of its list; until there is one, what the model makes.

    The first row of the top list loads with high priority, the others lazily. The background
    colour is an SVG attribute: the content security policy allows no inline style.
    """
    image = endpoint.picture
    if image is None:
        return format_html("<i>{}</i>", _drawn(endpoint))
    is_early = bool(is_top) and isinstance(place, int) and place <= FIRST_ROW
    return format_html(
        '<svg aria-hidden="true" color="{}"></svg>'
        '<img src="{}"{} {} width="320" height="240" alt="" decoding="async"{}>',
        image.colour,
        image.small_src,
        format_html(' srcset="{} 320w,{} 640w"', image.small_src, image.large_src)
        if image.large
        else "",
        _FIRST if is_early else _LATER,
        format_html(' data-clip="{}"', image.clip_src) if image.clip else "",
    )


@register.simple_tag
def small_picture(endpoint: Endpoint | None) -> SafeString:
    """The picture of a row or tile, or what the model makes; expects `picture` to be loaded."""
    if endpoint is None or endpoint.picture is None:
        return format_html("<i>{}</i>", _drawn(endpoint))
    return format_html(
        '<img src="{}" alt="" loading="lazy" decoding="async" draggable="false">',
        endpoint.picture.small_src,
    )
