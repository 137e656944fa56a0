"""Reads prompts from lines, CSV or JSON, and writes them as CSV or JSON.

lines    one prompt per line
CSV      a header with `text`, and any of `name`, `tags`, `folder`; or the header of the web
         UIs' styles.csv: `name`, `prompt`, `negative_prompt`
JSON     a list of texts, or of objects with the same names; `tags` is a list or a text

A style of the web UIs, or of our own former exports, becomes a prompt that takes another prompt.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from core.text_encoding import decode_upload
from fal.db_safe import db_safe_text
from features.library.models import Prompt
from features.library.models.prompt import TAKES
from features.library.prompts.form import checked
from features.library.prompts.saving import Values
from runs.results import csv_text
from schemas.exact import NotJson, dumps, loads

MAX_BYTES = 2 << 20
MAX_PROMPTS = 1000  # of one import
_ALSO = {"prompt": "text"}  # as styles.csv calls it
NEGATIVE = "negative_prompt"
NO_NEGATIVE = "Its negative prompt is left out, because saved prompts have none."
COLUMNS = ("name", "text", "tags", "folder")
KIND, STYLE = "kind", "style"  # of former exports
TOO_LARGE = "This is more than 2 MB of text: split it."


class Entry(NamedTuple):
    """One prompt of an import: its place, and why it cannot be saved, else an empty `problem`."""

    place: str
    values: Values
    problem: str = ""
    note: str = ""  # which part of it is not imported
    is_known: bool = False  # the project has the same prompt already


def decode(content: bytes) -> str:
    """Return a file's text in any usual encoding; raises ValueError with a message."""
    return decode_upload(content, MAX_BYTES, TOO_LARGE)


def read(text: str) -> list[Entry]:
    """Return the prompts in a text, including those with a problem.

    Raises ValueError with a message if the text as a whole cannot be read, or has too many.
    """
    if len(text) > MAX_BYTES:
        raise ValueError(TOO_LARGE)
    text = db_safe_text(text).lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ValueError("Paste some prompts, or choose a file.")
    if text.lstrip()[0] in "[{":
        all_entries = _from_json(text)
    else:
        all_entries = _from_csv(text) if _header(text) else _from_lines(text)
    # Stop early: reading two megabytes of short lines took 12 s, only to refuse them as too many.
    entries = list(islice(all_entries, MAX_PROMPTS + 1))
    if not entries:
        raise ValueError("There is a header, but no prompt below it.")
    if len(entries) > MAX_PROMPTS:
        raise ValueError(
            f"There are more than {MAX_PROMPTS:,} prompts, the most that can be imported at once."
        )
    return entries


def marked(entries: Iterable[Entry], saved_prompts: Iterable[Prompt]) -> list[Entry]:
    """Return the entries, with a mark on duplicates of saved prompts or earlier entries."""
    there_already = {(prompt.name, prompt.text, prompt.folder) for prompt in saved_prompts}
    marked_entries = []
    for entry in entries:
        key = (entry.values.name, entry.values.text, entry.values.folder)
        marked_entries.append(entry._replace(is_known=not entry.problem and key in there_already))
        there_already.add(key)
    return marked_entries


def as_json(prompts: Sequence[Prompt]) -> str:
    """Return prompts as JSON that `read` takes; their tags should be prefetched."""
    return dumps([_row(prompt, [tag.name for tag in prompt.tags.all()]) for prompt in prompts])


def as_csv(prompts: Sequence[Prompt]) -> str:
    """Return prompts as CSV that `read` takes, without formulas for spreadsheets."""
    rows = [_row(prompt, ", ".join(tag.name for tag in prompt.tags.all())) for prompt in prompts]
    return csv_text.write(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))


def _row(prompt: Prompt, tags: Any) -> dict[str, Any]:
    return {
        "name": prompt.name,
        "text": prompt.text,
        "tags": tags,
        "folder": prompt.folder,
    }


def _from_lines(text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _entry(f"Line {number}", {"text": line})


def _header(text: str) -> list[str]:
    """Return the column names of a CSV; empty if the first line is not a header.

    Raises ValueError for a header with an unknown column.
    """
    try:
        names = [name.strip().lower() for name in next(csv_text.reader(text.lstrip()), [])]
    except csv.Error:
        return []
    names = [_ALSO.get(name, name) for name in names]
    if "text" not in names or not all(map(str.isidentifier, names)):
        return []
    if unknown := next((name for name in names if name not in (*COLUMNS, NEGATIVE, KIND)), ""):
        raise ValueError(
            f"The column “{unknown[:40]}” is unknown: remove it. A table of prompts has "
            f"{', '.join(COLUMNS)}."
        )
    return names


def _from_csv(text: str) -> Iterator[Entry]:
    text = text.lstrip()
    names = _header(text)
    reader = csv_text.reader(text)
    next(reader)
    begins = reader.line_num + 1
    try:
        for row in reader:
            place, begins = f"Line {begins}", reader.line_num + 1
            if len(row) > len(names):
                yield Entry(
                    place,
                    Values("", " ".join(row)[:200]),
                    f"It has {len(row)} values and the header {len(names)} names: put a text with "
                    "commas between quotes.",
                )
            elif any(value.strip() for value in row):
                values = dict(zip(names, map(csv_text.original, row), strict=False))
                negative = values.pop(NEGATIVE, "").strip()
                if NEGATIVE in names:
                    values.setdefault(KIND, STYLE)
                entry = _entry(place, values)
                yield entry._replace(note=NO_NEGATIVE) if negative else entry
    except csv.Error as error:
        message = f"Line {reader.line_num} cannot be read as CSV: {error}."
        raise ValueError(message) from error


def _from_json(text: str) -> Iterator[Entry]:
    try:
        document = loads(text)
    except NotJson as error:
        raise ValueError(f"This is not valid JSON: {error}.") from error
    for number, item in enumerate(document if isinstance(document, list) else [document], start=1):
        place = f"Entry {number}"
        if isinstance(item, str):
            yield _entry(place, {"text": item})
            continue
        wrong = _wrong(item)
        if wrong or not isinstance(item, dict):
            yield Entry(place, Values("", dumps(item, indent=None)[:200]), wrong)
            continue
        yield _entry(place, {name: value for name, value in item.items() if value is not None})


def _wrong(item: Any) -> str:
    """Return the problem of a JSON entry; empty if it can be read."""
    if not isinstance(item, dict):
        return "It is neither a text nor an object with “text”."
    if unknown := next((name for name in item if name not in (*COLUMNS, KIND)), ""):
        return f"“{unknown[:40]}” is not known: an object has {', '.join(COLUMNS)}."
    for name, value in item.items():
        is_list = isinstance(value, list) and all(isinstance(tag, str) for tag in value)
        if value is not None and not isinstance(value, str) and not (name == "tags" and is_list):
            return f"“{name}” is not a text."
    return ""


def _entry(place: str, values: dict[str, Any]) -> Entry:
    text = values.get("text", "").strip()
    is_style = values.get(KIND, "").strip().lower() == STYLE
    if is_style and text and TAKES not in text.casefold():
        values = {**values, "text": f"{TAKES}, {text}"}
    return Entry(place, *checked(values))
