"""Prints results: tables and text for people, JSON for scripts."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any

GAP = "  "
MAX_COLUMN = 40  # characters of each column except the last


def print_line(words: str = "") -> None:
    """Print a line of the result."""
    sys.stdout.write(f"{words}\n")


def print_json(value: Any) -> None:
    """Print a value as JSON, on several lines."""
    print_line(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their column names; on a terminal the last column is cut to its width."""
    lines = [columns, *([" ".join(cell.split()) for cell in row] for row in rows)]
    widths = [
        min(max(len(line[place]) for line in lines), MAX_COLUMN)
        for place in range(len(columns) - 1)
    ]
    edge = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1_000_000
    for line in lines:
        cells = [_cut(cell, width).ljust(width) for cell, width in zip(line, widths, strict=False)]
        print_line(_cut(GAP.join([*cells, line[-1]]), edge).rstrip())


def print_to_stderr(words: str) -> None:
    """Print a remark that is not part of the result to stderr."""
    sys.stderr.write(f"{words}\n")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"
