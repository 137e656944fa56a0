"""Uploads on the wall, as tiles like those of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.display.wall import shape_of
from runs.file_kinds import FileKind, kind_named
from runs.files.uploads import as_artifact, still_of
from runs.models import Artifact, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

ORDER, BY_SIZE = "sort", "size"  # the parameter, and its value for the largest first


@dataclass(frozen=True)
class UploadTile:
    """An upload on the wall, as a result (`file`); `by` is its author if that is somebody else."""

    upload: Upload
    file: Artifact
    may_delete: bool
    by: str

    @property
    def kind(self) -> FileKind:
        """Return the names of its kind."""
        return kind_named(self.file.kind)

    @property
    def shape(self) -> int:
        """Return the shape of its tile."""
        return shape_of(self.file)

    @property
    def still(self) -> str:
        """Return the address of its picture; empty without one."""
        return still_of(self.upload)


def tiles(user: User | AnonymousUser, uploads: Sequence[Upload]) -> list[UploadTile]:
    """Return uploads as the wall shows them to a user, in their order; one query."""
    keys = [upload.pk for upload in uploads]
    removable = Upload.objects.removable_by(user).filter(pk__in=keys)
    removable_keys = set(removable.values_list("pk", flat=True))
    return [
        UploadTile(
            upload,
            as_artifact(upload),
            upload.pk in removable_keys,
            upload.author if upload.user_id != user.pk else "",
        )
        for upload in uploads
    ]
