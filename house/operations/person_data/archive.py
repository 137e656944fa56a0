"""A person's data as a ZIP: a JSON file for each kind of row, and the files of results and uploads.

The rows are written to disk first, so sending the archive needs no database.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db.models import Model, QuerySet
from zipstream import ZipStream

from core.file_names import clean_name
from core.http.streaming import chunks
from house.operations.person_data import contents
from runs.models import Artifact, Upload

READ_AT_ONCE = 100  # rows, which may be large
ABOUT = """What Vitrine holds of {name}: a file for each kind of rows, with one row a line, and
the files of their results (results/<run>/<position>) and uploads (uploads/<upload>/<name>).
A file that is both, or an upload in several projects, is there once: several rows name it.
Secrets, such as digests of tokens and passwords, are left out.
"""
log = logging.getLogger(__name__)


class ArchiveFile(NamedTuple):
    """A file of our storage, and its name in the archive."""

    name: str
    file: str


@dataclass
class Archive:
    """The contents: where in `rows` the JSON of each kind ends, and files of our storage."""

    name: str
    ends: list[tuple[str, int]] = field(default_factory=list)
    files: dict[str, ArchiveFile] = field(default_factory=dict)  # by the file in our storage
    rows: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes of the archive; reads files from our storage one at a time."""
        zipped, missing = ZipStream(), []
        self.rows.seek(0)
        for name, end in self.ends:
            zipped.add(_part(self.rows, end), name)
            yield from zipped.file()
        for entry in self.files.values():
            try:
                file = default_storage.open(entry.file)
            except Exception as error:  # storage backends raise any kind of exception
                log.error("%s is not in the archive of a person: %r", entry.file, error)
                missing.append(f"{entry.name} could not be read from this server's storage.\n")
                continue
            zipped.add(chunks(file), entry.name)
            yield from zipped.file()
        zipped.add("".join([ABOUT.format(name=self.name), *missing]), "README.txt")
        yield from zipped

    def close(self) -> None:
        """Close the rows' file; called when a response ends, whether it was sent or not."""
        self.rows.close()


def prepare(person: User, *, is_for_themselves: bool = False) -> Archive:
    """Return the archive of all of the person's data; see `contents.rows_of`."""
    archive = Archive(person.get_username())
    own = dict(contents.rows_of(person, is_for_themselves=is_for_themselves))
    for label, rows in own.items():
        before = archive.rows.tell()
        _write(archive.rows, rows)
        if archive.rows.tell() > before:
            archive.ends.append((f"{label}.json", archive.rows.tell()))
    stored_artifacts = own[Artifact._meta.label].filter(state=Artifact.State.STORED)
    for run, position, file in stored_artifacts.order_by("run", "position").values_list(
        "run_id", "position", "file"
    ):
        name = f"results/{run}/{position}{PurePosixPath(file).suffix}"
        archive.files.setdefault(file, ArchiveFile(name, file))
    own_uploads = own[Upload._meta.label].order_by("created_at", "pk")
    for pk, file_name, file in own_uploads.values_list("pk", "file_name", "file"):
        name = f"uploads/{pk}/{clean_name(file_name)}"
        archive.files.setdefault(file, ArchiveFile(name, file))
    return archive


def _write(to: IO[bytes], rows: QuerySet[Model]) -> None:
    """Write rows as a JSON array, one per line; nothing if there are none."""
    before = b"["
    for row in rows.values(*contents.columns(rows.model)).iterator(READ_AT_ONCE):
        text = json.dumps(row, default=str, ensure_ascii=False)
        # A lone surrogate from an earlier version is written as JSON's escape.
        to.write(before + b"\n" + text.encode(errors="backslashreplace"))
        before = b","
    if before == b",":
        to.write(b"\n]\n")


def _part(rows: IO[bytes], end: int) -> Iterator[bytes]:
    while line := rows.readline() if rows.tell() < end else b"":
        yield line
