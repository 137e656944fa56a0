"""Words what a result says about its origin.

A worker examines each file once it is copied (`runs/worker/examination.py`).
"""

from __future__ import annotations

from runs.models import Artifact, Run

# https://cv.iptc.org/newscodes/digitalsourcetype/; other types are shown unchanged.
_SOURCES = {
    "trainedAlgorithmicMedia": "made by a model",
    "compositeWithTrainedAlgorithmicMedia": "made in part by a model",
    "compositeSynthetic": "composed with synthetic parts",
    "algorithmicMedia": "made by a program",
    "algorithmicallyEnhanced": "improved by a program",
    "digitalCapture": "taken with a camera",
    "computationalCapture": "taken with a computational camera",
    "digitalCreation": "made by a person",
    "humanEdits": "edited by a person",
    "composite": "composed of several sources",
    "screenCapture": "captured from a screen",
    "virtualRecording": "recorded in a virtual world",
}


def provenance_in_words(artifact: Artifact) -> str:
    """Return what the file says about its origin in a short line; empty if not examined yet."""
    if not artifact.provenance:
        return ""
    source = _SOURCES.get(artifact.source_type) or artifact.source_type
    stated = f"says it was {source}" if source in _SOURCES.values() else f"source: {source}"
    return " · ".join([_signature_in_words(artifact), *([stated] if source else [])])


def of_results(run: Run) -> str:
    """Return what the run's results say about their origin; empty if none was examined yet.

    The artifacts should be prefetched.
    """
    positions: dict[str, list[str]] = {}
    results = run.artifacts.all()
    for artifact in results:
        if words := provenance_in_words(artifact):
            positions.setdefault(words, []).append(str(artifact.position + 1))
    if len(positions) == 1:
        return next(iter(positions))
    return "; ".join(f"{', '.join(numbers)}: {words}" for words, numbers in positions.items())


def _signature_in_words(artifact: Artifact) -> str:
    """Return whether the file is signed; anybody with a certificate can sign, under any name."""
    by = f" by {artifact.signer}" if artifact.signer else ""
    match artifact.provenance:
        case Artifact.Provenance.VALID:
            return f"Signed{by} (C2PA), unchanged since"
        case Artifact.Provenance.INVALID:
            return f"Signed{by} (C2PA), but the signature does not fit: changed, or forged"
        case Artifact.Provenance.SIGNED:
            return f"Signed{by} (C2PA), not checked here"
        case _:
            return "Not signed"
