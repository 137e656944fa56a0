"""The meaning of an input field: fields of different models with the same meaning correspond."""

from __future__ import annotations

import re
from collections.abc import Iterable

from schemas.fields import Field, hints
from schemas.fields.media import words_in
from schemas.wording.vocabulary import (
    DURATION_QUALIFIERS,
    DURATION_WORDS,
    END_FRAME_WORDS,
    FRAME_QUALIFIERS,
    FRAME_WORDS,
)

# Meaning → its field names, the most specific first: of two such fields the first one is used.
NAMES: dict[str, tuple[str, ...]] = {
    "prompt": (
        *("prompt", "text_prompt", "text", "gen_text", "tts_text", "input_text", "instruction"),
        *("instructions", "input", "lyrics_prompt", "description", "caption", "query", "question"),
    ),
    "negative": ("negative_prompt", "neg_prompt", "negative"),
    "steps": ("num_inference_steps", "inference_steps", "num_steps", "sampling_steps", "steps"),
    "guidance": ("guidance_scale", "cfg_scale", "guidance", "cfg", "text_guidance_scale"),
    "count": (
        *("num_images", "num_outputs", "num_samples", "num_videos", "num_results", "num_songs"),
        *("number_of_images", "image_count", "batch_size", "n", "num_variations"),
    ),
    "strength": ("strength", "image_strength", "denoise_strength", "denoising_strength"),
    "fps": ("frames_per_second", "fps", "frame_rate", "framerate"),
    "format": ("output_format", "image_format", "format", "audio_format", "video_format"),
    "language": ("language", "language_code", "lang"),
    "voice": ("voice", "voice_id", "speaker"),
    "resolution": ("resolution", "video_resolution", "image_resolution", "quality"),
}
SHAPE_NAMES = ("image_size", "video_size", "size", "aspect_ratio", "ratio", "output_size")
SIDES = ("width", "height")
_FILES = ("image", "video", "audio")
# The file to work on goes before other files: `image_url` before `style_image_url`.
_FIRST_FILES = re.compile(
    r"^(?:input_|start_|first_|first_frame_|source_|init_|main_)?(image|video|audio)"
)
_KINDS = {"prompt": {"string"}, "negative": {"string"}}


def by_meaning(fields: Iterable[Field]) -> dict[str, Field]:
    """Map each meaning to its field; the best name wins, among files first a required one."""
    visible_fields = [field for field in fields if not field.is_hidden or field.is_required]
    fields_by_meaning: dict[str, Field] = {}
    for meaning, names in NAMES.items():
        kinds = _KINDS.get(meaning)
        by_name = {field.name: field for field in visible_fields if not field.media}
        hits = (by_name[name] for name in names if name in by_name)
        if hit := next((field for field in hits if kinds is None or field.kind in kinds), None):
            fields_by_meaning[meaning] = hit
    for kind in _FILES:
        fields_by_meaning |= _first(kind, _files(kind, visible_fields))
    fields_by_meaning |= _first("duration", filter(_is_duration, visible_fields))
    fields_by_meaning |= _first("frames", filter(_is_frame_count, visible_fields))
    fields_by_meaning |= _first(
        "mask", (field for field in visible_fields if field.is_mask and media_of(field))
    )
    fields_by_meaning |= _first("end image", filter(_is_end_image, visible_fields))
    fields_by_meaning |= _first(
        "seed", sorted((f for f in visible_fields if f.is_seed), key=_seed_rank)
    )
    return fields_by_meaning


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
        and not END_FRAME_WORDS & {*words_in(field.name)}
    ]
    return sorted(
        hits, key=lambda field: (not field.is_required, not _FIRST_FILES.match(field.name))
    )


def _is_duration(field: Field) -> bool:
    words = set(words_in(field.name))
    is_time = bool(DURATION_WORDS & words) and not words - DURATION_WORDS - DURATION_QUALIFIERS
    prose = f"{field.label} {field.help}".lower()
    # As in `duration_scale`: `length` may be a text's, `video_length` a number of frames.
    return is_time and (field.name != "length" or "second" in prose) and "frame" not in prose


def _is_frame_count(field: Field) -> bool:
    words = set(words_in(field.name))
    is_count = bool(FRAME_WORDS & words) and not words - FRAME_WORDS - FRAME_QUALIFIERS
    return is_count and not field.media and field.traits.is_numeric


def is_shape(field: Field) -> bool:
    """Whether a field sets the size or the aspect ratio of a result."""
    if field.name not in SHAPE_NAMES:
        return False
    offered = [option.value for option in field.options if isinstance(option.value, str)]
    has_sides = any(
        {*SIDES} <= {c.name for c in shape.children} for shape in (field, *field.branches)
    )
    # `size` may also be a file's or a shirt's, so its options decide.
    return has_sides or bool(hints.sizes(offered)) or field.is_size or field.kind == "string"


def _is_end_image(field: Field) -> bool:
    return media_of(field) == "image" and bool(END_FRAME_WORDS & {*words_in(field.name)})


def _seed_rank(field: Field) -> bool:
    return field.name != "seed"
