"""Renders JSON as a collapsible tree without JavaScript: nested `<details>`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from runs.results.previews import MAX_JSON_CHARS

# A cut tree says so and links to the file with the whole output.
MAX_NODES = 2000
MAX_CHARS = 40_000  # of all names and values together
MAX_TEXT_CHARS = 2000
MAX_NAME_CHARS = 200
MORE = "(more than is shown here; the file has all of it)"
OPEN_DEPTH = 2
MAX_DEPTH = 40


def render(value: Any) -> SafeString:
    """Render a value as nested lists; every text in it is escaped."""
    lines = "".join(_Tree().lines(value, "", 0))
    return mark_safe(_escaped(lines))  # noqa: S308  each part is escaped in `_Tree`


def as_text(value: Any) -> str:
    """Return the value as indented JSON."""
    return _escaped(json.dumps(value, indent=2, ensure_ascii=False))


def preview(value: Any, most: int = MAX_JSON_CHARS) -> str:
    """Return the first `most` characters of `as_text(value)`, and a note if there are more.

    Encodes only that much, so the time does not grow with the size of the value.
    """
    text = _beginning(json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value), most + 1)
    return _escaped(text if len(text) <= most else f"{text[:most]}…\n{MORE}")


def _beginning(pieces: Iterable[str], most: int) -> str:
    """Join the pieces up to `most` characters."""
    parts: list[str] = []
    room = most
    for piece in pieces:
        parts.append(piece[:room])
        room -= len(piece)
        if room <= 0:
            break
    return "".join(parts)


def _escaped(text: str) -> str:
    """Escape lone surrogates, which JSON may contain and UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()


class _Tree:
    def __init__(self) -> None:
        self.nodes_left = MAX_NODES
        self.chars_left = MAX_CHARS

    def lines(self, value: Any, name: str, depth: int) -> list[str]:
        """Return the markup of one node and those below it."""
        self.nodes_left -= 1
        label = f"<b>{escape(_cut(name, MAX_NAME_CHARS))}</b> " if name else ""
        self.chars_left -= min(len(name), MAX_NAME_CHARS)
        if not isinstance(value, dict | list) or not value or depth > MAX_DEPTH:
            return [f"<p>{label}{self._leaf(value)}</p>"]
        kind = "key" if isinstance(value, dict) else "item"
        count = f"{len(value)} {kind}{'' if len(value) == 1 else 's'}"
        is_open = " open" if depth < OPEN_DEPTH and len(value) <= 50 else ""
        parts = [f"<details{is_open}><summary>{label}<small>{count}</small></summary>"]
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            if self.nodes_left <= 0 or self.chars_left <= 0:
                parts.append("<p><small>… the rest is in the file</small></p>")
                break
            parts += self.lines(item, str(key), depth + 1)
        return [*parts, "</details>"]

    def _leaf(self, value: Any) -> str:
        most = min(MAX_TEXT_CHARS, max(self.chars_left, 0))
        if isinstance(value, str):  # cut before encoding, since it may be many megabytes
            text = json.dumps(value[: most + 1], ensure_ascii=False)
        else:
            text = _beginning(json.JSONEncoder(ensure_ascii=False).iterencode(value), most + 1)
        self.chars_left -= min(len(text), most)
        kind = "string" if isinstance(value, str) else "plain"
        return f'<code data-kind="{kind}">{escape(_cut(text, most))}</code>'


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
