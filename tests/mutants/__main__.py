"""`make mutants`: break the product at random places and count how many `make test` notices.

`python -m tests.mutants [--count 40] [--seed 1]`. `make test` runs once with a probe at each place,
which records the tests that reach it. Then each mutant meets just these tests, on SQLite, in the
order of the suite, until one fails that passes on the product as it is.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import probe
from tests.mutants.mutations import Mutant, choose, insert_probes
from tests.processes import ROOT, copy_checkout

AT_ONCE = 2
LONGEST_S = 900.0  # a mutant that makes a test hang counts as noticed
MOST_TRIED = 5  # failing tests that also fail without the mutant, before it counts as missed


@dataclass
class Trial:
    """The checkouts in which mutants meet their tests, one for each parallel trial."""

    folder: Path
    free: SimpleQueue[Path] = field(default_factory=SimpleQueue)

    def prepare(self) -> None:
        for number in range(AT_ONCE):
            self.free.put(checkout(self.folder / str(number)))

    def killer(self, mutant: Mutant, tests: Sequence[str]) -> str:
        """Return the test that notices the mutant, or an empty string."""
        place = self.free.get()
        path = place / mutant.file
        source = path.read_text()
        left = list(tests)
        try:
            for _ in range(MOST_TRIED):
                path.write_text(mutant.break_source(source))
                failed = first_failure(place, left)
                path.write_text(source)
                if not failed or not first_failure(place, [failed]):
                    return failed
                left.remove(failed)
            return ""
        finally:
            path.write_text(source)
            self.free.put(place)


def checkout(folder: Path) -> Path:
    """Copy the project into `folder`, with the files beside it that it reads."""
    folder.mkdir(parents=True)
    beside = ROOT.parent / "shared"
    if beside.exists():
        (folder / "shared").symlink_to(beside)
    return copy_checkout(folder / "vitrine")


def first_failure(place: Path, tests: Sequence[str]) -> str:
    """Run these tests of a checkout until one fails; return its id, or an empty string."""
    if not tests:
        return ""
    names, result = place / "var-mutant-tests", place / "var-mutant-failed"
    names.write_text("\n".join(tests))
    result.unlink(missing_ok=True)
    options = ["-q", "-x", "-p", "tests.mutants.first_failure", "-p", "no:cacheprovider"]
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *options, f"@{names}"],
            cwd=place,
            env=os.environ | {"VITRINE_FIRST_FAILURE": str(result)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return tests[0]
    if result.exists():
        return result.read_text()
    return tests[0] if ended.returncode else ""  # an error before the tests were collected


def tests_that_reach(folder: Path, mutants: Sequence[Mutant]) -> dict[int, list[str]]:
    """Run `make test` with probes; return the tests that reach each mutant, in their order."""
    place, hits = checkout(folder / "probed"), folder / "hits"
    hits.touch()
    insert_probes(place, list(mutants))
    shutil.copy(probe.__file__, place / "_probe.py")
    subprocess.run(
        [sys.executable, "-m", "tests.run"],
        cwd=place,
        env=os.environ | {"VITRINE_HITS": str(hits)},
        check=False,
    )
    return read_hits(hits)


def read_hits(hits: Path) -> dict[int, list[str]]:
    """Return the tests of each mutant, slow ones with a browser last."""
    reached: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for line in hits.read_text().splitlines():
        number, _, test = line.partition(" ")
        reached[int(number)][test] = None
    return {
        number: sorted(tests, key=lambda test: test.startswith("tests/browser/"))
        for number, tests in reached.items()
    }


def main() -> None:
    """Print a line for each mutant, then the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    mutants = choose(ROOT, options.count, options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reached = tests_that_reach(folder, mutants)
        trial = Trial(folder)
        trial.prepare()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tests = [reached.get(number, []) for number in range(len(mutants))]
            killers = list(pool.map(trial.killer, mutants, tests))
    for mutant, killer, those in zip(mutants, killers, tests, strict=True):
        outcome = f"noticed by {killer}" if killer else f"missed by {len(those)} tests"
        print(f"{mutant}\n    {outcome}")
    noticed = sum(map(bool, killers))
    print(f"{noticed} of {len(mutants)} mutants noticed (seed {options.seed})")


if __name__ == "__main__":
    main()
