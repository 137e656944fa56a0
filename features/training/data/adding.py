"""Adds files to a data set: dropped ones, those in ZIPs, and results of past runs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from core.file_names import clean_name, split_suffix
from core.refusals import Refused
from fal.db_safe import db_safe_text
from features.training.data import archives
from features.training.data.items import (
    MAX_CAPTION_CHARS,
    MOST_FILES,
    Item,
    free_name,
    items_of,
    kept,
)
from features.training.data.pairing import Contents, PairedFiles, pair, place
from features.training.models import Dataset
from runs.files import content_types, storage_limits, stored_files, uploads
from runs.models import Artifact, Run, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project
    from runs.models.querysets import RunQuerySet

MAX_BYTES = uploads.MAX_BYTES - (4 << 20)  # leaves room for names and captions in the ZIP
RESULT = re.compile(r"/runs/([0-9a-f-]{36})/artifacts/(\d{1,6})/")


@dataclass
class AddResult:
    """The outcome of adding files."""

    files: list[Item] = field(default_factory=list)  # stored files; in the end the added ones
    skipped: list[str] = field(default_factory=list)  # sentences about skipped files
    captions: int = 0


class Owner(NamedTuple):
    """The user whose quota new files count towards, and the project in which they live."""

    user_id: int
    project: Project


def add_files(dataset: Dataset, files: Sequence[UploadedFile[Any]], user: User) -> AddResult:
    """Store files that the user has posted in the data set's project, and append them.

    Files that are not accepted are reported; the rest is kept.
    """
    owner = Owner(user.pk, dataset.project)
    added, contents = AddResult(), Contents()
    for number, file in enumerate(files, start=1):
        name = db_safe_text(file.name or "file")
        try:
            _take(owner, file, name, number, contents, added)
        except (Refused, storage_limits.QuotaExceeded, uploads.NotStored) as refusal:
            added.skipped.append(str(refusal))
    return _append(dataset, pair(contents), added)


def add_results(dataset: Dataset, addresses: Iterable[str], user: User) -> AddResult:
    """Append results of the project's or the user's runs; stored files are shared, not copied."""
    owner = Owner(user.pk, dataset.project)
    runs = Run.objects.owned_by(user) | Run.objects.kept().in_project(dataset.project, user)
    added, items = AddResult(), []
    for address in addresses:
        match = RESULT.fullmatch(address)
        artifact = _artifact(runs, *match.groups()) if match else None
        if artifact is None or artifact.state != Artifact.State.STORED:
            added.skipped.append(
                "A result was deleted or is not copied yet. Try again in a moment."
            )
            continue
        upload = uploads.of_result(owner.user_id, owner.project, artifact)
        caption = db_safe_text(artifact.run.title)[:MAX_CAPTION_CHARS]
        items.append(replace(_item(upload, upload.file_name), caption=caption))
    return _append(dataset, PairedFiles(items, [], []), added)


def _take(
    owner: Owner,
    file: UploadedFile[Any],
    name: str,
    number: int,
    contents: Contents,
    added: AddResult,
) -> None:
    file.seek(0)
    head = file.read(content_types.HEAD_BYTES)
    file.seek(0)
    if not archives.counts(name):
        return
    if archives.is_text(name):
        text = archives.decode_caption(file.read(archives.MAX_TEXT_BYTES))
        contents.texts.append((place(0, name), text))
    elif name.lower().endswith(".zip") or head.startswith(b"PK\x03\x04"):
        for entry in archives.entries(file, name):
            _take_entry(owner, entry, number, contents, added)
    else:
        contents.files.append((place(0, name), _store(owner, file, name, added)))


def _take_entry(
    owner: Owner, entry: archives.Entry, number: int, contents: Contents, added: AddResult
) -> None:
    name, at = db_safe_text(entry.name), place(number, entry.path)
    if entry.trouble:
        added.skipped.append(f"{name} {entry.trouble}.")
    elif entry.file is None:
        contents.texts.append((at, entry.text))
    else:
        size_bytes = entry.file.seek(0, 2)
        file = UploadedFile(entry.file, name, size=size_bytes)
        contents.files.append((at, _store(owner, file, name, added)))


def _store(owner: Owner, file: UploadedFile[Any], name: str, added: AddResult) -> Item | None:
    """Store one media file, or report why it is skipped; raises storage and quota errors."""
    if len(added.files) >= MOST_FILES:
        added.skipped.append(f"{name} was not added: a data set has at most {MOST_FILES} files.")
        return None
    try:
        item = _item(_stored(owner, file, name), name)
    except (uploads.NotStored, storage_limits.QuotaExceeded):
        raise
    except ValueError as refusal:
        added.skipped.append(str(refusal))
        return None
    added.files.append(item)
    return item


def _stored(owner: Owner, file: UploadedFile[Any], name: str) -> Upload:
    file.seek(0)
    claimed_type = file.content_type or ""
    kind = content_types.content_type(file.read(content_types.HEAD_BYTES), claimed_type)
    if kind == "image/heic":
        # raises with advice for the user
        return uploads.store(owner.user_id, file, "image", project=owner.project)
    if kind.partition("/")[0] not in {"image", "video", "audio"}:
        raise ValueError(f"{name} is neither a picture, film, sound nor a caption.")
    if kind.startswith("image/") and stored_files.dimensions(file) == (None, None):
        raise ValueError(f"{name} is a damaged picture.")
    return uploads.store(owner.user_id, file, project=owner.project)


def _item(upload: Upload, name: str) -> Item:
    stem, suffix = split_suffix(clean_name(name))
    if suffix.lower() not in archives.MEDIA:  # trainers know files by their usual suffix
        suffix = f".{content_types.extension(upload.content_type)}"
    return Item(
        name=f"{stem}{suffix}",
        address=upload.get_absolute_url(),
        kind=upload.content_type.partition("/")[0],
        size_bytes=upload.size_bytes,
    )


def _artifact(runs: RunQuerySet, run: str, position: str) -> Artifact | None:
    visible_artifacts = Artifact.objects.filter(run__in=runs.filter(pk=run))
    try:
        return visible_artifacts.select_related("run").filter(position=int(position)).first()
    except ValueError:  # no UUID
        return None


def _append(dataset: Dataset, paired: PairedFiles, added: AddResult) -> AddResult:
    """Add the files to the locked row, each content once, under unused names."""
    with transaction.atomic():
        locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
        items = items_of(locked.files)
        earlier = len(items)
        _add(items, paired.files, added)
        _caption_earlier(items, earlier, paired, added)
        locked.files = [item.as_json() for item in items]
        locked.save(update_fields=["files", "changed_at"])
    uploads.show_with(dataset, [item.address for item in items[earlier:]])
    added.files = items[earlier:]
    added.captions += sum(bool(item.caption) for item in added.files)
    dataset.files = locked.files
    return added


def _add(items: list[Item], new: Iterable[Item], added: AddResult) -> None:
    taken_stems = {item.stem.lower() for item in items}
    positions = {_key(item): at for at, item in enumerate(items) if not item.is_removed}
    size_bytes = sum(item.size_bytes for item in kept(items))
    for item in new:
        if (at := positions.get(_key(item))) is not None:
            items[at] = _repeated(items[at], item, added)
        elif len(positions) >= MOST_FILES or size_bytes + item.size_bytes > MAX_BYTES:
            limit = f"{MOST_FILES} files or {MAX_BYTES >> 20} MB"
            added.skipped.append(f"{item.name} does not fit: a data set has at most {limit}.")
        else:
            positions[_key(item)] = len(items)
            size_bytes += item.size_bytes
            items.append(replace(item, name=free_name(item.name, taken_stems)))


def _key(item: Item) -> str:
    return item.address.split("/")[2]


def _repeated(earlier: Item, item: Item, added: AddResult) -> Item:
    """Report a duplicate; its caption is used only if the earlier file has none."""
    name_note = "" if earlier.name == item.name else f", as {earlier.name}"
    message = f"{item.name} is in the data set already{name_note}"
    if not item.caption or item.caption == earlier.caption:
        added.skipped.append(f"{message}.")
    elif earlier.caption or not earlier.takes_caption:
        added.skipped.append(f"{message}. The caption stays as it is: edit it there.")
    else:
        added.skipped.append(f"{message}; the caption was added to it.")
        return replace(earlier, caption=item.caption)
    return earlier


def _caption_earlier(items: list[Item], count: int, pairs: PairedFiles, added: AddResult) -> None:
    """Use texts without a file in this upload as captions of earlier files without a caption.

    The names must match. Other texts are reported: they could replace a caption written by hand.
    """
    positions = defaultdict(set)
    for position, item in enumerate(items[:count]):
        if item.takes_caption and not item.is_removed:
            positions[item.stem].add(position)
            positions[item.root].add(position)
    for at, text in pairs.loose:
        stem, _ = split_suffix(clean_name(at.path))
        same_stem = [n for n in positions[stem] if not items[n].caption and "/" not in at.path]
        if len(same_stem) == 1:
            items[same_stem[0]] = replace(items[same_stem[0]], caption=text)
            added.captions += bool(text)
        else:
            added.skipped.append(f"{at.path} belongs to no file in this upload.")
    for at in pairs.ambiguous:
        reason = "several files have its name. Put each with its caption into a folder of a ZIP"
        added.skipped.append(f"{at.path} was not used: {reason}.")
