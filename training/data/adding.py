"""Adds files to a data set: dropped ones, those in ZIPs, and results of past runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from core.file_names import clean_name
from fal.db_safe import db_safe_text
from playground.files import content_types, purge, storage_limits, stored_files, uploads
from playground.models import Artifact, Upload
from training.data import archives
from training.data.items import (
    MAX_CAPTION_CHARS,
    MOST_FILES,
    Item,
    free_name,
    items_of,
    kept,
)
from training.models import Dataset

MAX_BYTES = uploads.MAX_BYTES - (4 << 20)  # leaves room for names and captions in the ZIP
RESULT = re.compile(r"/runs/([0-9a-f-]{36})/artifacts/(\d{1,6})/")


@dataclass
class Added:
    """The outcome for a set of given files."""

    files: list[Item] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)  # captions by stem
    skipped: list[str] = field(default_factory=list)  # sentences
    captions: int = 0


def add_files(dataset: Dataset, files: Sequence[UploadedFile[Any]]) -> Added:
    """Store and append posted files; those that are not accepted are reported, the rest is kept."""
    found = Added()
    for file in files:
        name = db_safe_text(file.name or "file")
        try:
            _take(dataset.user_id, file, name, found)
        except (archives.Refused, storage_limits.QuotaExceeded, uploads.NotStored) as refusal:
            found.skipped.append(str(refusal))
    return _append(dataset, found)


def add_results(dataset: Dataset, addresses: Iterable[str]) -> Added:
    """Append results of the user's own runs; the stored file is shared, not copied."""
    found = Added()
    for address in addresses:
        match = RESULT.fullmatch(address)
        artifact = _artifact(dataset.user_id, *match.groups()) if match else None
        if artifact is None or artifact.state != Artifact.State.STORED:
            found.skipped.append("A result is gone, or not copied yet. Try again in a moment.")
            continue
        upload = _as_upload(dataset.user_id, artifact)
        item = _item(upload, upload.file_name)
        found.files.append(item)
        found.texts[item.stem] = artifact.run.title
    return _append(dataset, found)


def _take(user_id: int, file: UploadedFile[Any], name: str, found: Added) -> None:
    file.seek(0)
    head = file.read(content_types.HEAD_BYTES)
    file.seek(0)
    if archives.is_text(name):
        found.texts[PurePosixPath(name).stem] = archives.decode_caption(
            file.read(archives.MAX_TEXT_BYTES)
        )
    elif name.lower().endswith(".zip") or head.startswith(b"PK\x03\x04"):
        for entry in archives.entries(file, name):
            _take_entry(user_id, entry, found)
    else:
        _store(user_id, file, name, found)


def _take_entry(user_id: int, entry: archives.Entry, found: Added) -> None:
    name = db_safe_text(entry.name)
    if entry.trouble:
        found.skipped.append(f"{name} {entry.trouble}.")
    elif entry.file is None:
        found.texts[PurePosixPath(name).stem] = entry.text
    else:
        size_bytes = entry.file.seek(0, 2)
        _store(user_id, UploadedFile(entry.file, name, size=size_bytes), name, found)


def _store(user_id: int, file: UploadedFile[Any], name: str, found: Added) -> None:
    """Store one media file, or report why not; storage and quota errors abort the addition."""
    if len(found.files) >= MOST_FILES:
        found.skipped.append(f"{name} is one more than the {MOST_FILES} files of a data set.")
        return
    try:
        item = _item(_stored(user_id, file, name), name)
    except (uploads.NotStored, storage_limits.QuotaExceeded):
        raise
    except ValueError as refusal:
        found.skipped.append(str(refusal))
    else:
        found.files.append(item)


def _stored(user_id: int, file: UploadedFile[Any], name: str) -> Upload:
    file.seek(0)
    claimed = file.content_type or ""
    kind = content_types.content_type(file.read(content_types.HEAD_BYTES), claimed)
    if kind == "image/heic":
        return uploads.store(user_id, file, "image")  # raises with advice for the user
    if kind.partition("/")[0] not in {"image", "video", "audio"}:
        raise ValueError(f"{name} is neither a picture, film, sound nor a caption.")
    if kind.startswith("image/") and stored_files.dimensions(file) == (None, None):
        raise ValueError(f"{name} is a broken picture.")
    return uploads.store(user_id, file)


def _item(upload: Upload, name: str) -> Item:
    return Item(
        name=clean_name(name.replace("\\", "/")),
        address=upload.get_absolute_url(),
        kind=upload.content_type.partition("/")[0],
        size_bytes=upload.size_bytes,
    )


def _artifact(user_id: int, run: str, position: str) -> Artifact | None:
    mine = Artifact.objects.filter(run__user_id=user_id, run__deleted_at=None)
    try:
        return mine.select_related("run").filter(run_id=run, position=int(position)).first()
    except ValueError:  # no UUID
        return None


def _as_upload(user_id: int, artifact: Artifact) -> Upload:
    """Return an upload that refers to the artifact's stored file."""
    purge.reclaim(artifact.digest)
    extension = content_types.extension(artifact.content_type)
    name = artifact.file_name or f"{str(artifact.run_id)[:8]}-{artifact.position + 1}.{extension}"
    upload, _ = Upload.objects.get_or_create(
        user_id=user_id,
        digest=artifact.digest,
        defaults={
            "file": artifact.file,
            "file_name": clean_name(name),
            "content_type": artifact.content_type,
            "size_bytes": artifact.size_bytes or 0,
            "width": artifact.width,
            "height": artifact.height,
            "duration_s": artifact.duration_s,
        },
    )
    return upload


def _append(dataset: Dataset, found: Added) -> Added:
    """Add the files to the current row, each content once, under unused names."""
    with transaction.atomic():
        locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
        items = items_of(locked.files)
        new = list(_fitting(items, found))
        items, found.captions = _captioned([*items, *new], found)
        locked.files = [one.as_json() for one in items]
        locked.save(update_fields=["files", "changed_at"])
    found.files = new
    dataset.files = locked.files
    return found


def _fitting(items: list[Item], found: Added) -> Iterator[Item]:
    taken = {one.stem.lower() for one in items}
    there = {one.address.split("/")[2] for one in kept(items)}
    count, size_bytes = len(kept(items)), sum(one.size_bytes for one in kept(items))
    for one in found.files:
        key = one.address.split("/")[2]
        count, size_bytes = count + 1, size_bytes + one.size_bytes
        if key in there:
            found.skipped.append(f"{one.name} is in the data set already.")
        elif count > MOST_FILES or size_bytes > MAX_BYTES:
            limit = f"{MOST_FILES} files or {MAX_BYTES >> 20} MB"
            found.skipped.append(f"{one.name} does not fit: a data set has at most {limit}.")
        else:
            there.add(key)
            yield _named(one, taken, found)
            continue
        count, size_bytes = count - 1, size_bytes - one.size_bytes


def _named(item: Item, taken: set[str], found: Added) -> Item:
    """Give a file an unused name; its caption follows."""
    named = replace(item, name=free_name(item.name, taken))
    if named.stem != item.stem and item.stem in found.texts:
        found.texts[named.stem] = found.texts[item.stem]
    return named


def _captioned(items: list[Item], found: Added) -> tuple[list[Item], int]:
    """Return the files with their captions and the number of these; report unmatched ones."""
    used, captioned = set(), []
    for one in items:
        key = next((k for k in (one.stem, one.root) if k in found.texts), "")
        if not key or one.is_removed or not one.takes_caption:
            captioned.append(one)
            continue
        used.add(key)
        text = db_safe_text(found.texts[key])[:MAX_CAPTION_CHARS]
        captioned.append(replace(one, caption=text))
    stems = {one.stem for one in found.files}
    loose = [
        f"{stem}.txt is no file's caption." for stem in found.texts if stem not in used | stems
    ]
    found.skipped += loose
    return captioned, len(used)
