"""Files that outlive a request: uploads, results, examples. Bytes on disk, facts beside them."""

import asyncio
import json
import mimetypes
import re
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

mimetypes.add_type("model/gltf-binary", ".glb")
mimetypes.add_type("image/webp", ".webp")
mimetypes.add_type("audio/wav", ".wav")
mimetypes.add_type("text/markdown", ".md")

FACTS = ".facts.json"


class Files:
    """The public file host's memory: `put` gives a URL, `find` the path behind one."""

    def __init__(self, root: Path, address: str) -> None:
        self.root = root
        self.address = address
        self.multipart: dict[str, Multipart] = {}

    def put(
        self, data: bytes, content_type: str, name: str, *, expires_s: float | None = None
    ) -> str:
        """Keep bytes; returns their public URL."""
        path, url = self.reserve(name)
        path.write_bytes(data)
        self.describe(path, content_type, expires_s)
        return url

    def reserve(self, name: str) -> tuple[Path, str]:
        """A fresh path for a file of that name, and the URL it will have."""
        safe = re.sub(r"\.{2,}|[^A-Za-z0-9._-]+", "_", name).strip("._")[-80:] or "file.bin"
        shard, unique = secrets.token_hex(4), secrets.token_urlsafe(15).replace("-", "a")
        relative = f"b/{shard}/{unique}_{safe}"
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path, f"{self.address}/{relative}"

    def describe(self, path: Path, content_type: str, expires_s: float | None = None) -> None:
        """Write down what a file is and how long it lasts."""
        until = None if expires_s is None else time.time() + expires_s
        facts = {"content_type": content_type, "until": until}
        path.with_name(path.name + FACTS).write_text(json.dumps(facts))

    def find(self, url: str) -> Path | None:
        """The file behind one of our URLs, None when foreign, gone or expired."""
        if not url.startswith(self.address + "/"):
            return None
        return self.at(url.removeprefix(self.address + "/").partition("?")[0])

    def at(self, relative: str) -> Path | None:
        """The file at a path below the root, None when there is none or its time is over."""
        path = (self.root / relative).resolve()
        if not path.is_relative_to(self.root.resolve()) or path.name.endswith(FACTS):
            return None
        if not path.is_file():
            return None
        until = _facts(path).get("until")
        if until is not None and time.time() >= until:
            path.unlink(missing_ok=True)
            return None
        return path


def content_type_of(path: Path) -> str:
    """What the file was saved as, else what its extension says."""
    told = _facts(path).get("content_type")
    return str(told or mimetypes.guess_type(path.name)[0] or "application/octet-stream")


def _facts(path: Path) -> dict[str, Any]:
    beside = path.with_name(path.name + FACTS)
    if not beside.is_file():
        return {}
    facts: dict[str, Any] = json.loads(beside.read_text())
    return facts


@dataclass
class Multipart:
    """An upload in parts, put together in the order of their numbers whatever order they came in."""

    path: Path
    url: str
    content_type: str
    expires_s: float | None = None
    parts: dict[int, Path] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def part(self, number: int) -> Path:
        """Where part `number` is written."""
        path = self.path.with_name(f"{self.path.name}.{number}{FACTS}")
        self.parts[number] = path
        return path

    def join(self, into: BinaryIO, numbers: list[int]) -> None:
        """Append the named parts in order and drop them all."""
        for number in sorted(numbers):
            into.write(self.parts[number].read_bytes())
        for path in self.parts.values():
            path.unlink(missing_ok=True)
