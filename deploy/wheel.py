"""Build hook of the wheel (hatchling): a new package is in it without a line in pyproject.toml."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NO_PACKAGES = ("deploy", "requirements", "static", "templates", "manage.py")
LEFT_OUT = {"tests", "vitrine"}  # `vitrine` is the wheel's own package, around the others


class Hook(BuildHookInterface):
    """Includes the project as it stands in a checkout, below `vitrine/app`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders of the project to the files of the wheel."""
        packages = {path.parent.name for path in Path(self.root).glob("*/__init__.py")} - LEFT_OUT
        for name in (*sorted(packages), *NO_PACKAGES):
            build_data["force_include"][str(Path(self.root) / name)] = f"vitrine/app/{name}"
        self._folder = tempfile.TemporaryDirectory()
        commit = Path(self._folder.name) / "commit.txt"
        commit.write_text(self._commit())
        build_data["force_include"][str(commit)] = "vitrine/app/commit.txt"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Delete the temporary file."""
        self._folder.cleanup()

    def _commit(self) -> str:
        """Return the commit that is built, or what the folder says where it is no checkout."""
        if (Path(self.root) / ".git").exists():
            command = ["git", "-C", self.root, "rev-parse", "HEAD"]
            return subprocess.check_output(command, text=True)  # noqa: S603
        return (Path(self.root) / "commit.txt").read_text()
