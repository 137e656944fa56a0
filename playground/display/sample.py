"""A model's own example, with its input and output. The stage shows it before the first result."""

from __future__ import annotations

from typing import Any, NamedTuple

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from playground.display.inputs import InputFile
from runs.file_kinds import VISUAL
from runs.files.artifact_urls import may_show
from runs.start import starting
from schemas.artifacts import artifacts
from schemas.fields.examples import example, example_output

SHOWN = {*VISUAL, "audio"}
MOST_INPUTS = 3


class Sample(NamedTuple):
    """The example's output (None if the schema has none), its prompt and pictures of its input."""

    output: InputFile | None
    words: str
    inputs: list[InputFile]


def sample_of(endpoint: Endpoint) -> Sample:
    """Return the model's own example."""
    version = version_of(endpoint)
    arguments = example(version.root)
    outputs = _files(example_output(version.contract))
    pictures = [file for file in _files(arguments) if file.kind == "image"]
    return Sample(next(iter(outputs), None), starting.title(arguments), pictures[:MOST_INPUTS])


def _files(value: Any) -> list[InputFile]:
    """Return the pictures, films and sounds in an example at addresses that pages may load."""
    return [
        InputFile(file.url, file.kind)
        for file in artifacts(value)
        if file.kind in SHOWN and file.url.startswith("http") and may_show(file.url)
    ]
