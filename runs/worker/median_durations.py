"""Writes each model's median duration here to its row, where search and cards read it.

A row is written only if the median has moved: each write renews the catalogue's search index.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from catalog.models import Endpoint
from runs.models import Run
from runs.progress.waiting import typical_duration

FEWEST_RUNS = 10
AT_ONCE = 10  # models; the median of one is a query for its newest runs
SOON_S, PAUSE_S = 1.0, 600.0
_SAME = 0.05  # of a median; a smaller change is not worth a new search index


class MedianDurations:
    """A recurring job: all models that have runs, a few at a time."""

    def __init__(self) -> None:
        self._due: list[int] = []

    def step(self) -> float:
        """Measure a few models; return the seconds until the next step."""
        if not self._due:
            runs = Run.objects.filter(endpoint=OuterRef("pk"))
            self._due = list(Endpoint.objects.filter(Exists(runs)).values_list("pk", flat=True))
        batch, self._due = self._due[:AT_ONCE], self._due[AT_ONCE:]
        for endpoint in Endpoint.objects.filter(pk__in=batch).only("median_s"):
            typical = typical_duration(endpoint)
            median_s = typical.seconds if typical and typical.count >= FEWEST_RUNS else None
            if not _is_same(median_s, endpoint.median_s):
                Endpoint.objects.filter(pk=endpoint.pk).update(median_s=median_s)
        return SOON_S if self._due else PAUSE_S


def _is_same(new_s: float | None, old_s: float | None) -> bool:
    if new_s is None or old_s is None:
        return new_s is old_s
    return abs(new_s - old_s) <= _SAME * old_s
