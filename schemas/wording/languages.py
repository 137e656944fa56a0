"""Language names from the names and codes in schemas: `de`, `German` and `de-DE` are the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_CODES: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("languages.toml").read_text(encoding="utf-8")
)
NAMES = frozenset(_CODES)  # in English and in lower case
_NAMES = {code: name for name, codes in _CODES.items() for code in (name, *codes.split())}


def language(text: str) -> str:
    """The English name of a language in lower case; empty if unknown."""
    plain = text.strip().lower().replace("_", "-")[:40]
    if plain in _NAMES:
        return _NAMES[plain]
    first = re.split(r"[\s,(/-]+", plain, maxsplit=1)[0]
    return _NAMES.get(first, "")
