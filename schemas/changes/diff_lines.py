"""One change between two versions of a document, as data and as a sentence.

All sentences about such changes are made here; each completes "<field> …".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from schemas.exact import dumps
from schemas.fields import MISSING
from schemas.wording.labels import clean, number

MOST = 60  # lines of one change
_MAX_CHARS = 120  # of a value in a sentence, and of a name
_MAX_LISTED = 8
_LIMITS = {  # a bound's name → sentences for tighter, looser, removed
    "minimum": (
        "must be {now} or more now",
        "may be as low as {now} now",
        "has no minimum any more",
    ),
    "maximum": ("must be {now} or less now", "may be up to {now} now", "has no maximum any more"),
    "min_length": (
        "must have at least {now} {unit} now",
        "may have as few as {now} {unit} now",
        "may have any number of {unit}, however few",
    ),
    "max_length": (
        "may have at most {now} {unit} now",
        "may have up to {now} {unit} now",
        "may have any number of {unit}",
    ),
}

Side = Literal["input", "output", "listing"]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One change: kind, path, sentence, and whether it may break existing calls."""

    kind: str
    path: Path
    said: str
    side: Side = "input"
    to: Path = ()  # the new path of a renamed or moved field
    breaks: bool = False
    was: str = ""
    now: str = ""

    @property
    def field(self) -> str:
        """`loras[].path`."""
        return dotted(self.path)

    def as_json(self) -> dict[str, Any]:
        """The line as it is stored."""
        head = {"kind": self.kind, "side": self.side, "field": self.field, "said": self.said}
        return {**head, "was": self.was, "now": self.now, "breaks": self.breaks}


def sentence(lines: list[Line]) -> list[dict[str, Any]]:
    """The lines to store: breaking ones first; beyond MOST only their number."""
    ranked = sorted(lines, key=lambda line: not line.breaks)
    stored_lines = [line.as_json() for line in ranked[:MOST]]
    if unlisted := ranked[MOST:]:
        breaks = any(line.breaks for line in unlisted)
        stored_lines.append(
            Line("more", (), f"{len(unlisted)} more changes", breaks=breaks).as_json()
        )
    return stored_lines


def wording() -> Line:
    """The documents differ only in wording."""
    return Line("wording", (), "Only descriptions, titles, examples or their order changed")


def dotted(path: Path) -> str:
    """A path as text: `image_size.width`, `loras[].path`, `points[0]`."""
    text = ""
    for part in path:
        part = _short(part)
        is_place = part == "[]" or part.isdecimal()
        text += (
            (part if part == "[]" else f"[{part}]") if is_place else f".{part}" if text else part
        )
    return text


def added(side: Side, path: Path, description: str, *, is_required: bool, default: Any) -> Line:
    """An added field."""
    must = is_required and default is MISSING
    text = f"is new{' and required' if must else ''}: {_short(description)}"
    if default is not MISSING:
        text += f", default {value(default)}"
    return Line("added", path, text, side, breaks=must, now=_short(description))


def removed(side: Side, path: Path, description: str) -> Line:
    """A removed field."""
    return Line("removed", path, "is gone", side, breaks=True, was=_short(description))


def hidden(side: Side, path: Path) -> Line:
    """A field that forms no longer show."""
    return Line("hidden", path, "is no longer shown in forms; the model still takes it", side)


def renamed(side: Side, path: Path, to: Path) -> Line:
    """A renamed field."""
    was, now = dotted(path), dotted(to)
    return Line("renamed", path, f"is called {now} now", side, to, True, was, now)


def moved(side: Side, path: Path, to: Path) -> Line:
    """A moved field."""
    was, now = dotted(path), dotted(to)
    return Line("moved", path, f"is at {now} now", side, to, True, was, now)


def retyped(side: Side, path: Path, was: str, now: str, *, breaks: bool) -> Line:
    """A field of another type."""
    was, now = _short(was), _short(now)
    text = f"has another type: {now}; it was {was}" if was != now else "has another type"
    return Line("retyped", path, text, side, breaks=breaks, was=was, now=now)


def required(side: Side, path: Path, *, is_now: bool, breaks: bool) -> Line:
    """A field that became required or optional."""
    states = ["optional", "required"]
    text = f"is {states[is_now]} now"
    was, now = states[not is_now], states[is_now]
    return Line("required", path, text, side, breaks=is_now and breaks, was=was, now=now)


def nullable(side: Side, path: Path, *, is_now: bool) -> Line:
    """A field that became nullable or not."""
    text = "may be empty (null) now" if is_now else "must not be empty (null) any more"
    return Line("nullable", path, text, side, breaks=not is_now)


def default(side: Side, path: Path, was: Any, now: Any) -> Line:
    """A changed default."""
    old, new = value(was), value(now)
    if was is MISSING:
        text = f"has the default {new} now"
    elif now is MISSING:
        text = f"has no default any more; it was {old}"
    else:
        text = f"has the default {new}; it was {old}"
    return Line("default", path, text, side, was=old, now=new)


def deprecated(side: Side, path: Path) -> Line:
    """A field that became deprecated."""
    return Line("deprecated", path, "is deprecated now", side)


def limit(
    side: Side, path: Path, name: str, was: Any, now: Any, unit: str, *, breaks: bool
) -> Line:
    """A changed bound of a number or length."""
    old, new = (value(MISSING if edge is None else edge) for edge in (was, now))
    tighter, looser, removal = _LIMITS[name]
    template = removal if now is None else tighter if breaks else looser
    unit = {"entries": "entry", "characters": "character"}.get(unit, unit) if now == 1 else unit
    text = template.format(now=new, unit=unit) + (f"; it was {old}" if old else "")
    return Line("limit", path, text, side, breaks=breaks, was=old, now=new)


def limit_itself(side: Side, path: Path, name: str, edge: Any, *, is_now: bool) -> Line:
    """A bound that became an allowed value itself, or no longer is one."""
    text = f"may{'' if is_now else ' no longer'} be exactly its {name}, {value(edge)}"
    return Line("limit", path, text, side, breaks=not is_now)


def step(side: Side, path: Path, was: float | None, now: float | None) -> Line:
    """A changed step: a number must be a multiple of it."""
    old, new = (value(MISSING if edge is None else edge) for edge in (was, now))
    text = f"must be a multiple of {new} now" if new else "need not be a multiple any more"
    text += f"; it was {old}" if old and new else ""
    return Line("limit", path, text, side, breaks=now is not None, was=old, now=new)


def form(side: Side, path: Path, was: str, now: str) -> Line:
    """A changed pattern of a text."""
    text = f"must have the form {_short(now)} now" if now else "may have any form now"
    return Line("limit", path, text, side, breaks=bool(now), was=_short(was), now=_short(now))


def unique(side: Side, path: Path, *, is_now: bool) -> Line:
    """A list whose entries may repeat now, or no longer may."""
    text = "must not have the same entry twice now" if is_now else "may repeat entries now"
    return Line("limit", path, text, side, breaks=is_now)


def advice(side: Side, path: Path, was: str, now: str) -> Line:
    """Changed limits of a file, which only upstream checks."""
    text = f"takes files within other limits: {_short(now)}" if now else "names no file limits now"
    return Line("limit", path, text, side, was=_short(was), now=_short(now))


def others(side: Side, path: Path, *, is_now: bool) -> Line:
    """An object that accepts undefined keys now, or no longer does."""
    text = "takes further keys now" if is_now else "lists all its keys now"
    return Line("others", path, text, side)


def choices(side: Side, path: Path, values: Iterable[Any], *, are_new: bool, breaks: bool) -> Line:
    """Added or removed choices."""
    value_list = some(values)
    text = f"can be {value_list} now" if are_new else f"can no longer be {value_list}"
    kind = "option added" if are_new else "option removed"
    texts = ("", value_list) if are_new else (value_list, "")
    return Line(kind, path, text, side, breaks=breaks, was=texts[0], now=texts[1])


def alternative(side: Side, path: Path, description: str, *, is_now: bool) -> Line:
    """An added or removed alternative of a union."""
    text = f"can {'also' if is_now else 'no longer'} be given as {_short(description)}"
    kind = "option added" if is_now else "option removed"
    return Line(kind, path, text, side, breaks=not is_now)


def described(side: Side, *, is_known: bool) -> Line:
    """An input or output that the document describes now, or no longer does."""
    text = "is described now" if is_known else "is no longer described"
    return Line("described", ("output",) if side == "output" else (), text, side)


def replaced(kind: str, title: str, was: str, now: str) -> Line:
    """A changed value in a model's catalogue entry."""
    old, new = (value(entry) if entry else "" for entry in (was, now))
    text = f"is {new} now" if new else "is no longer stated"
    text += f"; it was {old}" if old else ""
    return Line(kind, (title,), text, "listing", was=old, now=new)


def members(title: str, new_members: list[str], old_members: list[str]) -> Line:
    """Added and removed values in a model's catalogue entry, such as tags."""
    parts = [("now have", new_members), ("no longer have", old_members)]
    text = " and ".join(f"{verb} {some(values)}" for verb, values in parts if values)
    return Line("listing", (title,), text, "listing", was=some(old_members), now=some(new_members))


def value(item: Any) -> str:
    """A value as it appears in a sentence; empty for MISSING."""
    if item is MISSING:
        return ""
    if isinstance(item, bool):
        return "yes" if item else "no"
    if isinstance(item, int | float):
        return _short(number(item) if abs(item) < 10**30 else "a very large number")
    if isinstance(item, str):
        return f"“{_short(item)}”"
    return _short(dumps(item, indent=None))


def some(values: Iterable[Any]) -> str:
    """The first values, and the number of further ones."""
    texts = [value(item) for item in values]
    more_note = f" and {len(texts) - _MAX_LISTED} more" if len(texts) > _MAX_LISTED else ""
    return ", ".join(texts[:_MAX_LISTED]) + more_note


def _short(text: str) -> str:
    text = " ".join(clean(text[: 2 * _MAX_CHARS]).replace("\0", "\ufffd").split())
    return text if len(text) <= _MAX_CHARS else text[: _MAX_CHARS - 1] + "…"
