"""The benchmarks run and answer; how fast anything is, is none of a test's business."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import __main__ as program
from bench import figures
from bench.catalogue import sync
from bench.catalogue import upstream as catalogue
from bench.pages import cold_pages as pages
from bench.pages import forms
from bench.runs import overhead, rest
from bench.runs.targets import Target, clients
from bench.stage.children import Broken, Child, clean_environment, wait
from bench.stage.stage import Stage

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage(filler=0, is_calm=False) as stage:
        yield stage


def test_the_report_says_which_goals_are_met_and_missed() -> None:
    assert figures.at_most("G5", "page", 31, 32, "KB").is_met is True
    assert figures.at_most("G5", "page", 33, 32, "KB").is_met is False
    ratio = figures.at_most_ratio("G1", "overhead", 40, 20, 1.5, "ms")
    assert (ratio.ratio, ratio.is_met) == (2.0, False)
    assert ratio.cells()[-2:] == ["2.00 x", "MISSED"]
    assert figures.at_most_above("G1", "overhead", 139, 120, 20, "ms").is_met is True
    assert figures.at_most_above("G1", "overhead", 141, 120, 20, "ms").is_met is False
    assert figures.without_goal("G1", "Gradio", "not installed").is_met is None


def test_the_slowest_of_few_rounds_is_not_decisive() -> None:
    few = {"product": [20.0, 20, 20, 90], "floor": [20.0] * 4}
    many = {name: [*values, *[20.0] * 12] for name, values in few.items()}
    slow = {"product": [20.0] * 12 + [90.0] * 4, "floor": [20.0] * 16}
    for samples, met in ((few, [True]), (many, [True, True]), (slow, [True, False])):
        goals = overhead.overhead("", 10.0, samples)
        assert [goal.is_met for goal in goals if goal.limit] == met


def test_percentiles_are_measured_values() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [figures.percentile(values, share) for share in (0, 0.5, 0.9, 1)] == [1, 3, 5, 5]


def test_the_bench_catalogue_is_reproducible_and_of_real_size() -> None:
    assert catalogue.document(7) == catalogue.document(7) != catalogue.document(8)
    sizes = [len(json.dumps(catalogue.document(n))) for n in range(200)]
    assert min(sizes) > 5_000
    assert max(sizes) < 25_000
    assert len({catalogue.endpoint_id(n) for n in range(1200)}) == 1200


def test_forms_are_measured(stage: Stage) -> None:
    goals = forms.measure_goals(stage, rounds=1, is_full=False, many=3)
    assert {goal.name for goal in goals} == {"G7"}


@pytest.mark.exhaustive
def test_an_unchanged_sync_writes_no_row(stage: Stage) -> None:
    goals = sync.measure_goals(stage, rounds=1, is_full=False, count=30)
    written = next(goal for goal in goals if goal.what.endswith("rows written"))
    assert written.is_met


@pytest.mark.exhaustive
@pytest.mark.browser
def test_pages_and_runs_are_measured_on_product_and_floor_alike(stage: Stage) -> None:
    places = {"product": stage.product.address, "floor": stage.floor}
    for name in places:
        # The gallery is seen by the same code.
        cold, warm = pages.see(stage, name, pages.FORM, pages.FORM_NEEDS, often=2)
        assert cold.external == 0
        assert cold.wire_bytes > warm.wire_bytes > 0
        assert cold.usable_ms > cold.first_byte_ms > 0
        # A link is good once, and each new one replaces it: this one is made when it is needed.
        login = stage.product.login if name == "product" else ""
        target = Target(stage, places[name], login)
        target.run(0.1)
        assert overhead.model_ms(stage) >= 100
        calls = overhead.counted(stage)
        assert calls["status_stream"] == calls["result"] == 1
        target.close()
    for client in clients(stage).values():
        assert client.run(0.1) >= overhead.model_ms(stage) >= 100
        client.close()


def test_settings_of_the_user_do_not_reach_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "id:secret")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///mine")
    assert not {"FAL_KEY", "DATABASE_URL"} & clean_environment().keys()


def test_a_process_that_does_not_start_fails_with_its_output(stage: Stage) -> None:
    child = Child("false", ["python", "-c", "raise SystemExit('no such thing')"], stage.scratch)
    with pytest.raises(Broken, match="no such thing"):
        child.line("ready")
    child.stop()


def broken(stage: Stage, rounds: int, is_full: bool) -> list[figures.Goal]:
    """A benchmark that cannot measure."""
    raise Broken("nothing could be measured")


def missed(stage: Stage, rounds: int, is_full: bool) -> list[figures.Goal]:
    """A benchmark whose goal is missed."""
    return [figures.at_most("G5", "page", 33, 32, "KB")]


def test_only_a_broken_benchmark_changes_the_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    benchmarks = {"g3": (f"{__name__}:broken", 1, "one"), "g4": (f"{__name__}:missed", 1, "two")}
    assert program.main(["g4"], benchmarks) == 0
    assert "1 MISSED" in capsys.readouterr().out
    assert program.main([], benchmarks) == 1
    assert "BROKEN: g3" in capsys.readouterr().out


def test_usage_of_processes_includes_their_children(tmp_path: Path) -> None:
    busy = "import time; [x for x in range(10**6)]; open('{}', 'w'); time.sleep(600)"
    marks = [tmp_path / "first", tmp_path / "second"]
    child, parent = (busy.format(mark) for mark in marks)
    start = f"import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', {child!r}]); "
    up = Child("parent", [sys.executable, "-c", start + parent], tmp_path)
    try:
        wait(lambda: all(mark.exists() for mark in marks), lambda: "they do not start")
        usages = rest.usages(up.process.pid)
        assert len(usages) == 2
        assert all(usage.pss_mb > 1 for usage in usages.values())
        assert sum(usage.cpu_s for usage in usages.values()) > 0
    finally:
        for number in sorted(rest.usages(up.process.pid), reverse=True):
            os.kill(number, signal.SIGKILL)
        up.stop()


def test_the_time_of_a_bare_commit_is_measured(tmp_path: Path) -> None:
    assert [rest.bare_commit(tmp_path / "x.sqlite3") > 0 for _ in range(2)] == [True, True]
