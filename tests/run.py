"""Runs the tests: `make test`, `make check` (--quick, a fast part), `make test-all` (--all).

`make check` leaves out the files whose tests are slow: `tests/costs.txt` has these;
`python -m tests.run --all --write-costs` writes it.

`make test` runs the tests on SQLite and, beside them, those marked `both_databases` on PostgreSQL,
if a server answers: TEST_DATABASE_URL names it, by default the one at 127.0.0.1:5432.
`--documents` runs the quick tests that read documents or files; more of these may be beside the
project.
`make test-all` runs every test that uses the database on PostgreSQL too, adds the tests marked
`exhaustive` and walks everything that the others only sample (`tests/sampling.py`). Further
arguments are passed to the pytest on SQLite. Tests that need a program which this machine lacks
are left out and counted in a line at the end (`tests/programs.py`).

Tests that fail run once more at the end, alone. Those that pass then are named as unsteady; more
than `MOST_UNSTEADY` of them fail the run.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests import costs, documents, outcomes, programs
from tests.chromium import find_program
from tests.outcomes import Outcomes
from tests.sampling import SEED

TESTS = Path(__file__).parent
QUICK = "not browser and not system and not exhaustive and not live"
DEFAULT = "postgres://postgres@127.0.0.1:5432/postgres"
MOST_UNSTEADY = 3
MOST_REPEATED = 20  # more failures have a common cause, and would take long one by one


def find_postgresql() -> str:
    """Return the URL of a PostgreSQL server that answers, or an empty string.

    Exits with a message if TEST_DATABASE_URL is set and the server does not answer.
    """
    import psycopg

    url = os.environ.get("TEST_DATABASE_URL", DEFAULT)
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        if "TEST_DATABASE_URL" in os.environ:
            sys.exit(f"TEST_DATABASE_URL does not answer: {error}")
        return ""
    return url


@dataclass(frozen=True)
class Pass:
    """One run of pytest over a selection of the tests.

    It uses more processes than there are cores, because tests spend part of their time waiting.
    """

    name: str
    arguments: Sequence[str]
    processes: int
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, output: IO[bytes] | None = None) -> Outcomes:
        """Run the tests side by side; print to `output`, by default the terminal."""
        options = ["-n", str(self.processes), "--dist", "loadscope", "-p", "tests.costs"]
        return self._pytest(self.name, [*options, *self.arguments], output)

    def repeat(self, failed: Sequence[str]) -> set[str]:
        """Run these tests again, one after the other with nothing beside them.

        Returns those that failed again, or all of them if pytest did not run every one.
        """
        again = self._pytest(f"{self.name}: what failed, once more and alone", [*failed])
        has_run_all = again.passed + len(again.failed) == len(failed)
        return {*again.failed} if has_run_all else {*failed}

    def _pytest(
        self, title: str, arguments: Sequence[str], output: IO[bytes] | None = None
    ) -> Outcomes:
        started = time.monotonic()
        print(f"== {title}", flush=True)
        # Other processes, and every started program, use the bytecode that one process has
        # compiled.
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""} | self.environment
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "outcomes.json")
            options = ["-q", "-p", "tests.outcomes", f"--outcomes={file}"]
            command = [sys.executable, "-m", "pytest", *options, *arguments]
            code = subprocess.run(command, env=environment, stdout=output, check=False).returncode
            print(f"== {title}: {time.monotonic() - started:.0f} s", flush=True)
            return outcomes.read(file, code)


def run_side_by_side(passes: Sequence[Pass]) -> list[Outcomes]:
    """Run all passes at the same time; only the first prints live, the others at their end."""
    first, *others = passes
    with ExitStack() as stack, ThreadPoolExecutor(max(1, len(others))) as pool:
        outputs = [stack.enter_context(tempfile.TemporaryFile()) for _ in others]
        running = [
            pool.submit(run_pass.run, to) for run_pass, to in zip(others, outputs, strict=True)
        ]
        ended = [first.run(), *(future.result() for future in running)]
        for other_pass, output in zip(others, outputs, strict=True):
            output.seek(0)
            text = output.read().decode(errors="replace")
            print(f"== {other_pass.name}", text, sep="\n", flush=True)
    return ended


def run_and_repeat(passes: Sequence[Pass]) -> int:
    """Run all passes, then the failed tests once more; print the sum; return the exit code."""
    started = time.monotonic()
    ended = run_side_by_side(passes)
    count = sum(len(outcome.failed) for outcome in ended)
    failed, unsteady, codes = 0, [], [0]
    for run_pass, outcome in zip(passes, ended, strict=True):
        if outcome.can_be_repeated and count <= MOST_REPEATED:
            still = run_pass.repeat(outcome.failed)
            unsteady += [test for test in outcome.failed if test not in still]
            failed += len(still)
        else:
            failed += len(outcome.failed)
            codes.append(outcome.code)
    passed = sum(outcome.passed for outcome in ended) + len(unsteady)
    if unsteady:
        print(f"== {len(unsteady)} unsteady: {', '.join(unsteady)}")
    if len(unsteady) > MOST_UNSTEADY:
        print(f"== more than {MOST_UNSTEADY} unsteady tests fail the run")
    codes.append(int(failed > 0 or len(unsteady) > MOST_UNSTEADY))
    print(f"== {documents.summary()}")
    if left_out := ended[0].left_out:
        print(f"== {programs.sentence(left_out)}")
    addition = f", {len(unsteady)} unsteady" if unsteady else ""
    print(
        f"{passed} passed, {failed} failed{addition} in {time.monotonic() - started:.2f}s",
        flush=True,
    )
    return max(codes)


def files_for_both_databases() -> list[str]:
    """Return the files with tests marked `both_databases`, so that pytest imports no others."""
    files = sorted(TESTS.rglob("test_*.py"))
    return [str(file) for file in files if "mark.both_databases" in file.read_text()]


def on_postgresql(url: str, selection: str, *, is_whole: bool) -> Pass:
    """Return the pass on PostgreSQL: `tests/distribution.py` selects tests that use a database."""
    environment = {"VITRINE_TEST_DATABASE_URL": url}
    selection = f"not browser and {selection}"
    if is_whole:
        return Pass("PostgreSQL", ("-m", selection), 2, environment)
    arguments = ("-m", f"both_databases and {selection}", *files_for_both_databases())
    return Pass("PostgreSQL", arguments, 1, environment)


def main(arguments: list[str]) -> int:
    """Return 0 if every test passed on every database, at the latest in its second try."""
    options = {"--quick", "--all", "--documents", "--write-costs"}
    rest = [argument for argument in arguments if argument not in options]
    if "--quick" in arguments:
        left_out = ["tests/browser", *costs.known_costs()]
        quick = ("-m", QUICK, *(f"--ignore={file}" for file in left_out), *rest)
        return run_and_repeat([Pass("SQLite, the quick tests", quick, 2)])
    if "--documents" in arguments:
        os.environ["VITRINE_TEST_ONLY"] = "documents"
        reading = ("-m", QUICK, *rest)
        return run_and_repeat([Pass("SQLite, the tests that read documents", reading, 3)])
    if "--write-costs" in arguments:
        rest.append(f"--costs={costs.KNOWN}")
    selection, is_whole = "not exhaustive and not live", "--all" in arguments
    if is_whole:
        selection = "not live"
        os.environ["VITRINE_TEST_ALL"] = "1"  # `sample` in tests/sampling.py then returns all cases
    else:
        os.environ["VITRINE_TEST_DEAR"] = "some"  # tests/distribution.py chooses them
    print(f"== Browser: {find_program()}", flush=True)
    print(f"== Sampled by VITRINE_TEST_SEED={SEED}", flush=True)
    passes = [Pass("SQLite and Chromium", ("-m", selection, *rest), 3)]
    if url := find_postgresql():
        passes.append(on_postgresql(url, selection, is_whole=is_whole))
    else:
        os.environ["VITRINE_TEST_POSTGRESQL"] = "none"
    return run_and_repeat(passes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
