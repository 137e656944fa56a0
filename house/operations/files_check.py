"""Compares the storage with the rows: finds files without a row, and rows without their file.

Content is named by its hash, so each step checks a 256th of both, on a disk or in a bucket.
Backups, the catalogue's pictures and parts of uploads lie elsewhere and are not touched.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone

from core.formatting import counted
from core.refusals import Refused
from core.storage import describe_place
from runs.files import purge
from runs.models import Artifact, KeptFigures, Upload

EVERY = timedelta(days=7)
CLAIMED_FOR = timedelta(days=1)  # longer than a scan takes
REST_S = 3600.0
PAUSE_S = 10.0  # between two steps of the scan; a worker at rest must not notice it
YOUNG = timedelta(days=1)  # its row may still be written
FIGURES = "files"  # the kind of the stored figures
GONE = "it was missing from this server's storage."
DIGEST = re.compile(r"[0-9a-f]{64}")
PARTS = [f"{number:02x}" for number in range(256)]
MAX_EXAMPLES = 10


@dataclass
class Mismatches:
    """The mismatches in a part: names of orphans by content, and rows without their file."""

    orphans: dict[str, list[str]] = field(default_factory=dict)
    lost: list[Artifact] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    rows: int = 0

    def lines(self) -> Iterator[str]:
        """Yield each file and row in words."""
        yield from (f"no row: {name}" for names in self.orphans.values() for name in names)
        yield from (f"no file: result {artifact}" for artifact in self.lost)
        yield from (f"no file: upload {upload.pk} {upload}" for upload in self.uploads)


@dataclass
class Totals:
    """The number of mismatches, with examples: all names of millions of files would fill memory."""

    orphans: int = 0
    lost: int = 0
    uploads: int = 0
    rows: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, mismatches: Mismatches) -> None:
        """Count the mismatches in a part."""
        self.orphans += sum(map(len, mismatches.orphans.values()))
        self.lost += len(mismatches.lost)
        self.uploads += len(mismatches.uploads)
        self.rows += mismatches.rows
        self.examples += islice(mismatches.lines(), MAX_EXAMPLES - len(self.examples))


class Scan:
    """A worker's weekly scan, one part per step; pages show its stored figures."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._totals = Totals()

    def step(self) -> float:
        """Check the next part; return the seconds until the next step."""
        now = timezone.now()
        if not self._parts:
            KeptFigures.objects.get_or_create(kind=FIGURES, defaults={"due_at": now})
            due_figures = KeptFigures.objects.filter(kind=FIGURES, due_at__lte=now)
            if not due_figures.update(due_at=now + CLAIMED_FOR):
                return REST_S
            self._parts, self._totals = list(PARTS), Totals()
        self._totals.add(look_at(self._parts.pop()))
        if self._parts:
            return PAUSE_S
        keep(self._totals)
        return REST_S


def keep(totals: Totals) -> None:
    """Store the figures of a complete scan, with examples."""
    now = timezone.now()
    values = {"values": asdict(totals), "made_at": now, "due_at": now + EVERY}
    KeptFigures.objects.update_or_create(kind=FIGURES, defaults=values)


def look_at(part: str) -> Mismatches:
    """Return the mismatches in a part of the storage: content whose hash begins with `part`."""
    mismatches = Mismatches()
    contents = dict(_contents(part))
    known_digests = purge.known_contents(contents)
    for digest in contents.keys() - known_digests:
        if not any(map(_is_young, contents[digest])):
            mismatches.orphans[digest] = contents[digest]
    names = {name for files in contents.values() for name in files}
    stored_artifacts = Artifact.objects.filter(
        state=Artifact.State.STORED, digest__gte=part, digest__lt=f"{part}g"
    )
    uploads = Upload.objects.filter(file__gte=f"{part}/", file__lt=f"{part}0")
    for artifact in stored_artifacts.only("file", "run").iterator():
        mismatches.rows += 1
        if artifact.file not in names and not default_storage.exists(artifact.file):
            mismatches.lost.append(artifact)
    for upload in uploads.only("file", "file_name").iterator():
        mismatches.rows += 1
        if upload.file not in names and not default_storage.exists(upload.file):
            mismatches.uploads.append(upload)
    return mismatches


def in_words(figures: Mapping[str, Any]) -> str:
    """Return a sentence about what a scan has found."""
    files = counted(figures["orphans"], "file")
    losses = f"{counted(figures['lost'], 'result')} and {counted(figures['uploads'], 'upload')}"
    return f"{files} of the storage belong to no row, and the files of {losses} are missing."


def mend(totals: Totals) -> None:
    """Delete orphans, and let pages say that lost results are lost; raises Refused.

    Each part is checked again. The worker deletes the files an hour later, unless a row has them by
    then or a backup is being made.
    """
    if totals.lost + totals.uploads > totals.rows / 2:
        raise Refused(
            f"Most files are not in {describe_place(default_storage)}. If the storage was "
            "changed, copy them with “manage.py move_media”. Nothing was changed."
        )
    for mismatches in map(look_at, PARTS):
        purge.lose(mismatches.lost, GONE)
        purge.discard(mismatches.orphans, timezone.now())


def _contents(part: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each content below a folder with the names of its files, the main file first."""
    contents = defaultdict(list)
    for folder in _list_folder(part)[0]:
        for name in _list_folder(f"{part}/{folder}")[1]:
            if match := DIGEST.match(name):
                contents[match[0]].append(f"{part}/{folder}/{name}")
    for digest, names in contents.items():
        yield digest, sorted(names, key=lambda name: (len(name), name))


def _list_folder(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:  # nothing with such a hash yet
        return [], []


def _is_young(name: str) -> bool:
    try:
        return default_storage.get_modified_time(name) > timezone.now() - YOUNG
    except FileNotFoundError:  # deleted meanwhile
        return True
