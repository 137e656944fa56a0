"""The counts and measurements of this process since the last `take`, by name and labels.

Every app counts here; `house/operations/metrics` adds the counts of all processes. A label has few
values: never an id, an address, or a typed text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock

# Upper limits of a measurement's buckets, in seconds: pages take milliseconds, models minutes.
BOUNDS_S = ("0.01", "0.03", "0.1", "0.3", "1", "3", "10", "30", "100", "300", "+Inf")
_BOUNDS = [(bound, float(bound)) for bound in BOUNDS_S]

Labels = tuple[tuple[str, str], ...]
Counts = Mapping[tuple[str, Labels], float]  # by name and labels

_lock = Lock()
_counts: Counter[tuple[str, Labels]] = Counter()


def count(name: str, **labels: str) -> None:
    """Count one."""
    put_back({(name, tuple(labels.items())): 1.0})


def observe(name: str, seconds: float, **labels: str) -> None:
    """Count one in each bucket that it fits in, as Prometheus's histograms do."""
    label_pairs = tuple(labels.items())
    counts = {
        (f"{name}_bucket", (*label_pairs, ("le", bound))): float(seconds <= limit)
        for bound, limit in _BOUNDS
    }
    put_back(counts | {(f"{name}_count", label_pairs): 1.0, (f"{name}_sum", label_pairs): seconds})


def put_back(counts: Counts) -> None:
    """Add counts, such as taken ones that could not be written."""
    with _lock:
        _counts.update(counts)


def take() -> Counts:
    """Return the counts and reset them."""
    with _lock:
        counts = dict(_counts)
        _counts.clear()
    return counts
