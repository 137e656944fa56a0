"""Chooses the widget of a field: the first suitable one in a list whose last suits all."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any
from weakref import WeakKeyDictionary

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe

from schemas import Field, Node, Option
from schemas.fields.media import is_of_weights
from schemas.meanings import file_kind
from schemas.uses.inputs import names_in
from schemas.wording.labels import number, span

Context = dict[str, Any]

_MAX_SEGMENTS, _MAX_SEGMENT_LETTERS = 5, 30
_MAX_TILES = 14
_FAR_BELOW = -1_000_000  # times the step: the first multiple if there is no minimum
_MAX_SLIDER_RANGE = 20_000  # a slider for a wider range is too imprecise
_MAX_SLIDER_STEPS = 240  # about a slider's width in pixels
_MIN_SEARCHED = 12  # a list of this many options gets a search field
_ACCEPT = {
    "image": "image/*",
    "video": "video/*",
    "audio": "audio/*",
    "weights": ".safetensors,.ckpt,.pt,.bin",
    "archive": ".zip,.tar,.gz,.tgz",
}
_PLACEHOLDERS = {
    "image": "Drop or paste an image, or its address",
    "video": "Drop a video, or paste its address",
    "audio": "Drop a sound, or paste its address",
    "file": "Drop a file, or paste its address",
    "weights": "Drop weights, or paste an address or path",
    "archive": "Drop a ZIP, or paste its address",
}


_HEX = re.compile("#[0-9a-fA-F]{6}")
_BYTE = re.compile("(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Widget:
    """One way to render a node, with the template of the same name."""

    name: str
    suits: Callable[[Node], bool]
    context: Callable[[Node], Context] = lambda node: {}
    is_group: bool = False  # several controls: a fieldset with a legend
    resets: bool = False  # a single value, which script can reset to its default


def _fits_segments(field: Field) -> bool:
    letters = sum(len(option.label) + 2 for option in field.options)
    return len(field.options) <= _MAX_SEGMENTS and letters <= _MAX_SEGMENT_LETTERS


def _is_choice(node: Node) -> bool:
    return node.field.traits.has_options or node.field.kind == "union"


def is_drawn_to_scale(field: Field) -> bool:
    """Whether the options are sizes or ratios, and few enough to be drawn side by side."""
    plain = [option for option in field.options if not option.branch]
    return (
        len(plain) >= 2
        and len(field.options) <= _MAX_TILES
        and sum(option.size is not None for option in plain) * 2 >= len(plain)
    )


def unset_label(node: Node) -> str:
    """Return the label for "no option chosen"; empty if one always applies."""
    field = node.field
    if node.shown_default:
        return "None" if field.is_nullable else ""
    return "" if field.is_required and not field.is_nullable else "Not set"


def _select(node: Node) -> Context:
    unset_word = unset_label(node) or ("" if node.shown_default else "Choose…")
    parts = [
        f"{start}{' selected' if is_active else ''}{rest}"
        for (start, rest), (_, is_active) in zip(
            _option_tags(node.field), node.options, strict=True
        )
    ]
    return {
        "unset": unset_word,
        "options": mark_safe("".join(parts)),  # noqa: S308 escaped in `_option_tags`
        "is_searched": len(parts) >= _MIN_SEARCHED,
    }


def _option_tags(field: Field) -> list[tuple[str, str]]:
    """Return each option's tag in two halves around `selected`; cached, as there may be many."""
    tags = _OPTION_TAGS.get(field)
    if tags is None:
        tags = _OPTION_TAGS[field] = [
            (f'<option value="{escape(option.key)}"', f">{_option_text(option)}</option>")
            for option in field.options
        ]
    return tags


def _option_text(option: Option) -> str:
    note = f" ({option.note})" if option.note else ""
    return f"{escape(option.label)}{escape(note)}"


_OPTION_TAGS: WeakKeyDictionary[Field, list[tuple[str, str]]] = WeakKeyDictionary()


def _segments(node: Node) -> Context:
    return {"unset": unset_label(node)}


def _tiles(node: Node) -> Context:
    tiles = [
        {
            "option": option,
            "is_active": is_active,
            "box": _tile_rect(option.size) if option.size else None,
        }
        for option, is_active in node.options
    ]
    return {"unset": unset_label(node), "tiles": tiles}


def _tile_rect(size: tuple[int, int]) -> tuple[float, ...]:
    """Return x, y, width and height of a size drawn to scale on a tile of 24 units."""
    width, height = size
    scale = 18 / max(width, height)
    across, down = max(width * scale, 3), max(height * scale, 3)
    return tuple(round(x, 1) for x in ((24 - across) / 2, (24 - down) / 2, across, down))


def _text(node: Node) -> Context:
    return {"placeholder": example(node.field)}


def swatch(node: Node) -> str:
    """Return the node's colour (hex text or r, g, b bytes) for `<input type=color>`; else empty."""
    field = node.field
    if field.kind == "object":
        sides = {child.field.name: child for child in node.children}
        if set(sides) != set("rgb") or not all(map(_is_byte, sides.values())):
            return ""
        return "#" + "".join(f"{int(sides[side].text or 0):02x}" for side in "rgb")
    samples = [text for text in (field.default, *field.examples) if isinstance(text, str)]
    is_named = "color" in field.name.lower() or "colour" in field.name.lower()
    if not field.pattern.startswith("^#") and not (is_named and any(map(_HEX.fullmatch, samples))):
        return ""
    return node.text if _HEX.fullmatch(node.text) else "#000000"


def _is_byte(node: Node) -> bool:
    is_byte = node.field.kind == "integer" and node.field.minimum == 0 and node.field.maximum == 255
    return is_byte and not node.is_boxed and bool(_BYTE.fullmatch(node.text))


def _color(node: Node) -> Context:
    return {"swatch": swatch(node), "placeholder": example(node.field)}


def _long(node: Node) -> Context:
    field = node.field
    is_main = field.is_required or field.is_important
    is_prompt = is_main and node.name == field.name
    return {
        "placeholder": example(field),
        "rows": "4" if is_main else "2",
        "mentions": mentions(),
        "saved": reverse("library:prompts-offered") if is_prompt else "",
    }


def mentions() -> str:
    """Return the address of the names that a field offers."""
    return reverse("library:series-mentioned")


def _seed(node: Node) -> Context:
    low, high = limits(node.field)
    return {
        "low": str(int(max(low if low is not None else 0, 0))),
        "high": str(int(min(high if high is not None else 2**31 - 1, 2**53 - 1))),
        "placeholder": "" if node.shown_default else "random",
    }


def _number(node: Node) -> Context:
    field = node.field
    low, high = limits(field)
    if field.step:  # browsers count from the minimum, JSON Schema from 0 (`multipleOf`)
        low = _multiple_above(_FAR_BELOW * field.step if low is None else low, field.step)
    step = number(field.step) if field.step else "1" if field.kind == "integer" else "any"
    sides = (("min", low), ("max", high))
    attributes = "".join(f' {side}="{number(edge)}"' for side, edge in sides if edge is not None)
    if step == "any" and low is not None and high is not None and high > low:
        attributes += f' data-step="{number(_round_part(high - low))}"'  # of its arrows
    return {
        "step": step,
        "limits": mark_safe(attributes),  # noqa: S308 figures only
        "slider": _slider(node, low, high, step),
        "placeholder": example(field),
    }


def _multiple_above(low: float, step: float) -> float:
    exact = Decimal(str(step))
    return float((Decimal(str(low)) / exact).to_integral_value(ROUND_CEILING) * exact)


def _round_part(span: float) -> float:
    return float(10 ** math.floor(math.log10(max(span / 40, 1e-300))))


def _slider(node: Node, low: float | None, high: float | None, step: str) -> Context | None:
    """Return the slider of a number with both limits; set to the middle while there is no value."""
    if low is None or high is None or not 0 < high - low <= _MAX_SLIDER_RANGE:
        return None
    if node.field.name in {"width", "height"}:
        return None  # pixels are typed, or computed from the other side and the ratio
    value = node.text or node.shown_default
    middle = low + (high - low) / 2
    return {
        "low": number(low),
        "high": number(high),
        "step": number(_slider_step(high - low, step)),
        "value": value or number(math.floor(middle) if node.field.kind == "integer" else middle),
        "is_idle": not value,
    }


def _slider_step(span: float, step: str) -> float:
    """Return the field's own step, or a round multiple of it that is at least a pixel wide."""
    least = _round_part(span) if step == "any" else float(step)
    rounds = (factor * 10.0**power for power in range(6) for factor in (1, 2, 5))
    steps = (least * factor for factor in rounds)
    return next((step for step in steps if span / step <= _MAX_SLIDER_STEPS), least * 1e6)


def limits(field: Field) -> tuple[float | None, float | None]:
    """Return the minimum and maximum; an exclusive limit of an integer is moved inwards by one."""
    low, high = field.minimum, field.maximum
    if field.kind == "integer":
        if low is not None:
            low = math.floor(low) + 1 if field.is_minimum_open else math.ceil(low)
        if high is not None:
            high = math.ceil(high) - 1 if field.is_maximum_open else math.floor(high)
    return low, high


def _media(node: Node) -> Context:
    kind = node.field.media
    wants = kind
    if file_kind(names_in(node.name), node.field) == "archive":
        wants = "archive"
    elif kind == "file" and _names_weights(node.field):
        wants = "weights"
    return {
        "accept": _ACCEPT.get(wants, ""),
        "placeholder": _PLACEHOLDERS[wants],
        "wants": "" if wants == kind else wants,
        "mentions": mentions() if kind == "image" else "",
        "media_icon": "image"
        if kind == "image"
        else "play"
        if kind in {"video", "audio"}
        else "file",
    }


def _names_weights(field: Field) -> bool:
    """Whether a file field takes weights, such as a LoRA's; some are just named "path"."""
    return field.name == "path" or is_of_weights(field.name)


def _json(node: Node) -> Context:
    return {"rows": str(min(max(node.text.count("\n") + 1, 2), 14)), "placeholder": "JSON"}


def example(field: Field) -> str:
    """Return the first example as a placeholder, if it is text or a number."""
    first = field.examples[0] if field.examples else ""
    if isinstance(first, bool) or not isinstance(first, str | int | float):
        return ""
    return str(first)[:300]


def hint(field: Field) -> str:
    """Return a field's limits as a short text."""
    if field.traits.is_numeric:
        low, high = limits(field)
        return span(low, high) if field.minimum is not None or field.maximum is not None else ""
    if field.traits.has_rows:
        return span(field.min_length or None, field.max_length)
    if field.is_text and field.max_length and not field.is_long:
        return f"up to {field.max_length} characters"
    return ""


WIDGETS = [
    Widget("hidden", lambda node: node.field.is_hidden),
    Widget("json", lambda node: node.is_boxed or node.field.kind == "json", _json),
    Widget("ticks", lambda node: node.is_ticked, is_group=True),
    Widget("list", lambda node: node.field.traits.has_rows, is_group=True),
    Widget("object", lambda node: node.field.traits.has_places, is_group=True),
    Widget("union", lambda node: node.field.kind == "union", is_group=True),
    Widget(
        "switch",
        lambda n: n.field.kind == "boolean" and bool(n.shown_default) and not n.field.is_nullable,
        resets=True,
    ),
    Widget(
        "sizes",
        lambda n: _is_choice(n) and is_drawn_to_scale(n.field),
        _tiles,
        is_group=True,
        resets=True,
    ),
    Widget(
        "segments",
        lambda n: _is_choice(n) and _fits_segments(n.field),
        _segments,
        is_group=True,
        resets=True,
    ),
    Widget("select", _is_choice, _select, resets=True),
    Widget("seed", lambda node: node.field.is_seed, _seed, resets=True),
    Widget("number", lambda node: node.field.traits.is_numeric, _number, resets=True),
    Widget("media", lambda n: bool(n.field.media) and "\n" not in n.text, _media),
    Widget("long", lambda n: n.field.is_long or "\n" in n.text, _long, resets=True),
    Widget("color", lambda n: n.field.kind == "string" and bool(swatch(n)), _color, resets=True),
    Widget("text", lambda node: node.field.kind == "string", _text, resets=True),
    Widget("json", lambda node: True, _json),
]
PICKERS = [widget for widget in WIDGETS if widget.name in {"sizes", "segments", "select"}]


def widget_for(node: Node, widgets: list[Widget] = WIDGETS) -> Widget:
    """Return the first widget that suits a node."""
    return next(widget for widget in widgets if widget.suits(node))
