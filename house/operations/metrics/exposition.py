"""Writes all figures in Prometheus's format; the only part that loads its library."""

from __future__ import annotations

import json
from collections.abc import Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from house.operations.metrics import figures, reporting
from house.operations.models import Counter

COUNTERS = {
    "vitrine_requests_total": "Requests answered, by the first part of their path and status.",
    "vitrine_runs_started_total": "Runs started, by the page or program that started them.",
    "vitrine_runs_refused_total": "Presses of Run and calls that started no run, by the reason.",
    "vitrine_runs_ended_total": "Runs ended, by state and transport.",
    "vitrine_upstream_errors_total": "Requests to upstream that failed, by host and error.",
}
HISTOGRAMS = {
    "vitrine_request_seconds": "Seconds until a response began, by the first part of the path.",
    "vitrine_run_wait_seconds": "Seconds from a run's creation until it was sent; counted once "
    "it has ended.",
    "vitrine_run_seconds": "Seconds from a run's submit until its end, by transport.",
    "vitrine_upstream_seconds": "Seconds until upstream had answered a request, by host.",
}


class Figures(Collector):
    """Collects all metric families, also those without a series yet."""

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of the database and the counts of all processes."""
        families: dict[str, Metric] = {
            **{name: GaugeMetricFamily(name, text) for name, text in figures.GAUGES.items()},
            **{name: CounterMetricFamily(name, text) for name, text in COUNTERS.items()},
            **{name: HistogramMetricFamily(name, text) for name, text in HISTOGRAMS.items()},
        }
        for name, value, labels in (*figures.samples(), *_counts()):
            # A histogram's parts, such as its buckets, begin with its name.
            family = families.get(name) or families.get(name.rpartition("_")[0])
            if family and value is not None:
                family.add_sample(name, dict(labels), float(value))
        yield from families.values()


def _counts() -> list[figures.Sample]:
    """Return each series; a histogram's buckets are sorted by limit, as the format requires."""
    rows = Counter.objects.order_by("name", "labels").values_list("name", "value", "labels")
    counts: list[figures.Sample] = [(name, n, json.loads(labels)) for name, n, labels in rows]
    return sorted(counts, key=lambda row: float(row[2].get("le", 0)))


def render() -> bytes:
    """Return all metrics; write this process's counts first, so that they are included."""
    reporting.report("web")
    return generate_latest(Figures())
