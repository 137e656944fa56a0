"""The version of Vitrine: as the project file of a checkout says, or the installed package."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import metadata

from django.conf import settings


@cache
def version() -> str:
    """Return the version, such as `0.1.0`."""
    project_file = settings.BASE_DIR / "pyproject.toml"
    if not project_file.exists():  # a wheel has none: `vitrine mcp` ended with an error there
        return metadata.version("vitrine")
    return str(tomllib.loads(project_file.read_text())["project"]["version"])
