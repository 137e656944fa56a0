"""How xdist distributes the suite: which files begin first, and which tests one process runs.

A file's tests go to one process, which makes what the file shares once. Those of `TOGETHER` use
the same started Vitrine and go to one process too; those of `SPREAD` go to different processes.
xdist asks for this by its hook: the marks of its own (`xdist_group`) do nothing under pytest 9.2.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.test import TransactionTestCase
from xdist.scheduler import LoadScopeScheduling

# Two Vitrines serve all of these: each takes as much work to start as twenty of the tests.
TOGETHER = {
    "one Vitrine": [
        *("journey", "jump", "variations", "first_hour", "live_page", "use_as", "workflows"),
        *("boards", "judging", "chats", "training"),
    ],
    "another Vitrine": [
        *("settings_journeys", "true_kinds", "transports", "focus", "result_place", "people"),
        *("stage", "told", "changes", "fal_client", "flows", "notifications", "tokens"),
        *("large_forms", "without_script"),
    ],
}
GROUP = {f"browser/test_{name}": group for group, names in TOGETHER.items() for name in names}
SPREAD = {"playground/worker/test_main_faults"}  # each test is a long walk

# The longest begin first: one that begins last is waited for by idle cores. After them come the
# other files with Chromium, which a process keeps from one of them to the next.
LONGEST = [
    *TOGETHER,
    *("playground/worker/test_main_faults", "browser/test_form_axe", "browser/test_gallery"),
    *("browser/test_media", "browser/test_curation", "browser/test_media_tools"),
    *("browser/test_form", "browser/test_form_controls", "browser/test_media_dropped"),
    *("browser/test_stars", "bench/test_bench", "config/management/test_up"),
    *("cli/test_wheel", "sandbox/test_models", "sandbox/test_edges", "config/test_starting"),
    *("catalog/management/test_sync_models", "upgrades/test_upgrades"),
    *("playground/worker/test_submit_killed", "config/test_urls"),
    *("playground/worker/test_main", "playground/worker/test_main_errors"),
    *("playground/worker/transports/test_direct", "playground/files/test_content_types"),
    *("catalog/pictures/test_thumbnails_errors", "playground/worker/test_artifact_copies"),
    *("playground/form/html/test_rendering_round_trip", "playground/worker/test_submit_arguments"),
    *("playground/form/html/test_rendering_any_document", "catalog/search/test_engine"),
    "playground/runs/test_state_machine_random",
]
POSITION = {name: position for position, name in enumerate(LONGEST)}


def file_of(nodeid: str) -> str:
    """`sandbox/test_models` for a test of tests/sandbox/test_models.py."""
    return nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")


def group_of(nodeid: str) -> str:
    """The group of a test's file, or the file if it is in none."""
    file = file_of(nodeid)
    return GROUP.get(file, file)


def unit_of(nodeid: str) -> str:
    """What names the tests that go to one process: a group, a file, or the test itself."""
    group = group_of(nodeid)
    return nodeid if group in SPREAD else group


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands whole units out, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Whatever `--dist` says."""
    config.option.loadscopereorder = False  # else the files with the most tests would begin
    return Scheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the longest files first.

    With VITRINE_TEST_DATABASE_URL (PostgreSQL) only the tests that use the database stay.
    """
    if "VITRINE_TEST_DATABASE_URL" in os.environ:
        left_out = [item for item in items if not uses_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if uses_database(item)]
    items.sort(key=lambda item: POSITION.get(group_of(item.nodeid), len(POSITION)))


def uses_database(item: pytest.Item) -> bool:
    """Whether a test uses the database (by mark, fixture or class) and is not `any_database`."""
    if item.get_closest_marker("any_database"):
        return False
    fixtures = {"db", "transactional_db"} & {*getattr(item, "fixturenames", ())}
    kind = getattr(item, "cls", None) or object
    marked = item.get_closest_marker("django_db")
    return bool(fixtures or marked or issubclass(kind, TransactionTestCase))
