"""The models to suggest for an operation: those that run with a prompt and a file alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from catalog.display.operations import Operation
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
from schemas.carry.meanings import by_meaning
from schemas.uses.ordered_files import GivenFile, place_in_order
from schemas.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OFFERED = 12  # models of an operation
TICKED = 3
MAX_FOUND = 60  # by an operation's query
MAX_READ = 80  # schemas that are read for one operation
SAMPLE_PROMPT = "a red boat on a lake"
SAMPLE_FILES = {"image": "https://example.com/picture.png"}
# Parts of names of models that need more than a prompt to show what they can do.
_PARTS = re.compile(r"(?i)(?<![a-z])(?:loras?|base|train(?:er|ing)?)(?![a-z])")


def suggested(operation: Operation, revision: str, locks: Locks) -> list[Endpoint]:
    """Return models that nothing prevents from running, the best of each family first.

    Known prices come before unknown ones, then the house's choice before upstream's.
    """
    keys = _suggested(operation, revision, locks)
    by_key = Endpoint.objects.select_related("picture").in_bulk(keys)
    return [by_key[key] for key in keys if key in by_key]


def is_ticked(endpoint: Endpoint) -> bool:
    """Whether a suggested model may be ticked for somebody who has not looked at it."""
    return price_of(endpoint).unit_price is not None


@byte_cached(1 << 18, key=lambda operation, revision, locks: (operation.slug, revision, locks.key))
def _suggested(operation: Operation, revision: str, locks: Locks) -> list[int]:
    families: dict[tuple[str, str], int] = {}
    others = []
    for endpoint in _fitting(operation, _candidates(operation, locks)):
        if family_of(endpoint) in families:
            others.append(endpoint.pk)
        families.setdefault(family_of(endpoint), endpoint.pk)
        if len(families) == OFFERED:
            break
    return [*families.values(), *others][:OFFERED]


def _candidates(operation: Operation, locks: Locks) -> list[Endpoint]:
    rows = Endpoint.objects.worth_suggesting().filter(schema__isnull=False)
    rows = rows.exclude(kind="training")
    if operation.query:
        picked = frozenset({("category", operation.category)})
        results = engine.top_results(Query(operation.query, picked), MAX_FOUND)
        places = {card.pk: place for place, card in enumerate(results)}
        rows = rows.filter(pk__in=places)
    else:
        rows = rows.in_category(operation.category)
        places = {}
    collected = CollectionItem.objects.filter(collection__is_published=True)
    chosen = {*collected.values_list("endpoint_id", flat=True)}

    def rank(endpoint: Endpoint) -> tuple[bool, bool, bool, int]:
        is_approved = endpoint.standing == Standing.APPROVED or endpoint.pk in chosen
        is_known = endpoint.highlighted or endpoint.pinned or bool(endpoint.measured_runs)
        place = places.get(endpoint.pk, 0)
        return not is_ticked(endpoint), not is_approved, not is_known, place

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


def _fitting(operation: Operation, endpoints: Iterable[Endpoint]) -> Iterator[Endpoint]:
    """Yield the models that the operation's prompt and file suffice for."""
    for _, endpoint in zip(range(MAX_READ), endpoints, strict=False):
        version, arguments = version_of(endpoint), {}
        prompt = by_meaning(version.root.children).get("prompt")
        if operation.has_prompt and prompt:
            arguments = {prompt.name: SAMPLE_PROMPT}
        if operation.file:
            file = GivenFile(operation.file, SAMPLE_FILES[operation.file])
            placed = place_in_order(version, arguments, [file])
            arguments = {} if placed.unused else placed.arguments
        is_enough = bool(arguments) and (prompt is not None or not operation.has_prompt)
        if is_enough and not validate(version.contract, arguments, version.root):
            yield endpoint
