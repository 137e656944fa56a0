"""Lists the files and texts in a run's output, including files on upstream's hosts."""

from __future__ import annotations

from typing import Any

from catalog import upstream
from schemas import artifacts
from schemas.artifacts import Artifact


def artifacts_in(output: Any) -> list[Artifact]:
    """Return the files and texts of an output, in its order."""
    return artifacts.artifacts(output, is_media=upstream.addresses().is_media)
