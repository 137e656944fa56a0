"""One thing that changed between two versions of a document, as data and in words.

The one place where such a change becomes a sentence: the rest of "<field> …".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from schemas.exact import dumps
from schemas.fields import MISSING
from schemas.words import clean, number

MOST = 60  # lines of one change
_MOST_CHARS = 120  # of a value in a sentence, and of a name
_FEW = 8
_LIMITS = {  # a bound's name → what it says when it is tighter, looser, gone
    "minimum": ("must be {now} or more now", "may be as low as {now} now", "has no minimum any more"),
    "maximum": ("must be {now} or less now", "may be up to {now} now", "has no maximum any more"),
    "min_length": (
        "must have at least {now} {unit} now", "may have as few as {now} {unit} now", "may have any number of {unit}, however few",
    ),
    "max_length": (
        "may have at most {now} {unit} now", "may have up to {now} {unit} now", "may have any number of {unit}",
    ),
}  # fmt: skip

Side = Literal["input", "output", "listing"]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One change: of what kind, where, in words, and whether what worked before may not work now."""

    kind: str
    path: Path
    said: str
    side: Side = "input"
    to: Path = ()  # where it is now, of what was renamed or moved
    breaks: bool = False
    was: str = ""
    now: str = ""

    @property
    def field(self) -> str:
        """`loras[].path`."""
        return dotted(self.path)

    def as_json(self) -> dict[str, Any]:
        """What is kept of it."""
        kept = {"kind": self.kind, "side": self.side, "field": self.field, "said": self.said}
        return {**kept, "was": self.was, "now": self.now, "breaks": self.breaks}


def told(found: list[Line]) -> list[dict[str, Any]]:
    """The lines to be kept: those that break first, and of very many only how many more."""
    ranked = sorted(found, key=lambda line: not line.breaks)
    kept = [line.as_json() for line in ranked[:MOST]]
    if rest := ranked[MOST:]:
        breaks = any(line.breaks for line in rest)
        kept.append(Line("more", (), f"{len(rest)} more changes", breaks=breaks).as_json())
    return kept


def wording() -> Line:
    """The documents differ, and nothing of it matters to a form or a program."""
    return Line("wording", (), "Only descriptions, titles, examples or their order changed")


def dotted(path: Path) -> str:
    """A path as one would write it: `image_size.width`, `loras[].path`, `points[0]`."""
    text = ""
    for part in path:
        part = _short(part)
        is_place = part == "[]" or part.isdecimal()
        text += (
            (part if part == "[]" else f"[{part}]") if is_place else f".{part}" if text else part
        )
    return text


def added(side: Side, path: Path, words: str, *, is_required: bool, default: Any) -> Line:
    """A field more."""
    must = is_required and default is MISSING
    said = f"is new{' and required' if must else ''}: {_short(words)}"
    if default is not MISSING:
        said += f", default {value(default)}"
    return Line("added", path, said, side, breaks=must, now=_short(words))


def removed(side: Side, path: Path, words: str) -> Line:
    """A field less."""
    return Line("removed", path, "is gone", side, breaks=True, was=_short(words))


def hidden(side: Side, path: Path) -> Line:
    """A field that forms show no longer."""
    return Line("hidden", path, "is no longer shown in forms; the model still takes it", side)


def renamed(side: Side, path: Path, to: Path) -> Line:
    """A field under another name."""
    was, now = dotted(path), dotted(to)
    return Line("renamed", path, f"is called {now} now", side, to, True, was, now)


def moved(side: Side, path: Path, to: Path) -> Line:
    """A field in another place."""
    was, now = dotted(path), dotted(to)
    return Line("moved", path, f"is at {now} now", side, to, True, was, now)


def retyped(side: Side, path: Path, was: str, now: str, *, breaks: bool) -> Line:
    """A field of another type."""
    was, now = _short(was), _short(now)
    said = f"has another type: {now}; it was {was}" if was != now else "has another type"
    return Line("retyped", path, said, side, breaks=breaks, was=was, now=now)


def required(side: Side, path: Path, *, is_now: bool, breaks: bool) -> Line:
    """Whether it must be given."""
    words = ["optional", "required"]
    said = f"is {words[is_now]} now"
    was, now = words[not is_now], words[is_now]
    return Line("required", path, said, side, breaks=is_now and breaks, was=was, now=now)


def nullable(side: Side, path: Path, *, is_now: bool) -> Line:
    """Whether it may be null."""
    said = "may be empty (null) now" if is_now else "must not be empty (null) any more"
    return Line("nullable", path, said, side, breaks=not is_now)


def default(side: Side, path: Path, was: Any, now: Any) -> Line:
    """What it is when it is left out."""
    old, new = value(was), value(now)
    if was is MISSING:
        said = f"has the default {new} now"
    elif now is MISSING:
        said = f"has no default any more; it was {old}"
    else:
        said = f"has the default {new}; it was {old}"
    return Line("default", path, said, side, was=old, now=new)


def deprecated(side: Side, path: Path) -> Line:
    """It will go."""
    return Line("deprecated", path, "is deprecated now", side)


def limit(
    side: Side, path: Path, name: str, was: Any, now: Any, unit: str, *, breaks: bool
) -> Line:
    """A bound of a number, or of a length."""
    old, new = (value(MISSING if one is None else one) for one in (was, now))
    tighter, looser, gone = _LIMITS[name]
    words = gone if now is None else tighter if breaks else looser
    unit = {"entries": "entry", "characters": "character"}.get(unit, unit) if now == 1 else unit
    said = words.format(now=new, unit=unit) + (f"; it was {old}" if old else "")
    return Line("limit", path, said, side, breaks=breaks, was=old, now=new)


def limit_itself(side: Side, path: Path, name: str, edge: Any, *, is_now: bool) -> Line:
    """Whether the bound itself is allowed."""
    said = f"may{'' if is_now else ' no longer'} be exactly its {name}, {value(edge)}"
    return Line("limit", path, said, side, breaks=not is_now)


def step(side: Side, path: Path, was: float | None, now: float | None) -> Line:
    """What a number must be a multiple of."""
    old, new = (value(MISSING if one is None else one) for one in (was, now))
    said = f"must be a multiple of {new} now" if new else "need not be a multiple any more"
    said += f"; it was {old}" if old and new else ""
    return Line("limit", path, said, side, breaks=now is not None, was=old, now=new)


def form(side: Side, path: Path, was: str, now: str) -> Line:
    """The pattern of a text."""
    said = f"must have the form {_short(now)} now" if now else "may have any form now"
    return Line("limit", path, said, side, breaks=bool(now), was=_short(was), now=_short(now))


def unique(side: Side, path: Path, *, is_now: bool) -> Line:
    """Whether entries may repeat."""
    said = "must not have the same entry twice now" if is_now else "may repeat entries now"
    return Line("limit", path, said, side, breaks=is_now)


def advice(side: Side, path: Path, was: str, now: str) -> Line:
    """The limits of a file, which upstream checks itself."""
    said = f"takes files within other limits: {_short(now)}" if now else "names no file limits now"
    return Line("limit", path, said, side, was=_short(was), now=_short(now))


def others(side: Side, path: Path, *, is_now: bool) -> Line:
    """Whether an object takes keys that it does not list."""
    said = "takes further keys now" if is_now else "lists all its keys now"
    return Line("others", path, said, side)


def choices(side: Side, path: Path, values: Iterable[Any], *, are_new: bool, breaks: bool) -> Line:
    """Choices that came, or went."""
    listed = some(values)
    said = f"can be {listed} now" if are_new else f"can no longer be {listed}"
    kind = "option added" if are_new else "option removed"
    texts = ("", listed) if are_new else (listed, "")
    return Line(kind, path, said, side, breaks=breaks, was=texts[0], now=texts[1])


def alternative(side: Side, path: Path, words: str, *, is_now: bool) -> Line:
    """A shape that it may have."""
    said = f"can {'also' if is_now else 'no longer'} be given as {_short(words)}"
    kind = "option added" if is_now else "option removed"
    return Line(kind, path, said, side, breaks=not is_now)


def described(side: Side, *, is_known: bool) -> Line:
    """Whether the document says anything about it at all."""
    said = "is described now" if is_known else "is no longer described"
    return Line("described", ("output",) if side == "output" else (), said, side)


def replaced(kind: str, title: str, was: str, now: str) -> Line:
    """A word of a model's listing that is another now."""
    old, new = (value(one) if one else "" for one in (was, now))
    said = f"is {new} now" if new else "is not told any more"
    said += f"; it was {old}" if old else ""
    return Line(kind, (title,), said, "listing", was=old, now=new)


def members(title: str, came: list[str], went: list[str]) -> Line:
    """Words of a model's listing that came and went, such as tags."""
    parts = [("now have", came), ("no longer have", went)]
    said = " and ".join(f"{verb} {some(words)}" for verb, words in parts if words)
    return Line("listing", (title,), said, "listing", was=some(went), now=some(came))


def value(one: Any) -> str:
    """A value in a sentence; nothing where there is none."""
    if one is MISSING:
        return ""
    if isinstance(one, bool):
        return "yes" if one else "no"
    if isinstance(one, int | float):
        return _short(number(one) if abs(one) < 10**30 else "a very large number")
    if isinstance(one, str):
        return f"“{_short(one)}”"
    return _short(dumps(one, indent=None))


def some(values: Iterable[Any]) -> str:
    """The first few values, and how many more."""
    shown = [value(one) for one in values]
    more = f" and {len(shown) - _FEW} more" if len(shown) > _FEW else ""
    return ", ".join(shown[:_FEW]) + more


def _short(text: str) -> str:
    text = " ".join(clean(text[: 2 * _MOST_CHARS]).replace("\0", "\ufffd").split())
    return text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1] + "…"
