"""Shows a run's log as a terminal would: progress bars in their last state, no escape codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# ECMA-48: control sequences ("A" moves up), operating system commands, other escapes.
_ESCAPE = re.compile(
    r"\x1b(?:\[([0-?]*+)[ -/]*+([@-~])|\][^\x07\x1b]*+(?:\x07|\x1b\\)?+|[ -/]*+[0-~])?+"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


def shown_log(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the log's lines without escape codes; a redrawn line replaces the earlier one."""
    log_lines: list[dict[str, Any]] = []
    was_redrawn = False
    for line in lines:
        message = str(line.get("message", ""))
        text = _ESCAPE.sub("", message)
        is_redrawn = text.startswith("\r") and "\n" not in text.strip()
        above = 1 if is_redrawn and was_redrawn else _lines_up(message)
        if above:
            del log_lines[-above:]
        was_redrawn = is_redrawn
        if (last := "\n".join(map(_last_state, text.split("\n")))).strip() or not message:
            log_lines.append({**line, "message": last})
    return log_lines


def _lines_up(message: str) -> int:
    """Return how many lines the cursor moves up before text is written."""
    above, end = 0, 0
    for escape in _ESCAPE.finditer(message):
        if message[end : escape.start()].strip("\r"):
            break
        end = escape.end()
        if escape[2] == "A":
            above += int(escape[1][:4]) if (escape[1] or "").isdecimal() else 1
    return above


def _last_state(line: str) -> str:
    """Return the visible rest of a line whose parts overwrite each other."""
    return next((part for part in reversed(line.split("\r")) if part.strip()), "")
