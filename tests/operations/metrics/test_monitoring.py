"""The alerts and the dashboard of docs/monitoring ask for figures that are there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operations.metrics.conftest import Scrape
from tests.processes import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ALERTS = ROOT / "docs/monitoring/alerts.yml"
DASHBOARD = ROOT / "docs/monitoring/grafana.json"
# What is wrong. What to do.
SUMMARY = re.compile(r"[A-Z].+[^.]\. [A-Z].+\.")


@pytest.mark.parametrize("file", [ALERTS, DASHBOARD], ids=lambda file: file.name)
def test_every_figure_that_is_asked_for_exists(file: Path, scrape: Callable[[], Scrape]) -> None:
    asked = set(re.findall(r"\bvitrine_\w+", file.read_text()))
    assert len(asked) > 10
    assert asked <= scrape().names()


def test_every_figure_is_on_the_dashboard_or_in_an_alert(scrape: Callable[[], Scrape]) -> None:
    text = ALERTS.read_text() + DASHBOARD.read_text()
    unused = {name for name in scrape().families if not re.search(rf"\b{name}", text)}
    assert not unused


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    alerts = re.split(r"^ +- alert: ", ALERTS.read_text(), flags=re.MULTILINE)[1:]
    assert len(alerts) > 10
    for alert in alerts:
        summary = re.search(r'^ +summary: "(.+)"$', alert, re.MULTILINE)
        assert summary, alert
        assert SUMMARY.fullmatch(summary[1]), summary[1]


def test_the_dashboard_asks_the_source_that_its_reader_chooses() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    (variable,) = dashboard["templating"]["list"]
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {
        f"${{{variable['name']}}}"
    }
