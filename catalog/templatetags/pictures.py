"""Template tags for an endpoint's picture, or its placeholder."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from catalog.models import Endpoint

register = template.Library()

FIRST_ROW = 5
# Card widths (card.css); a browser that supports `auto` measures them itself.
_SIZES = "auto,(width<40rem) 46vw,18rem"
_LATER = mark_safe(f'sizes="{_SIZES}" loading="lazy"')  # noqa: S308  our own words
_FIRST = mark_safe(f'sizes="{_SIZES[5:]}" fetchpriority="high"')  # noqa: S308


@register.simple_tag
def picture(endpoint: Endpoint, place: int | str = "", is_top: bool | str = False) -> SafeString:
    """The picture of the card at `place` of its list, or a letter if there is none yet.

    The first row of the top list loads with high priority, the others lazily. The background
    colour is an SVG attribute: the content security policy allows no inline style.
    """
    catalogue_picture = endpoint.picture
    if catalogue_picture is None:
        return format_html("<i>{}</i>", endpoint.display_name[:1])
    is_early = bool(is_top) and isinstance(place, int) and place <= FIRST_ROW
    return format_html(
        '<svg aria-hidden="true" color="{}"></svg>'
        '<img src="{}"{} {} width="320" height="240" alt="" decoding="async"{}>',
        catalogue_picture.colour,
        catalogue_picture.small_src,
        format_html(
            ' srcset="{} 320w,{} 640w"', catalogue_picture.small_src, catalogue_picture.large_src
        )
        if catalogue_picture.large
        else "",
        _FIRST if is_early else _LATER,
        format_html(' data-clip="{}"', catalogue_picture.clip_src)
        if catalogue_picture.clip
        else "",
    )


@register.simple_tag
def small_picture(endpoint: Endpoint | None, letter_of: str = "") -> SafeString:
    """The picture of a row or tile, or a letter; expects `endpoint.picture` to be loaded."""
    if endpoint is None or endpoint.picture is None:
        letter = (letter_of or (endpoint.display_name if endpoint else ""))[:1]
        return format_html('<i aria-hidden="true">{}</i>', letter)
    return format_html(
        '<img src="{}" alt="" loading="lazy" decoding="async" draggable="false">',
        endpoint.picture.small_src,
    )
