"""Uploads on the wall, as tiles like those of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.display.wall import nearest_shape
from runs.file_kinds import FileKind, kind_named
from runs.files import content_types
from runs.models import Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

ORDER, BY_SIZE = "sort", "size"  # the parameter, and its value for the largest first


@dataclass(frozen=True)
class UploadTile:
    """An upload on the wall; `by` is its author if that is somebody else."""

    upload: Upload
    may_delete: bool
    by: str

    @property
    def kind(self) -> str:
        """Return the kind of its file."""
        return kind_of(self.upload)

    @property
    def named_kind(self) -> FileKind:
        """Return the names of its kind."""
        return kind_named(self.kind)

    @property
    def shape(self) -> int:
        """Return the shape of its tile: by its size, else by its kind."""
        if self.upload.width and self.upload.height:
            return nearest_shape(self.upload.width, self.upload.height)
        return self.named_kind.shape

    @property
    def still(self) -> str:
        """Return the address of its picture; empty without one."""
        return self.upload.get_absolute_url() if self.named_kind.is_still else ""


def tiles(user: User | AnonymousUser, uploads: Sequence[Upload]) -> list[UploadTile]:
    """Return uploads as the wall shows them to a user, in their order; one query."""
    keys = [upload.pk for upload in uploads]
    removable = Upload.objects.removable_by(user).filter(pk__in=keys)
    removable_keys = set(removable.values_list("pk", flat=True))
    return [
        UploadTile(
            upload,
            upload.pk in removable_keys,
            upload.author if upload.user_id != user.pk else "",
        )
        for upload in uploads
    ]


def kind_of(upload: Upload) -> str:
    """Return the kind of an upload's file."""
    return content_types.kind(upload.content_type) or "file"
