"""Files that people give for runs: kept once per content, refused with a sentence where no model could use them."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet

from playground import archivist, renderers
from playground.files import sniffing, stills
from playground.models import Artifact, Upload

log = logging.getLogger(__name__)

MAX_BYTES = 200 << 20
PAGE = 24
DIGEST = re.compile(r"[0-9a-f]{64}")
KINDS = {"image": "an image", "video": "a video", "audio": "a sound", "file": "a file"}
# A container says little of what is in it: mp4, webm and ogg hold sound alone or films, and a GIF moves.
ALSO = {
    "audio": {"video/mp4", "video/webm"},
    "video": {"image/gif", "audio/ogg"},
}


class NotKept(ValueError):
    """Nothing is wrong with the file: our storage did not take it. Its words are for people."""


def known(user_id: int, digest: str, name: str, size_bytes: int) -> Upload | None:
    """The person's own upload of that content, None when it has to be sent.

    Only one's own: whether somebody else gave a file is nobody's business. Raises ValueError
    with a sentence when it could not be taken anyway.
    """
    _check_size(clean(name), size_bytes)
    if not DIGEST.fullmatch(digest):
        return None
    found = Upload.objects.filter(user_id=user_id, digest=digest, size_bytes=size_bytes).first()
    return found if found and _is_there(found.file) else None


def keep(user_id: int, file: UploadedFile[Any], kind: str = "") -> Upload:
    """One posted file as a row, once for each content; raises ValueError with a sentence.

    NotKept says that it is the storage's fault.

    `kind` is what the field takes (image, video, audio, file): the bytes have to be of it.
    """
    name = clean(file.name or "")
    _check_size(name, file.size or 0)
    claimed = file.content_type or ""
    file.seek(0)
    _check_kind(name, sniffing.content_type(file.read(sniffing.HEAD_BYTES), claimed), claimed, kind)
    try:
        kept = archivist.store(file, claimed)
    except Exception as error:  # whatever storages may raise
        log.error("%s was not kept, the storage did not take it: %s", name, error)
        raise NotKept(
            f"{name} could not be kept: this server's storage takes no files at the moment. "
            "Try again later, give the file's address instead, or tell an admin."
        ) from error
    upload, _ = Upload.objects.get_or_create(
        user_id=user_id,
        digest=kept.digest,
        defaults={
            "file": kept.name,
            "file_name": name,
            "content_type": kept.content_type,
            "size_bytes": kept.size_bytes,
        },
    )
    return upload


def _is_there(file: str) -> bool:
    """Whether the storage has it; where it does not say, the file is sent again."""
    try:
        return default_storage.exists(file)
    except Exception as error:  # whatever storages may raise
        log.error("%s is not looked for, the storage does not answer: %s", file, error)
        return False


def clean(name: str) -> str:
    """A file's name without its folders and without what addresses and shells trip over."""
    name = re.sub(r"[^\w.\-]+", "-", PurePath(name).name)[-100:].strip("-.")
    return name or "file"


def _check_size(name: str, size_bytes: int) -> None:
    if not size_bytes:
        raise ValueError(f"{name} is empty. Choose a file with something in it.")
    if size_bytes > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES >> 20} MB, the most this server takes.")


def _check_kind(name: str, found: str, claimed: str, kind: str) -> None:
    if found == "image/heic":
        raise ValueError(
            f"{name} is an HEIC photo, which models cannot read. Save it as JPEG or PNG."
        )
    if kind in KINDS and not is_of(kind, found, claimed):
        raise ValueError(f"{name} is not {KINDS[kind]}.")


def is_of(kind: str, found: str, claimed: str = "") -> bool:
    """Whether bytes found to be `found` suit a field of `kind`; what nobody recognises may pass.

    Only pictures that do not look like any are refused: everything that shows pictures knows them.
    """
    if kind == "file" or found.startswith(f"{kind}/") or found in ALSO.get(kind, ()):
        return True
    return found == sniffing.UNKNOWN and not (kind == "image" and claimed.startswith("image/"))


@dataclass(frozen=True)
class Choice:
    """A file that a field may take: our address of it, and what is seen of it."""

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
    """A page of them, newest first."""

    found: Sequence[Choice]
    page: int
    has_next: bool

    @property
    def next(self) -> int:
        """The number of the page after this one."""
        return self.page + 1

    @property
    def previous(self) -> int:
        """The number of the page before this one."""
        return self.page - 1


def results(user_id: int, kind: str, q: str = "", page: int = 1) -> Choices:
    """What came of one's own runs, by the run's prompt or model; one query."""
    rows = Artifact.objects.filter(run__user_id=user_id).exclude(state=Artifact.State.LOST)
    rows = rows.select_related("run", "run__endpoint").order_by("-run__created_at", "position")
    if kind != "file":
        rows = rows.filter(kind=kind)
    if q:
        rows = rows.filter(Q(run__title__icontains=q) | Q(run__endpoint__endpoint_id__icontains=q))
    return _page(rows, page, _of_artifact)


def uploads(user_id: int, kind: str, q: str = "", page: int = 1) -> Choices:
    """What one uploaded before, by name; one query."""
    rows = Upload.objects.filter(user_id=user_id).order_by("-created_at")
    if kind != "file":
        rows = rows.filter(content_type__startswith=f"{kind}/")
    if q:
        rows = rows.filter(file_name__icontains=q)
    return _page(rows, page, _of_upload)


def _page(rows: QuerySet[Any], page: int, choice: Any) -> Choices:
    page = min(max(page, 1), 1000)
    found = list(rows[(page - 1) * PAGE : page * PAGE + 1])
    return Choices([choice(row) for row in found[:PAGE]], page, len(found) > PAGE)


def _of_artifact(row: Artifact) -> Choice:
    src = renderers.source(row)
    return Choice(
        address=row.get_absolute_url(),
        src=src,
        still=stills.of(row, src),
        name=row.run.title or row.run.endpoint.display_name,
        note=row.run.endpoint.display_name,
        kind=row.kind,
        size_bytes=row.size_bytes,
        width=row.width,
        height=row.height,
    )


def _of_upload(row: Upload) -> Choice:
    kind = row.content_type.partition("/")[0]
    return Choice(
        address=row.get_absolute_url(),
        src=row.get_absolute_url(),
        still=row.get_absolute_url() if kind == "image" else "",
        name=row.file_name,
        note="",
        kind=kind,
        size_bytes=row.size_bytes,
    )
