"""Files that people upload for runs: stored once per content; refused if no model accepts them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from core.file_names import clean_name
from projects.models import Project
from projects.models.in_project import is_shown_to
from projects.models.project import private_project
from runs import file_kinds
from runs.files import (
    artifact_urls,
    content_types,
    input_references,
    purge,
    storage_limits,
    stored_files,
)
from runs.models import Artifact, Upload
from runs.models.querysets import heavy_columns

if TYPE_CHECKING:
    from projects.models import InProject
    from runs.models.upload import UploadQuerySet

log = logging.getLogger(__name__)

MAX_BYTES = 200 << 20
PAGE_SIZE = 24
DIGEST = re.compile(r"[0-9a-f]{64}")
KINDS = [kind for kind in file_kinds.KINDS if kind != "mesh"]
# Container formats are ambiguous: mp4, webm and ogg hold audio or video; a GIF may be animated.
ALSO_ACCEPTED = {
    "audio": {"video/mp4", "video/webm"},
    "video": {"image/gif", "audio/ogg"},
}


WEIGHTS = (".safetensors", ".ckpt", ".pt", ".pth", ".bin")
ARCHIVES = (".zip", ".tar", ".gz", ".tgz")
# Kinds of files that only their names tell.
_NAMED = {
    kind: reduce(or_, (Q(file_name__iendswith=suffix) for suffix in suffixes))
    for kind, suffixes in (("weights", WEIGHTS), ("archive", ARCHIVES))
}


class NotStored(ValueError):
    """Our storage failed, not the file; the message is shown to people."""


def find_by_digest(
    user_id: int, digest: str, name: str, size_bytes: int, project: Project | None = None
) -> Upload | None:
    """Return the user's own upload of this content in a project; None if it has to be sent.

    An upload in another project gets a new row for the same stored file. Searches only the user's
    own uploads: whether somebody else has uploaded a file is private. Raises ValueError with a
    message if the file would be refused anyway.
    """
    name = clean_name(name)
    _check_size(name, size_bytes)
    if not DIGEST.fullmatch(digest):
        return None
    upload = (
        Upload.objects.kept().filter(user_id=user_id, digest=digest, size_bytes=size_bytes).first()
    )
    if upload is None or not _is_stored(upload.file):
        return None
    return _row(user_id, name or upload.file_name, _stored(upload), project)


def store(
    user_id: int,
    file: UploadedFile[Any],
    kind: str = "",
    *,
    freed_bytes: int = 0,
    project: Project | None = None,
) -> Upload:
    """Store a posted file and its row, once per content; raises ValueError with a message.

    Without `project`, the row belongs to the user's private one.

    NotStored means that the storage failed, QuotaExceeded that the user's quota is used up.

    `kind` is what the field accepts (image, video, audio, file); the file's bytes must match it.
    `freed_bytes` is the size of what the caller deletes afterwards (`storage_limits`).
    """
    name = clean_name(file.name or "")
    _check_size(name, file.size or 0)
    claimed_type = file.content_type or ""
    file.seek(0)
    head = file.read(content_types.HEAD_BYTES)
    content_type = content_types.content_type(head, claimed_type, name)
    _check_kind(name, content_type, claimed_type, kind)
    file.seek(0)
    digest = stored_files.content_digest(file)
    with storage_limits.reserved_room(user_id, digest, file.size or 0, freed_bytes) as room:
        purge.reclaim(digest)
        stored_file = _put_in_storage(file, name, claimed_type, digest)
        with storage_limits.locked_quota(user_id):  # others count either the reservation or the row
            upload = _row(user_id, name, stored_file, project)
            room.delete()
    return upload


def _row(
    user_id: int, name: str, stored_file: stored_files.StoredFile, project: Project | None
) -> Upload:
    project = project or private_project(User.objects.get(pk=user_id))
    upload = _found_or_created(
        user_id,
        project,
        stored_file.digest,
        defaults={
            "is_hidden": project.hides_new_runs,
            "file": stored_file.name,
            "file_name": name,
            "content_type": stored_file.content_type,
            "size_bytes": stored_file.size_bytes,
            "width": stored_file.width,
            "height": stored_file.height,
            "duration_s": stored_file.duration_s,
            "shortest_s": stored_file.shortest_s,
            "thumbnail": stored_file.thumbnail,
            "measure_at": timezone.now() if _is_to_look_at(stored_file) else None,
        },
    )
    upload.file_name = name  # equal bytes share a row; each upload sets the name it was given
    return upload


def of_result(user_id: int, project: Project, artifact: Artifact) -> Upload:
    """Return an upload of a project that refers to the stored file of a result."""
    purge.reclaim(artifact.digest)
    extension = content_types.extension(artifact.content_type)
    name = artifact.file_name or f"{str(artifact.run_id)[:8]}-{artifact.position + 1}.{extension}"
    return _found_or_created(
        user_id,
        project,
        artifact.digest,
        defaults={
            "file": artifact.file,
            "file_name": clean_name(name),
            "content_type": artifact.content_type,
            "size_bytes": artifact.size_bytes or 0,
            "width": artifact.width,
            "height": artifact.height,
            "duration_s": artifact.duration_s,
            "shortest_s": artifact.shortest_s,
            "thumbnail": artifact.thumbnail,
        },
    )


def _found_or_created(
    user_id: int, project: Project, digest: str, defaults: dict[str, Any]
) -> Upload:
    """Return the row of this content; a file that is uploaded again is no longer deleted."""
    upload, _ = Upload.objects.get_or_create(
        user_id=user_id, project=project, digest=digest, defaults=defaults
    )
    if upload.deleted_at:
        upload.deleted_at = None
        upload.save(update_fields=["deleted_at"])
    return upload


def of_upload(user_id: int, project: Project, upload: Upload) -> Upload:
    """Return an upload of a project that refers to the stored file of another one."""
    if upload.user_id == user_id and upload.project_id == project.pk:
        return upload
    purge.reclaim(upload.digest)
    return _row(user_id, upload.file_name, _stored(upload), project)


def as_artifact(upload: Upload) -> Artifact:
    """Return an unsaved result with the upload's file, so that what shows results shows it."""
    return Artifact(
        kind=content_types.kind(upload.content_type) or "file",
        state=Artifact.State.STORED,
        file=upload.file,
        file_name=upload.file_name,
        digest=upload.digest,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        width=upload.width,
        height=upload.height,
        duration_s=upload.duration_s,
        thumbnail=upload.thumbnail,
    )


def still_of(upload: Upload) -> str:
    """Return the address of a small picture of an upload; empty without one.

    Until a worker has made it, a picture that browsers show stands for itself.
    """
    if upload.thumbnail:
        return reverse("playground:upload-thumbnail", args=[upload.pk])
    file = as_artifact(upload)
    is_shown = file_kinds.kind_named(file.kind).is_still and file.is_for_browsers
    return upload.get_absolute_url() if is_shown else ""


def _stored(upload: Upload) -> stored_files.StoredFile:
    """Return an upload's file and what is known about it."""
    return stored_files.StoredFile(
        upload.file,
        upload.digest,
        upload.size_bytes,
        upload.content_type,
        width=upload.width,
        height=upload.height,
        duration_s=upload.duration_s,
        shortest_s=upload.shortest_s,
        thumbnail=upload.thumbnail,
    )


def show_with(row: InProject, addresses: Iterable[str]) -> None:
    """Unhide these uploads of the row's project, so that everybody who sees the row sees them."""
    if row.is_hidden or row.project.is_private:
        return
    keys = [match[1] for text in addresses if (match := input_references.UPLOAD.match(text))]
    hidden = Upload.objects.filter(pk__in=keys, project=row.project, is_hidden=True)
    hidden.update(is_hidden=False)


def _is_to_look_at(file: stored_files.StoredFile) -> bool:
    """Whether a worker must make a small picture, and measure the length of a film or sound."""
    return file.content_type.startswith(("image/", "video/", "audio/")) and not file.thumbnail


def _put_in_storage(
    file: UploadedFile[Any], name: str, claimed_type: str, digest: str
) -> stored_files.StoredFile:
    """Store the file; raises NotStored with a message if the disk is full or the storage fails."""
    try:
        storage_limits.require_free_space(file.size or 0)
        return stored_files.store(file, claimed_type, digest, [name])
    except storage_limits.DiskFull as error:
        log.error("%s was not stored: %s", name, error.strerror)
        raise NotStored(
            f"{name} could not be kept: {error.strerror}. "
            "Give the file's address instead, or tell an admin."
        ) from error
    except Exception as error:  # storage backends raise any kind of exception
        log.error("%s was not stored, the storage failed: %s", name, error)
        raise NotStored(
            f"{name} could not be kept: this server's storage takes no files at the moment. "
            "Try again later, give the file's address instead, or tell an admin."
        ) from error


def _is_stored(file: str) -> bool:
    """Whether the storage has the file; False if the storage fails, so that it is sent again."""
    try:
        return default_storage.exists(file)
    except Exception as error:  # storage backends raise any kind of exception
        log.error("%s was not looked up, the storage failed: %s", file, error)
        return False


def _check_size(name: str, size_bytes: int) -> None:
    if not size_bytes:
        raise ValueError(f"{name} is empty. Choose a file that has content.")
    if size_bytes > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES >> 20} MB, the most this server takes.")


def _check_kind(name: str, content_type: str, claimed_type: str, kind: str) -> None:
    if content_type == "image/heic":
        raise ValueError(
            f"{name} is an HEIC photo, which models cannot read. Save it as JPEG or PNG."
        )
    if kind in KINDS and not suits_kind(kind, content_type, claimed_type):
        raise ValueError(f"{name} is not {file_kinds.KINDS[kind].a_file}.")


def suits_kind(kind: str, content_type: str, claimed_type: str = "") -> bool:
    """Whether a file detected as type `content_type` suits a field of `kind`.

    Files of unknown type pass, except pictures: everything that shows them knows their types.
    """
    if (
        kind == "file"
        or content_type.startswith(f"{kind}/")
        or content_type in ALSO_ACCEPTED.get(kind, ())
    ):
        return True
    return content_type == content_types.UNKNOWN and not (
        kind == "image" and claimed_type.startswith("image/")
    )


@dataclass(frozen=True)
class Choice:
    """A file that a field may take: its address and what the picker shows."""

    address: str
    src: str
    name: str
    note: str
    kind: str
    still: str = ""
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Choices:
    """One page of choices, newest first."""

    found: Sequence[Choice]
    page: int
    has_next: bool

    @property
    def next(self) -> int:
        """Return the number of the next page."""
        return self.page + 1

    @property
    def previous(self) -> int:
        """Return the number of the previous page."""
        return self.page - 1


def results(
    user: User,
    kind: str | Sequence[str],
    q: str = "",
    page: int = 1,
    project: Project | None = None,
) -> Choices:
    """Return results that the user sees in a project, searched by prompt or model; one query.

    `kind` is one kind of file, or several.
    Without a project, searches the user's private one.
    """
    project = project or private_project(user)
    rows = results_of_kind(kind).filter(is_shown_to(user, "run__"), run__project=project)
    rows = rows.order_by("-run__created_at", "position")
    if q:
        rows = rows.filter(Q(run__title__icontains=q) | Q(run__endpoint__endpoint_id__icontains=q))
    return _page_of_choices(rows, page, artifact_choice)


def results_of_kind(kind: str | Sequence[str]) -> QuerySet[Artifact]:
    """Return everybody's results that a field for this kind of file takes."""
    rows = Artifact.objects.light().filter(run__deleted_at=None)
    rows = rows.exclude(state=Artifact.State.LOST).select_related("run", "run__endpoint")
    rows = rows.defer(*heavy_columns("run__"))
    if kind in _NAMED:
        return rows.filter(_NAMED[kind])
    if kind == "file":
        return rows
    return rows.filter(kind__in=[kind] if isinstance(kind, str) else kind)


def uploads(
    user: User, kind: str, q: str = "", page: int = 1, project: Project | None = None
) -> Choices:
    """Return uploads that the user sees in a project, searched by name; one query.

    Without a project, searches the user's private one.
    """
    rows = uploads_of_kind(kind).in_project(project or private_project(user), user)
    rows = rows.without_results().order_by("-created_at")
    if q:
        rows = rows.filter(file_name__icontains=q)
    return _page_of_choices(rows, page, upload_choice)


def uploads_of_kind(kind: str) -> UploadQuerySet:
    """Return everybody's uploads that a field for this kind of file takes."""
    rows = Upload.objects.kept()
    if kind in _NAMED:
        return rows.filter(_NAMED[kind])
    return rows if kind == "file" else rows.filter(content_type__startswith=f"{kind}/")


def _page_of_choices(rows: QuerySet[Any], page: int, choice: Any) -> Choices:
    page = min(max(page, 1), 1000)
    page_rows = list(rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    return Choices([choice(row) for row in page_rows[:PAGE_SIZE]], page, len(page_rows) > PAGE_SIZE)


def artifact_choice(row: Artifact) -> Choice:
    """Return a result as a choice."""
    src = artifact_urls.artifact_url(row)
    return Choice(
        address=row.get_absolute_url(),
        src=src,
        still=artifact_urls.thumbnail_url(row, src),
        name=(row.file_name if row.kind == "file" else "")
        or row.run.title
        or row.run.endpoint.name,
        note=row.run.endpoint.name,
        kind=row.kind,
        size_bytes=row.size_bytes,
        width=row.width,
        height=row.height,
    )


def upload_choice(row: Upload) -> Choice:
    """Return an upload as a choice."""
    kind = row.content_type.partition("/")[0]
    return Choice(
        address=row.get_absolute_url(),
        src=row.get_absolute_url(),
        still=still_of(row),
        name=row.file_name,
        note="",
        kind=kind,
        size_bytes=row.size_bytes,
    )
