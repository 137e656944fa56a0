"""The models to suggest for an operation: those that run with a prompt and files alone."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from catalog.filters.natural_language import read_wish
from catalog.filters.operations import Operation, read_request, wider
from catalog.locks import Locks, locks_of
from catalog.model_records import ModelRecords, records_for
from catalog.models import Endpoint
from catalog.models.querysets import CATALOGUE_ONLY
from catalog.naming import is_special
from catalog.preference import Preference, Rank
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

    from django.http import HttpRequest

OFFERED = 12  # models of an operation
MAX_READ = 80  # schemas that are read for one operation
SAMPLE_PROMPT = "a red boat on a lake"
_SAMPLE_NAMES = {"image": "png", "video": "mp4", "audio": "mp3"}


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


class House(NamedTuple):
    """Who suggests: a revision of the catalogue, with a project's locks and records."""

    revision: str
    locks: Locks
    records: ModelRecords

    @property
    def key(self) -> tuple[str, str, str]:
        """Equal only for equal suggestions: they are cached under it."""
        return self.revision, self.locks.key, self.records.key


def house_of(request: HttpRequest, revision: str) -> House:
    """Return who suggests on a page of a request."""
    return House(revision, locks_of(request, revision), records_for(request))


def answer(wanted: Wanted, house: House) -> tuple[list[Endpoint], Wanted]:
    """Return models for what is wanted, and what these models do.

    If none meets all conditions, as few as possible are left out. If none does the operation (a
    vector), the models are those that make the same of anything (a picture).
    """
    for one in _attempts(wanted):
        if models := suggested(one, house):
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


def suggested(wanted: Wanted, house: House) -> list[Endpoint]:
    """Return models that nothing prevents from running, the best of each family first.

    They come in the order of `catalog/preference.py`.
    """
    keys = _suggested(wanted, house)
    by_key = Endpoint.objects.select_related("picture").in_bulk(keys)
    return [by_key[key] for key in keys if key in by_key]


@byte_cached(1 << 18, key=lambda wanted, house: (wanted, house.key))
def _suggested(wanted: Wanted, house: House) -> list[int]:
    families: dict[tuple[str, str], int] = {}
    others = []
    for endpoint in _fitting(wanted, _candidates(wanted, house)):
        if family_of(endpoint) in families:
            others.append(endpoint.pk)
        families.setdefault(family_of(endpoint), endpoint.pk)
        if len(families) == OFFERED:
            break
    return [*families.values(), *others][:OFFERED]


def _candidates(wanted: Wanted, house: House) -> list[Endpoint]:
    index = current(house.revision)
    places, preference = engine.rank_all(wanted.query, index), Preference(index, house.records)
    rows = Endpoint.objects.worth_suggesting().filter(schema__isnull=False, pk__in=places)
    rows = rows.exclude(kind="training").defer(*CATALOGUE_ONLY).order_by(*UPSTREAM_ORDER)

    def rank(endpoint: Endpoint) -> tuple[Rank, bool, int]:
        is_known = endpoint.highlighted or endpoint.pinned or bool(endpoint.measured_runs)
        return preference.rank(endpoint.pk), not is_known, places[endpoint.pk]

    usable = (
        endpoint
        for endpoint in rows
        if endpoint.is_runnable
        and endpoint.pk not in house.locks.models
        and not is_special(endpoint.endpoint_id, endpoint.display_name)
    )
    return sorted(usable, key=rank)


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
