"""The fields of a model that a result can fill: their paths, kinds and roles.

Total and bounded, like `schemas/facts/capabilities.py`: names, limits and descriptions decide, so
unknown models get roles too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from schemas.facts.capabilities import Part, is_main_prompt
from schemas.fields import Field
from schemas.fields.media import words_in
from schemas.form.decode import segment
from schemas.wording.labels import media_label
from schemas.wording.vocabulary import END_FRAME_WORDS, GUIDE_WORDS, LORA_WORDS, MESH_WORDS

MOST_INPUTS = 60  # of one document
ROW = "*"  # in a path: a row of a list
_MAX_PARTS = 1500
_MAX_LABEL = 80
_MAX_PATH = 300

_START_WORDS = {"start", "first", "begin", "beginning", "initial", "head", "opening"}
_CONTROL_WORDS = {
    "control", "canny", "depth", "pose", "scribble", "sketch", "lineart", "openpose", "edge",
    "edges", "segmentation", "hed", "mlsd",
}  # fmt: skip
_REFERENCE_WORDS = {
    "reference", "references", "ref", "refs", "style", "character", "characters", "subject",
    "subjects", "identity", "ingredient", "ingredients", "element", "elements", "face", "faces",
    "product", "logo", "background", "frontal", "swap",
}  # fmt: skip
_GARMENT_WORDS = {"garment", "garments", "clothes", "clothing", "outfit", "cloth", "apparel"}
_MOTION_WORDS = {"motion", "driving", "camera", "template"}
_VOICE_WORDS = {"voice", "voices", "speaker", "clone", "timbre", "sample"}
_ARCHIVE_WORDS = {"zip", "archive", "dataset", "data", "tar", "training"}
# pixverse/v5.6 calls its `image_url` "URL of the image to use as the first frame".
_START_PROSE = re.compile(r"(?i)\b(?:first|start(?:ing)?|initial|opening)[ -](?:frame|image)")
_END_PROSE = re.compile(r"(?i)\b(?:last|end(?:ing)?|final|tail)[ -](?:frame|image)")


class Input(NamedTuple):
    """A field that takes a file or a text.

    `path` joins percent-encoded names and `*` for a list's rows by dots: `loras.*.path`. `kind` is
    image, video, audio, mesh, weights, archive, file or text.
    """

    path: str
    kind: str
    role: str
    label: str
    is_required: bool

    @classmethod
    def from_json(cls, stored_values: Any) -> Input | None:
        """Parse a stored `list(input)`; None if it is something else."""
        if not isinstance(stored_values, list) or len(stored_values) != len(cls._fields):
            return None
        path, kind, role, label, is_required = stored_values
        if not all(isinstance(text, str) for text in (path, kind, role, label)):
            return None
        return cls(path, kind, role, label, is_required is True)


def inputs_of(root: Field) -> list[Input]:
    """The fields that take files, and the main prompts, in the schema's order."""
    inputs: dict[str, Input] = {}
    for place in _places(root):
        kind = _kind(place)
        path = ".".join(place.path)
        if not kind or len(path) > _MAX_PATH:
            continue
        label = place.label if kind == "text" else media_label(place.label)
        taker = Input(path, kind, _role(place, kind), label[:_MAX_LABEL], place.is_required)
        inputs.setdefault(path.removesuffix(f".{ROW}"), taker)
        if len(inputs) >= MOST_INPUTS:
            break
    return list(inputs.values())


def names_in(path: str) -> list[str]:
    """The property names and `*`s of a path."""
    return [
        part if part == ROW else unquote(part, errors="surrogatepass") for part in path.split(".")
    ]


class _Place(NamedTuple):
    path: tuple[str, ...]
    names: tuple[str, ...]
    field: Field
    label: str
    is_required: bool

    @property
    def name_words(self) -> set[str]:
        """The words of its name; for a file object's URL, those of the object's name."""
        own = self.names[-1:] if self.names[-1:] not in (("url",), ("path",)) else self.names[-2:]
        return {word for name in own for word in words_in(name)}


def _places(root: Field) -> Iterator[_Place]:
    """Every field below the root that has a path of names and rows, breadth first."""
    to_visit = [_Place((), (), root, "", True)]
    for count, place in enumerate(to_visit):
        if count:
            yield place
        if len(to_visit) > _MAX_PARTS:
            continue
        field = place.field
        if field.kind == "object":
            to_visit += [_child(place, child) for child in field.children if _is_offered(child)]
        elif field.kind == "list" and field.item:
            row = field.item
            to_visit.append(place._replace(path=(*place.path, ROW), field=row))
        # `image_size` has a preset or one object. Among several objects a path would not say which
        # one.
        elif field.kind == "union" and sum(b.kind == "object" for b in field.branches) < 2:
            to_visit += [place._replace(field=branch) for branch in field.branches]


def _is_offered(field: Field) -> bool:
    return not field.is_hidden and not field.is_deprecated


def _child(place: _Place, child: Field) -> _Place:
    # `loras[].path` is the LoRA's file: its own label "Path" would name nothing in the menu.
    is_inner = bool(place.label) and child.name in {"url", "path"}
    return _Place(
        (*place.path, segment(child.name)),
        (*place.names, child.name),
        child,
        place.label if is_inner else child.label,
        place.is_required and child.is_required,
    )


def _kind(place: _Place) -> str:
    field = place.field
    if field.kind != "string" or not place.names:
        return ""
    if field.media and field.media != "file":
        return field.media
    if field.media:
        return _file_kind(place)
    is_single = len(place.path) == 1
    return "text" if is_single and is_main_prompt(Part(place.names, field, False)) else ""


def _file_kind(place: _Place) -> str:
    words = {word for name in place.names[-2:] for word in words_in(name)}
    prose = f"{place.field.help} {place.field.label}".lower()
    # A `path` is a LoRA's only by the name of its list, or by its description.
    if words & LORA_WORDS or "lora" in prose:
        return "weights"
    if words & MESH_WORDS or ("model" in words and re.search(r"\b(?:3d|mesh|glb|obj)\b", prose)):
        return "mesh"
    return "archive" if words & _ARCHIVE_WORDS else "file"


def _role(place: _Place, kind: str) -> str:
    """The field's role: main, mask, start, end, control, reference, garment, voice …."""
    words, prose = place.name_words, f"{place.field.label} {place.field.help}"
    if kind == "text":
        return "lyrics" if "lyrics" in words else "prompt"
    if place.field.is_mask or words & {"mask", "masks"}:
        return "mask"
    if kind == "audio":
        return "voice" if words & (_VOICE_WORDS | {"reference", "ref"}) else "main"
    if kind == "video":
        other_words = _CONTROL_WORDS | _REFERENCE_WORDS | _MOTION_WORDS
        return "reference" if words & other_words else "main"
    if kind != "image":
        return "main"
    return _image_role(place, words, prose)


def _image_role(place: _Place, words: set[str], prose: str) -> str:
    outer_words = {word for name in place.names[:-1] for word in words_in(name)}
    # vidu/start-end-to-video has both; a description of the first frame may mention the last.
    if words & END_FRAME_WORDS or (_END_PROSE.search(prose) and not _START_PROSE.search(prose)):
        return "end"
    if words & _START_WORDS:
        return "start"
    if words & _GARMENT_WORDS:
        return "garment"
    # `control_image_url` of stable-diffusion-v35-large guides the composition.
    if words & _CONTROL_WORDS or "controlnet" in " ".join(outer_words):
        return "control"
    # The `image_url` of its IP-Adapter is a reference: the names around it tell.
    if words & _REFERENCE_WORDS or outer_words & (GUIDE_WORDS | _REFERENCE_WORDS):
        return "reference"
    return "start" if _START_PROSE.search(prose) else "main"
