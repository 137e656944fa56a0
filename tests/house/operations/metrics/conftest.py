"""A request as Prometheus makes it, and processes that report metrics."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

import pytest
from django.conf import LazySettings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from core.process import counters, identity
from house.operations.metrics import reporting
from tests.leaks import secrets

TOKEN = "a-token-of-prometheus"
Figures = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


class Scrape:
    """An answer: `figure("vitrine_runs", state="queued")` is a number, or None without a series."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self._samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float | None:
        return self._samples.get((name, frozenset(labels.items())))

    def labels_of(self, name: str) -> list[Mapping[str, str]]:
        """Return the labels of each series of this name."""
        return [dict(labels) for sample, labels in self._samples if sample == name]

    def names(self) -> set[str]:
        """Return all names that a query may use, including families without series."""
        suffixes = {
            "counter": ("_total",),
            "gauge": ("",),
            "histogram": ("_bucket", "_count", "_sum"),
        }
        return {
            name + suffix for name, each in self.families.items() for suffix in suffixes[each.type]
        }


@pytest.fixture(autouse=True)
def token(settings: LazySettings) -> str:
    """Set the token; no process has counted anything."""
    settings.METRICS_TOKEN = TOKEN
    secrets.watch(TOKEN, "metrics token")
    counters.take()
    return TOKEN


@pytest.fixture
def scrape(client: Client, db: None) -> Callable[[], Scrape]:
    """`scrape()`: request the metrics as Prometheus does."""

    def ask() -> Scrape:
        answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return Scrape(answer.content.decode())

    return ask


@pytest.fixture
def report_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """`report_as("worker", who)`: counts of this test are reported as that process's."""

    def report(kind: str, who: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(identity, "current", lambda: who)
            reporting.report(kind)

    return report


@pytest.fixture(scope="session")
def ended_process() -> str:
    """The identity of a process of this machine that has ended."""
    code = "from core.process import identity; print(identity.current())"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
