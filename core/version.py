"""The version of Vitrine: as the project file of a checkout says, or the installed package."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from importlib import metadata

from django.conf import settings

SHORT = 12  # characters of a commit, as `release.sh` names a version's folder


@cache
def version() -> str:
    """Return the version, such as `0.1.0`."""
    project_file = settings.BASE_DIR / "pyproject.toml"
    if not project_file.exists():  # a wheel has none
        return metadata.version("vitrine")
    return str(tomllib.loads(project_file.read_text())["project"]["version"])


@cache
def full_version() -> str:
    """Return the version with its commit, `0.1.0 (2b571e1b55ba)`: many commits share a number."""
    commit = _commit()
    return f"{version()} ({commit[:SHORT]})" if commit else version()


def number(full: str) -> str:
    """Return the number of a full version."""
    return full.partition(" ")[0]


def as_numbers(full: str) -> tuple[int, ...]:
    """Return the parts of a full version's number, which compare by age."""
    return tuple(map(int, re.findall(r"\d+", number(full))))


def _commit() -> str:
    """Return the commit of this code; empty where nothing names it, as in a copied folder.

    `git archive`, and the hook that builds the wheel, put it into `commit.txt`.
    """
    commit = (settings.BASE_DIR / "commit.txt").read_text().strip()
    if not commit.startswith("$"):
        return commit
    if not (settings.BASE_DIR / ".git").exists():
        return ""
    command = ["git", "-C", str(settings.BASE_DIR), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):  # no git, or one that waits for something
        return ""
    return done.stdout.strip()
