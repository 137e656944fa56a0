"""Which tests a run has, in which order, and which of them one process does after another."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.test import TransactionTestCase
from xdist.scheduler import LoadFileScheduling

# What takes long begins first: a file that is begun last is waited for by idle cores.
LONGEST = [
    *("playground/test_faults", "browser/test_journey", "sandbox/test_models", "bench/test_bench"),
    *("browser/test_form_axe", "browser/test_settings_journeys", "browser/test_live_page"),
    *("browser/test_gallery", "config/test_up", "browser/test_media", "browser/test_curation"),
    *("catalog/test_command", "browser/test_transports", "playground/test_cut_submits"),
    *(
        "playground/test_worker",
        "playground/test_worker_in_trouble",
        "playground/test_transports",
        "browser/test_media_tools",
    ),
    *("browser/test_form", "catalog/test_thumbnail_troubles", "playground/test_archivist"),
    *("playground/test_laws", "playground/test_sent_exactly", "playground/test_any_document"),
    *("playground/test_lifecycle_machine", "catalog/test_search"),
]
# A process does these one after another: they look at the same Vitrine, which takes long to start.
TOGETHER = {
    "browser/test_jump": "browser/test_journey",
    "browser/test_live_page": "browser/test_journey",
    "browser/test_focus": "browser/test_settings_journeys",
    "browser/test_result_place": "browser/test_settings_journeys",
    "browser/test_transports": "browser/test_settings_journeys",
    "browser/test_told": "browser/test_settings_journeys",
    "browser/test_true_kinds": "browser/test_settings_journeys",
}
# Each test of these is a long walk of its own.
APART = {"playground/test_faults"}
BEGIN = {name: place for place, name in enumerate(LONGEST)}


def file_of(nodeid: str) -> str:
    """`playground/test_faults` for a test of tests/playground/test_faults.py."""
    return nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")


class Scheduling(LoadFileScheduling):
    """A file's tests go to one process, but for those of `TOGETHER` and `APART`."""

    def _split_scope(self, nodeid: str) -> str:
        name = file_of(nodeid)
        return nodeid if name in APART else TOGETHER.get(name, name)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first; on PostgreSQL nothing but what asks the database at hand."""
    if "VITRINE_TEST_DATABASE_URL" in os.environ:
        left_out = [item for item in items if not asks_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if asks_database(item)]
    items.sort(key=lambda item: BEGIN.get(file_of(item.nodeid), len(BEGIN)))


def asks_database(item: pytest.Item) -> bool:
    """Whether a test has a database, by its mark, by a fixture or by its class, and which one matters."""
    if item.get_closest_marker("any_database"):
        return False
    fixtures = {"db", "transactional_db"} & {*getattr(item, "fixturenames", ())}
    kind = getattr(item, "cls", None) or object
    marked = item.get_closest_marker("django_db")
    return bool(fixtures or marked or issubclass(kind, TransactionTestCase))
