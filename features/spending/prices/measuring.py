"""Finds a model's price and its unit from the costs of its runs. Pure functions.

A run can be counted in several units: as a run, in pictures, in seconds. The model is priced by the
unit whose cost is most constant. If that cost still varies, it is split by the arguments that
explain most of the variance, such as a resolution.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median
from typing import NamedTuple

PER_RUN = ""  # the unit of a price for a run, as upstream writes it
FEWEST_RUNS = 5  # needed for a measured price
FEWEST_IN_GROUP = 2  # runs with the same values, needed for a separate price
MOST_DIFFERENCE = Decimal("0.2")  # relative to the list price; above it the measured price is used
MOST_ARGUMENTS = 3
_VALUES = range(2, 9)  # number of values of an argument that splits prices
_LEAST_EXPLAINED = Decimal("0.1")  # part of the remaining variance, by one more argument
_LEAST_F = Decimal(4)  # F statistic of an argument; below it may be chance
_CONSTANT = Decimal("0.05")  # relative spread that needs no explanation
_AS_CONSTANT = Decimal("0.02")  # spreads that differ by less are equally good
_MOST_MISSING = 5  # at most one run in this many may lack the amount of a unit
_UNUSUAL = 20  # factor above or below the median; such runs do not count when units are compared
# Order of units that fit equally well. Outputs precede the run itself: if every run so far made one
# picture, a run that requests four may cost four times as much.
_PREFERRED = ("images", "videos", "audios", "meshes", PER_RUN, "seconds", "megapixels")

Key = tuple[str | None, ...]  # values of the splitting arguments; None: a rare value


class Sample(NamedTuple):
    """The cost of one run in dollars, and the known facts about it.

    `amounts` has the number of each unit, above zero; 1 for `PER_RUN`. It is the number that the
    arguments request, if they do, since estimates multiply by that; else the number of outputs.
    `said` is the cost by the list price; None if that cannot be known.
    """

    cost: Decimal
    amounts: Mapping[str, Decimal]
    arguments: Mapping[str, str] = {}
    said: Decimal | None = None


@dataclass(frozen=True)
class Figures:
    """The cost of one unit: the median, the lowest and the highest of `count` runs.

    `said` is the median of its cost by the list price; None if that is unknown.
    """

    count: int
    median: Decimal
    low: Decimal
    high: Decimal
    said: Decimal | None

    @property
    def differs(self) -> bool:
        """Whether it differs enough from the list price to be used, or that price is unknown.

        A cost of zero never does: free credits and discounts end without notice.
        """
        if not self.median or self.said is None:
            return bool(self.median)
        return abs(self.median - self.said) > MOST_DIFFERENCE * self.said


@dataclass(frozen=True)
class Group:
    """The figures of runs with these values of the splitting arguments."""

    arguments: Mapping[str, str]
    figures: Figures


@dataclass(frozen=True)
class Measurement:
    """The cost of a model per `unit`; `groups` is empty unless arguments change the cost.

    `spread` is the mean distance from the median, of the group if there are any, relative to the
    mean cost: 0 for a constant price. `is_proven`: it predicts the bills of the measured runs, and
    better than the list price does.
    """

    unit: str
    figures: Figures
    spread: Decimal
    groups: tuple[Group, ...] = ()
    is_proven: bool = True

    @property
    def is_useful(self) -> bool:
        """Whether it improves estimates: proven by enough runs, and unlike the list price."""
        if self.figures.count < FEWEST_RUNS or not self.is_proven:
            return False
        return self.figures.differs or any(group.figures.differs for group in self.groups)

    def group_of(self, arguments: Mapping[str, str]) -> Group | None:
        """Return the group of runs with these arguments."""
        for group in self.groups:
            if all(arguments.get(name) == value for name, value in group.arguments.items()):
                return group
        return None


def measure(samples: Sequence[Sample], said_unit: str = PER_RUN) -> Measurement | None:
    """Return a model's cost, measured from its runs; None without runs.

    `said_unit` is the list price's unit, preferred if other units are not better.
    """
    if not samples:
        return None
    fits = [fit for unit in _units(samples) if (fit := _fit(samples, unit))]
    best = min(fit.spread for fit in fits)
    near = [fit for fit in fits if fit.spread <= best + _AS_CONSTANT]
    preferred = _preference(said_unit)
    best_fit = min(near, key=lambda fit: (len(fit.split), preferred(fit.unit), fit.unit))
    figures = _figures(best_fit.samples, best_fit.unit)
    measured = Measurement(best_fit.unit, figures, best_fit.spread, tuple(_groups(best_fit)))
    return replace(measured, is_proven=_is_proven(measured, best_fit.samples))


def _is_proven(measured: Measurement, samples: Sequence[Sample]) -> bool:
    """Whether the price predicts these runs' costs, and better than the list price does.

    A real case: $0.025 per megapixel became $2.03, since runs requested a megapixel, got a small
    picture, and were billed for the requested size.
    """
    errors, said_errors = [], []
    for sample in samples:
        if not sample.cost:
            continue
        group = measured.group_of(sample.arguments)
        price = (group.figures if group else measured.figures).median
        errors.append(_error(price * sample.amounts[measured.unit], sample))
        if sample.said is not None:
            said_errors.append(_error(sample.said, sample))
    if not errors or median(errors) > MOST_DIFFERENCE:
        return False
    return not said_errors or median(errors) < median(said_errors)


def _error(expected: Decimal, sample: Sample) -> Decimal:
    return abs(expected - sample.cost) / sample.cost


class _Fit(NamedTuple):
    """How constant the cost per unit is, within each group of a split."""

    unit: str
    samples: Sequence[Sample]
    split: tuple[str, ...]
    spread: Decimal


def _units(samples: Sequence[Sample]) -> list[str]:
    """Return the units in which nearly all of these runs can be counted."""
    counts = Counter(unit for sample in samples for unit in sample.amounts)
    least = len(samples) - len(samples) // _MOST_MISSING
    return [unit for unit, count in counts.items() if count >= least]


def _preference(said_unit: str) -> Callable[[str], int]:
    order = (said_unit, *_PREFERRED) if said_unit else _PREFERRED
    return lambda unit: order.index(unit) if unit in order else len(order)


def _fit(samples: Sequence[Sample], unit: str) -> _Fit:
    samples_with_unit = [sample for sample in samples if unit in sample.amounts]
    usual = _usual(samples_with_unit, unit)
    costs = [_cost_of_one(sample, unit) for sample in usual]
    split: tuple[str, ...] = ()
    keys: list[Key] = [()] * len(usual)
    values = _candidates(usual)
    while len(split) < MOST_ARGUMENTS and _spread(costs, keys) > _CONSTANT:
        options = {
            name: [(*key, value) for key, value in zip(keys, column, strict=True)]
            for name, column in values.items()
            if name not in split
        }
        name = _most_explained(costs, keys, options)
        if name is None:
            break
        split, keys = (*split, name), options[name]
    return _Fit(unit, samples_with_unit, split, _spread(costs, keys))


def _usual(samples: Sequence[Sample], unit: str) -> list[Sample]:
    """Leave out runs far from all others, if they are at most one in ten."""
    middle = median(_cost_of_one(sample, unit) for sample in samples)
    usual = [
        sample
        for sample in samples
        if middle <= _cost_of_one(sample, unit) * _UNUSUAL
        and _cost_of_one(sample, unit) <= middle * _UNUSUAL
    ]
    most = max(1, len(samples) // 10) if len(samples) >= FEWEST_RUNS else 0
    return usual if len(samples) - len(usual) <= most else list(samples)


def _candidates(samples: Sequence[Sample]) -> dict[str, list[str | None]]:
    """Return the values, by run, of each argument with few values; None for rare values."""
    candidates: dict[str, list[str | None]] = {}
    for name in dict.fromkeys(name for sample in samples for name in sample.arguments):
        values = [sample.arguments.get(name) for sample in samples]
        counts = Counter(values)
        common = {value for value, count in counts.items() if value and count >= FEWEST_IN_GROUP}
        rare = sum(count for value, count in counts.items() if value not in common)
        if len(common) in _VALUES and rare * _MOST_MISSING <= len(samples):
            candidates[name] = [value if value in common else None for value in values]
    return candidates


def _most_explained(
    costs: Sequence[Decimal], keys: Sequence[Key], options: Mapping[str, Sequence[Key]]
) -> str | None:
    """Return the argument that leaves the least variance; None if none explains enough."""
    squares, freedom = _squares(costs, keys), len(costs) - len(set(keys))
    best: tuple[Decimal, str] | None = None
    for name, split in options.items():
        squares_left, left_freedom = _squares(costs, split), len(costs) - len(set(split))
        if left_freedom < 1 or left_freedom >= freedom:
            continue
        variance = squares_left / left_freedom
        explained = (squares - squares_left) / (freedom - left_freedom)
        is_enough = variance < squares / freedom * (1 - _LEAST_EXPLAINED)
        if is_enough and explained >= _LEAST_F * variance and (not best or variance < best[0]):
            best = variance, name
    return best[1] if best else None


def _squares(costs: Iterable[Decimal], keys: Iterable[Key]) -> Decimal:
    """Return the sum of the squared distances from the means of the groups."""
    total = Decimal()
    for members in _by_key(costs, keys).values():
        mean = sum(members, Decimal()) / len(members)
        total += sum(((cost - mean) ** 2 for cost in members), Decimal())
    return total


def _spread(costs: Sequence[Decimal], keys: Iterable[Key]) -> Decimal:
    """Return the mean distance from the medians of the groups, relative to the mean."""
    distance = Decimal()
    for members in _by_key(costs, keys).values():
        middle = median(members)
        distance += sum((abs(cost - middle) for cost in members), Decimal())
    total = sum(costs, Decimal())
    return distance / total if total else Decimal()


def _by_key(costs: Iterable[Decimal], keys: Iterable[Key]) -> dict[Key, list[Decimal]]:
    by_key: dict[Key, list[Decimal]] = {}
    for cost, key in zip(costs, keys, strict=True):
        by_key.setdefault(key, []).append(cost)
    return by_key


def _groups(fit: _Fit) -> Iterable[Group]:
    """Yield the groups with enough runs, the largest first."""
    if not fit.split:
        return
    by_values: dict[tuple[str, ...], list[Sample]] = {}
    for sample in fit.samples:
        values = tuple(sample.arguments.get(name, "") for name in fit.split)
        if all(values):
            by_values.setdefault(values, []).append(sample)
    for values, members in sorted(by_values.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        if len(members) >= FEWEST_IN_GROUP:
            arguments = dict(zip(fit.split, values, strict=True))
            yield Group(arguments, _figures(members, fit.unit))


def _figures(samples: Sequence[Sample], unit: str) -> Figures:
    costs = [_cost_of_one(sample, unit) for sample in samples]
    prices = [sample.said / sample.amounts[unit] for sample in samples if sample.said is not None]
    return Figures(
        len(costs), median(costs), min(costs), max(costs), median(prices) if prices else None
    )


def _cost_of_one(sample: Sample, unit: str) -> Decimal:
    return sample.cost / sample.amounts[unit]
