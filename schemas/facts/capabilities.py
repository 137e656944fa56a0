"""A model's capabilities, derived from its document: facts such as `in:image`, `duration:1-10`.

Total and bounded: any document gives facts, possibly none. A field's name alone proves little, so
its type, limits, values and description must agree before it becomes a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from schemas.artifacts import artifacts
from schemas.document.openapi import Contract, as_dict, contract
from schemas.estimate.typical import usual_facts
from schemas.facts import measures
from schemas.fields import Field
from schemas.fields.field_tree import build
from schemas.fields.media import words_in
from schemas.fields.quantities import values
from schemas.meanings import file_kind, is_guide, is_main_prompt, words_of
from schemas.vocabulary import ROLES, WHOLE_NAMES, WORDS

RULES = 8
MAX_FACTS = 250  # facts of one document
_MAX_PARTS = 3000
_MAX_WORD_CHARS = 2500  # letters

# Some films have sound without a setting for it: only the output's description says "video with
# audio".
_WITH_SOUND = re.compile(r"(?i)\bwith\s+(?:\w+[\s-]+){0,2}?(?:audio|sound|speech)\b")
_NEGATIVE = re.compile(r"(?:^|_)neg(?:ative)?_?prompt")


class Part(NamedTuple):
    """A field, the property names on its path, and whether it may occur several times."""

    names: tuple[str, ...]
    field: Field
    is_repeated: bool

    @property
    def name_words(self) -> set[str]:
        """The words of its own name."""
        return set(words_in(self.names[-1])) if self.names else set()


class Capabilities(NamedTuple):
    """A document's facts as distinct `key:value` words, and its fields' words for full-text search.

    `default-duration:5` is the duration in seconds if none is requested; `usual-…` are the other
    quantities that decide the price of such a run (`estimate/typical.py`).
    """

    facts: list[str]
    words: str


def read_capabilities(document: Any, endpoint_id: str = "") -> Capabilities:
    """The capabilities that a document describes; at most MAX_FACTS facts."""
    parsed = contract(document, endpoint_id)
    return capabilities_of(parsed, build(parsed), document)


def capabilities_of(parsed: Contract, root: Field, document: Any) -> Capabilities:
    """The capabilities of a contract whose Field tree is built already."""
    takes = list(_parts(root))
    facts = [*_facts(takes, parsed, root)]
    facts += [f"can:{way}" for way in ("streaming", "realtime") if _has_path(document, way)]
    return Capabilities(
        [f for f in dict.fromkeys(facts) if len(f) <= 80][:MAX_FACTS], _distinct_words(takes)
    )


def _facts(takes: list[Part], parsed: Contract, root: Field) -> Iterator[str]:
    makes = _output_media(parsed)
    settings = [part.field for part in takes if not part.is_repeated]
    fields = [part.field for part in takes]
    media = makes.keys()
    yield from _input_media(takes)
    yield from (f"out:{medium}" for medium in makes)
    yield from _abilities(takes, makes, parsed)
    yield from usual_facts(root, frozenset(makes))
    if media & {"video", "audio"}:
        yield from measures.durations(settings)
        yield from measures.voices(fields)
    if media & {"image", "video"}:
        yield from measures.resolutions(settings, is_video="video" in makes)
        yield from measures.shapes(settings)
    if "video" in makes:
        yield from measures.rates(settings)
    if media & {"image", "video", "audio", "3d", "text"}:
        yield from measures.outputs(settings)
        yield from measures.languages(fields)


def _distinct_words(takes: list[Part]) -> str:
    """The distinct words in the names, titles and first sentences of the fields."""
    distinct: dict[str, None] = {}
    length = 0
    for part in takes:
        name = part.names[-1] if part.names else ""
        for word in f"{name} {part.field.label} {part.field.help}".split():
            plain = word.strip(".,:;()[]'\"`!?").lower()
            if 1 < len(plain) <= 40 and plain.isprintable() and plain not in distinct:
                length += len(plain) + 1
                if length > _MAX_WORD_CHARS:
                    return " ".join(distinct)
                distinct[plain] = None
    return " ".join(distinct)


def _parts(root: Field) -> Iterator[Part]:
    """Every field below the root, breadth first; alternatives of a union share its path."""
    to_visit = [Part((), root, False)]
    for count, part in enumerate(to_visit):
        if count:
            yield part
        if len(to_visit) > _MAX_PARTS:
            continue
        field = part.field
        is_many = part.is_repeated or field.kind == "map"
        # A list of at most one file is one file: it must not become `in:images`.
        is_many |= field.kind == "list" and field.max_length != 1
        for child in field.children:
            # A tuple's places are called "0", "1", which says nothing about them.
            names = part.names if field.kind == "tuple" else (*part.names, child.name)
            to_visit.append(Part(names, child, is_many))
        below = (field.item, *field.branches) if field.item else field.branches
        to_visit += [Part(part.names, inner, is_many) for inner in below]


def _input_media(takes: list[Part]) -> Iterator[str]:
    """The input media; `images` if there may be several, in a list or in two fields."""
    places: dict[str, set[tuple[str, ...]]] = {}
    for part in takes:
        medium = _medium(part)
        # stable-diffusion-v35-large takes pictures only for its ControlNet and IP-Adapter
        # (`controlnet.control_image_url`): it is not an image-to-image model.
        if not medium or part.field.is_mask or "mask" in part.name_words or is_guide(part.names):
            continue
        names = (
            # `image: {url}` is one input, as `image_url` is: the `url` does not count as a second.
            part.names[:-1] if part.names[-1:] == ("url",) and len(part.names) > 1 else part.names
        )
        places.setdefault(medium, set()).add(names)
        if part.is_repeated and medium in {"image", "video", "audio"}:
            places[medium].add((*names, "*"))
    if any(is_main_prompt(part.names, part.field) for part in takes):
        yield "in:text"
    for medium in ("image", "video", "audio", "3d", "file"):
        if medium in places:
            yield f"in:{medium}"
            # nano-banana/edit and seedream/v4/edit have both `image_url` and `image_urls`; others
            # have a first and a last frame.
            if len(places[medium]) > 1 and medium not in {"3d", "file"}:
                yield f"in:{medium}s"


def _medium(part: Part) -> str:
    """The kind of file that a field takes; empty for none and for model weights."""
    # `loras[].path` of stable-diffusion-v35-large takes weights: no file that a user edits.
    kind = "weights" if "path" in part.name_words else file_kind(part.names, part.field)
    return {"weights": "", "archive": "file", "mesh": "3d"}.get(kind, kind)


def _output_media(parsed: Contract) -> dict[str, None]:
    """The main output media, without by-products such as a video's preview image."""
    if parsed.output is None:
        return {}
    main: dict[str, None] = {}
    aside: dict[str, None] = {}
    parts = list(_parts(build(Contract(parsed.document, parsed.output, None))))
    # speech-02-hd declares its audio, pixverse/v5.6 its video and recraft-v3 its images as a plain
    # File: the example (`speech.mp3`, `output.mp4`, `image.webp`) tells what it is.
    kinds = {part.names: kind for part in parts if (kind := _described_medium(part.field))}
    for part in parts:
        if medium := _output_medium(part, kinds):
            names = words_of(part.names)
            # A `thumbnail` does not make a film's model an image model. Alone it counts.
            (aside if names & WORDS["output-aside"] else main)[medium] = None
    found_media = main or aside
    if "lora" in main:
        # Trainers return `diffusers_lora_file` beside `config_file`.
        return {"lora": None}  # a training's other files only document it
    real = {medium: None for medium in found_media if medium != "file"}
    if real or found_media:
        return real or found_media
    return _media_without_files(parts)


def _described_medium(field: Field) -> str:
    """The medium in a field's example or description: the best hint for a generic `file`."""
    examples = artifacts({"file": field.examples[0]}) if field.examples else []
    kind = examples[0].kind if examples and examples[0].url else ""
    if kind in {"image", "video", "audio", "mesh"}:
        return kind.replace("mesh", "3d")
    named_media = {word.removesuffix("s") for word in words_in(field.help)} & {
        "image",
        "video",
        "audio",
    }
    return named_media.pop() if len(named_media) == 1 else ""


def _output_medium(part: Part, kinds: Mapping[tuple[str, ...], str]) -> str:
    field = part.field
    if not field.is_file or not part.names:
        return ""
    words = words_of(part.names)
    if words & WORDS["lora"]:
        return "lora"
    if words & WORDS["mesh"] or (field.media == "file" and "model" in words):
        return "3d"
    if field.media != "file":
        return field.media
    # Stems are files named after instruments: `vocals`, `drums`.
    if words & WORDS["output-audio"]:
        return "audio"
    return next(
        (kind for names in (part.names, part.names[:-1]) if (kind := kinds.get(names))), "file"
    )


def _media_without_files(parts: list[Part]) -> dict[str, None]:
    """The medium of an output without files: text if a field is named so, else data."""
    for part in parts:
        is_text = part.field.kind == "string" and len(part.names) == 1
        if (
            is_text
            and words_in(part.names[0])[-1:]
            and words_in(part.names[0])[-1] in WORDS["output-text"]
        ):
            return {"text": None}
    # flux/dev returns `seed`, `timings` and `prompt` beside its images; alone they are not data.
    output_names = {part.names[0] for part in parts if part.names}
    if len(output_names) == 1 and parts[0].field.kind == "string":
        return {"text": None}
    return {"data": None} if output_names - WHOLE_NAMES["metadata"] else {}


def _abilities(takes: list[Part], makes: dict[str, None], parsed: Contract) -> Iterator[str]:
    """The capabilities that the settings show, beyond input and output media."""
    is_training = "lora" in makes
    # A trainer's samples have a seed and a negative prompt; the training has not.
    takes = [part for part in takes if "validation" not in part.name_words]
    singles = [part for part in takes if not part.is_repeated]
    tests = {
        "lora": not is_training and any(map(_is_lora, takes)),
        "seed": any(part.field.is_seed for part in singles),
        "mask": any(_is_mask(part) for part in takes),
        "negative-prompt": not is_training and any(_is_negative(part) for part in takes),
        "end-frame": "video" in makes and any(map(_is_end, singles)),
        "controlnet": any(map(_is_control, takes)),
        "upscale": any(map(_is_upscale, singles)),
        "transparent": any(map(_is_transparent, singles)),
        "loop": any(
            p.field.kind == "boolean" and p.name_words & {"loop", "looping", "seamless"}
            for p in singles
        ),
        "sound": "video" in makes and _has_sound(takes, makes, parsed),
    }
    yield from (f"can:{name}" for name, holds in tests.items() if holds)


def _is_lora(part: Part) -> bool:
    # `lora_scale` and `lora_rank` tune a LoRA that another field or the endpoint provides.
    if not part.name_words & {"lora", "loras"} or part.name_words & {
        "scale",
        "strength",
        "rank",
        "preset",
        "style",
        "name",
    }:
        return False
    return part.field.kind in {"list", "object", "map", "json", "union", "string"}


def _is_mask(part: Part) -> bool:
    return part.field.is_file and bool(part.name_words & ROLES["mask"]) and not is_guide(part.names)


def _is_negative(part: Part) -> bool:
    name = part.names[-1] if part.names else ""
    is_text = part.field.kind in {"string", "list"} and not part.field.media
    return is_text and bool(_NEGATIVE.search("_".join(words_in(name))))


def _is_end(part: Part) -> bool:
    return part.field.media == "image" and bool(part.name_words & ROLES["end"])


def _is_control(part: Part) -> bool:
    # The ControlNet of stable-diffusion-v35-large is an object; elsewhere it is a list, or a choice
    # of types.
    if part.name_words & {"controlnet", "controlnets"}:
        return part.field.kind in {"list", "object", "union", "string", "choice"}
    return bool(part.field.media) and "control" in part.name_words


def _is_upscale(part: Part) -> bool:
    traits = part.field.traits
    is_figure = traits.is_numeric or traits.has_options or part.field.kind == "union"
    return is_figure and any(word.startswith("upscal") for word in part.name_words)


def _is_transparent(part: Part) -> bool:
    if part.field.kind == "boolean":
        return bool(part.name_words & {"transparent", "transparency"})
    # gpt-image calls it `background: transparent`, others have a switch.
    return "background" in part.name_words and "transparent" in values(part.field)


def _has_sound(takes: list[Part], makes: dict[str, None], parsed: Contract) -> bool:
    """Whether a video has sound: by a switch, a prompt, an audio input or a description."""
    for part in takes:
        # pixverse/v5.6 has the switch `generate_audio_switch`; `keep_original_audio` only passes
        # sound on.
        if not part.name_words & WORDS["sound"] or part.name_words & WORDS["other-sound"]:
            continue
        is_switch = part.field.kind == "boolean"
        is_prompt = part.field.is_text and "prompt" in part.name_words
        if is_switch or is_prompt:
            return True
    if any(_medium(part) == "audio" and len(part.names) == 1 for part in takes):
        return True
    outer = as_dict(as_dict(parsed.output).get("properties"))
    descriptions = [as_dict(schema).get("description") for schema in outer.values()]
    return any(isinstance(text, str) and _WITH_SOUND.search(text[:500]) for text in descriptions)


def _has_path(document: Any, ending: str) -> bool:
    paths = as_dict(as_dict(document).get("paths"))
    name = {"streaming": "/stream", "realtime": "/realtime"}[ending]
    return any(path.endswith(name) for path in list(paths)[:100] if isinstance(path, str))
