"""The pictures of a reference: uploads in its project, kept as long as the reference names them.

A result becomes an upload of the same stored file, so that a reference outlives the runs that made
its pictures.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile

from core.file_names import clean_name
from runs.files import content_types, stored_files, uploads
from runs.files.input_references import UPLOAD
from runs.files.own_addresses import OUR_ADDRESS
from runs.files.storage_limits import QuotaExceeded
from runs.models import Artifact, Upload
from runs.ownership import deletion
from schemas.uses.references import MAX_PICTURES

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import Project

RESULT = re.compile(r"(?:/runs/)?(?P<run>[0-9a-f-]{36})/(?:artifacts/)?(?P<position>[0-9]{1,6})/?")
NOT_COPIED = "That result is not copied here yet. Try again in a moment."
GONE = "That picture no longer exists, or it is not shared with you. Choose another one."


@dataclass
class StoredPictures:
    """Addresses of stored pictures, and sentences that say why others were refused."""

    addresses: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def add(
    user: User,
    project: Project,
    before: Sequence[str],
    files: Iterable[UploadedFile[Any]] = (),
    chosen: Iterable[str] = (),
) -> StoredPictures:
    """Return the pictures, with posted files and chosen results and uploads added.

    Files that are not pictures, and pictures beyond the maximum, are refused; the rest is stored.
    The caller has to save the new addresses in a reference.
    """
    added = StoredPictures(list(before))
    sources: list[Callable[[], Upload]] = [
        *(partial(_of_file, user, project, file) for file in files),
        *(partial(_of_address, user, project, text) for text in chosen),
    ]
    left_out = 0
    for store in sources:
        if len(added.addresses) >= MAX_PICTURES:
            left_out += 1
            continue
        try:
            address = store().get_absolute_url()
        except (ValueError, QuotaExceeded) as refusal:
            added.refusals.append(str(refusal))
            continue
        if address not in added.addresses:
            added.addresses.append(address)
    if left_out:
        number = f"{left_out} pictures were" if left_out > 1 else "1 picture was"
        added.refusals.append(f"{number} left out: a reference has at most {MAX_PICTURES}.")
    return added


def _of_file(user: User, project: Project, file: UploadedFile[Any]) -> Upload:
    name = clean_name(file.name or "") or "The file"
    file.seek(0)
    kind = content_types.content_type(file.read(content_types.HEAD_BYTES), file.content_type or "")
    file.seek(0)
    if file.size and kind != "image/heic":
        if not kind.startswith("image/"):
            raise ValueError(f"{name} is not a picture. Choose a PNG, JPEG or WebP.")
        if kind != "image/svg+xml" and stored_files.dimensions(file) == (None, None):
            raise ValueError(f"{name} is a damaged picture. Save it again, or choose another.")
        file.seek(0)
    return uploads.store(user.pk, file, "image", project=project)


def _of_address(user: User, project: Project, text: str) -> Upload:
    """Return the upload of a result (`<run>/<position>`, or its address) or of an upload."""
    if match := UPLOAD.match(text):
        upload = Upload.objects.shown_to(user).filter(pk=match[1]).first()
        if upload is None or not upload.content_type.startswith("image/"):
            raise ValueError(GONE)
        return uploads.of_upload(user.pk, project, upload)
    result = RESULT.fullmatch(text)
    artifact = result_of(user, result["run"], int(result["position"])) if result else None
    if artifact is None:
        raise ValueError(GONE)
    if artifact.kind != "image":
        raise ValueError("That result is not a picture. Choose a picture.")
    if artifact.state != Artifact.State.STORED:
        raise ValueError(NOT_COPIED)
    return uploads.of_result(user.pk, project, artifact)


def result_of(user: User | AnonymousUser, run: str, position: int) -> Artifact | None:
    """Return a result that the user may read; None if there is none."""
    try:
        pk = uuid.UUID(run)
    except ValueError:
        return None
    return deletion.readable_artifacts(pk, user).filter(position=position).first()


def readable(user: User, addresses: Iterable[str]) -> set[str]:
    """Return the addresses whose uploads exist and are shown to the user. One query."""
    by_key = {match[1]: text for text in addresses if (match := UPLOAD.match(text))}
    readable_pks = Upload.objects.shown_to(user).filter(pk__in=by_key).values_list("pk", flat=True)
    return {by_key[str(pk)] for pk in readable_pks}


def lora_problem(user: User, address: str) -> str:
    """Return why the user may not use an address as a LoRA; empty if they may."""
    match = OUR_ADDRESS.fullmatch(address)
    if match and match["run"]:
        artifact = result_of(user, match["run"], int(match["position"]))
        if artifact and artifact.state != Artifact.State.LOST:
            return ""
    return "These weights no longer exist, or they are not shared with you. Choose others, or none."
