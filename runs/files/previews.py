"""Stores the pictures that stand for a result: a poster and a thumbnail beside its file."""

from __future__ import annotations

from typing import NamedTuple

from catalog.pictures import picture_files
from runs.files.media.probe import ProbeResult


class Previews(NamedTuple):
    """The names of a result's pictures in our storage; empty where there is none."""

    poster: str
    thumbnail: str


def write(file: str, seen: ProbeResult) -> Previews:
    """Store the pictures that the probe made of a stored file, under names after the file's."""
    base = file.rpartition(".")[0]
    return Previews(
        picture_files.write(f"{base}.poster.webp", seen.poster),
        picture_files.write(f"{base}.thumbnail.webp", seen.thumbnail),
    )
