"""Formats values for display: money, units, durations, sizes, categories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

_CENT = Decimal("0.01")
_CATEGORIES = {"": "uncategorised", "unknown": "uncategorised", "llm": "LLM", "json": "JSON"}
_THOUSANDS = re.compile(r"(?<![\d.,])\d{4,12}(?![\d.,])")


def money(amount: Decimal | float | None, currency: str = "USD") -> str:
    """`0.02549` → `$0.025`, `0.025` → `$0.025`, `12` → `$12.00`: two digits after the zeros.

    An exact amount of three such digits keeps them: `0.0125` → `$0.0125`.
    """
    if amount is None:
        return ""
    value = Decimal(str(amount))
    if value == 0 or abs(value) >= 1:
        return _in_currency(f"{value:,.2f}", currency)
    places = min(1 - value.adjusted(), 8)
    exact = round(value, places + 1)
    return exactly(exact if exact == value else round(value, places), currency)


def exactly(amount: Decimal, currency: str = "USD") -> str:
    """Return an amount with all its digits, at least the cents: `0.02549` → `$0.02549`."""
    whole, _, rest = f"{amount.normalize():,f}".partition(".")
    return _in_currency(f"{whole}.{rest:0<2}", currency)


def _in_currency(text: str, currency: str) -> str:
    if currency not in {"", "USD"}:
        return f"{text} {currency}"
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def in_cents(amount: Decimal) -> Decimal:
    """Round a sum that a form proposes up to whole cents: `0.9495` → `0.95`."""
    return amount.quantize(_CENT, rounding=ROUND_CEILING)


def unit(text: str) -> str:
    """Return a price's unit in the form that follows "per".

    `images` → `image`, `1000 tokens` → `1,000 tokens`, empty → `run`.
    """
    is_plain_plural = text.endswith("s") and not text.endswith("ss") and not text[:1].isdigit()
    with_separators = _THOUSANDS.sub(lambda match: f"{int(match[0]):,}", text)
    return (text[:-1] if is_plain_plural else with_separators) or "run"


def price(amount: Decimal | None, currency: str, per: str) -> str:
    """Format a price: `$0.025 per image`, `Free`, or an empty string if it is unknown."""
    if amount is None:
        return ""
    return f"{money(amount, currency)} per {unit(per)}" if amount else "Free"


def duration(seconds: float | timedelta | None) -> str:
    """`0.42` → `0.4 s`, `72` → `1 min 12 s`, `3700` → `1 h 2 min`."""
    if seconds is None:
        return ""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole_seconds = round(seconds)
    if whole_seconds < 60:
        return f"{whole_seconds} s"
    large, small = ("min", "s") if whole_seconds < 3600 else ("h", "min")
    many, rest = divmod(whole_seconds if whole_seconds < 3600 else whole_seconds // 60, 60)
    return f"{many} {large} {rest} {small}" if rest else f"{many} {large}"


def duration_in_words(seconds: float) -> str:
    """`30` → `30 seconds`, `3600` → `1 hour`, `604800` → `7 days`: a limit, in a sentence."""
    for unit_s, noun in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % unit_s == 0:
            return counted(int(seconds // unit_s), noun)
    return f"{seconds:g} seconds"


def size(count: int | None) -> str:
    """Bytes → `17 KB`, `1.8 MB` (decimal, as file managers count)."""
    if count is None:
        return ""
    value = float(count)
    for unit_name in ("B", "KB", "MB"):
        if value < 1000:
            is_whole = value >= 10 or unit_name == "B"
            return f"{value:.0f} {unit_name}" if is_whole else f"{value:.1f} {unit_name}"
        value /= 1000
    return f"{value:.1f} GB"


def category_name(slug: str) -> str:
    """`text-to-image` → `Text to image`, `image-to-3d` → `Image to 3D`, `llm` → `LLM`.

    Upstream files some models, such as Qwen 3 TTS, under `unknown`, which is not a category.
    """
    words = slug.replace("-", " ")
    words = _CATEGORIES.get(words, words)
    words = words.replace("3d", "3D").replace("to json", "to JSON")
    return words[:1].upper() + words[1:]


def counted(count: int, noun: str) -> str:
    """Return a number of things: `1 run`, `2 runs`, `1,200 models`. Every count uses it."""
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"


def enumerated(names: Sequence[str]) -> str:
    """Format names for a sentence: "a", "a and b", "a, b and c"; empty without names."""
    *most, last = names or [""]
    return f"{', '.join(most)} and {last}" if most else last


def shorten(text: str, length: int) -> str:
    """Return at most `length` characters of the text, cut between words where possible.

    Keeps at least half of it: an address or another text without spaces is cut inside.
    """
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    end = cut.rfind(" ") if text[length - 1 : length].strip() else len(cut)
    return (cut[:end] if end >= length // 2 else cut).rstrip(" ,;:.-") + "…"
