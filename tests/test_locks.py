"""Each lock file has what pyproject.toml asks for: `make lock` was not forgotten."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.processes import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = PROJECT["project"]["dependencies"]
GROUPS = PROJECT["dependency-groups"]
LOCKS = {
    "uv": GROUPS["installer"],
    "sbom": GROUPS["sbom"],
    "run": NEEDED,
    "image": [*NEEDED, *PROJECT["project"]["optional-dependencies"]["s3"]],
    "dev": [*NEEDED, *GROUPS["dev"]],
}
CONSTRAINTS = PROJECT["tool"]["uv"]["constraint-dependencies"]
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return {canonicalize_name(name): version for name, version in PIN.findall(text)}


def unmet(lock: str, requirements: list[str]) -> Iterator[str]:
    """Yield each requirement and constraint that the lock does not fulfil."""
    pinned = pins(lock)
    for text in (*requirements, *CONSTRAINTS):
        requirement = Requirement(text)
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None and text in CONSTRAINTS:
            continue
        if version is None or not requirement.specifier.contains(version):
            yield f"{lock}.txt has {version}, pyproject.toml {text}"


def test_each_lock_is_that_of_pyproject() -> None:
    """The constraint came later than sbom.txt, which went on with what it forbids."""
    assert [line for lock, names in LOCKS.items() for line in unmet(lock, names)] == []


def test_the_locks_of_one_installation_agree() -> None:
    """What is tested, and what an image has, is what `make run` installs."""
    run = pins("run")
    for lock in ("image", "dev"):
        assert {name: pins(lock).get(name) for name in run} == run
