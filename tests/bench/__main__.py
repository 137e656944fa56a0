"""`python -m tests.bench [name …]`: run benchmarks, then print which goals are met.

Exit code 0 even if a goal is missed, since that is a valid result; 1 if a measurement failed.
"""

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module

from tests.bench.figures import SUMMARY, Goal, table
from tests.bench.stage.stage import Stage

# takes the stage, rounds, is_full, and options for smaller measurements
Measure = Callable[..., list[Goal]]

# name → function, rounds, description; a module is imported only when its benchmark runs
BENCHMARKS = {
    "g5": ("pages.cold_pages:measure_form", 5, "form page, cold"),
    "g6": ("pages.cold_pages:measure_gallery", 5, "gallery, cold"),
    "g12": ("history.scale:measure_goals", 20, "the history of a team of forty"),
    "g14": ("results.gallery:measure_goals", 1, "thousands of results"),
    "g13": ("runs.rest:measure_goals", 10, "all processes at rest, and a worker's wake-up"),
    "g10": ("pages.processor:measure_goals", 1, "processor time of a view"),
    "g3": ("runs.watchers:measure_goals", 2, "watchers of one run"),
    "g4": ("runs.tabs:measure_goals", 2, "tabs of one profile"),
    "g1": ("runs.overhead:measure_goals", 10, "overhead of a run, and (G2) upstream calls"),
}
SAME = {"g2": "g1"}


def main() -> int:
    """Run the benchmarks one after the other, then print the summary."""
    options = parser().parse_args()
    wanted = {SAME.get(name, name) for name in options.benchmarks} or {*BENCHMARKS}
    goals: list[Goal] = []
    broken: list[str] = []
    started = time.monotonic()
    with Stage() as stage:
        for name, (place, rounds, what) in BENCHMARKS.items():
            if name not in wanted:
                continue
            print(f"\n== {name.upper()}: {what}", flush=True)
            began = time.monotonic()
            try:
                measure_goals = find(place)
                goals += measure_goals(stage, options.rounds or rounds, options.full)
                print(f"({name}: {time.monotonic() - began:.0f} s)", flush=True)
            except Exception:  # the other benchmarks still run
                traceback.print_exc()
                broken.append(name)
    print(f"\n== Summary ({time.monotonic() - started:.0f} s)\n")
    print(table(SUMMARY, [goal.cells() for goal in sorted(goals, key=lambda goal: goal.name)]))
    missed = sum(goal.is_met is False for goal in goals)
    met = sum(goal.is_met is True for goal in goals)
    print(f"\n{met} met, {missed} MISSED" + (f", BROKEN: {', '.join(broken)}" if broken else ""))
    return 1 if broken else 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command_line = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    names = [*BENCHMARKS, *SAME]
    command_line.add_argument(
        "benchmarks",
        nargs="*",
        metavar="benchmark",
        help=f"{', '.join(names)}; none means all",
    )
    command_line.add_argument(
        "--full", action="store_true", help="also runs of 10 s, and a million runs"
    )
    command_line.add_argument("--rounds", type=int, default=0, help="rounds of each measurement")
    return command_line


def find(place: str) -> Measure:
    """Return the function at `module:name`, below this folder."""
    module, _, name = place.partition(":")
    measure_goals: Measure = getattr(import_module(f"tests.bench.{module}"), name)
    return measure_goals


if __name__ == "__main__":
    # On SIGTERM, raise SystemExit, so that the stage ends its processes and deletes its files.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main())
