"""Distributes the tests over processes: which files start first, and which tests stay together.

The tests of a file run in one process, which sets up their shared fixtures once. Those of a group
of `VITRINES` use the same started Vitrine and run in one process too. Implemented by xdist's hook,
because its `xdist_group` marks have no effect under pytest 9.2.
"""

import os
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.test import TransactionTestCase
from xdist.scheduler import LoadScopeScheduling

from tests import costs, documents, outcomes, programs
from tests.sampling import IS_EXHAUSTIVE, SEED

# One Vitrine serves all files of a group: its start takes as long as twenty of their tests, and it
# uses a third of a core while it runs. `make test-all` has two, because in one process these tests
# would go on for minutes after all others.
VITRINES = {
    "first Vitrine": {
        *("runs/journey", "runs/live_page", "runs/stage", "runs/transports"),
        *("boards/judging", "boards/plan"),
    },
    "second Vitrine": {
        "catalog/jump",
        *("form/mentions", "form/settings_journeys"),
        *("others/journey", "sharing/three_people"),
    },
}
GROUP = {
    "browser/{}/test_{}".format(*file.split("/")): vitrine if IS_EXHAUSTIVE else "Vitrine"
    for vitrine, files in VITRINES.items()
    for file in files
}
DEAR_ONE_IN = 5


def pytest_configure(config: pytest.Config) -> None:
    """Give the first processes, which run the longest units, priority on the cores."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    first = {f"gw{number}" for number in range(len({*GROUP.values()}))}
    if worker not in first or "VITRINE_TEST_DATABASE_URL" in os.environ:
        os.nice(5)


def file_of(nodeid: str) -> str:
    """Return `sandbox/test_models` for a test of tests/sandbox/test_models.py."""
    return nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")


def group_of(nodeid: str) -> str:
    """Return the group of a test's file, or the file itself if it is in no group."""
    file = file_of(nodeid)
    return GROUP.get(file, file)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Distributes whole units, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Use this scheduling for every value of `--dist`."""
    # otherwise the files with the most tests would start first
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)  # after pytest-django, which puts the tests with a browser last
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort expensive files first: if one started last, the other cores would idle until its end.

    The groups of a started Vitrine come before all others. With VITRINE_TEST_DATABASE_URL
    (PostgreSQL) select only the tests that use the database, with VITRINE_TEST_DEAR=some only some
    of the expensive ones, with VITRINE_TEST_ONLY=documents those that read documents.
    """
    if "VITRINE_TEST_DATABASE_URL" in os.environ:
        leave_out(config, items, [item for item in items if not uses_database(item)])
    if os.environ.get("VITRINE_TEST_ONLY") == "documents":
        leave_out(config, items, [item for item in items if not reads_documents(item)])
    if os.environ.get("VITRINE_TEST_DEAR") == "some":
        dear = left_out_of({item.nodeid: item for item in items})
        leave_out(config, items, [item for item in items if item.nodeid in dear])
    impossible, config.stash[outcomes.LEFT_OUT] = programs.missing_for(items)
    leave_out(config, items, impossible)
    seconds = costs.known_costs()
    items.sort(key=lambda item: cost_of(item.nodeid, seconds), reverse=True)


def leave_out(
    config: pytest.Config, items: list[pytest.Item], without: Sequence[pytest.Item]
) -> None:
    """Deselect these tests."""
    config.hook.pytest_deselected(items=without)
    dropped = {id(item) for item in without}
    items[:] = [item for item in items if id(item) not in dropped]


def reads_documents(item: pytest.Item) -> bool:
    """Return whether a test reads documents or files that may be beside the project."""
    names = vars(getattr(item, "module", documents))
    from_there = {getattr(value, "__module__", "") for value in names.values()}
    fixtures = {*getattr(item, "fixturenames", ())}
    return bool(
        "tests.documents" in from_there
        or documents in names.values()
        or fixtures & {"documents", "catalogue_items"}
    )


def left_out_of(items: Mapping[str, pytest.Item]) -> set[str]:
    """Return the ids of the expensive tests that this run leaves out: most of them, by its seed.

    Those of a quarter of the files take more time than all others together. One of each folder
    always runs, and so do those marked `always`.
    """
    dear = {file for file, seconds in costs.known_costs().items() if seconds >= costs.DEAR_S}
    by_folder: defaultdict[str, list[str]] = defaultdict(list)
    for nodeid, item in items.items():
        is_kept = "/browser/" in nodeid or item.get_closest_marker("always")
        if costs.file_of(nodeid) in dear and not is_kept:
            by_folder[costs.file_of(nodeid).rpartition("/")[0]].append(nodeid)
    left_out = set()
    for folder, ids in by_folder.items():
        chosen = random.Random(f"{SEED} {folder}").sample(ids, -(-len(ids) // DEAR_ONE_IN))
        left_out |= {*ids} - {*chosen}
    return left_out


def cost_of(nodeid: str, seconds: dict[str, float]) -> tuple[bool, bool, float]:
    """Return the key that sorts expensive tests first, from the mean seconds of their file's.

    Chromium's seconds are unknown while it runs, so all browser files come after the groups.
    """
    file = nodeid.partition("::")[0]
    return file_of(nodeid) in GROUP, "/browser/" in file, seconds.get(file, 0.0)


def uses_database(item: pytest.Item) -> bool:
    """Return whether a test uses the database (by mark, fixture, class), unless `any_database`."""
    if item.get_closest_marker("any_database"):
        return False
    fixtures = {"db", "transactional_db"} & {*getattr(item, "fixturenames", ())}
    kind = getattr(item, "cls", None) or object
    marked = item.get_closest_marker("django_db")
    return bool(fixtures or marked or issubclass(kind, TransactionTestCase))
