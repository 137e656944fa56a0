"""Records which tests reach which mutants; `tests.mutants` copies it beside the probed product.

It imports nothing of the project, because every process of the product imports it.
"""

import os

_seen: set[tuple[int, str]] = set()


def hit(mutant: int) -> None:
    """Append `<mutant> <test>` to the file HITS, once for each pair in a process."""
    # A started program inherits the variable from the test that has started it.
    # One that a test starts with an environment of its own lacks it and records nothing.
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
    hits = os.environ.get("VITRINE_HITS")
    if test and hits and (mutant, test) not in _seen:
        _seen.add((mutant, test))
        with open(hits, "a") as file:  # noqa: PTH123
            file.write(f"{mutant} {test}\n")
