"""Sends all files of a share as one ZIP; their names have only the items' numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.storage import default_storage
from zipstream import ZipStream

from core.file_names import portable_name
from core.http.streaming import chunks
from runs.files import content_types, stripped_copies
from runs.files.stripped_copies import MEDIA_TYPES
from runs.files.stripped_copies import copy_of as ready_copy
from runs.models import Artifact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.sharing.items import ItemView
    from features.sharing.models import Share

MISSING = (
    "Not in this archive: files that were deleted, are still being copied here, or cannot be "
    "shared.\n\n"
)


def name_of(share: Share) -> str:
    """Return the archive's file name."""
    return portable_name(f"{share.title or 'share'}") + ".zip"


def stream(share: Share, item_views: list[ItemView]) -> Iterator[bytes]:
    """Yield the bytes of the archive; reads one file at a time from our storage.

    If the share hides models or settings, media are copies without metadata.
    """
    zipped, missing = ZipStream(), []
    for item_view in item_views:
        artifact, number = item_view.artifact, item_view.item.number
        if artifact is None or artifact.state != Artifact.State.STORED:
            missing.append(number)
            continue
        try:
            name = _file(share, artifact)
            size = default_storage.size(name)
            file = default_storage.open(name)
        except (stripped_copies.NotStripped, OSError):
            missing.append(number)
            continue
        saved_as = portable_name(f"{share.title or 'result'} {number}")
        extension = content_types.extension(artifact.content_type)
        zipped.add(chunks(file), f"{saved_as}.{extension}", size=size)
        yield from zipped.file()
    if missing:
        zipped.add(MISSING + "".join(f"{number}\n" for number in missing), "MISSING.txt")
    yield from zipped


def _file(share: Share, artifact: Artifact) -> str:
    is_whole = share.shows_models and share.shows_settings and artifact.run_id is not None
    if is_whole or not artifact.content_type.startswith(MEDIA_TYPES):
        return artifact.file
    return ready_copy(artifact.file)
