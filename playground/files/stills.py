"""Where lists get a result's picture in a small size."""

from __future__ import annotations

from playground.models import Artifact


def of(artifact: Artifact, src: str) -> str:
    """The address of the thumbnail of what is shown at `src`; a picture without one is shown itself."""
    if artifact.thumbnail:
        return f"{artifact.get_absolute_url()}thumbnail/"
    return src if artifact.kind == "image" else ""
