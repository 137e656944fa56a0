"""Distinguishes models of the same name, and groups families into one card."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from catalog.models import Endpoint
from core.byte_cache import byte_cached

LONGEST = 44  # characters of a variant on a card
_WORD = re.compile(r"[^\s()\[\]/,|_\u2013\u2014-]+")
_SIGNS = re.compile(r"[^a-z0-9]+")
# Words that distinguish nothing.
_STOP_WORDS = {"", "to", "the", "and", "with", "model", "models", "fal", "ai", "run"}


class Card(NamedTuple):
    """A model of a list, and what distinguishes it from others of its name; empty if nothing."""

    endpoint: Endpoint
    variant: str


class Family(NamedTuple):
    """The card that represents a family, and its other members in the same list."""

    lead: Card
    others: Sequence[Card]


def distinguish(endpoints: Iterable[Endpoint]) -> list[Card]:
    """The models of a list with their variants; no two read alike.

    Where name, owner, category and variant are the same, the rest of the id is shown.
    """
    cards = [Card(endpoint, variant(endpoint)) for endpoint in endpoints]
    often = Counter(map(_appearance, cards))
    return [
        Card(card.endpoint, _rest(card.endpoint)) if often[_appearance(card)] > 1 else card
        for card in cards
    ]


def variant(endpoint: Endpoint) -> str:
    """The words of the family's label, or of the id, that are not in name and category."""
    return _variant(
        endpoint.owner,
        _rest(endpoint),
        endpoint.display_name,
        endpoint.category,
        endpoint.group_label,
    )


@byte_cached(1 << 20)
def _variant(owner: str, path: str, display_name: str, category: str, label: str) -> str:
    parts = [*map(_signs, _WORD.findall(display_name))]
    name = {"".join(parts[start:]) for start in range(len(parts))}
    said_words = _STOP_WORDS | {_signs(word) for word in _WORD.findall(display_name)}
    said_words |= {*category.split("-"), *map(_signs, owner.split("-"))}
    said_words.add(re.sub(r"^(\w)\w*-to-(\w)\w*$", r"\g<1>2\2", category))  # i2v
    labelled = _distinguishing_words(_WORD.findall(label), said_words, name)
    own = _distinguishing_words(_WORD.findall(path), said_words | set(map(_signs, labelled)), name)
    if labelled:
        label_signs = _signs(label)
        own = [word for word in own if re.match(r"v?\d", word) and _number(word) not in label_signs]
    text = " ".join([*labelled, *own])
    return _cut(text[:1].upper() + text[1:] if text[:2].isalpha() else text)


def fold(cards: Sequence[Card], *, apart: int = 0, is_ordered: bool = False) -> list[Family]:
    """Group the cards of a list by family, each at the position of its first member.

    The first `apart` cards stay alone, so that exact matches are visible. In an ordered list only
    neighbours are grouped, which keeps the order.
    """
    families: list[tuple[Card, list[Card]]] = [(card, []) for card in cards[:apart]]
    places: dict[tuple[str, str], int] = {}
    for card in cards[apart:]:
        key = family_of(card.endpoint)
        place = places.get(key)
        if place is None or (is_ordered and place != len(families) - 1):
            places[key] = len(families)
            families.append((card, []))
        else:
            families[place][1].append(card)
    return [Family(*family) for family in families]


def family_of(endpoint: Endpoint) -> tuple[str, str]:
    """Return upstream's group; for a model without one, its application and name."""
    if endpoint.group_key:
        return endpoint.owner, endpoint.group_key
    return "/".join(endpoint.endpoint_id.split("/")[:2]), endpoint.display_name.casefold()


def _appearance(card: Card) -> tuple[str, ...]:
    endpoint = card.endpoint
    parts = (endpoint.display_name, endpoint.owner, endpoint.category, card.variant)
    return tuple(part.strip().casefold() for part in parts)


def _rest(endpoint: Endpoint) -> str:
    """The id without its owner."""
    return endpoint.endpoint_id.partition("/")[2] or endpoint.endpoint_id


def _distinguishing_words(words: Iterable[str], said_words: set[str], name: set[str]) -> list[str]:
    """Return the new words, each once; `name` holds the joined suffixes of the name's words."""
    distinguishing: dict[str, str] = {}
    for word in words:
        plain = _signs(word)
        if plain not in said_words and not _is_in(name, plain) and not _is_in(name, _number(word)):
            distinguishing.setdefault(plain, word)
    return list(distinguishing.values())


def _is_in(name: set[str], word: str) -> bool:
    """Whether a name contains a word: a number anywhere, letters from the start of a word on."""
    if any(map(str.isdigit, word)):
        return any(word in name_word for name_word in name)
    return len(word) > 2 and any(name_word.startswith(word) for name_word in name)


def _number(word: str) -> str:
    """Return a word's letters and digits without the v of a version."""
    plain = _signs(word)
    return plain[1:] if re.match(r"v\d", plain) else plain


def _signs(text: str) -> str:
    return _SIGNS.sub("", text.casefold())


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rpartition(" ")[0] + "…"
