"""Recognises the program of a picture's recipe, and gives its settings one set of names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from playground.form.foreign import automatic1111, comfyui, invokeai, values
from playground.form.foreign.values import Unreadable
from runs.files.metadata.texts import USER_COMMENT
from schemas import build, contract
from schemas.changes.migrate_arguments import Version
from schemas.exact import NotJson, dumps, loads

_INTEGER, _NUMBER, _TEXT = {"type": "integer"}, {"type": "number"}, {"type": "string"}
# The schema of no model: its fields are mapped to those of any model by their meaning.
_FIELDS = {
    "prompt": _TEXT,
    "negative_prompt": _TEXT,
    "seed": _INTEGER,
    "num_inference_steps": _INTEGER,
    "guidance_scale": _NUMBER,
    "strength": _NUMBER,
    "image_size": {
        "type": "object",
        "properties": {"width": _INTEGER, "height": _INTEGER},
        "required": ["width", "height"],
    },
}
_READERS = (  # by the keyword of the text; the first that a picture has is read
    ("invokeai_metadata", invokeai),
    ("parameters", automatic1111),
    (USER_COMMENT, automatic1111),
    ("prompt", comfyui),
)


@dataclass(frozen=True)
class ForeignRecipe:
    """The program that made a picture, and its settings by the names that models usually have."""

    program: str
    arguments: dict[str, Any]

    def as_text(self) -> str:
        """Return the recipe as a line of JSON, for `from_text`."""
        return dumps({"program": self.program, "arguments": self.arguments}, indent=None)

    @classmethod
    def from_text(cls, text: str) -> ForeignRecipe | None:
        """Return the recipe of `as_text`; None for other text, which a person may have typed."""
        try:
            document = loads(text)
        except NotJson:
            return None
        arguments = document.get("arguments") if isinstance(document, dict) else None
        if not isinstance(arguments, dict):
            return None
        return cls(values.clean_text(document.get("program")) or "another program", arguments)


def read(texts: dict[str, str]) -> ForeignRecipe | None:
    """Return the recipe among a picture's texts; None if it carries none. Raises Unreadable."""
    for keyword, reader in _READERS:
        if keyword in texts:
            arguments = reader.read(texts[keyword])
            if not arguments:
                raise Unreadable(f"{reader.PROGRAM}'s recipe in this picture is empty.")
            return ForeignRecipe(reader.PROGRAM, arguments)
    if "workflow" in texts:
        raise Unreadable(
            "This picture carries ComfyUI's graph, but not the settings of its run. Save it in "
            "ComfyUI with its prompt."
        )
    return None


@cache
def version() -> Version:
    """Return the schema of the settings in foreign recipes."""
    settings = {"type": "object", "properties": _FIELDS}
    document = {"components": {"schemas": {"SettingsInput": settings}}}
    of_document = contract(document)
    return Version(of_document, build(of_document))
