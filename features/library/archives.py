"""Makes one ZIP of many results while it is sent, without holding it in memory or on disk.

Besides the files, an archive has `recipes.json`, which says how each file was made, and
`MISSING.txt` if it lacks chosen files. Media are already compressed, so they are stored unchanged.
"""

from __future__ import annotations

import logging
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.utils import timezone
from zipstream import ZipStream

from core.file_names import numbered_name
from core.http.streaming import chunks
from core.refusals import Refused
from features.library.selection import MOST_FILES, TOO_MANY, Selection
from playground.form.restoring import recipes
from projects.models import Project
from runs.files import result_names
from runs.models import Artifact, Run, Upload
from schemas.exact import dumps

MOST_BYTES = 20 * 10**9
TOO_LARGE = "An archive holds at most 20 GB, and these are {:,.1f} GB. Choose fewer."
READ_AT_ONCE = 50  # runs, whose input may be large
RECIPES, MISSING = recipes.FILE_NAME, "MISSING.txt"
# The same words for missing and for forbidden files, so that an archive does not reveal which.
GONE = "is gone, or not yours to see."
EMPTY, UNDER_WAY = "has no files.", "is not done yet."
COPYING = "is still being copied here. Download it again in a minute."
UNREADABLE = "could not be read: this server's storage does not give it at the moment. Try again."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A stored file, and its name in the archive."""

    key: str  # `<run uuid>/<position>`
    name: str
    file: str
    size_bytes: int | None


@dataclass
class Archive:
    """The contents of an archive, read from the database before it is sent.

    `recipes` is a file with a line for each entry, in order, as inputs may be large: its recipe in
    JSON, or nothing for an upload.
    """

    name: str = ""
    entries: list[Entry] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)  # (chosen key, why it is missing)
    projects: list[Project] = field(default_factory=list)
    recipes: IO[bytes] = field(default_factory=tempfile.TemporaryFile)


def prepare(user: User, selection: Selection) -> Archive:
    """Return an archive of the selected files that `user` may read; raises Refused if too large.

    A few queries per 50 runs, however many files they have.
    """
    if selection.left_out:
        raise Refused(TOO_MANY)
    archive = Archive()
    try:
        _read(archive, user, selection)
    except BaseException:
        archive.recipes.close()
        raise
    return archive


def _read(archive: Archive, user: User, selection: Selection) -> None:
    namer, names = result_names.Namer(user), _FreeNames()
    run, projects, unreadable, size_bytes = None, set(), dict(selection.positions), 0
    for run in runs_of(user, selection):
        for artifact in stored(run, unreadable.pop(run.pk), archive.missing):
            projects.add(run.project_id)
            size_bytes += artifact.size_bytes or 0
            if len(archive.entries) == MOST_FILES:
                raise Refused(TOO_MANY)
            name, key = names.take(namer.result(run, artifact)), _key(run.pk, artifact.position)
            archive.entries.append(Entry(key, name, artifact.file, artifact.size_bytes))
            archive.recipes.write(_recipe(run, artifact))
    for pk, positions in unreadable.items():
        keys = [str(pk)] if positions is None else [_key(pk, at) for at in sorted(positions)]
        archive.missing += [(key, GONE) for key in keys]
    for upload in Upload.objects.kept().shown_to(user).filter(pk__in=selection.uploads):
        projects.add(upload.project_id)
        size_bytes += upload.size_bytes
        name = names.take(upload.file_name)
        archive.entries.append(Entry(str(upload.pk), name, upload.file, upload.size_bytes))
        archive.recipes.write(b"\n")  # nothing here has made it
    if len(archive.entries) > MOST_FILES:
        raise Refused(TOO_MANY)
    if size_bytes > MOST_BYTES:
        raise Refused(TOO_LARGE.format(size_bytes / 10**9))
    archive.projects = list(Project.objects.filter(pk__in=projects))
    is_one_run = len(selection.positions) == 1
    archive.name = namer.of_run(run, ".zip") if run and is_one_run else _name_of_today()


def runs_of(user: User, selection: Selection) -> Iterator[Run]:
    """Yield the selected runs that the user may read, the oldest first, with their arguments."""
    runs = Run.objects.readable_by(user).filter(pk__in=[*selection.positions])
    light = runs.with_endpoint().light("arguments")  # for the recipes
    named_runs = result_names.with_names(light).with_artifacts()
    return named_runs.order_by("created_at", "pk").iterator(READ_AT_ONCE)


def stored(
    run: Run, positions: set[int] | None, missing: list[tuple[str, str]]
) -> Iterator[Artifact]:
    """Yield the chosen files that are in our storage; add the others to `missing`."""
    artifacts = {artifact.position: artifact for artifact in run.artifacts.all()}
    if positions is None and not artifacts:
        missing.append((str(run.pk), EMPTY if run.is_final else UNDER_WAY))
    for position in sorted(artifacts if positions is None else positions):
        artifact = artifacts.get(position)
        if artifact and artifact.state == Artifact.State.STORED:
            yield artifact
        else:
            is_coming = artifact and artifact.state == Artifact.State.REMOTE
            missing.append((_key(run.pk, position), COPYING if is_coming else GONE))


def _recipe(run: Run, artifact: Artifact) -> bytes:
    return f"{dumps(recipes.recipe_of(run, artifact), indent=None)}\n".encode()


def _key(run: uuid.UUID, position: int) -> str:
    return f"{run}/{position}"


def _name_of_today() -> str:
    return f"vitrine-{timezone.localtime():%Y-%m-%d}.zip"


class _FreeNames:
    """The names in an archive; equal names get a number, also if only their case differs."""

    def __init__(self) -> None:
        self._taken = {RECIPES.casefold(), MISSING.casefold()}
        self._numbers: Counter[str] = Counter()

    def take(self, name: str) -> str:
        """Return this name, or the next free one if it is taken: `mill-2.png`."""
        free = name
        while free.casefold() in self._taken:
            self._numbers[name.casefold()] += 1
            free = numbered_name(name, self._numbers[name.casefold()] + 1)
        self._taken.add(free.casefold())
        return free


def stream(archive: Archive) -> Iterator[bytes]:
    """Yield the bytes of the archive; reads files from our storage, one at a time.

    A file that cannot be read to its end aborts the archive, so that nobody takes it for complete.
    """
    zipped, is_packed = ZipStream(), []
    with archive.recipes:
        for entry in archive.entries:
            file = open_stored(entry.key, entry.file, archive.missing)
            is_packed.append(file is not None)
            if file is not None:
                zipped.add(chunks(file), entry.name, size=entry.size_bytes)
                yield from zipped.file()
        zipped.add(_recipes(archive, is_packed), RECIPES)
        if archive.missing:
            lines = (f"{key} {why}\n" for key, why in archive.missing)
            zipped.add("".join(["Not in this archive:\n\n", *lines]), MISSING)
        yield from zipped


def open_stored(key: str, file: str, missing: list[tuple[str, str]]) -> IO[bytes] | None:
    """Open the stored file of the result `key`; if there is none, add it to `missing`."""
    try:
        return default_storage.open(file)
    except FileNotFoundError:
        missing.append((key, GONE))
    except Exception as error:  # storage backends raise any kind of exception
        log.error("%s cannot be read, the storage failed: %r", file, error)
        missing.append((key, UNREADABLE))
    return None


def _recipes(archive: Archive, is_packed: list[bool]) -> Iterator[bytes]:
    """Yield the recipes of the packed files by file name, as `recipes.as_text` writes them."""
    head, tail = recipes.as_text({}).encode().split(b"{}")
    yield head
    separator = b"{\n"
    archive.recipes.seek(0)
    for entry, line, packed in zip(archive.entries, archive.recipes, is_packed, strict=True):
        if packed and line.strip():
            yield separator + dumps(entry.name).encode() + b": " + line.rstrip()
            separator = b",\n"
    yield (b"{}" if separator == b"{\n" else b"\n}") + tail + b"\n"
