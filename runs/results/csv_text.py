"""Reads CSV, and writes it so that spreadsheets keep each value: as no formula, and not rounded."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    import _csv

# Spreadsheets read a value that begins like this as a formula (OWASP, "CSV Injection"); some also
# accept the full-width forms. A leading apostrophe in the value itself gets a second one.
_FORMULA = re.compile("'*+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20|%]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
# Spreadsheets keep 15 digits of a number, and seeds have up to 19.
_LONG_NUMBER = re.compile("'*+[+-]?[0-9]{16,}+")
_DELIMITERS = ",;\t"
# The first line that Excel writes for itself and expects from others.
_NAMED_DELIMITER = re.compile('"?sep=([,;|\t])"?\r?\n', re.IGNORECASE)
MAX_CHARS = 32_000  # per cell; Excel's limit is 32,767
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 in the system's encoding


def reader(text: str) -> _csv.Reader:
    """Return a reader of the lines of CSV; its `line_num` is the line in the text.

    The delimiter is the one named in a first line `sep=;`, else whichever of comma, semicolon and
    tab is most frequent in the first line. Lines end only at LF or CRLF. Reading raises csv.Error.
    """
    delimiter_line = _NAMED_DELIMITER.match(text)
    first = text.partition("\n")[0]
    lines = csv.reader(
        io.StringIO(text, newline="\n"),
        delimiter=delimiter_line[1] if delimiter_line else max(_DELIMITERS, key=first.count),
        strict=True,
        skipinitialspace=True,
    )
    if delimiter_line:
        next(lines)
    return lines


def write(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV text."""
    return BYTE_ORDER_MARK + lines([header]) + lines(rows)


def lines(rows: Iterable[Sequence[object]]) -> str:
    """Return more rows of a table that `write` began."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([inert(value) for value in row] for row in rows)
    return buffer.getvalue()


def inert(value: object) -> str:
    """Return a value as the text of a cell; formulas and long numbers begin with an apostrophe."""
    if value is None:
        return ""
    text = db_safe_text(str(value))[:MAX_CHARS]
    return f"'{text}" if _needs_apostrophe(text) else text


def _needs_apostrophe(text: str) -> bool:
    if _LONG_NUMBER.fullmatch(text):
        return True
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)


def original(cell: str) -> str:
    """Return the value of a cell that `inert` wrote, without its apostrophe."""
    is_marked = _FORMULA.match(cell, 1) or _LONG_NUMBER.fullmatch(cell, 1)
    return cell[1:] if cell[:1] == "'" and is_marked else cell
