"""Stored files: uploads, results and examples, each with its metadata in a file beside it."""

import json
import mimetypes
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.retention import Clock

mimetypes.add_type("model/gltf-binary", ".glb")
mimetypes.add_type("image/webp", ".webp")
mimetypes.add_type("audio/wav", ".wav")
mimetypes.add_type("text/markdown", ".md")

METADATA = ".facts.json"  # suffix of the metadata file


class Files:
    """The storage of the public file host: `put` returns a URL, `find` the path behind one."""

    def __init__(self, root: Path, address: str, clock: Clock) -> None:
        self.root = root
        self.address = address
        self.clock = clock
        self.multipart: dict[str, Multipart] = {}

    def put(self, data: bytes, content_type: str, name: str, lasts_s: float | None = None) -> str:
        """Store bytes of an output; return their public URL."""
        path, url = self.reserve(name)
        path.write_bytes(data)
        self.describe(path, content_type, lasts_s)
        return url

    def reserve(self, name: str) -> tuple[Path, str]:
        """Return a new path for a file of that name, and its future URL."""
        safe = re.sub(r"\.{2,}|[^A-Za-z0-9._-]+", "_", name).strip("._")[-80:] or "file.bin"
        shard, unique = secrets.token_hex(4), secrets.token_urlsafe(15).replace("-", "a")
        relative = f"b/{shard}/{unique}_{safe}"
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path, f"{self.address}/{relative}"

    def describe(
        self, path: Path, content_type: str, lasts_s: float | None, *, is_upload: bool = False
    ) -> None:
        """Write a file's metadata: content type, lifetime in seconds, whether it is an input."""
        metadata = {
            "content_type": content_type,
            "lasts_s": lasts_s,
            "until": None if lasts_s is None else self.clock.now() + lasts_s,
            "is_upload": is_upload,
        }
        path.with_name(path.name + METADATA).write_text(json.dumps(metadata))

    def uploads(self) -> Iterator[tuple[str, float | None]]:
        """Return the URLs and lifetimes of the uploads that still exist."""
        for described in sorted(self.root.rglob(f"*{METADATA}")):
            path = described.with_name(described.name.removesuffix(METADATA))
            relative = str(path.relative_to(self.root))
            if self.at(relative) and (metadata := read_metadata(path)).get("is_upload"):
                yield f"{self.address}/{relative}", metadata["lasts_s"]

    def find(self, url: str) -> Path | None:
        """Return the file behind one of our URLs; None for others, and if deleted or expired."""
        if not url.startswith(self.address + "/"):
            return None
        return self.at(url.removeprefix(self.address + "/").partition("?")[0])

    def at(self, relative: str) -> Path | None:
        """Return the file at a path below the root; None if there is none or it has expired."""
        path = (self.root / relative).resolve()
        if not path.is_relative_to(self.root.resolve()) or path.name.endswith(METADATA):
            return None
        if not path.is_file():
            return None
        until = read_metadata(path).get("until")
        if until is not None and self.clock.now() >= until:
            path.unlink(missing_ok=True)
            return None
        return path


def content_type_of(path: Path) -> str:
    """Return the stored content type, else the one of the file's extension."""
    stored_type = read_metadata(path).get("content_type")
    return str(stored_type or mimetypes.guess_type(path.name)[0] or "application/octet-stream")


def read_metadata(path: Path) -> dict[str, Any]:
    """Return what `describe` wrote about a file; {} for an example."""
    file = path.with_name(path.name + METADATA)
    if not file.is_file():
        return {}
    metadata: dict[str, Any] = json.loads(file.read_text())
    return metadata


@dataclass
class Multipart:
    """A multipart upload; parts may arrive in any order and are joined by number."""

    path: Path
    url: str
    content_type: str
    lasts_s: float | None
    parts: dict[int, Path] = field(default_factory=dict)

    def part(self, number: int) -> Path:
        """Return the path to write part `number` to."""
        # The suffix keeps the file host from serving parts.
        path = self.path.with_name(f"{self.path.name}.{number}{METADATA}")
        self.parts[number] = path
        return path

    def join(self, numbers: list[int]) -> None:
        """Write the given parts in order to the file, then delete every part."""
        with self.path.open("wb") as whole_file:
            for number in sorted(numbers):
                whole_file.write(self.parts[number].read_bytes())
        for path in self.parts.values():
            path.unlink(missing_ok=True)
