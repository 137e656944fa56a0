"""Build hook of the wheel (hatchling): a new package is in it without a line in pyproject.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NO_PACKAGES = ("deploy", "static", "templates", "manage.py")
LEFT_OUT = {"tests", "vitrine"}  # `vitrine` is the wheel's own package, around the others


class Hook(BuildHookInterface):
    """Includes the project as it stands in a checkout, below `vitrine/app`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders of the project to the files of the wheel."""
        packages = {path.parent.name for path in Path(self.root).glob("*/__init__.py")} - LEFT_OUT
        for name in (*sorted(packages), *NO_PACKAGES):
            build_data["force_include"][str(Path(self.root) / name)] = f"vitrine/app/{name}"
