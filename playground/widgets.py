"""How a Field is drawn: an ordered list of widgets; the first that suits wins, the last always fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schemas import Field, Node
from schemas.words import number, span

Context = dict[str, Any]

_MAX_SEGMENTS, _MAX_SEGMENT_LETTERS = 5, 30
_MAX_TILES = 14
_MAX_SLIDE = 2000  # beyond, a slider hits no value that one means
_ACCEPT = {"image": "image/*", "video": "video/*", "audio": "audio/*"}
_PLACEHOLDERS = {
    "image": "Drop or paste an image, or its address",
    "video": "Drop a video, or paste its address",
    "audio": "Drop a sound, or paste its address",
    "file": "Drop a file, or paste its address",
}


@dataclass(frozen=True, slots=True)
class Widget:
    """One way to draw a node. A `group` has several controls: a fieldset with a legend."""

    template: str
    suits: Callable[[Node], bool]
    context: Callable[[Node], Context] = lambda node: {}
    is_group: bool = False
    resets: bool = False  # one control, which script can put back to its default


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
    return {"unset": unset(node) or ("" if node.shown_default else "Choose …")}


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


def _long(node: Node) -> Context:
    is_main = node.field.is_required or node.field.is_important
    return {"placeholder": example(node.field), "rows": "4" if is_main else "2"}


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
    limits = "".join(
        f' {side}="{number(edge)}"'
        for side, edge in (("min", low), ("max", high))
        if edge is not None
    )
    slider = None
    if low is not None and high is not None and node.shown_default and 0 < high - low <= _MAX_SLIDE:
        notch = step if step != "any" else number(10 ** math.floor(math.log10((high - low) / 40)))
        value = node.text or node.shown_default
        slider = {"low": number(low), "high": number(high), "step": notch, "value": value}
    return {"step": step, "limits": limits, "slider": slider, "placeholder": example(field)}


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
    if field.kind == "string" and field.max_length and not field.is_long:
        return f"up to {field.max_length} characters"
    return ""


WIDGETS = [
    Widget("_hidden.html", lambda node: node.field.is_hidden),
    Widget("_json.html", lambda node: node.is_boxed or node.field.kind == "json", _json),
    Widget("_ticks.html", lambda node: node.is_ticked, is_group=True),
    Widget("_list.html", _is_kind("list", "map"), is_group=True),
    Widget("_object.html", _is_kind("object"), is_group=True),
    Widget("_union.html", _is_kind("union"), is_group=True),
    Widget(
        "_switch.html",
        lambda n: n.field.kind == "boolean" and bool(n.shown_default) and not n.field.is_nullable,
        resets=True,
    ),
    Widget(
        "_sizes.html", lambda n: _is_choice(n) and is_drawn_to_scale(n.field), _tiles, is_group=True
    ),
    Widget(
        "_segments.html", lambda n: _is_choice(n) and _has_few(n.field), _segments, is_group=True
    ),
    Widget("_select.html", _is_choice, _select, resets=True),
    Widget("_seed.html", lambda node: node.field.is_seed, _seed),
    Widget("_number.html", _is_kind("integer", "number"), _number, resets=True),
    Widget("_media.html", lambda n: bool(n.field.media) and "\n" not in n.text, _media),
    Widget("_long.html", lambda n: n.field.is_long or "\n" in n.text, _long, resets=True),
    Widget("_text.html", _is_kind("string"), _text, resets=True),
    Widget("_json.html", lambda node: True, _json),
]
PICKERS = [
    widget
    for widget in WIDGETS
    if widget.template in {"_sizes.html", "_segments.html", "_select.html"}
]


def widget_for(node: Node, among: list[Widget] = WIDGETS) -> Widget:
    """The first widget that suits a node."""
    return next(widget for widget in among if widget.suits(node))
