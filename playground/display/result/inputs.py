"""Small pictures of a run's input files, for its settings and for the place of its result."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from catalog.schema_versions import version_of
from runs.files.artifact_urls import thumbnail_url
from runs.models import Artifact, Run, Upload
from runs.own_addresses import OUR_ADDRESS
from schemas.carry.meanings import by_meaning

MAX_FILES = 20  # of one run


def stills(addresses: Iterable[str]) -> dict[str, str]:
    """Return, by the address of one of our files, that of a picture of it; at most two queries.

    Files without a picture, such as sounds, are left out.
    """
    ours = [match for address in addresses if (match := OUR_ADDRESS.fullmatch(address))][:MAX_FILES]
    results = {match[0]: (match["run"], int(match["position"])) for match in ours if match["run"]}
    uploads = {match[0]: match["upload"] for match in ours if match["upload"]}
    return _of_results(results) | _of_uploads(uploads)


def still_of_input(run: Run) -> str:
    """Return the address of a picture of what the run works on; empty without one."""
    if not isinstance(run.arguments, dict):
        return ""
    meant = by_meaning(version_of(run.endpoint).root.children)
    for field in (meant.get("image"), meant.get("video")):
        value = run.arguments.get(field.name) if field else None
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str) and (still := stills([first]).get(first)):
            return still
    return ""


def _of_results(results: dict[str, tuple[str, int]]) -> dict[str, str]:
    if not results:
        return {}
    artifacts = Artifact.objects.filter(run_id__in={run for run, _ in results.values()})
    by_place = {(str(artifact.run_id), artifact.position): artifact for artifact in artifacts}
    pictures = {
        address: thumbnail_url(by_place[place], address)
        for address, place in results.items()
        if place in by_place
    }
    return {address: still for address, still in pictures.items() if still}


def _of_uploads(uploads: dict[str, str]) -> dict[str, str]:
    if not uploads:
        return {}
    pictures = Upload.objects.filter(pk__in=uploads.values(), content_type__startswith="image/")
    keys = {str(key) for key in pictures.values_list("pk", flat=True)}
    return {address: address for address, key in uploads.items() if str(uuid.UUID(key)) in keys}
