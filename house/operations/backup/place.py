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
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple, get_args, get_origin, get_type_hints

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.core.files.utils import validate_file_name

from core.version import full_version

FORMAT = 1
ABOUT = "backup.json"
FILES = "files.gz"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}  # by engine
NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z(-[0-9]+)?")
DIGEST = re.compile(r"[0-9a-f]{64}")
LONGEST_PART = 255  # bytes in a name between two slashes
UNREADABLE = (OSError, EOFError, zlib.error, ValueError, TypeError, RecursionError)


class NoBackup(Exception):
    """There is no such backup, or it cannot be read; the text says why and what to do."""


class Content(NamedTuple):
    """A file in our storage, and its content."""

    name: str
    digest: str
    size_bytes: int

    @classmethod
    def parse(cls, line: bytes) -> Content:
        """Parse a line of `files.gz`; raises ValueError for names outside the storage."""
        values = json.loads(line)
        if not _is_of_kind(values, tuple[str, str, int]) or not DIGEST.fullmatch(values[1]):
            raise ValueError("a line is not that of a file")
        try:
            validate_file_name(values[0], allow_relative_path=True)
        except SuspiciousFileOperation as error:
            raise ValueError(str(error)) from error
        if any(len(part.encode()) > LONGEST_PART for part in values[0].split("/")):
            raise ValueError("the name of a file is too long")
        return cls(*values)


@dataclass
class About:
    """What a backup says about itself."""

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
    missing: list[str] = field(default_factory=list)  # named by rows, but not in the storage
    pages: dict[str, str] = field(default_factory=dict)  # address → digest of what the page shows
    sealed: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @classmethod
    def parse(cls, name: str, values: dict[str, Any]) -> About:
        """Parse the `backup.json` in the folder `name`; raises ValueError."""
        kinds = get_type_hints(cls)
        if missing := kinds.keys() - values.keys():
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        if unknown := values.keys() - kinds.keys():
            raise ValueError(f"{sorted(unknown)[0][:40]!a} is unknown here")
        if wrong := [key for key, kind in kinds.items() if not _is_of_kind(values[key], kind)]:
            raise ValueError(f"{', '.join(wrong)} cannot be read")
        if values["name"] != name:
            raise ValueError(f"it is of {values['name'][:40]}, so its folder was renamed")
        if values["database"] != DATABASES.get(values["engine"]):
            raise ValueError(f"no database of {values['engine'][:40]} has that name")
        if datetime.fromisoformat(values["made_at"]).tzinfo is None:
            raise ValueError("made_at has no time zone")
        return cls(**values | {"migrations": [tuple(key) for key in values["migrations"]]})


def _is_of_kind(value: Any, kind: Any) -> bool:
    """Return True if a JSON value has a type such as `dict[str, int]`, and texts are printable."""
    origin, kinds = get_origin(kind) or kind, get_args(kind)
    if origin is tuple:
        are_as_many = isinstance(value, list) and len(value) == len(kinds)
        return are_as_many and all(map(_is_of_kind, value, kinds))
    if type(value) is not origin:
        return False
    if origin is list:
        return all(_is_of_kind(item, kinds[0]) for item in value)
    if origin is dict:
        return all(all(map(_is_of_kind, pair, kinds)) for pair in value.items())
    return bool(value.isprintable() if origin is str else value >= 0)


class Place:
    """The backups in a folder or storage."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    @classmethod
    def in_folder(cls, folder: str = "") -> Place:
        """Return the place in this folder, by default at BACKUP_TO; raises NoBackup."""
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
        """Return the folder; None for a storage elsewhere."""
        is_folder = isinstance(self.storage, FileSystemStorage)
        return Path(self.storage.location) if is_folder else None  # type: ignore[attr-defined]

    def names(self) -> list[str]:
        """Return the names of all whole backups, oldest first."""
        try:
            folders, _ = self.storage.listdir("")
        except FileNotFoundError:
            return []
        return sorted(name for name in folders if self.storage.exists(f"{name}/{ABOUT}"))

    def about(self, name: str) -> About:
        """Return what a backup says about itself; raises NoBackup."""
        try:
            if "/" in name or not name.isprintable() or len(name.encode()) > LONGEST_PART:
                raise FileNotFoundError(name)
            with self.storage.open(f"{name}/{ABOUT}") as file:
                values = json.load(file)
        except (FileNotFoundError, NotADirectoryError, SuspiciousFileOperation):
            raise NoBackup(self._why_missing(name)) from None
        except UNREADABLE as error:
            raise NoBackup(f"“{name}” is damaged: {ABOUT} cannot be read ({error}).") from error
        if not isinstance(values, dict):
            raise NoBackup(f"“{name}” is damaged: {ABOUT} is not an object.")
        if values.get("format", FORMAT) != FORMAT:
            raise NoBackup(
                f"“{name}” is written in format {values['format']!a:.40} by Vitrine "
                f"{values.get('version')!a:.40}; this is {full_version()}, which reads format "
                f"{FORMAT}."
            )
        try:
            return About.parse(name, values)
        except ValueError as error:
            raise NoBackup(f"“{name}” is damaged: {ABOUT} is not right, {error}.") from error

    def _why_missing(self, name: str) -> str:
        if NAME.fullmatch(name) and self.storage.exists(f"{name}/{FILES}"):
            return f"“{name}” is damaged: its {ABOUT} is missing."
        newest_names = ", ".join(self.names()[-3:]) or "none"
        return f"There is no backup {name[:80]!a} here; the newest are: {newest_names}."

    def write_about(self, about: About) -> None:
        """Write `backup.json`, which makes a backup whole."""
        self.write(f"{about.name}/{ABOUT}", BytesIO(json.dumps(asdict(about)).encode()))

    def write_files(self, name: str, contents: Iterable[Content]) -> str:
        """Write the list of a backup's files; return its digest."""
        packed = gzip.compress(
            b"".join(json.dumps(content).encode() + b"\n" for content in contents), mtime=0
        )
        self.write(f"{name}/{FILES}", BytesIO(packed))
        return hashlib.sha256(packed).hexdigest()

    def files(self, about: About) -> Iterator[Content]:
        """Yield the files of a backup; raises NoBackup if their list is missing or damaged."""
        list_name = f"{about.name}/{FILES}"
        try:
            with self.storage.open(list_name) as file:
                packed = file.read()
            if hashlib.sha256(packed).hexdigest() != about.files_digest:
                raise ValueError("it is not what was written")
            count = 0
            for line in gzip.GzipFile(fileobj=BytesIO(packed)):
                yield Content.parse(line)
                count += 1
            if count != about.files:
                raise ValueError(f"it has {count:,} files, and {ABOUT} says {about.files:,}")
        except FileNotFoundError:
            raise NoBackup(f"{list_name} is missing.") from None
        except UNREADABLE as error:
            raise NoBackup(f"{list_name} is damaged: {error}.") from error

    def write(self, name: str, content: IO[Any]) -> None:
        """Write a file, replacing any with its name; the name never refers to half a file.

        A storage elsewhere takes a file whole or not at all; in a folder it gets its name last.
        """
        unfinished = f"{name}.part" if self.folder else name
        if self.storage.exists(unfinished):
            self.storage.delete(unfinished)
        self.storage.save(unfinished, File(content, name))
        if self.folder:
            (self.folder / unfinished).replace(self.folder / name)

    def set_aside(self, digest: str) -> None:
        """Move a damaged content away, so that the next backup writes it again."""
        if self.folder:  # `sweep` deletes it
            damaged = self.folder / content_name(digest)
            damaged.replace(damaged.with_suffix(".damaged"))
        else:
            self.storage.delete(content_name(digest))

    def delete(self, name: str) -> None:
        """Delete a backup, `backup.json` first; its contents stay until `sweep`."""
        _, files = self.storage.listdir(name)
        for file in sorted(files, key=lambda file: file != ABOUT):
            self.storage.delete(f"{name}/{file}")
        if self.folder is not None:
            (self.folder / name).rmdir()

    def delete_unfinished(self) -> None:
        """Delete the folders of backups that were killed before their files were listed."""
        for name in filter(NAME.fullmatch, self.storage.listdir("")[0]):
            if not any(self.storage.exists(f"{name}/{file}") for file in (ABOUT, FILES)):
                self.delete(name)

    def sweep(self) -> int:
        """Delete the contents that no backup has; return their number.

        Raises NoBackup, and deletes nothing, if a backup cannot be read.
        """
        keep = {content.digest for name in self.names() for content in self.files(self.about(name))}
        count = 0
        for digest in list(self.contents()):
            if digest not in keep:
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
    """Return the name of a content's file."""
    return f"files/{digest[:2]}/{digest}"
