"""Finds the files and texts that a model's output schema describes, with their kinds.

The schema is turned into a sample output, which `schemas.artifacts` searches for files and texts
like a real one, so the outputs offered for the next step match the real ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from runs.results.outputs import artifacts_in
from schemas.artifacts import artifacts
from schemas.changes.migrate_arguments import Version
from schemas.document.merging import Merger
from schemas.document.openapi import as_dict, as_list
from schemas.fields.media import words_in
from schemas.wording.labels import label
from schemas.wording.vocabulary import LORA_WORDS

Path = tuple[str | int, ...]
MOST_OUTPUTS = 40
_MAX_DEPTH = 6
_MAX_PARTS = 200
_HOST = "https://sample.invalid/"
_TEXT = "sample text "
_ADDRESS_KEY = re.compile(r"(?:^|_)urls?$")
_MEDIA_TITLES = {"image": "image/png", "video": "video/mp4", "audio": "audio/wav"}
_ARCHIVE_WORDS = {"zip", "archive", "tar"}


@dataclass(frozen=True)
class Output:
    """One file or text of an output: its path, its kind (`schemas/uses`), and its label."""

    path: Path
    kind: str
    label: str


def outputs_of(version: Version) -> list[Output]:
    """Return the files and texts that a model's schema describes, in order."""
    sampler = _Sampler(version.contract.document)
    sample = sampler.sample(version.contract.output or {}, ())
    outputs = []
    for artifact in artifacts(sample, version.contract.output)[:MOST_OUTPUTS]:
        number = (
            artifact.url.removeprefix(_HOST) if artifact.url else artifact.text.removeprefix(_TEXT)
        )
        if path := sampler.paths.get(number):
            outputs.append(Output(path, _kind(artifact.kind, path), _label(path)))
    return outputs


def outputs_in(output: Any) -> list[Output]:
    """Return the files and texts of an existing output, with the paths of their addresses."""
    artifacts = [
        (artifact.kind, artifact.url or artifact.text) for artifact in artifacts_in(output)
    ]
    paths = dict[str, Path]()
    _note_texts(output, (), paths)
    return [
        Output(paths[value], _kind(kind, paths[value]), _label(paths[value]))
        for kind, value in artifacts
        if value in paths
    ]


def _note_texts(value: Any, path: Path, paths: dict[str, Path]) -> None:
    """Record the first place of each text of an output."""
    if isinstance(value, str):
        paths.setdefault(value, path)
    elif isinstance(value, dict | list) and len(path) < 20:
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, below in parts:
            _note_texts(below, (*path, key), paths)


def _kind(kind: str, path: Path) -> str:
    """Return the kind of inputs that accept the file; some names indicate weights or archives."""
    if kind != "file":
        return kind
    parts = {word for name in path if isinstance(name, str) for word in words_in(name)}
    # A trainer's `diffusers_lora_file` goes into `loras`, not into a field for any file.
    if parts & LORA_WORDS or "weights" in parts:
        return "weights"
    return "archive" if parts & _ARCHIVE_WORDS else "file"


def _label(path: Path) -> str:
    """Return `Images 1`, `Video`, `Output`."""
    names = [name for name in path if isinstance(name, str) and name not in {"url", "path"}]
    place = next((part for part in reversed(path) if isinstance(part, int)), None)
    text = label(names[-1]) if names else "Result"
    return text if place is None else f"{text} {place + 1}"


def path_in_words(path: Path) -> str:
    """Return a path in fal's notation after a node's name: `images.0.url`."""
    return ".".join(map(str, path))


class _Sampler:
    """Creates a sample of an output schema; `paths` are the places of its addresses and texts."""

    def __init__(self, document: Any) -> None:
        self.merger = Merger(document)
        self.paths: dict[str, Path] = {}

    def sample(self, schema: Any, path: Path) -> Any:
        """Return a sample value of the schema: one row per list, every property of an object."""
        flat, _ = self.merger.flatten(schema)
        flat = self._first_branch(flat)
        properties = as_dict(flat.get("properties"))
        if properties and len(path) < _MAX_DEPTH and len(self.paths) < _MAX_PARTS:
            return self._object(flat, properties, path)
        kind = flat.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        if "array" in kinds and len(path) < _MAX_DEPTH:
            row = self.sample(flat.get("items"), (*path, 0))
            return [] if row is None else [row]
        return self._text(flat, path) if "string" in kinds else None

    def _first_branch(self, flat: dict[str, Any]) -> dict[str, Any]:
        """Return the first alternative that is not null."""
        for key in ("anyOf", "oneOf"):
            for branch in as_list(flat.get(key)):
                value, _ = self.merger.flatten(branch)
                # For `anyOf: [Image, null]`, the sample has the image.
                if value.get("type") != "null" and value:
                    return value | {name: flat[name] for name in ("title",) if name in flat}
        return flat

    def _object(self, flat: dict[str, Any], properties: dict[str, Any], path: Path) -> Any:
        if "url" in properties:
            value = {"url": self._note((*path, "url"), _HOST)}
            # `File` says nothing; a class called `Image` or `VideoFile` tells the kind, like the
            # content type of a real output.
            title_words = words_in(str(flat.get("title") or ""))
            types = [_MEDIA_TITLES[word] for word in title_words if word in _MEDIA_TITLES]
            return value | ({"content_type": types[0]} if types else {})
        return {name: self.sample(below, (*path, name)) for name, below in properties.items()}

    def _text(self, flat: dict[str, Any], path: Path) -> str:
        name = next((part for part in reversed(path) if isinstance(part, str)), "")
        is_address = bool(_ADDRESS_KEY.search(name.lower())) or flat.get("format") == "uri"
        return self._note(path, _HOST if is_address else _TEXT)

    def _note(self, path: Path, prefix: str) -> str:
        number = str(len(self.paths))
        self.paths[number] = path
        return f"{prefix}{number}"
