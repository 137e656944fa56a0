"""A version is named with its commit, wherever its code comes from."""

import subprocess

from core import version
from tests.processes import ROOT

FILES = ["commit.txt", "pyproject.toml"]


def test_a_checkout_and_its_archive_name_the_same_commit(settings, tmp_path):
    """A copy without its history has a number alone."""
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    assert version._commit() == head
    for name in FILES:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    settings.BASE_DIR = tmp_path
    assert version.full_version.__wrapped__() == version.version()
    archive = ["git", "archive", "--worktree-attributes", "HEAD", *FILES]
    tar = subprocess.check_output(archive, cwd=ROOT)
    subprocess.run(["tar", "-x"], cwd=tmp_path, input=tar, check=True)
    assert version.full_version.__wrapped__() == f"{version.version()} ({head[: version.SHORT]})"
