"""Copies stored files from one storage to another and verifies each copy.

Rows name the files, so only referenced files are copied; files in neither storage are counted as
missing. `Progress` is saved after each batch, so a stopped move continues where it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files import File
from django.core.files.storage import Storage
from django.db.models import Model, QuerySet

from catalog.models import Picture
from core.storage import checksum, describe_error
from runs.files import purge
from runs.models import Artifact, Upload

BATCH_ROWS = 200
THREADS = 8  # a bucket needs a tenth of a second for a small file, so several are copied at once
CONTENT_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})\.[^./]+")  # stored_files.store
OPTIONAL = ".viewer.html"  # only meshes that could be drawn have this file


class Outcome(StrEnum):
    """The result of moving one file."""

    COPIED = "copied"
    PRESENT = "present"
    MISSING = "missing"
    FAILED = "failed"


class MovedFile(NamedTuple):
    """One file, the outcome of moving it, and the reason if that failed."""

    name: str
    outcome: Outcome
    size_bytes: int = 0
    reason: str = ""


class Rows(NamedTuple):
    """Rows that name files, and a function that returns the names in one row."""

    label: str
    rows: QuerySet[Any]
    names_of: Callable[[Any], Iterable[str]]


@dataclass
class Progress:
    """The last key that is done in each list of rows, and the outcomes of the files so far."""

    source: str
    target: str
    last: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    size_bytes: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path, source: str, target: str) -> Progress:
        """Return the progress of a stopped move between the same two storages, else a new one."""
        if file.exists():
            progress = cls(**json.loads(file.read_text()))
            if (progress.source, progress.target) == (source, target):
                return progress
        return cls(source, target)

    def save(self, file: Path) -> None:
        """Save the progress; a stop at any moment leaves either the old or the new file."""
        part = file.with_suffix(".part")
        part.write_text(json.dumps(asdict(self)))
        part.replace(file)

    def count(self, outcome: Outcome) -> int:
        """Return the number of files with this outcome."""
        return self.counts.get(outcome, 0)

    def add(self, moved: MovedFile) -> None:
        """Count one file."""
        self.counts[moved.outcome] = self.count(moved.outcome) + 1
        self.size_bytes += moved.size_bytes


def stored_rows() -> list[Rows]:
    """Return all rows of the catalogue and the playground that name files in our storage."""
    artifacts = Artifact.objects.filter(state=Artifact.State.STORED)
    return [
        Rows("results", artifacts.only("kind", "file", "poster", "thumbnail"), purge.files_of),
        Rows("uploads", Upload.objects.only("file", "thumbnail"), purge.files_of_upload),
        Rows(
            "pictures",
            Picture.objects.exclude(small="").only("small", "large", "clip"),
            lambda row: [row.small, row.large, row.clip],
        ),
    ]


def move(
    lists: Iterable[Rows],
    source: Storage,
    target: Storage,
    progress: Progress,
    on_batch: Callable[[list[MovedFile]], None],
) -> None:
    """Copy the files of all rows that `progress` has not passed; call `on_batch` after each batch.

    Memory is bounded by a batch. A failed file is counted, and the others continue.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        for rows in lists:
            for batch in _batches(rows, progress):
                names = dict.fromkeys(name for row in batch for name in rows.names_of(row) if name)
                moved = list(pool.map(lambda name: move_file(name, source, target), names))
                for file in moved:
                    progress.add(file)
                progress.rows += len(batch)
                progress.last[rows.label] = str(batch[-1].pk)
                on_batch(moved)


def _batches(rows: Rows, progress: Progress) -> Iterator[list[Model]]:
    ordered = rows.rows.order_by("pk")
    while True:
        last = progress.last.get(rows.label)
        batch = list((ordered.filter(pk__gt=last) if last else ordered)[:BATCH_ROWS])
        if not batch:
            return
        yield batch


def move_file(name: str, source: Storage, target: Storage) -> MovedFile:
    """Copy one file unless the target has it already; verify its size and checksum there."""
    try:
        if source.exists(name):
            return _copy(name, source, target)
        return _without_source(name, target)
    except Exception as error:  # storages raise any kind of exception
        return MovedFile(name, Outcome.FAILED, reason=describe_error(error))


def _without_source(name: str, target: Storage) -> MovedFile:
    if target.exists(name):
        digest, size_bytes = _read(target, name)
        is_whole = digest == (digest_in(name) or digest)
        return MovedFile(name, Outcome.PRESENT if is_whole else Outcome.MISSING, size_bytes)
    return MovedFile(name, Outcome.PRESENT if name.endswith(OPTIONAL) else Outcome.MISSING)


def _copy(name: str, source: Storage, target: Storage) -> MovedFile:
    with source.open(name) as file:
        expected = checksum(file)
        if expected[0] != (digest_in(name) or expected[0]):
            return MovedFile(name, Outcome.FAILED, reason="the old storage's file is damaged")
        if target.exists(name):
            if target.size(name) == expected[1] and _read(target, name) == expected:
                return MovedFile(name, Outcome.PRESENT, expected[1])
            target.delete(name)
        file.seek(0)
        stored_name = target.save(name, File(file, name))
    if stored_name == name and target.size(name) == expected[1] and _read(target, name) == expected:
        return MovedFile(name, Outcome.COPIED, expected[1])
    target.delete(stored_name)
    return MovedFile(name, Outcome.FAILED, reason="the copy differs from the file")


def _read(storage: Storage, name: str) -> tuple[str, int]:
    with storage.open(name) as file:
        return checksum(file)


def digest_in(name: str) -> str:
    """Return the SHA-256 in the name of a result or upload; empty for other files."""
    match = CONTENT_NAME.fullmatch(name)
    return match[1] if match else ""
