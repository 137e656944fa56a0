"""Where backups are: a folder, or any storage of Django.

files/ab/abcd…                 each content once, by its SHA-256, for all backups
2026-11-29T020000Z/database…   the database
2026-11-29T020000Z/files.gz    which file has which content
2026-11-29T020000Z/backup.json written last: without it there is no backup
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from core.version import version

FORMAT = 1
ABOUT = "backup.json"
FILES = "files.gz"


class NoBackup(Exception):
    """There is no such backup, or it cannot be read; the text says why and what to do."""


class Content(NamedTuple):
    """A file of our storage, and its content."""

    name: str
    digest: str
    size_bytes: int


@dataclass
class About:
    """What a backup says of itself."""

    name: str
    made_at: str
    version: str
    engine: str  # "sqlite" or "postgresql"
    migrations: list[tuple[str, str]]
    tables: dict[str, int]  # rows by table
    database: str  # the name of its file
    database_digest: str
    database_bytes: int
    secrets: str  # "sealed" by BACKUP_PASSPHRASE, or "left out"
    files: int = 0
    files_bytes: int = 0
    files_digest: str = ""
    missing: list[str] = field(default_factory=list)  # named by rows, and in no storage
    pages: dict[str, str] = field(default_factory=dict)  # address → digest of what it shows
    sealed: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


class Place:
    """The backups in a folder or a storage."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    @classmethod
    def of(cls, folder: str = "") -> Place:
        """Return the place in this folder, by default that of BACKUP_TO; raises NoBackup."""
        if folder:
            return cls(
                FileSystemStorage(
                    Path(folder).absolute(),
                    file_permissions_mode=0o600,
                    directory_permissions_mode=0o700,
                )
            )
        if not settings.BACKUP_TO:
            raise NoBackup(
                "BACKUP_TO is not set: name a folder or a storage there, or give one with --to."
            )
        return cls(storages["backups"])

    @property
    def folder(self) -> Path | None:
        """The folder; None for a storage elsewhere."""
        is_folder = isinstance(self.storage, FileSystemStorage)
        return Path(self.storage.location) if is_folder else None  # type: ignore[attr-defined]

    def names(self) -> list[str]:
        """Return the names of all whole backups, the oldest first."""
        try:
            folders, _ = self.storage.listdir("")
        except FileNotFoundError:
            return []
        return sorted(name for name in folders if self.storage.exists(f"{name}/{ABOUT}"))

    def about(self, name: str) -> About:
        """Return what a backup says of itself; raises NoBackup."""
        try:
            with self.storage.open(f"{name}/{ABOUT}") as file:
                values = json.load(file)
        except FileNotFoundError:
            known = ", ".join(self.names()[-3:]) or "none"
            raise NoBackup(f"There is no backup “{name}” here; the newest are: {known}.") from None
        except ValueError as error:
            raise NoBackup(f"{name}/{ABOUT} cannot be read ({error}).") from error
        if values.get("format") != FORMAT:
            raise NoBackup(
                f"“{name}” is written in format {values.get('format')} by Vitrine "
                f"{values.get('version')}; this is {version()}, which reads format {FORMAT}."
            )
        values["migrations"] = [tuple(key) for key in values["migrations"]]
        return About(**values)

    def write_about(self, about: About) -> None:
        """Make a backup whole."""
        self.write(f"{about.name}/{ABOUT}", BytesIO(json.dumps(asdict(about)).encode()))

    def write_files(self, name: str, contents: Iterable[Content]) -> str:
        """Write the list of a backup's files; returns its digest."""
        packed = gzip.compress(
            b"".join(json.dumps(content).encode() + b"\n" for content in contents), mtime=0
        )
        self.write(f"{name}/{FILES}", BytesIO(packed))
        return hashlib.sha256(packed).hexdigest()

    def files(self, about: About) -> Iterator[Content]:
        """Yield the files of a backup; raises NoBackup if their list is damaged."""
        with self.storage.open(f"{about.name}/{FILES}") as file:
            packed = file.read()
        if hashlib.sha256(packed).hexdigest() != about.files_digest:
            raise NoBackup(f"{about.name}/{FILES} is damaged: it is not what was written.")
        for line in gzip.decompress(packed).splitlines():
            yield Content(*json.loads(line))

    def write(self, name: str, content: IO[Any]) -> None:
        """Write a file in place of any of that name; a half of it never stands there.

        A storage elsewhere takes a file whole or not at all; in a folder it gets its name last.
        """
        unfinished = f"{name}.part" if self.folder else name
        if self.storage.exists(unfinished):
            self.storage.delete(unfinished)
        self.storage.save(unfinished, File(content, name))
        if self.folder:
            (self.folder / unfinished).replace(self.folder / name)

    def set_aside(self, digest: str) -> None:
        """Take a damaged content away, so that the next backup writes it anew."""
        if self.folder:  # `sweep` deletes it
            damaged = self.folder / content_name(digest)
            damaged.replace(damaged.with_suffix(".damaged"))
        else:
            self.storage.delete(content_name(digest))

    def delete(self, name: str) -> None:
        """Delete a backup, first what makes it one; its contents stay until `sweep`."""
        _, files = self.storage.listdir(name)
        for file in sorted(files, key=lambda file: file != ABOUT):
            self.storage.delete(f"{name}/{file}")
        if self.folder is not None:
            (self.folder / name).rmdir()

    def sweep(self) -> int:
        """Delete the contents that no backup has; returns their number."""
        used = {content.digest for name in self.names() for content in self.files(self.about(name))}
        count = 0
        for digest in list(self.contents()):
            if digest not in used:
                self.storage.delete(content_name(digest))
                count += 1
        return count

    def contents(self) -> Iterator[str]:
        """Yield the digests of all contents."""
        try:
            folders, _ = self.storage.listdir("files")
        except FileNotFoundError:
            return
        for folder in folders:
            yield from self.storage.listdir(f"files/{folder}")[1]


def content_name(digest: str) -> str:
    """Return where a content is."""
    return f"files/{digest[:2]}/{digest}"
