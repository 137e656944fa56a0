"""Prints results: tables and text for people, JSON for scripts.

Models' names, prompts, errors and logs come from others. They may contain characters that a
terminal executes, or that hide and reorder the rest of a line; these are printed as escapes.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any

GAP = "  "
MAX_COLUMN = 40  # characters of each column except the last


# Control characters except tab and newline, invisible direction marks, line separators, and lone
# surrogates, which no encoding can represent.
_UNPRINTABLE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return the text with unprintable characters as escapes, such as `\\u001b`."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def print_line(text: str = "") -> None:
    """Print a line of the result."""
    sys.stdout.write(f"{printable(text)}\n")


def print_json(value: Any) -> None:
    """Print a value as indented JSON; the escapes are JSON's own."""
    print_line(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their column names; on a terminal the last column is cut to its width."""
    lines = [columns, *([printable(" ".join(cell.split())) for cell in row] for row in rows)]
    widths = [
        min(max(len(line[place]) for line in lines), MAX_COLUMN)
        for place in range(len(columns) - 1)
    ]
    edge = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1_000_000
    for line in lines:
        cells = [_cut(cell, width).ljust(width) for cell, width in zip(line, widths, strict=False)]
        print_line(_cut(GAP.join([*cells, line[-1]]), edge).rstrip())


def print_to_stderr(text: str) -> None:
    """Print a remark that is not part of the result to stderr."""
    sys.stderr.write(f"{printable(text)}\n")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"
