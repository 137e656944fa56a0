"""Each lock file has what pyproject.toml asks for: `make lock` was not forgotten."""

import re
import tomllib

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


def test_each_lock_is_that_of_pyproject():
    """The constraint came later than sbom.txt, which went on with what it forbids."""
    unmet = []
    for lock, needed in LOCKS.items():
        pinned = pins(lock)
        for text in (*needed, *CONSTRAINTS):
            requirement = Requirement(text)
            version = pinned.get(canonicalize_name(requirement.name))
            is_met = version and requirement.specifier.contains(version)
            if not is_met and (version or text in needed):
                unmet.append(f"{lock}.txt has {version}, pyproject.toml {text}")
    assert unmet == []


def test_what_is_tested_is_what_is_installed():
    run = pins("run")
    for lock in ("image", "dev"):
        assert {name: pins(lock).get(name) for name in run} == run
