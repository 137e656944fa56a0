"""What people say and what the catalogue calls it (`synonyms.txt`), and words of no weight."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from catalog.search.spelling import single, words

_FILE = Path(__file__).with_name("synonyms.txt")
_ARTICLES = "a an the my your our their his her this that these those some any me"
# What follows one of these says what the rest is made from, with or for.
_ASIDE = "from for with of in on by using via"
_FILLERS = """
ai all and api app are at be best can convert converter could create creates do does endpoint
endpoints existing find generate generates generated generating generator get give good great has
have help how i im into is it let looking make makes made making model models need new one or own
please show so something stuff thing to tool turn us use used want we what which who would write you
"""
ARTICLES = frozenset(_ARTICLES.split())
ASIDE = frozenset(_ASIDE.split())
STOP = ARTICLES | ASIDE | frozenset(_FILLERS.split())


@lru_cache(maxsize=1)
def table() -> dict[tuple[str, ...], tuple[str, ...]]:
    """What is said, in words without plurals → what else finds it."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    entries = re.sub(r"\n +", " ", _FILE.read_text(encoding="utf-8"))
    for entry in entries.splitlines():
        if not entry or entry.startswith("#"):
            continue
        said, _, means = entry.partition("|")
        alternatives = tuple(text.strip() for text in means.split(","))
        for way in said.split(","):
            key = key_of(words(way))
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), *alternatives)))
    return found


@lru_cache(maxsize=1)
def longest() -> int:
    """The most words of anything that is said."""
    return max(map(len, table()))


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Every single word in which something is said."""
    return frozenset(word for key in table() for word in key)


def key_of(said: Iterable[str]) -> tuple[str, ...]:
    """Words as the table holds them."""
    return tuple(map(single, said))
