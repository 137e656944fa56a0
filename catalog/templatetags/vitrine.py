"""The words and figures of every page: icons, money, durations, sizes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.finding.highlight import Marks

register = template.Library()
ON_A_CARD = 64  # signs of a description


@cache
def _icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """One picture of the icon set, silent for screen readers: a word stands beside it or names it."""
    return _icon(name)


@register.filter
def money(amount: Decimal | float | None, currency: str = "USD") -> str:
    """`0.025` → `$0.025`, `12` → `$12.00`: two to four significant digits."""
    if amount is None:
        return ""
    value = Decimal(str(amount))
    if value == 0 or abs(value) >= 1:
        text = f"{value:,.2f}"
    else:
        places = min(2 - value.adjusted(), 8)
        text = f"{value:.{max(places, 2)}f}".rstrip("0")
        whole, _, rest = text.partition(".")
        text = f"{whole}.{rest:0<2}"
    return f"${text}" if currency in {"", "USD"} else f"{text} {currency}"


@register.filter
def unit(words: str) -> str:
    """What a price is for, after "per": `images` → `image`, `1000 tokens` stays; nothing → `run`."""
    is_plain_plural = words.endswith("s") and not words.endswith("ss") and not words[:1].isdigit()
    return (words[:-1] if is_plain_plural else words) or "run"


@register.filter
def marked(text: str, marks: Marks) -> SafeString:
    """The text with what was searched for marked."""
    return marks.in_text(text)


@register.filter
def excerpt(text: str, marks: Marks) -> SafeString:
    """As much of a description as a card has room for, the first mark in sight."""
    return marks.in_excerpt(text, ON_A_CARD)


@register.filter
def price(endpoint: Any) -> str:
    """An endpoint's price in words: `$0.025 per image`, `Free`, or nothing where it is not known."""
    amount = endpoint.unit_price_usd
    if amount is None:
        return ""
    return (
        f"{money(amount, endpoint.currency)} per {unit(endpoint.price_unit)}" if amount else "Free"
    )


@register.filter
def duration(seconds: float | timedelta | None) -> str:
    """`0.42` → `0.4 s`, `72` → `1 min 12 s`, `3700` → `1 h 2 min`."""
    if seconds is None:
        return ""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    large, small = ("min", "s") if whole < 3600 else ("h", "min")
    many, rest = divmod(whole if whole < 3600 else whole // 60, 60)
    return f"{many} {large} {rest} {small}" if rest else f"{many} {large}"


@register.filter
def size(count: int | None) -> str:
    """Bytes → `17 KB`, `1.8 MB` (decimal, as file managers count)."""
    if count is None:
        return ""
    value = float(count)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


@register.filter
def ago(moment: datetime | None) -> str | SafeString:
    """A `<time>` that says how long ago, with the exact moment in its title."""
    if moment is None:
        return ""
    seconds = (timezone.now() - moment).total_seconds()
    for limit, divisor, word in (
        (60, 1, ""),
        (3600, 60, "min"),
        (86400, 3600, "h"),
        (86400 * 30, 86400, "d"),
    ):
        if seconds < limit:
            text = f"{int(seconds // divisor)} {word} ago" if word else "just now"
            break
    else:
        text = f"{moment:%-d %b %Y}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        text,
    )


@register.filter
def category_name(slug: str) -> str:
    """`text-to-image` → `Text to image`, `image-to-3d` → `Image to 3D`, `llm` → `LLM`."""
    words = (slug or "uncategorised").replace("-", " ")
    words = {"llm": "LLM", "json": "JSON"}.get(words, words)
    words = words.replace("3d", "3D").replace("to json", "to JSON")
    return words[:1].upper() + words[1:]


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's own query string with some keys replaced (`None` drops one): links that keep the state."""
    values = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return f"?{values.urlencode()}"
