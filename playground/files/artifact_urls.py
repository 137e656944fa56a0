"""The addresses from which pages load an artifact and its thumbnail."""

from __future__ import annotations

from catalog import upstream
from playground.models import Artifact


def thumbnail_url(artifact: Artifact, src: str) -> str:
    """Return the thumbnail of what is shown at `src`; a picture without one is its own."""
    if artifact.thumbnail:
        return f"{artifact.get_absolute_url()}thumbnail/"
    return src if artifact.kind == "image" else ""


def artifact_url(artifact: Artifact) -> str:
    """Return our copy's address, else upstream's while it works; "" if neither can be shown."""
    if artifact.state == Artifact.State.STORED:
        return artifact.get_absolute_url()
    is_available = artifact.state == Artifact.State.REMOTE and artifact.size_bytes != 0
    return artifact.url if is_available and may_show(artifact.url) else ""


def may_show(url: str) -> bool:
    """Whether a page may load this address of upstream's."""
    return url.startswith("data:") or upstream.addresses().is_media(url)
