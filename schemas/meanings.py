"""What a field means, which kind of file it takes and in which role, and what a model does.

Names, limits and descriptions decide, by the words in `vocabulary.toml`; so unknown models get
answers too. Fields of different models with the same meaning correspond.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from schemas.fields import Field, hints
from schemas.fields.media import is_archive_in_prose, words_in
from schemas.fields.quantities import duration_scale, is_frame_count
from schemas.vocabulary import NAMES, OPERATIONS, ROLES, WORDS

SIDES = ("width", "height")
END = "end image"
_SETTINGS = {meaning: names for meaning, names in NAMES.items() if meaning != "shape"}
_FILES = ("image", "video", "audio")
# The file to work on goes before other files: `image_url` before `style_image_url`.
_FIRST_FILES = re.compile(
    r"^(?:input_|start_|first_|first_frame_|source_|init_|main_)?(image|video|audio)"
)
_TEXTS = {"prompt", "negative"}  # meanings that only texts have
# pixverse/v5.6 calls its `image_url` "URL of the image to use as the first frame".
_START_PROSE = re.compile(r"(?i)\b(?:first|start(?:ing)?|initial|opening)[ -](?:frame|image)")
_END_PROSE = re.compile(r"(?i)\b(?:last|end(?:ing)?|final|tail)[ -](?:frame|image)")
_MESH_PROSE = re.compile(r"\b(?:3d|mesh|glb|obj|fbx)\b")


def by_meaning(fields: Iterable[Field]) -> dict[str, Field]:
    """Map each meaning to its field; the best name wins, among files first a required one."""
    visible = [field for field in fields if not field.is_hidden or field.is_required]
    meanings: dict[str, Field] = {}
    by_name = {field.name: field for field in visible if not field.media}
    for meaning, names in _SETTINGS.items():
        hits = (by_name[name] for name in names if name in by_name)
        if meaning in _TEXTS:
            hits = (field for field in hits if field.kind == "string")
        meanings |= _first(meaning, hits)
    for kind in _FILES:
        meanings |= _first(kind, _files(kind, visible))
    meanings |= _first("duration", (f for f in visible if duration_scale(f) is not None))
    meanings |= _first("frames", filter(_is_frame_count, visible))
    meanings |= _first("mask", (field for field in visible if field.is_mask and media_of(field)))
    meanings |= _first(END, filter(_is_end_image, visible))
    meanings |= _first("seed", sorted((f for f in visible if f.is_seed), key=_seed_rank))
    return meanings


def _first(meaning: str, fields: Iterable[Field]) -> dict[str, Field]:
    hit = next(iter(fields), None)
    return {meaning: hit} if hit else {}


def meaning_of(field: Field, meanings: dict[str, Field]) -> str:
    """The meaning under which `meanings` has a field; empty if none."""
    return next((meaning for meaning, other in meanings.items() if other is field), "")


def media_of(field: Field) -> str:
    """The kind of file that a field takes, alone or as a list; empty if none."""
    item = field.item.media if field.kind == "list" and field.item else ""
    return field.media or item


def _files(kind: str, fields: list[Field]) -> list[Field]:
    """The fields for a kind of file, the main one first, without masks and end frames."""
    hits = [
        field
        for field in fields
        if media_of(field) == kind
        and not field.is_mask
        and ROLES["end"].isdisjoint(words_in(field.name))
    ]
    return sorted(
        hits, key=lambda field: (not field.is_required, not _FIRST_FILES.match(field.name))
    )


def _is_frame_count(field: Field) -> bool:
    return is_frame_count(field.name) and not field.media and field.traits.is_numeric


def _is_end_image(field: Field) -> bool:
    return media_of(field) == "image" and not ROLES["end"].isdisjoint(words_in(field.name))


def _seed_rank(field: Field) -> bool:
    return field.name != "seed"


def is_shape(field: Field) -> bool:
    """Whether a field sets the size or the aspect ratio of a result."""
    if field.name not in NAMES["shape"]:
        return False
    offered = [option.value for option in field.options if isinstance(option.value, str)]
    # `size` may also be a file's or a shirt's, so its options decide.
    return (
        takes_sides(field) or bool(hints.sizes(offered)) or field.is_size or field.kind == "string"
    )


def takes_sides(field: Field) -> bool:
    """Whether a field, or one of its alternatives, has a width and a height."""
    return any({*SIDES} <= {c.name for c in shape.children} for shape in (field, *field.branches))


def is_main_prompt(names: Sequence[str], field: Field) -> bool:
    """Whether the field at a path of property names is the main prompt."""
    words = words_in(names[-1]) if names else ()
    if not field.is_text or not words or WORDS["aside"] & set(words):
        return False
    # A trainer's `validation_prompt` is for samples; LoRA and ControlNet entries have own texts.
    if is_guide(names) or "validation" in words:
        return False
    # minimax/speech-02-hd calls it `text`, flux/dev `prompt`. An optional, short `caption` beside
    # them is not the main prompt.
    is_main = field.is_long or field.is_required or words[0] == "prompt"
    return words[-1] in WORDS["prompt"] and is_main


def is_guide(names: Sequence[str]) -> bool:
    """Whether the field at a path belongs to guidance, such as a ControlNet's image."""
    return not WORDS["guide"].isdisjoint(words_of(names[:-1]))


def words_of(names: Iterable[str]) -> set[str]:
    """The words of several names."""
    return {word for name in names for word in words_in(name)}


def file_kind(names: Sequence[str], field: Field) -> str:
    """The kind of file at a path: image, video, audio, mesh, weights, archive or file; else ""."""
    if not field.is_file or field.media != "file":
        return field.media if field.is_file else ""
    if is_archive_in_prose(field.help):
        return "archive"
    words = words_of(names[-2:])
    prose = f"{field.help} {field.label}".lower()
    # A `path` is a LoRA's only by the name of its list, or by its description.
    if words & WORDS["lora"] or "lora" in prose:
        return "weights"
    # A mesh is often called a model (`model_url`), and so is a checkpoint: the description decides.
    if words & WORDS["mesh"] or ("model" in words and _MESH_PROSE.search(prose)):
        return "mesh"
    return "archive" if words & WORDS["archive"] else "file"


def role_of(names: Sequence[str], field: Field, kind: str) -> str:
    """The role of the field at a path that takes a kind of file, or a text.

    It is main, mask, start, end, control, reference, garment, voice; or prompt, lyrics.
    """
    # For a file object's URL, the words of the object's name.
    own = names[-2:] if names[-1:] in (("url",), ("path",)) else names[-1:]
    words = words_of(own)
    if kind == "text":
        return "lyrics" if "lyrics" in words else "prompt"
    if field.is_mask or words & ROLES["mask"]:
        return "mask"
    if kind == "audio":
        return "voice" if words & (ROLES["voice"] | {"reference", "ref"}) else "main"
    if kind == "video":
        guiding_words = ROLES["control"] | ROLES["reference"] | ROLES["motion"]
        return "reference" if words & guiding_words else "main"
    return _image_role(names, field, words) if kind == "image" else "main"


def _image_role(names: Sequence[str], field: Field, words: set[str]) -> str:
    prose = f"{field.label} {field.help}"
    outer_words = words_of(names[:-1])
    # vidu/start-end-to-video has both; a description of the first frame may mention the last.
    if words & ROLES["end"] or (_END_PROSE.search(prose) and not _START_PROSE.search(prose)):
        return "end"
    if words & ROLES["start"]:
        return "start"
    if words & ROLES["garment"]:
        return "garment"
    # `control_image_url` of stable-diffusion-v35-large guides the composition.
    if words & ROLES["control"] or "controlnet" in " ".join(outer_words):
        return "control"
    # The `image_url` of its IP-Adapter is a reference: the names around it tell.
    if words & ROLES["reference"] or outer_words & (WORDS["guide"] | ROLES["reference"]):
        return "reference"
    return "start" if _START_PROSE.search(prose) else "main"


@lru_cache(maxsize=64)  # the inputs of a model are examined one after the other
def operations_of(name: str) -> frozenset[str]:
    """What a model does by the words of its id and category: keys of `[operations]`."""
    words = frozenset(words_in(name))
    return frozenset(key for key, operation in OPERATIONS.items() if operation.is_named(words))
