"""The words of the query language, read from `vocabulary.toml`: `in:image`, `duration:>=10`.

A fact is such a word that is true of an endpoint (`facts.py`); a condition is one that a query
requires (`conditions.py`). Both use the keys of the table.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from catalog.filters.operations import OPERATIONS

NEW_FOR_DAYS = 30
FAVOURITE = "is:favourite"  # from the user's stars; no endpoint has it as a fact
KEEPER = "keeper"  # from the records that a page shows (`catalog/model_records.py`); no fact either
_FILE = Path(__file__).with_name("vocabulary.toml")


@dataclass(frozen=True)
class Key:
    """A key (the part before the colon); the table's head explains each column."""

    name: str
    title: str
    example: str
    help: str
    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    is_number: bool = False
    plain: Literal["=", ">=", "<="] = "="
    steps: tuple[str, ...] = ()
    joins_all: bool = False
    is_facet: bool = True
    shown: int = 8
    unfolded: int = 6
    counted: str = ""
    said: str = "{title}: {labels}"
    bare: re.Pattern[str] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    synonyms: Mapping[str, str] = field(default_factory=dict)  # word → value
    spellings: Sequence[tuple[re.Pattern[str], str]] = ()
    units: Mapping[str, float] = field(default_factory=dict)  # word → factor

    @property
    def is_open(self) -> bool:
        """Whether its values are those that occur in the catalogue."""
        return not (self.values or self.is_number)

    @property
    def is_measured(self) -> bool:
        """Whether its values are compared as numbers, or as resolutions by their lines."""
        return self.is_number or self.name == "resolution"


def _key(name: str, columns: dict[str, Any]) -> Key:
    labels = columns.get("labels", {})
    return Key(
        name=name,
        **columns
        | {
            "names": tuple(columns.get("names", "").split()),
            "values": tuple(columns.get("values", labels)),
            "steps": tuple(columns.get("steps", ())),
            "bare": re.compile(columns["bare"], re.IGNORECASE) if "bare" in columns else None,
            "spellings": [
                (re.compile(form), to) for form, to in columns.get("spellings", {}).items()
            ],
            "synonyms": {w: v for v, ws in columns.get("synonyms", {}).items() for w in ws.split()},
            "units": {w: n for ws, n in columns.get("units", {}).items() for w in ws.split()},
        },
    )


_TABLES = tomllib.loads(_FILE.read_text(encoding="utf-8"))
_TABLES["does"]["labels"] = {slug: operation.label for slug, operation in OPERATIONS.items()}
KEYS = {name: _key(name, columns) for name, columns in _TABLES.items()}
SYNONYMS = {word: key.name for key in KEYS.values() for word in key.names}
OPEN_FACETS = {key.name for key in KEYS.values() if key.is_facet and key.is_open}
