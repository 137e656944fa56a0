"""Parses the rows of a test set from CSV or JSON lines."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

MAX_ROWS = 400
MAX_BYTES = 4 << 20
_DELIMITERS = ",;\t"


def decode(content: bytes) -> str:
    """Return a file's text; raises ValueError with a message if it has no known encoding."""
    if len(content) > MAX_BYTES:
        raise ValueError("This file is larger than 4 MB: split it, or leave columns out.")
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if not content.startswith(mark):
            continue
        try:
            return content.decode(name)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ValueError(
                f"This file is not UTF-8 text (line {line}): save it as “CSV UTF-8” and choose it"
                " again."
            ) from error
    return ""


def read_rows(text: str) -> list[dict[str, Any]]:
    """Return the rows of a table: JSON lines, a JSON array, or CSV with a header.

    CSV values are texts; empty ones are left out. Raises ValueError with a message.
    """
    text = text.strip().lstrip("\ufeff")
    rows = _from_json(text) if text[:1] in {"{", "["} else _from_csv(text)
    if not rows:
        raise ValueError("The table has a header and no rows: write at least one row below it.")
    if len(rows) > MAX_ROWS:
        raise ValueError(f"The table has {len(rows):,} rows; a board takes up to {MAX_ROWS}.")
    return rows


def _from_json(text: str) -> list[dict[str, Any]]:
    if text.startswith("["):
        found = _parsed(text, "The table")
        listed = found if isinstance(found, list) else [found]
    else:
        lines = [(n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
        listed = [_parsed(line, f"Line {n} of the table") for n, line in lines]
    for number, row in enumerate(listed, start=1):
        if not isinstance(row, dict):
            raise ValueError(f"Row {number} of the table is no JSON object, such as {{…}}.")
    return listed


def _parsed(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{what} is not valid JSON: {error}.") from error


def _from_csv(text: str) -> list[dict[str, Any]]:
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ValueError(f"The table cannot be read as CSV: {error}.") from error
    header, *body = lines or [[]]
    names = [name.strip() for name in header]
    if "" in names:
        raise ValueError(
            f"Column {names.index('') + 1} of the table has no name in its first line."
        )
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ValueError(f"Two columns of the table are named “{twice}”.")
    rows = []
    for number, line in enumerate(body, start=2):
        if len(line) > len(names):
            raise ValueError(
                f"Line {number} of the table has {len(line)} values, its first line {len(names)}"
                " names: put a text with commas between quotes."
            )
        found = {name: value.strip() for name, value in zip(names, line, strict=False)}
        if any(found.values()):
            rows.append({name: value for name, value in found.items() if value})
    return rows
