"""Parses the rows of a test set from CSV or JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

from core.text_encoding import decode_upload
from fal.db_safe import db_safe, db_safe_text
from runs.results import csv_text
from schemas.exact import NotJson, loads

MAX_ROWS = 400
MAX_COLUMNS = 1000
MAX_BYTES = 4 << 20
TOO_LARGE = "This table is larger than 4 MB: split it, or leave columns out."


def decode(content: bytes) -> str:
    """Return a file's text in any usual encoding; raises ValueError with a message."""
    return decode_upload(content, MAX_BYTES, TOO_LARGE)


def read_rows(text: str) -> list[dict[str, Any]]:
    """Return the rows of a table: JSON lines, a JSON array, or CSV with a header.

    CSV values are texts; empty ones are left out. Lines end at LF or CRLF alone. Characters that
    the database cannot store are dropped, as everywhere. Raises ValueError with a message. No more
    rows are read than a board takes: 4 MB of short lines would become 750 MB of lists.
    """
    if len(text) > MAX_BYTES:
        raise ValueError(TOO_LARGE)
    text = db_safe_text(text).strip().lstrip("\ufeff")
    table_rows = _from_json(text) if text[:1] in {"{", "["} else _from_csv(text)
    rows = list(islice(table_rows, MAX_ROWS + 1))
    if not rows:
        raise ValueError("The table has a header and no rows: write at least one row below it.")
    if len(rows) > MAX_ROWS:
        raise ValueError(f"The table has more than {MAX_ROWS} rows, the most that a board takes.")
    return rows


def _from_json(text: str) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(_json_rows(text), start=1):
        if not isinstance(row, dict):
            raise ValueError(f"Row {number} of the table is not a JSON object, such as {{…}}.")
        yield db_safe(row)


def _json_rows(text: str) -> Iterator[Any]:
    if text.startswith("["):
        yield from _parsed(text, "The table")
        return
    for number, line in enumerate(io.StringIO(text, newline="\n"), start=1):
        if line.strip():
            yield _parsed(line, f"Line {number} of the table")


def _parsed(text: str, subject: str) -> Any:
    try:
        return loads(text)
    except NotJson as error:
        raise ValueError(f"{subject} is not valid JSON: {error}.") from error


def _csv_lines(text: str) -> Iterator[list[str]]:
    reader = csv_text.reader(text)
    try:
        yield from reader
    except csv.Error as error:
        raise ValueError(
            f"Line {reader.line_num} of the table cannot be read as CSV: {error}."
        ) from error


def _from_csv(text: str) -> Iterator[dict[str, Any]]:
    lines = _csv_lines(text)
    names = [csv_text.original(name.strip()) for name in next(lines, [])]
    if len(names) > MAX_COLUMNS:
        raise ValueError(f"The table has {len(names):,} columns; up to {MAX_COLUMNS:,} are read.")
    if "" in names:
        raise ValueError(
            f"Column {names.index('') + 1} of the table has no name in its first line."
        )
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ValueError(f"Two columns of the table are named “{twice}”.")
    for number, line in enumerate(lines, start=2):
        if len(line) > len(names):
            raise ValueError(
                f"Line {number} of the table has {len(line)} values, its first line {len(names)}"
                " names: put a text with commas between quotes."
            )
        values = dict(zip(names, map(csv_text.original, line), strict=False))
        if any(value.strip() for value in values.values()):
            yield {name: value for name, value in values.items() if value.strip()}
