"""Records the digests of files derived from results, so that a saved file leads back to its run."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from django.core.files.storage import default_storage

from catalog.pictures import picture_files
from runs.files import stored_files
from runs.files.media.probe import ProbeResult
from runs.models import Artifact, DerivedFile, Run

What = DerivedFile.What
_PREVIEWS = {What.POSTER, What.THUMBNAIL}
_PIECE_CHARS = 1 << 16


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's content, empty for no content."""
    return hashlib.sha256(content).hexdigest() if content else ""


def record(run_id: uuid.UUID, position: int, digests: Mapping[str, str]) -> None:
    """Record the digests of files derived from a result, by kind; empty digests are left out."""
    rows = [
        DerivedFile(run_id=run_id, position=position, what=what, digest=digest)
        for what, digest in digests.items()
        if digest
    ]
    if rows:
        DerivedFile.objects.bulk_create(rows, ignore_conflicts=True)


def previews_of(artifact: Artifact) -> dict[str, str]:
    """Return the recorded digests of a result's previews."""
    files = DerivedFile.objects.filter(run=artifact.run_id, position=artifact.position)
    return dict(files.filter(what__in=_PREVIEWS).values_list("what", "digest"))


def record_previews(artifact: Artifact) -> None:
    """Record the previews of a stored result, except those whose files are missing.

    Raises any other error of the storage.
    """
    digests: dict[str, str] = {}
    for what, name in ((What.POSTER, artifact.poster), (What.THUMBNAIL, artifact.thumbnail)):
        with suppress(FileNotFoundError):
            digests[what] = _stored_digest(name) if name else ""
    record(artifact.run_id, artifact.position, digests)


def record_stored(artifact: Artifact, what: DerivedFile.What, name: str) -> None:
    """Record a stored file derived from a result, unless one is recorded already."""
    recorded = DerivedFile.objects.filter(
        run=artifact.run_id, position=artifact.position, what=what
    )
    if not recorded.exists():
        record(artifact.run_id, artifact.position, {what: _stored_digest(name)})


def record_text(run: Run, position: int, what: DerivedFile.What, text: str) -> None:
    """Record a text of a run that people can save as a file."""
    content = hashlib.sha256()
    for start in range(0, len(text), _PIECE_CHARS):
        content.update(text[start : start + _PIECE_CHARS].encode())
    recorded = DerivedFile.objects.filter(
        run=run, position=position, what=what, digest=content.hexdigest()
    )
    if text and not recorded.exists():
        record(run.pk, position, {what: content.hexdigest()})


def _stored_digest(name: str) -> str:
    with default_storage.open(name) as file:
        return stored_files.content_digest(file)


# The pictures that represent a result: a poster and a thumbnail, stored beside its file.


class Previews(NamedTuple):
    """The names of a result's pictures in our storage; empty where there is none."""

    poster: str
    thumbnail: str


def write(file: str, probed: ProbeResult) -> Previews:
    """Store the pictures that the probe made of a stored file, named after the file."""
    base = file.rpartition(".")[0]
    return Previews(
        picture_files.write(f"{base}.poster.webp", probed.poster),
        picture_files.write(f"{base}.thumbnail.webp", probed.thumbnail),
    )
