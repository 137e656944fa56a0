"""JSON as a tree that folds, without script: nested `<details>`."""

from __future__ import annotations

import json
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

MOST_NODES = 2000  # what is left out is said; the whole output is one click away
LONGEST_TEXT = 2000
OPEN_DEPTH = 2
DEEPEST = 40


def draw(value: Any) -> SafeString:
    """The value as nested lists; every text in it is escaped."""
    lines = "".join(_Tree().lines(value, "", 0))
    return mark_safe(_escaped(lines))  # noqa: S308  each part is escaped below


def as_text(value: Any) -> str:
    """The value as JSON that people read."""
    return _escaped(json.dumps(value, indent=2, ensure_ascii=False))


def _escaped(text: str) -> str:
    """`text` with each lone surrogate, which JSON may hold and UTF-8 cannot, as its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


class _Tree:
    def __init__(self) -> None:
        self.left = MOST_NODES

    def lines(self, value: Any, name: str, depth: int) -> list[str]:
        """The markup of one node and what is below it."""
        self.left -= 1
        label = f"<b>{escape(name)}</b> " if name else ""
        if not isinstance(value, dict | list) or not value or depth > DEEPEST:
            return [f"<p>{label}{_leaf(value)}</p>"]
        kind = "key" if isinstance(value, dict) else "item"
        count = f"{len(value)} {kind}{'' if len(value) == 1 else 's'}"
        is_open = " open" if depth < OPEN_DEPTH and len(value) <= 50 else ""
        parts = [f"<details{is_open}><summary>{label}<small>{count}</small></summary>"]
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            if self.left <= 0:
                parts.append("<p><small>… the rest is in the file</small></p>")
                break
            parts += self.lines(item, str(key), depth + 1)
        return [*parts, "</details>"]


def _leaf(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    cut = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
    kind = "string" if isinstance(value, str) else "plain"
    return f'<code data-kind="{kind}">{escape(cut)}</code>'
