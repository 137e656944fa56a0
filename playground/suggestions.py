"""The models to suggest for an operation: those that run with a prompt and files alone."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from catalog.display.operations import Operation
from catalog.filters.natural_language import read_wish
from catalog.locks import Locks
from catalog.models import CollectionItem, Endpoint, Standing
from catalog.models.querysets import CATALOGUE_ONLY
from catalog.pricing import price_of
from catalog.schema_versions import version_of
from catalog.search import engine
from catalog.search.index import UPSTREAM_ORDER
from catalog.search.query import Query
from catalog.variants import family_of
from core.byte_cache import byte_cached
from schemas.meanings import by_meaning
from schemas.uses.ordered_files import GivenFile, place_in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OFFERED = 12  # models of an operation
MAX_FOUND = 60  # by an operation's query
MAX_READ = 80  # schemas that are read for one operation
SAMPLE_PROMPT = "a red boat on a lake"
_SAMPLE_NAMES = {"image": "png", "video": "mp4", "audio": "mp3"}
# Parts of names of models that need more than a prompt to show what they can do.
_PARTS = re.compile(r"(?i)(?<![a-z])(?:loras?|base|train(?:er|ing)?)(?![a-z])")


def sample_files(operation: Operation, count: int) -> list[str]:
    """Return addresses of files of an operation that are not there, to try models with."""
    ending = _SAMPLE_NAMES.get(operation.file)
    return [f"https://example.com/sample-{number}.{ending}" for number in range(count)]


class Wanted(NamedTuple):
    """What models have to do: an operation with a number of files, and conditions of a query."""

    operation: Operation
    files: int
    conditions: str = ""

    @property
    def query(self) -> Query | None:
        """Return the query that finds the models; None if they are all of a category."""
        text = " ".join(filter(None, (self.operation.query, self.conditions)))
        category = self.operation.category
        picked = frozenset({("category", category)} if category else ())
        return Query(text, picked) if text else None


def wanted(operation: Operation, sentence: str = "", files: int = 0) -> Wanted:
    """Return what is asked of the models.

    For an operation with a category, the sentence is a prompt. Otherwise it is a wish, and if it
    does not say what to make, pictures are made: from those that are given, or from words.
    """
    if operation.category:
        return Wanted(operation, max(files, bool(operation.file)))
    conditions = list(read_wish(sentence).conditions)
    if not any(word.startswith(("out:", "category:")) for word in conditions):
        conditions = [word for word in conditions if not word.startswith("in:")]
        category = "image-to-image" if files else "text-to-image"
        return Wanted(replace(operation, category=category), files, " ".join(conditions))
    if files and not any(word.startswith("in:") for word in conditions):
        conditions.append("in:images" if files > 1 else "in:image")
    return Wanted(operation, files, " ".join(conditions))


def suggested(wanted: Wanted, revision: str, locks: Locks) -> list[Endpoint]:
    """Return models that nothing prevents from running, the best of each family first.

    Known prices come before unknown ones, then the house's choice before upstream's.
    """
    keys = _suggested(wanted, revision, locks)
    by_key = Endpoint.objects.select_related("picture").in_bulk(keys)
    return [by_key[key] for key in keys if key in by_key]


@byte_cached(1 << 18, key=lambda wanted, revision, locks: (wanted, revision, locks.key))
def _suggested(wanted: Wanted, revision: str, locks: Locks) -> list[int]:
    families: dict[tuple[str, str], int] = {}
    others = []
    for endpoint in _fitting(wanted, _candidates(wanted, locks)):
        if family_of(endpoint) in families:
            others.append(endpoint.pk)
        families.setdefault(family_of(endpoint), endpoint.pk)
        if len(families) == OFFERED:
            break
    return [*families.values(), *others][:OFFERED]


def _candidates(wanted: Wanted, locks: Locks) -> list[Endpoint]:
    rows = Endpoint.objects.worth_suggesting().filter(schema__isnull=False)
    rows = rows.exclude(kind="training")
    if query := wanted.query:
        results = engine.top_results(query, MAX_FOUND)
        places = {card.pk: place for place, card in enumerate(results)}
        rows = rows.filter(pk__in=places)
    else:
        rows = rows.in_category(wanted.operation.category)
        places = {}
    collected = CollectionItem.objects.filter(collection__is_published=True)
    chosen = {*collected.values_list("endpoint_id", flat=True)}

    def rank(endpoint: Endpoint) -> tuple[bool, bool, bool, int]:
        is_approved = endpoint.standing == Standing.APPROVED or endpoint.pk in chosen
        is_known = endpoint.highlighted or endpoint.pinned or bool(endpoint.measured_runs)
        place = places.get(endpoint.pk, 0)
        return price_of(endpoint).unit_price is None, not is_approved, not is_known, place

    return sorted(
        (
            endpoint
            for endpoint in rows.defer(*CATALOGUE_ONLY).order_by(*UPSTREAM_ORDER)
            if endpoint.is_runnable
            and endpoint.pk not in locks.models
            and not _PARTS.search(f"{endpoint.endpoint_id} {endpoint.display_name}")
        ),
        key=rank,
    )


def _fitting(wanted: Wanted, endpoints: Iterable[Endpoint]) -> Iterator[Endpoint]:
    """Yield the models that the operation's prompt and files suffice for."""
    operation = wanted.operation
    files = sample_files(operation, wanted.files)
    for _, endpoint in zip(range(MAX_READ), endpoints, strict=False):
        version, arguments = version_of(endpoint), {}
        prompt = by_meaning(version.root.children).get("prompt")
        if operation.has_prompt and prompt:
            arguments = {prompt.name: SAMPLE_PROMPT}
        if files:
            given = [GivenFile(operation.file, file) for file in files]
            placed = place_in_order(version, arguments, given)
            arguments = {} if placed.unused else placed.arguments
        is_enough = bool(arguments) and (prompt is not None or not operation.has_prompt)
        if is_enough and not version.problems(arguments):
            yield endpoint
