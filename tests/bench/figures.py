"""Results of benchmarks: figures, the goals that they meet or miss, and tables."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

KB = 1000


@dataclass(frozen=True)
class Goal:
    """One row of the summary. `is_met` is None for a figure without a goal."""

    name: str
    what: str
    limit: str
    measured: str
    reference: str = ""
    ratio: float | None = None
    is_met: bool | None = None

    def cells(self) -> list[str]:
        """Return the row's cells."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x"
        met = {True: "yes", False: "MISSED", None: ""}[self.is_met]
        return [self.name, self.what, self.limit, self.measured, self.reference, ratio, met]


SUMMARY = ["goal", "what", "limit", "measured", "reference", "ratio", "met"]


def at_most(
    name: str, what: str, value: float, limit: float, unit: str, reference: float | None = None
) -> Goal:
    """A goal with an absolute limit; the reference only shows how busy the machine was."""
    beside = "" if reference is None else show(reference, unit)
    ratio = value / reference if reference else None
    limit_text = f"<= {show(limit, unit)}"
    return Goal(name, what, limit_text, show(value, unit), beside, ratio, value <= limit)


def at_least(name: str, what: str, value: float, limit: float, unit: str = "") -> Goal:
    """A goal with a lower limit."""
    return Goal(name, what, f">= {limit:g}", f"{value:.3f} {unit}".strip(), is_met=value >= limit)


def at_most_ratio(
    name: str, what: str, value: float, reference: float, limit: float, unit: str, of: str = "floor"
) -> Goal:
    """A goal relative to a reference of the same measurement; `of` names the reference."""
    ratio = value / reference if reference else math.inf
    return Goal(
        name,
        what,
        f"<= {limit:g} x {of}",
        show(value, unit),
        show(reference, unit),
        ratio,
        ratio <= limit,
    )


def at_most_above(
    name: str, what: str, value: float, reference: float, more: float, unit: str, of: str = "floor"
) -> Goal:
    """A goal with the limit `reference + more`; both are from the same measurement."""
    limit = f"<= {of} + {show(more, unit)}"
    ratio = value / reference if reference else math.inf
    is_met = value <= reference + more
    return Goal(name, what, limit, show(value, unit), show(reference, unit), ratio, is_met)


def without_goal(name: str, what: str, measured: str, reference: str = "") -> Goal:
    """A row without a goal."""
    return Goal(name, what, "", measured, reference)


def show(value: float, unit: str) -> str:
    """Format a figure with the significant digits: `12.3 ms`, `5 requests`."""
    digits = 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed, by the nearest rank."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an aligned table, which is valid Markdown too."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )
