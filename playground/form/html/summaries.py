"""Short summaries of a form: the line above the Run button, and the text of a collapsed row."""

from __future__ import annotations

from collections.abc import Iterator

from schemas import Field, Node
from schemas.fields.hints import TIMES

_MAX_CHARS = 32
_MAX_PARTS = 3


def is_content(field: Field) -> bool:
    """Whether a field is content (prompt, media) rather than a setting."""
    return bool(field.media) or field.is_long or (field.is_required and not field.has_default)


def changes(root: Node) -> Iterator[tuple[str, str, str]]:
    """Yield control id, label and value of each setting that differs from its default."""
    for node in root.children:
        if node.is_changed and not is_content(node.field) and not node.field.is_hidden:
            yield node.id, node.field.label, value(node) or "empty"


def row_summary(node: Node) -> str:
    """Return the first few values of a row."""
    parts = [text for child in node.children if (text := value(child))]
    return " · ".join(parts[:_MAX_PARTS])


def value(node: Node) -> str:
    """Return a node's value as a short text; empty if it has none."""
    if node.is_ticked or node.rows:
        count = len(node.keys) if node.is_ticked else len(node.rows)
        return f"{count} {'entry' if count == 1 else 'entries'}"
    if node.field.kind == "boolean":
        return {"true": "on", "false": "off"}.get(node.text, "")
    if node.field.traits.has_places:
        return row_summary(node)
    if node.field.kind == "union" and (branch := active_branch(node)):
        texts = [value(child) for child in branch.children] or [value(branch)]
        return (f" {TIMES} " if node.field.is_size else " · ").join(
            filter(None, texts[:_MAX_PARTS])
        )
    text = next((option.label for option, is_active in node.options if is_active), node.text)
    if node.field.media:
        is_result = text.startswith("/runs/") and text.endswith("/")
        text = "past result" if is_result else text.rpartition("/")[2] or text
    text = " ".join(text[: _MAX_CHARS * 4].split())
    return text if len(text) <= _MAX_CHARS else text[: _MAX_CHARS - 1] + "…"


def active_branch(node: Node) -> Node | None:
    """Return the chosen alternative of a union, unless it is a plain option."""
    keys = [option.key for option in node.field.options if option.branch]
    return node.children[keys.index(node.text)] if node.text in keys else None
