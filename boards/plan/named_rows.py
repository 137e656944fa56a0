"""Rows that differ in a named thing: `a photo of @bottle`, `a photo of @mug`."""

from __future__ import annotations

from collections.abc import Sequence

from boards.plan import values
from boards.plan.groups import SHARED, Groups, Post
from schemas import Field
from schemas.carry.meanings import by_meaning, media_of
from schemas.form.controls import segment
from schemas.uses import mentions

CONTROL = "~named"  # of a plan's form: the mentions that become rows


def with_named_rows(post: Post, groups: Groups, chosen: Sequence[str]) -> Post:
    """Return the post with a row for each mention, in the field that varies by row.

    That is the one chosen for it if it takes texts or pictures, else the main prompt. A text is the
    plan's own prompt with the mention in it: in place of another one, else behind it.
    """
    field = _field(post, groups)
    names = [mention for mention in chosen if mentions.whole(mention)]
    if field is None or not names:
        return post
    written = "" if media_of(field) else _last(post, f"{SHARED}.{segment(field.name)}").strip()
    rows = [*values.split_texts(_last(post, "row-values"))]
    rows += [text for name in names if (text := _text(written, name)) not in rows]
    separator = "\n---\n" if any("\n" in row for row in rows) else "\n"
    return post | {"row-field": [field.name], "row-values": [separator.join(rows)]}


def _field(post: Post, groups: Groups) -> Field | None:
    wanted = _last(post, "row-field")
    named = next((field for field in groups.shared if field.name == wanted), None)
    if named and (named.is_text or media_of(named) == "image"):
        return named
    meant = by_meaning(groups.shared)
    return meant.get("prompt") or meant.get("image")


def _text(written: str, mention: str) -> str:
    """Return the prompt with the mention in it."""
    first = next(iter(mentions.keys_in(written)), "")
    if not first:
        return f"{written} {mention}".strip()
    return mentions.replaced(written, {first: mention}.get)


def _last(post: Post, name: str) -> str:
    return (post.get(name) or [""])[-1]
