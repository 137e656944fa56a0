"""What is typed of a prompt: read and checked alike in its form and in an import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.formatting import shorten
from fal.db_safe import db_safe_text

MAX_NAME_CHARS = 80
MAX_TEXT_CHARS = 10_000
MAX_FOLDER_CHARS = 200
MAX_TAGS = 20
MAX_TAG_CHARS = 40


class Values(NamedTuple):
    """A prompt's own values; all but tags fit their columns, which `problems` checks."""

    name: str
    text: str
    folder: str = ""
    tags: tuple[str, ...] = ()


def read(typed: Mapping[str, str], tags: Iterable[str] | None = None) -> Values:
    """Return the values that were typed, tidied; `tags` where they are listed already."""
    listed = typed.get("tags", "").split(",") if tags is None else tags
    return Values(
        _line(typed.get("name", "")),
        db_safe_text(typed.get("text", "")).replace("\r\n", "\n").strip(),
        folder_of(typed.get("folder", "")),
        tuple(dict.fromkeys(tag for tag in (_line(name).lower() for name in listed) if tag)),
    )


def problems(values: Values) -> dict[str, str]:
    """Return what prevents that the values are saved: a sentence by the name of the field."""
    sentences = {
        "name": "" if values.name else "Give the prompt a name.",
        "text": "" if values.text else "Write the prompt.",
        "folder": "",
        "tags": "",
    }
    if len(values.name) > MAX_NAME_CHARS:
        sentences["name"] = f"Keep the name to {MAX_NAME_CHARS} characters."
    if len(values.text) > MAX_TEXT_CHARS:
        sentences["text"] = (
            f"The prompt has {len(values.text):,} characters; the most is {MAX_TEXT_CHARS:,}."
        )
    if len(values.folder) > MAX_FOLDER_CHARS:
        sentences["folder"] = f"Keep the folder to {MAX_FOLDER_CHARS} characters."
    if len(values.tags) > MAX_TAGS:
        sentences["tags"] = f"There are {len(values.tags)} tags; the most is {MAX_TAGS}."
    elif long := next((tag for tag in values.tags if len(tag) > MAX_TAG_CHARS), ""):
        sentences["tags"] = f"Keep a tag to {MAX_TAG_CHARS} characters: “{long[:MAX_TAG_CHARS]}…”."
    return {field: sentence for field, sentence in sentences.items() if sentence}


def folder_of(typed: str) -> str:
    """Return a folder's path without empty parts: ` /Campaign//fox/` is `Campaign/fox`."""
    return "/".join(filter(None, map(_line, typed.split("/"))))


def name_of(text: str) -> str:
    """Return a name for a prompt that has none: the beginning of its text."""
    return shorten(_line(text), MAX_NAME_CHARS)


def _line(typed: str) -> str:
    return " ".join(db_safe_text(typed).split())
