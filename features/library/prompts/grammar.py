r"""The grammar of a saved prompt: variables and alternatives.

    template     = { text | escape | group }
    escape       = "\" before one of  \ { } | :
    group        = "{" ( variable | choice ) "}"
    variable     = name [ ":" alternatives ]      {subject}   {subject: fox | otter | heron}
    choice       = alternatives, two or more      {red|green|blue}
    alternatives = text { "|" text }              spaces around each are dropped
    name         = words that begin with a letter, 40 characters at most

Groups do not nest. Text that only looks like a group, such as `{"a": "x | y"}` or a brace without
its other half, stays text: every text is a template. So does `{2 of red|green|blue}`, which drew
two of them up to version 0.2.0: as a choice, it would mean something else. All groups with the same
name, in any case, have the same value, which is text and never a group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

MAX_NAME_CHARS = 40

_ESCAPED = re.compile(r"\\([\\{}|:])")
# The body of a group ends at its brace; an opening brace within it begins another group.
_TOKEN = re.compile(r"\\[\\{}|:]|\{(?P<body>(?:\\[\\{}|:]|[^{}\\]|\\(?![\\{}|:]))*)\}", re.DOTALL)
_PIECE = re.compile(r"\\[\\{}|:]|\||[^\\|]+|\\", re.DOTALL)
_NAME = r"[^\W\d_][\w-]*+(?:\s++[^\W\d_][\w-]*+)*+"
_VARIABLE = re.compile(rf"\s*+(?P<name>{_NAME})\s*+(?P<colon>:|$)")
_JSON = re.compile(r"""\s*(?P<quote>["'])[^"'{}|]*(?P=quote)\s*:""")  # a bar in a value is text
_PICK = re.compile(r"\s*[1-9][0-9]{0,5}\s+of\s+(?=\S)")


@dataclass(frozen=True)
class Slot:
    """A group: its value is one of `options`, or typed if there are none.

    `key` identifies it in its template: the name in lower case, or the number of an unnamed group.
    """

    name: str = ""
    options: tuple[str, ...] = ()
    key: str = ""

    @property
    def size(self) -> int:
        """Return how many texts it makes while no value is chosen for it."""
        return len(self.options) or 1

    @property
    def label(self) -> str:
        """Return its name, or the beginning of an unnamed choice: `red, green …`."""
        if self.name:
            return self.name
        first_options = ", ".join(option or "nothing" for option in self.options[:2])
        return first_options if len(self.options) <= 2 else f"{first_options} …"


@dataclass(frozen=True)
class Template:
    """A parsed prompt: texts and groups in order. Groups with the same name are one group."""

    parts: tuple[str | Slot, ...]

    @property
    def slots(self) -> list[Slot]:
        """Return its groups in order, without repetitions."""
        return list({part.key: part for part in self.parts if isinstance(part, Slot)}.values())


def parse(text: str) -> Template:
    """Parse a text; every text is a template.

    Each group gets its key, and equal names become one group.
    """
    all_parts, slots, numbers = list(_parts(text)), dict[str, Slot](), count(1)
    for part in all_parts:
        if isinstance(part, Slot) and part.name:
            key = part.name.casefold()
            earlier = slots.get(key)
            if earlier is None or (part.options and not earlier.options):
                slots[key] = replace(part, key=key)
    return Template(
        tuple(
            part
            if isinstance(part, str)
            else slots[part.name.casefold()]
            if part.name
            else replace(part, key=str(next(numbers)))
            for part in all_parts
        )
    )


def _parts(text: str) -> Iterator[str | Slot]:
    plain_text, at = "", 0
    for token in _TOKEN.finditer(text):
        plain_text += text[at : token.start()]
        at = token.end()
        body = token["body"]
        slot = None if body is None else _slot(body)
        if slot is None:
            plain_text += _unescaped(token[0])
            continue
        if plain_text:
            yield plain_text
        plain_text = ""
        yield slot
    if plain_text := plain_text + text[at:]:
        yield plain_text


def _slot(body: str) -> Slot | None:
    """Return the group with this body; None if it is plain text."""
    if _PICK.match(body) or _JSON.match(body):
        return None
    variable = _VARIABLE.match(body)
    if variable and len(variable["name"]) <= MAX_NAME_CHARS:
        name, choices = " ".join(variable["name"].split()), body[variable.end() :]
        if variable["colon"]:
            return Slot(name, _alternatives(choices) if choices.strip() else ())
        return Slot(name)
    has_bar = any(piece[0] == "|" for piece in _PIECE.finditer(body))
    return Slot(options=_alternatives(body)) if has_bar else None


def _alternatives(body: str) -> tuple[str, ...]:
    """Return the different texts between bars, without spaces around them."""
    texts = [""]
    for piece in _PIECE.finditer(body):
        if piece[0] == "|":
            texts.append("")
        else:
            texts[-1] += piece[0]
    return tuple(dict.fromkeys(_unescaped(text.strip()) for text in texts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)
