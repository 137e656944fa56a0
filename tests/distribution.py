"""How xdist distributes the suite: which files begin first, and which tests one process runs.

A file's tests go to one process. `pytest.mark.xdist_group` joins files (those that use the same
started Vitrine), `pytest.mark.spread` lets the tests of a file go to different processes.
"""

from __future__ import annotations

import os

import pytest
from django.test import TransactionTestCase

# The longest files begin first: one that begins last is waited for by idle cores.
LONGEST = [
    *("playground/worker/test_main_faults", "browser/test_journey", "sandbox/test_models"),
    *("bench/test_bench", "browser/test_form_axe", "browser/test_settings_journeys"),
    *("browser/test_live_page", "browser/test_gallery", "config/management/test_up"),
    *("browser/test_media", "browser/test_curation", "catalog/management/test_sync_models"),
    *("browser/test_transports", "playground/worker/test_submit_killed"),
    *("playground/worker/test_main", "playground/worker/test_main_errors"),
    *("playground/worker/transports/test_direct", "browser/test_media_tools", "browser/test_form"),
    *("catalog/pictures/test_thumbnails_errors", "playground/worker/test_artifact_copies"),
    *("playground/form/html/test_rendering_round_trip", "playground/worker/test_submit_arguments"),
    *("playground/form/html/test_rendering_any_document", "catalog/search/test_engine"),
    "playground/runs/test_state_machine_random",
]
POSITION = {name: position for position, name in enumerate(LONGEST)}


def file_of(nodeid: str) -> str:
    """`sandbox/test_models` for a test of tests/sandbox/test_models.py."""
    return nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the longest files first and group each file's tests for `--dist loadgroup`.

    With VITRINE_TEST_DATABASE_URL (PostgreSQL) only the tests that use the database stay.
    """
    if "VITRINE_TEST_DATABASE_URL" in os.environ:
        left_out = [item for item in items if not uses_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if uses_database(item)]
    items.sort(key=lambda item: POSITION.get(file_of(item.nodeid), len(POSITION)))
    for item in items:
        if not (item.get_closest_marker("xdist_group") or item.get_closest_marker("spread")):
            item.add_marker(pytest.mark.xdist_group(file_of(item.nodeid)))


def uses_database(item: pytest.Item) -> bool:
    """Whether a test uses the database (by mark, fixture or class) and is not `any_database`."""
    if item.get_closest_marker("any_database"):
        return False
    fixtures = {"db", "transactional_db"} & {*getattr(item, "fixturenames", ())}
    kind = getattr(item, "cls", None) or object
    marked = item.get_closest_marker("django_db")
    return bool(fixtures or marked or issubclass(kind, TransactionTestCase))
