"""The models to suggest for an operation: those that run with a prompt and files alone."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from catalog.filters.natural_language import read_wish
from catalog.filters.operations import Operation, read_request, wider
from catalog.locks import Locks
from catalog.models import CollectionItem, Endpoint, Mark
from catalog.models.querysets import CATALOGUE_ONLY
from catalog.pricing import price_of
from catalog.schema_versions import version_of
from catalog.search import engine
from catalog.search.filter_sets import LEAST_FIRST
from catalog.search.index import UPSTREAM_ORDER, current
from catalog.search.query import Query
from catalog.variants import family_of
from core.byte_cache import byte_cached
from schemas.meanings import by_meaning
from schemas.uses.ordered_files import GivenFile, place_in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

OFFERED = 12  # models of an operation
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
    """What models have to do: an operation with a number of files, and conditions of a query.

    `left_out` are the conditions that were given up, because nothing meets them.
    """

    operation: Operation
    files: int = 0
    conditions: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def query(self) -> Query:
        """Return the query that finds the models."""
        return Query(" ".join([self.operation.condition, *self.conditions]))


def wanted(operation: Operation, sentence: str = "", kinds: Sequence[str] = ()) -> Wanted:
    """Return what is asked of the models; `kinds` are those of the files that were given.

    For a chosen operation, the sentence is a prompt. Otherwise the sentence says what to do, and
    its lengths, sizes, prices and licences are conditions.
    """
    if operation.category:
        return Wanted(operation, max(len(kinds), bool(operation.file)))
    operation = read_request(sentence, kinds).operation
    conditions = read_wish(sentence).conditions
    of_kind = sum(kind == operation.file for kind in kinds)
    fewest = 2 if operation.file and f"in:{operation.file}s" in conditions else 1
    return Wanted(
        operation,
        max(of_kind, fewest) if operation.file else 0,
        tuple(word for word in conditions if operation.adds(word)),
    )


def answer(wanted: Wanted, revision: str, locks: Locks) -> tuple[list[Endpoint], Wanted]:
    """Return models for what is wanted, and what these models do.

    If none meets all conditions, as few as possible are left out. If none does the operation (a
    vector), the models are those that make the same of anything (a picture).
    """
    for one in _attempts(wanted):
        if models := suggested(one, revision, locks):
            return models, one
    return [], wanted


def _attempts(wanted: Wanted) -> Iterator[Wanted]:
    """Yield what is wanted with ever fewer conditions, the least important left out first."""
    by_importance = sorted(wanted.conditions, key=_importance)
    for number in range(len(by_importance) + 1):
        for left_out in combinations(by_importance, number):
            remaining = tuple(word for word in wanted.conditions if word not in left_out)
            yield wanted._replace(conditions=remaining, left_out=left_out)
    left_out = (wanted.operation.condition, *wanted.conditions)
    for operation in wider(wanted.operation):
        yield Wanted(operation, wanted.files, (), left_out)


def _importance(word: str) -> int:
    """Return a condition's place in the order in which the search leaves them out, too."""
    return LEAST_FIRST.index(word.lstrip("-").partition(":")[0])


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
    for endpoint in _fitting(wanted, _candidates(wanted, revision, locks)):
        if family_of(endpoint) in families:
            others.append(endpoint.pk)
        families.setdefault(family_of(endpoint), endpoint.pk)
        if len(families) == OFFERED:
            break
    return [*families.values(), *others][:OFFERED]


def _candidates(wanted: Wanted, revision: str, locks: Locks) -> list[Endpoint]:
    rows = Endpoint.objects.worth_suggesting().filter(schema__isnull=False)
    rows = rows.exclude(kind="training")
    places = engine.rank_all(wanted.query, current(revision))
    rows = rows.filter(pk__in=places)
    collected = CollectionItem.objects.filter(collection__is_published=True)
    chosen = {*collected.values_list("endpoint_id", flat=True)}

    def rank(endpoint: Endpoint) -> tuple[bool, bool, bool, int]:
        is_approved = endpoint.mark == Mark.APPROVED or endpoint.pk in chosen
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
