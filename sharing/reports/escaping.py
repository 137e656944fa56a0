"""Escapes what people wrote for Markdown, so that it shows exactly their words."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Characters that mean something anywhere in a line, in CommonMark or in GitHub's tables.
_SIGNS = re.compile(r"([\\`*_\[\]<>|~#&{}$^])")
# What begins a list, a heading's underline or a break, at the beginning of a line.
_BEGINNING = re.compile(r"^(\d{1,9})([.)])|^([-+=:])")
# Addresses become links by themselves in many dialects.
_ADDRESS = re.compile(r"(?i)(:)(?=//)|((?<=www)\.)|(@)")


def escaped(text: str) -> str:
    """Return a text in one line so that Markdown shows exactly its words, and nothing else."""
    line = " ".join("".join(map(_printable, text)).split())
    line = _SIGNS.sub(r"\\\1", line)
    line = _ADDRESS.sub(lambda match: f"\\{match[0]}", line)
    return _BEGINNING.sub(
        lambda match: f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}", line
    )


def _printable(letter: str) -> str:
    return letter if letter.isprintable() or letter.isspace() else "\N{REPLACEMENT CHARACTER}"


def paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of escaped Markdown for what somebody wrote; its line breaks stay."""
    for part in re.split(r"(?<!\n)\n\s*\n", text.strip()):
        lines = [escaped(line) for line in part.splitlines()]
        yield from ("\\\n".join(line for line in lines if line), "")
