"""The words and names in `vocabulary.toml`, by which fields, values and models are understood."""

from __future__ import annotations

import tomllib
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, NamedTuple

_TABLE: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8")
)


class Operation(NamedTuple):
    """What a model does, by the words of its id and category."""

    words: frozenset[str]
    together: tuple[frozenset[str], ...]  # words that mean it only together
    is_faithful: bool  # it makes the same result from the same input in every run

    def is_named(self, name_words: AbstractSet[str]) -> bool:
        """Whether a model with these words in its name does it."""
        return not self.words.isdisjoint(name_words) or any(
            group <= name_words for group in self.together
        )


def _by_key(section: str) -> dict[str, frozenset[str]]:
    return {key: frozenset(text.split()) for key, text in _TABLE[section].items()}


def _operation(entry: dict[str, Any]) -> Operation:
    together = tuple(frozenset(text.split()) for text in entry.get("together", ()))
    return Operation(frozenset(entry["words"].split()), together, entry.get("is_faithful", False))


NAMES = {meaning: tuple(text.split()) for meaning, text in _TABLE["names"].items()}
WORDS = _by_key("words")
WHOLE_NAMES = _by_key("whole-names")
ROLES = _by_key("roles")
KINDS = _by_key("kinds")
KINDS_OF_ADDRESSES = _by_key("kinds-of-addresses")
OPERATIONS = {name: _operation(entry) for name, entry in _TABLE["operations"].items()}
# For each kind of result its uses and their titles, in the order of the menu.
USES: dict[str, dict[str, str]] = _TABLE["uses"]
KINDS_OF_OUTPUTS = _by_key("kinds-of-outputs")
RATIOS: tuple[str, ...] = tuple(_TABLE["ratios"].split())
GROUPS = _by_key("groups")
SPELLING = _by_key("spelling")
ACRONYMS = {text.lower(): text for text in SPELLING["acronyms"]}
IN_FULL: dict[str, str] = _TABLE["in-full"]
