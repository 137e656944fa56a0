"""The models related to a model: family, trainers, similar models.

Depends only on the catalogue, so results are cached by its revision. No function reads every row:
candidates come from the search index, and one query loads those that are scored.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import Q

from catalog.filters.conditions import line_count, parse_condition
from catalog.filters.facts import Listing, facts_of_endpoint
from catalog.filters.labels import Group, describe, label, summarize
from catalog.filters.vocabulary import KEYS
from catalog.models import Endpoint, Mark
from catalog.models.querysets import TEST_TAG
from catalog.pricing import in_words
from catalog.search import spelling
from catalog.search.index import Index, Places, current
from core.byte_cache import byte_cached
from schemas.estimate.wording import label_for_pages

MOST_SIBLINGS, MOST_SIMILAR, MOST_LINKED = 48, 6, 12
_MANY = 12  # siblings by id prefix only
_CANDIDATES, _RARE = 60, 200
_WEIGHTS = {"out": 4.0, "in": 3.0, "category": 2.0, "can": 1.5, "tag": 1.0, "kind": 1.0}
_WORDS_COUNT = 6.0  # weight of the words; that of all facts together is about twice this
_TELLING = ("in", "out", "can")
_PICTURE = ("small", "large", "clip", "colour")
_COLUMNS = (
    *Listing._fields,
    "full_name",
    "group_label",
    *(f"picture__{name}" for name in _PICTURE),
)


@dataclass(frozen=True)
class Relative:
    """A related model: its inputs, outputs, and the abilities that only it has."""

    endpoint: Endpoint
    abilities: list[Group]
    is_self: bool = False
    only: tuple[str, ...] = ()

    @property
    def takes(self) -> str:
        """Its inputs as text."""
        return self._abilities_in("Takes")

    @property
    def makes(self) -> str:
        """Its outputs as text."""
        return self._abilities_in("Makes")

    @property
    def can(self) -> str:
        """Lengths, sizes and settings as text."""
        return self._abilities_in("")

    def _abilities_in(self, title: str) -> str:
        groups = [group for group in self.abilities if group.title == title]
        return ", ".join(part.words for group in groups for part in group.parts)


@dataclass(frozen=True)
class Related:
    """All models related to a model."""

    family: list[Relative]
    family_name: str
    trainers: list[Endpoint]
    inference: list[Endpoint]
    similar: list[Relative]
    price: str


def find_related(endpoint: Endpoint, revision: str) -> Related:
    """Return the models related to an endpoint at a revision of the catalogue."""
    return _related(revision, endpoint.pk)


@byte_cached(2 << 20)
def _related(revision: str, pk: int) -> Related:
    endpoints = Endpoint.objects.select_related("picture").only(
        *_COLUMNS, "training_endpoint_ids", "inference_endpoint_ids"
    )
    me = endpoints.get(pk=pk)
    family = _family(me)
    similar = _similar(me, revision, {relative.pk for relative in family})
    trainers, inference = _linked(me)
    only = _unique_abilities(family)
    relatives = [
        _relative(relative, is_self=relative.pk == pk, only=only[relative.pk])
        for relative in family
    ]
    return Related(
        family=relatives if len(relatives) > 1 else [],
        family_name=me.group_key or _stem(me.endpoint_id),
        trainers=trainers,
        inference=inference,
        similar=[_relative(relative) for relative in similar],
        price=label_for_pages(in_words(me, facts_of_endpoint(me))),
    )


def _relative(endpoint: Endpoint, **more: Any) -> Relative:
    return Relative(endpoint, summarize(facts_of_endpoint(endpoint)), **more)


def _stem(endpoint_id: str) -> str:
    """Return the part of an id that a family shares: owner and application."""
    return "/".join(endpoint_id.split("/")[:2])


def _family(me: Endpoint) -> list[Endpoint]:
    """Return the model and its siblings by group, else by the beginning of the id.

    If many of a vendor's ids begin alike, only those of the same category are siblings.
    """
    stem = _stem(me.endpoint_id)
    is_of_family = Q(group_key=me.group_key) if me.group_key else _begins(stem) & Q(group_key="")
    members = Endpoint.objects.filter(is_of_family, gone_at=None).exclude(pk=me.pk)
    members = members.select_related("picture").only(*_COLUMNS).order_by("position", "endpoint_id")
    listed_siblings = list(members[:MOST_SIBLINGS])
    if not me.group_key and len(listed_siblings) >= _MANY:
        listed_siblings = list(members.filter(category=me.category)[:MOST_SIBLINGS])
    family = [me, *listed_siblings[: MOST_SIBLINGS - 1]]
    return sorted(
        family, key=lambda endpoint: (endpoint.status == "deprecated", endpoint.endpoint_id)
    )


def _begins(stem: str) -> Q:
    return Q(endpoint_id=stem) | Q(endpoint_id__startswith=f"{stem}/")


def _unique_abilities(family: Sequence[Endpoint]) -> dict[int, tuple[str, ...]]:
    """Return what only one sibling can do: abilities, highest resolution, longest duration."""
    facts = {endpoint.pk: facts_of_endpoint(endpoint) for endpoint in family}
    often = Counter(fact for own in facts.values() for fact in own)
    finest = {
        pk: max((line_count(v) or 0 for v in _values_of(f, "resolution")), default=0)
        for pk, f in facts.items()
    }
    longest = {pk: _longest(own) for pk, own in facts.items()}
    names: dict[int, tuple[str, ...]] = {}
    for pk, own in facts.items():
        abilities = [
            describe(condition)
            for key in _TELLING
            for value in _values_of(own, key)
            if often[f"{key}:{value}"] == 1 and (condition := parse_condition(key, value))
        ]
        if _is_alone_best(finest, pk):
            best = max(_values_of(own, "resolution"), key=lambda v: line_count(v) or 0)
            abilities.append(label("resolution", best))
        if _is_alone_best(longest, pk):
            abilities.append(f"{longest[pk]:g} s")
        names[pk] = tuple(abilities) if len(family) > 1 else ()
    return names


def _values_of(facts: Iterable[str], key: str) -> list[str]:
    return [fact.partition(":")[2] for fact in facts if fact.startswith(f"{key}:")]


def _longest(facts: Iterable[str]) -> float:
    ends = [end for value in _values_of(facts, "duration") for end in value.split("-")]
    return max((float(end) for end in ends if re.fullmatch(r"\d+(\.\d+)?", end)), default=0.0)


def _is_alone_best(figures: Mapping[int, float], pk: int) -> bool:
    other_figures = [figure for key, figure in figures.items() if key != pk]
    return bool(figures[pk]) and any(other_figures) and figures[pk] > max(other_figures)


def _linked(me: Endpoint) -> tuple[list[Endpoint], list[Endpoint]]:
    """Return the known models that train for this one, and those that it trains for."""
    ids = [
        [endpoint_id for endpoint_id in linked_ids if isinstance(endpoint_id, str)][:MOST_LINKED]
        if isinstance(linked_ids, list)
        else []
        for linked_ids in (me.training_endpoint_ids, me.inference_endpoint_ids)
    ]
    linked = {endpoint_id for linked_ids in ids for endpoint_id in linked_ids}
    rows = Endpoint.objects.for_cards().filter(endpoint_id__in=linked) if linked else ()
    by_id = {endpoint.endpoint_id: endpoint for endpoint in rows}
    trainers, inference = (
        [by_id[endpoint_id] for endpoint_id in linked_ids if endpoint_id in by_id]
        for linked_ids in ids
    )
    return trainers, inference


def _similar(me: Endpoint, revision: str, family: set[int]) -> list[Endpoint]:
    """Return the most similar models outside its family, by abilities and description."""
    keys = _candidates(me, revision)
    rows = Endpoint.objects.listed().filter(pk__in=keys).exclude(pk__in=family)
    rows = (
        rows.exclude(mark=Mark.BLOCKED)
        .exclude(status="deprecated")
        .select_related("picture")
        .only(*_COLUMNS)
    )
    own_facts, words = set(facts_of_endpoint(me)), _word_stems(me)
    candidates = [endpoint for endpoint in rows if _is_serious(endpoint) or not _is_serious(me)]
    own = {endpoint.pk: _word_stems(endpoint) for endpoint in candidates}
    often = Counter(word for spellings in own.values() for word in spellings)
    scored = [
        (
            _similarity(own_facts, set(facts_of_endpoint(endpoint)))
            + _WORDS_COUNT * _shared(words, own[endpoint.pk], often),
            endpoint,
        )
        for endpoint in candidates
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].endpoint_id))
    best: dict[str, Endpoint] = {}  # one per family, so that the list shows different kinds
    for score, endpoint in scored:
        if score > 0:
            best.setdefault(endpoint.group_key or endpoint.display_name, endpoint)
    return list(best.values())[:MOST_SIMILAR]


def _is_serious(endpoint: Endpoint) -> bool:
    """Return False for models that only test the software."""
    return TEST_TAG not in (endpoint.tags if isinstance(endpoint.tags, list) else ())


def _candidates(me: Endpoint, revision: str) -> list[int]:
    """Return keys to score: the best with the same media, and those sharing rare facts or words."""
    index = current(revision)
    facts = [fact for fact in facts_of_endpoint(me) if fact.partition(":")[0] in _WEIGHTS]
    sets = {fact: _having(index, fact) for fact in facts}

    def having_all(key: str, possible: Places) -> Places:
        own = (places for fact, places in sets.items() if fact.startswith(f"{key}:"))
        return reduce(and_, own, possible)

    makes = having_all("out", index.everything)
    same_media = having_all("in", makes)
    category = having_all("category", index.everything)
    candidates: list[int] = []
    for hits in (same_media & category, same_media, category, makes & category):
        candidates += _best(index, hits)
    for fact, places in sets.items():
        if len(places) < _RARE and fact.startswith(("tag:", "can:")):
            candidates += _best(index, places & category)
    for word in sorted(spelling.name_words(spelling.normalize(me.display_name))):
        matching_places = list(index.names.find([word]))
        if len(matching_places) < _RARE:
            candidates += matching_places[:_CANDIDATES]
    return [index.keys[place] for place in dict.fromkeys(candidates)]


def _best(index: Index, hits: Places) -> list[int]:
    """Return the hits with the highest merit."""
    return heapq.nsmallest(_CANDIDATES, hits, key=lambda place: (-index.merit[place], place))


def _having(index: Index, fact: str) -> Places:
    key, _, value = fact.partition(":")
    condition = parse_condition(key, value) if key in KEYS else None
    return index.having(condition) if condition else frozenset()


def _similarity(facts: set[str], other: set[str]) -> float:
    """Return the similarity of two sets of abilities, weighted; 0 for nothing in common."""
    matched_weight = missed = 0.0
    for fact in facts | other:
        weight = _WEIGHTS.get(fact.partition(":")[0], 0.0)
        if fact in facts and fact in other:
            matched_weight += weight
        else:
            missed += weight
    return 12.0 * matched_weight / (matched_weight + missed) if matched_weight else 0.0


def _word_stems(endpoint: Endpoint) -> frozenset[str]:
    """Return the stems of the words in name, tags and description."""
    tags = endpoint.tags if isinstance(endpoint.tags, list) else []
    text = f"{endpoint.display_name} {' '.join(map(str, tags))} {endpoint.description[:600]}"
    words = spelling.split_words(spelling.normalize(text))
    return frozenset(spelling.stem(word) for word in words if len(word) > 3 and word.isalpha())


def _shared(words: frozenset[str], other: frozenset[str], often: Counter[str]) -> float:
    """Return the similarity of two sets of words; frequent words weigh less."""
    if not words or not other:
        return 0.0
    weight = {word: 1.0 / (1 + often[word]) for word in words | other}
    total = sum(weight.values())
    return sum(weight[word] for word in words & other) / total if total else 0.0
