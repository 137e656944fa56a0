"""Plans variations: the runs that give several times as many results of one input.

This is one run with several results if the schema has a number of results, within its limits; else
several runs, each with its own seed if the schema has one.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.formatting import counted
from schemas.estimate.counts import output_field
from schemas.estimate.prices import NOTHING, Estimate
from schemas.fields import Field
from schemas.fields.media import words_in
from schemas.fields.quantities import bounds, values

TIMES = (1, 2, 4, 8)  # the factors that the form offers
_LARGEST_SEED = 2**31 - 1
_NOUNS = {"image": "images", "images": "images", "video": "videos", "videos": "videos"}


@dataclass(frozen=True)
class Plan:
    """The arguments of each run, and the total number of results.

    `has_seeds`: each run has its own seed. `noun` is the plural noun for the results. `samples`
    are runs that differ in more than their seed, each with the number of runs like it.
    """

    runs: tuple[dict[str, Any], ...]
    samples: tuple[tuple[dict[str, Any], int], ...]
    results: int
    noun: str
    has_seeds: bool

    def total(self, estimates: Iterable[Estimate]) -> Estimate:
        """The cost of all runs by the costs of the samples, in order."""
        priced = zip(self.samples, estimates, strict=True)
        return sum((estimate.times(count) for (_, count), estimate in priced), NOTHING)

    @property
    def label(self) -> str:
        """`4 images in one run`, `8 images in 2 runs with new seeds`, `4 runs with new seeds`."""
        count = len(self.runs)
        if count == 1:
            return f"{self.results} {self.noun} in one run" if self.results > 1 else "One run"
        seeds = " with new seeds" if self.has_seeds else " of the same input"
        runs = f"{counted(count, 'run')}{seeds}"
        return runs if self.results == count else f"{self.results} {self.noun} in {runs}"


def plan(
    root: Field, arguments: dict[str, Any], times: int, mark: str, *, keeps_first: bool = True
) -> Plan:
    """The runs that give `times` as many results as the arguments request.

    New seeds are derived from `mark` and the arguments, so that pressing one button twice gives the
    same runs. `keeps_first`: the first run keeps its seed.
    """
    count_field = output_field(root.children)
    sizes = _sizes(count_field, arguments, times)
    seed = next((field for field in root.children if field.is_seed), None)
    reseeded = range(1 if keeps_first else 0, len(sizes))
    seeds = _new_seeds(seed, arguments, mark, reseeded) if seed and reseeded else {}
    runs = []
    for number, size in enumerate(sizes):
        run = dict(arguments)
        if count_field is not None and size != _requested_count(count_field, arguments):
            run[count_field.name] = size
        if seed and number in seeds:
            run[seed.name] = seeds[number]
        runs.append(run)
    noun = _NOUNS.get(
        next((word for word in _name_words(count_field) if word in _NOUNS), ""), "results"
    )
    samples = ((runs[sizes.index(size)], count) for size, count in Counter(sizes).items())
    return Plan(tuple(runs), tuple(samples), sum(sizes), noun, seed is not None)


def alone(
    root: Field, arguments: dict[str, Any], position: int, used_seed: int | None
) -> dict[str, Any]:
    """The arguments of a run that makes one result of an earlier run again, and no others.

    `used_seed` is the seed of the earlier run, None if it is unknown. Models count up from it, as
    A1111 and diffusers' pipelines do: the result at `position` had the seed plus `position`.
    """
    run = dict(arguments)
    count_field = output_field(root.children)
    if count_field is not None and _requested_count(count_field, arguments) > 1:
        run[count_field.name] = min(_allowed(count_field, 1), default=1)
    seed = next((field for field in root.children if field.is_seed), None)
    if seed is not None and used_seed is not None:
        _, high = bounds(seed)
        counted_up = used_seed + position
        run[seed.name] = used_seed if high is not None and counted_up > high else counted_up
    return run


def results_asked(root: Field, arguments: dict[str, Any]) -> int:
    """The number of results of one run with these arguments."""
    count_field = output_field(root.children)
    return _requested_count(count_field, arguments) if count_field else 1


def _name_words(field: Field | None) -> tuple[str, ...]:
    return words_in(field.name) if field else ()


def _sizes(count_field: Field | None, arguments: dict[str, Any], times: int) -> list[int]:
    """The number of results of each run."""
    if count_field is None:
        return [1] * times
    requested = _requested_count(count_field, arguments)
    if times == 1:
        return [requested]
    total, allowed = requested * times, _allowed(count_field, requested * times)
    most = max(allowed, default=requested)
    if len(allowed) == most:  # every number up to `most` is allowed: distribute evenly
        runs = -(-total // most)
        return [total // runs + (place < total % runs) for place in range(runs)]
    return _largest_first(total, [*allowed, requested])


def _largest_first(total: int, allowed: list[int]) -> list[int]:
    """Allowed numbers whose sum is `total`, or a little more if no sum is."""
    sizes: list[int] = []
    while total > 0:
        size = max((count for count in allowed if count <= total), default=min(allowed))
        sizes.append(size)
        total -= size
    return sizes


def _allowed(field: Field, most: int) -> list[int]:
    """The numbers of results that one run may produce, up to `most`."""
    offered = [value for value in values(field) if isinstance(value, int) and 0 < value <= most]
    if offered:
        return sorted(set(offered))
    low, high = bounds(field)
    first = max(int(low or 1), 1)
    return list(range(first, int(min(most if high is None else high, most)) + 1))


def _requested_count(count_field: Field, arguments: dict[str, Any]) -> int:
    value = arguments.get(count_field.name, count_field.default)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 < value <= 1000 else 1


def _new_seeds(
    seed: Field, arguments: dict[str, Any], mark: str, numbers: Iterable[int]
) -> dict[int, int]:
    low, high = bounds(seed)
    least = max(int(low or 0), 0)
    most = int(min(_LARGEST_SEED if high is None else high, _LARGEST_SEED))
    text = json.dumps(arguments, sort_keys=True, default=str).encode()
    seeds = {}
    for number in numbers:
        marked = f"{mark}:{number}\n".encode("utf-8", "surrogatepass") + text
        digest = hashlib.sha256(marked).digest()
        seeds[number] = least + int.from_bytes(digest[:8]) % (max(most - least, 0) + 1)
    return seeds
