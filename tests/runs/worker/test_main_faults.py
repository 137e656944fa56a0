"""Whatever breaks, no run is stuck, sent twice or lost: some rows of `make soak`'s table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sampling import sample
from tests.soak import cases
from tests.soak.stage import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]


@pytest.fixture
def stage(settings: Any, tmp_path: Path) -> Iterator[Stage]:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    with Stage(tmp_path) as stage:
        yield stage


def walk(stage: Stage, chosen: list[cases.Case]) -> None:
    """Play these faults at this stage; the soak checks its promises."""
    assert chosen
    for case in chosen:
        cases.play(stage, case)


def test_a_killed_worker_loses_no_run(stage: Stage) -> None:
    steps = {"submitting", *sample(["running", "archiving"], 0, by_seed=1)}
    walk(stage, [case for case in cases.worker_cases() if case.step in steps])


@pytest.mark.exhaustive
@pytest.mark.any_database
def test_a_killed_web_or_upstream_leaves_no_run_stuck(stage: Stage) -> None:
    walk(stage, [case for case in cases.web_cases() if case.step == "running"])
    walk(stage, [case for case in cases.sandbox_cases() if case.step == "submitting"])


@pytest.mark.exhaustive
@pytest.mark.any_database
def test_nonsense_instead_of_answers_ends_no_run_and_sends_none_twice(stage: Stage) -> None:
    chosen = {
        "lost at created",
        "garbage at queued",
        "404 for a moment at queued",
        "half of the file at queued",
    }
    known = [*cases.upstream_cases(), *cases.nearly_right_cases()]
    walk(stage, [case for case in known if str(case) in chosen])


@pytest.mark.exhaustive
def test_a_locked_database_and_a_wrong_clock_are_survived(stage: Stage) -> None:
    walk(stage, [case for case in cases.database_cases() if case.step == "running"])
    walk(stage, cases.clock_cases()[:1])


@pytest.mark.exhaustive
@pytest.mark.any_database
def test_a_worker_told_to_end_and_a_full_disk_lose_nothing(stage: Stage) -> None:
    walk(stage, [case for case in cases.ending_cases() if case.step == "submitting"])
    walk(stage, [case for case in cases.disk_cases() if case.step == "archiving"])


@pytest.mark.exhaustive
@pytest.mark.any_database
def test_wrong_files_and_refused_upload_addresses_lose_nothing(stage: Stage) -> None:
    chosen = {
        "403 from the upload address at created",
        "lost, no list of requests at created",
    }
    walk(stage, [case for case in cases.nearly_right_cases() if str(case) in chosen])
    walk(stage, [case for case in cases.webhook_cases() if "status garbage" in case.fault])


@pytest.mark.exhaustive
@pytest.mark.any_database
def test_what_breaks_off_and_what_is_reported_early_end_truly(stage: Stage) -> None:
    walk(stage, [case for case in cases.direct_cases() if str(case) == "lost, stream at created"])
    chosen = {
        "webhook before submit's answer",
        "webhook after a lost submit",
        "webhook no-payload",
        "webhook twice",
        cases.BY_WEBHOOK,
    }
    walk(stage, [case for case in cases.webhook_cases() if case.fault in chosen])
