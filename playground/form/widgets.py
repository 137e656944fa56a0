"""How a Field is drawn: an ordered list of widgets; the first that suits wins, the last always fits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe

from schemas import Field, Node
from schemas.words import number, span

Context = dict[str, Any]

_MAX_SEGMENTS, _MAX_SEGMENT_LETTERS = 5, 30
_MAX_TILES = 14
_MAX_SLIDE = 20_000  # beyond, a slider hits no value that one means
_NOTCHES = 240  # about as many as a slider has pixels
_SEARCHED = 12  # from so many options on, a list is searched
_ACCEPT = {"image": "image/*", "video": "video/*", "audio": "audio/*"}
_PLACEHOLDERS = {
    "image": "Drop or paste an image, or its address",
    "video": "Drop a video, or paste its address",
    "audio": "Drop a sound, or paste its address",
    "file": "Drop a file, or paste its address",
}


_HEX = re.compile("#[0-9a-fA-F]{6}")
_BYTE = re.compile("(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Widget:
    """One way to draw a node, by the template of its name. A `group` has several controls: a fieldset with a legend."""

    name: str
    suits: Callable[[Node], bool]
    context: Callable[[Node], Context] = lambda node: {}
    is_group: bool = False
    resets: bool = False  # one value, which script can put back to its default


def _is_kind(*kinds: str) -> Callable[[Node], bool]:
    return lambda node: node.field.kind in kinds


def _has_few(field: Field) -> bool:
    letters = sum(len(option.label) + 2 for option in field.options)
    return len(field.options) <= _MAX_SEGMENTS and letters <= _MAX_SEGMENT_LETTERS


def _is_choice(node: Node) -> bool:
    return node.field.kind in {"choice", "boolean", "union"}


def is_drawn_to_scale(field: Field) -> bool:
    """Whether its options are sizes or ratios, few enough to be seen at once."""
    plain = [option for option in field.options if not option.branch]
    return (
        len(plain) >= 2
        and len(field.options) <= _MAX_TILES
        and sum(option.size is not None for option in plain) * 2 >= len(plain)
    )


def unset(node: Node) -> str:
    """The word for "none of them"; empty where one of them always holds."""
    field = node.field
    if node.shown_default:
        return "None" if field.is_nullable else ""
    return "" if field.is_required and not field.is_nullable else "Not set"


def _select(node: Node) -> Context:
    unset_word = unset(node) or ("" if node.shown_default else "Choose …")
    parts = [
        f"{start}{' selected' if is_active else ''}{rest}"
        for (start, rest), (_, is_active) in zip(_tags(node.field), node.options, strict=True)
    ]
    return {
        "unset": unset_word,
        "options": mark_safe("".join(parts)),  # noqa: S308 escaped in `_tags`
        "is_searched": len(parts) >= _SEARCHED,
    }


def _tags(field: Field) -> list[tuple[str, str]]:
    """Each option's tag in two halves, between which `selected` may stand; a list of hundreds is made once."""
    known = _TAGS.get(field)
    if known is None:
        known = _TAGS[field] = [
            (
                f'<option value="{escape(option.key)}"',
                f">{escape(option.label)}{escape(f' ({option.note})') if option.note else ''}</option>",
            )
            for option in field.options
        ]
    return known


_TAGS: WeakKeyDictionary[Field, list[tuple[str, str]]] = WeakKeyDictionary()


def _segments(node: Node) -> Context:
    return {"unset": unset(node)}


def _tiles(node: Node) -> Context:
    tiles = [
        {
            "option": option,
            "is_active": is_active,
            "box": _box(option.size) if option.size else None,
        }
        for option, is_active in node.options
    ]
    return {"unset": unset(node), "tiles": tiles}


def _box(size: tuple[int, int]) -> tuple[float, ...]:
    width, height = size
    scale = 18 / max(width, height)
    across, down = max(width * scale, 3), max(height * scale, 3)
    return tuple(round(x, 1) for x in ((24 - across) / 2, (24 - down) / 2, across, down))


def _text(node: Node) -> Context:
    return {"placeholder": example(node.field)}


def swatch(node: Node) -> str:
    """The colour that a text or three bytes hold, as a browser's own picker takes it; empty where none is meant."""
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
    recent = ""
    if is_main and node.name == field.name:  # a prompt: what was asked before is at hand
        recent = f"{reverse('playground:recent-prompts')}?field={field.name}"
    return {"placeholder": example(field), "rows": "4" if is_main else "2", "recent": recent}


def _seed(node: Node) -> Context:
    low, high = edges(node.field)
    return {
        "low": str(int(max(low if low is not None else 0, 0))),
        "high": str(int(min(high if high is not None else 2**31 - 1, 2**53 - 1))),
        "placeholder": "" if node.shown_default else "random",
    }


def _number(node: Node) -> Context:
    field = node.field
    low, high = edges(field)
    step = number(field.step) if field.step else "1" if field.kind == "integer" else "any"
    sides = (("min", low), ("max", high))
    limits = "".join(f' {side}="{number(edge)}"' for side, edge in sides if edge is not None)
    return {
        "step": step,
        "limits": mark_safe(limits),  # noqa: S308 figures only
        "slider": _slider(node, low, high, step),
        "placeholder": example(field),
    }


def _slider(node: Node, low: float | None, high: float | None, step: str) -> Context | None:
    """The slider beside a number whose limits are both known; it stands in the middle while nothing is set."""
    if low is None or high is None or not 0 < high - low <= _MAX_SLIDE:
        return None
    if node.field.name in {"width", "height"}:
        return None  # pixels are typed, or come with the other side by its ratio
    value = node.text or node.shown_default
    middle = low + (high - low) / 2
    return {
        "low": number(low),
        "high": number(high),
        "step": number(_notch(high - low, step)),
        "value": value or number(math.floor(middle) if node.field.kind == "integer" else middle),
        "is_idle": not value,
    }


def _notch(span: float, step: str) -> float:
    """How far a slider moves at a time: the field's own step, or a round multiple that a pixel can tell."""
    least: float = (
        float(step) if step != "any" else 10 ** math.floor(math.log10(max(span / 40, 1e-300)))
    )
    rounds = (factor * 10.0**power for power in range(6) for factor in (1, 2, 5))
    return least * next((factor for factor in rounds if span / (least * factor) <= _NOTCHES), 1e6)


def edges(field: Field) -> tuple[float | None, float | None]:
    """The least and the greatest value a control may offer; an open limit of integers moves in by one."""
    low, high = field.minimum, field.maximum
    if field.kind == "integer":
        if low is not None:
            low = math.floor(low) + 1 if field.is_minimum_open else math.ceil(low)
        if high is not None:
            high = math.ceil(high) - 1 if field.is_maximum_open else math.floor(high)
    return low, high


def _media(node: Node) -> Context:
    kind = node.field.media
    return {
        "accept": _ACCEPT.get(kind, ""),
        "placeholder": _PLACEHOLDERS[kind],
        "media_icon": "image"
        if kind == "image"
        else "play"
        if kind in {"video", "audio"}
        else "file",
    }


def _json(node: Node) -> Context:
    return {"rows": str(min(max(node.text.count("\n") + 1, 2), 14)), "placeholder": "JSON"}


def example(field: Field) -> str:
    """The first example as a placeholder, where it is a short enough text or a number."""
    first = field.examples[0] if field.examples else ""
    if isinstance(first, bool) or not isinstance(first, str | int | float):
        return ""
    return str(first)[:300]


def hint(field: Field) -> str:
    """The limits of a field in a few figures."""
    if field.kind in {"integer", "number"}:
        low, high = edges(field)
        return span(low, high) if field.minimum is not None or field.maximum is not None else ""
    if field.kind in {"list", "map"}:
        return span(field.min_length or None, field.max_length)
    if field.kind == "string" and field.max_length and not (field.is_long or field.media):
        return f"up to {field.max_length} characters"
    return ""


WIDGETS = [
    Widget("hidden", lambda node: node.field.is_hidden),
    Widget("json", lambda node: node.is_boxed or node.field.kind == "json", _json),
    Widget("ticks", lambda node: node.is_ticked, is_group=True),
    Widget("list", _is_kind("list", "map"), is_group=True),
    Widget("object", _is_kind("object", "tuple"), is_group=True),
    Widget("union", _is_kind("union"), is_group=True),
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
        lambda n: _is_choice(n) and _has_few(n.field),
        _segments,
        is_group=True,
        resets=True,
    ),
    Widget("select", _is_choice, _select, resets=True),
    Widget("seed", lambda node: node.field.is_seed, _seed, resets=True),
    Widget("number", _is_kind("integer", "number"), _number, resets=True),
    Widget("media", lambda n: bool(n.field.media) and "\n" not in n.text, _media),
    Widget("long", lambda n: n.field.is_long or "\n" in n.text, _long, resets=True),
    Widget("color", lambda n: n.field.kind == "string" and bool(swatch(n)), _color, resets=True),
    Widget("text", _is_kind("string"), _text, resets=True),
    Widget("json", lambda node: True, _json),
]
PICKERS = [widget for widget in WIDGETS if widget.name in {"sizes", "segments", "select"}]


def widget_for(node: Node, among: list[Widget] = WIDGETS) -> Widget:
    """The first widget that suits a node."""
    return next(widget for widget in among if widget.suits(node))
