"""What a model can do, read off its document: facts as query words, `in:image`, `duration:1-10`.

Total and bounded: any document gives facts, at worst none. A name alone proves little, so that a
field's type, limits, values and words have to agree before it becomes a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from schemas import measures
from schemas.artifacts import artifacts
from schemas.building import build
from schemas.fields import Field
from schemas.media import words_in
from schemas.openapi import Contract, as_dict, contract

RULES = 3  # raise it, and every schema is read again
MOST = 250  # facts of one document
_MOST_PARTS = 3000
_MOST_WORDS = 2500  # letters

_MESH = {"mesh", "meshes", "glb", "gltf", "obj", "fbx", "stl", "ply", "usdz", "3d"}
_LORA = {"lora", "loras", "safetensors", "checkpoint", "weights"}
_ASKING = {
    "prompt", "prompts", "text", "texts", "lyrics", "script", "instruction", "instructions", "question", "query",
    "message", "messages", "content", "input", "caption", "story", "transcript",
}  # fmt: skip
_BESIDE = {"negative", "neg", "system", "reference", "ref"}  # texts of another purpose
_GUIDES = {
    "controlnet", "controlnets", "adapter", "adapters", "ip", "lora", "loras", "easycontrols", "validation",
}  # fmt: skip
_HEARD = {
    "vocals", "vocal", "drums", "bass", "guitar", "piano", "instrumental", "accompaniment", "stem", "stems", "speech",
    "music", "song", "voice",
}  # fmt: skip
_TOLD = {
    "output", "outputs", "text", "texts", "description", "caption", "captions", "transcript", "transcription", "answer",
    "response", "result", "results", "content", "summary", "lyrics", "story", "message",
}  # fmt: skip
_ASIDE = {
    "thumbnail", "thumbnails", "preview", "previews", "poster", "cover", "debug", "processed", "preprocessed", "texture",
    "textures", "rendered", "snapshot", "frame", "frames", "mask", "masks", "screenshot", "spectrogram", "waveform",
}  # fmt: skip
_ABOUT = {
    "seed", "timings", "prompt", "request_id", "has_nsfw_concepts", "usage", "cost", "logs", "metrics",
}  # fmt: skip
_END = {"end", "last", "tail", "final"}
_SOUND = {"audio", "sound", "sfx", "bgm", "music", "soundtrack"}
_KEPT_SOUND = {
    "keep", "preserve", "original", "copy", "extract", "mute", "remove", "source", "input", "trim", "strip", "url",
    "normalize", "loop", "enhance", "reference", "format", "volume",
}  # fmt: skip
_WITH_SOUND = re.compile(r"(?i)\bwith\s+(?:\w+[\s-]+){0,2}?(?:audio|sound|speech)\b")
_NEGATIVE = re.compile(r"(?:^|_)neg(?:ative)?_?prompt")


class Part(NamedTuple):
    """A field, the names that lead to it, and whether there may be several of it."""

    names: tuple[str, ...]
    field: Field
    is_repeated: bool

    @property
    def words(self) -> set[str]:
        """The words of its own name."""
        return set(words_in(self.names[-1])) if self.names else set()


class Reading(NamedTuple):
    """What a document says: facts, `key:value` words each once, and the words of its fields for a search.

    `default-duration:5` is how many seconds come out unless one asks for more.
    """

    facts: list[str]
    words: str


def read(document: Any, endpoint_id: str = "") -> Reading:
    """What the document says a model can do, and in which words; at most `MOST` facts."""
    found = contract(document, endpoint_id)
    takes = list(_parts(build(found)))
    named = [*_facts(takes, found)]
    named += [f"can:{way}" for way in ("streaming", "realtime") if _has_path(document, way)]
    return Reading([f for f in dict.fromkeys(named) if len(f) <= 80][:MOST], _words(takes))


def _facts(takes: list[Part], found: Contract) -> Iterator[str]:
    makes = _made(found)
    settings = [part.field for part in takes if not part.is_repeated]
    fields = [part.field for part in takes]
    media = makes.keys()
    yield from _taken(takes)
    yield from (f"out:{medium}" for medium in makes)
    yield from _abilities(takes, makes, found)
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


def _words(takes: list[Part]) -> str:
    """The names, titles and first sentences of the fields; each word once."""
    found: dict[str, None] = {}
    length = 0
    for part in takes:
        name = part.names[-1] if part.names else ""
        for word in f"{name} {part.field.label} {part.field.help}".split():
            plain = word.strip(".,:;()[]'\"`!?").lower()
            if 1 < len(plain) <= 40 and plain.isprintable() and plain not in found:
                length += len(plain) + 1
                if length > _MOST_WORDS:
                    return " ".join(found)
                found[plain] = None
    return " ".join(found)


def _parts(root: Field) -> Iterator[Part]:
    """Every field below the root, what stands first before what is deeper; alternatives share their place."""
    waiting = [Part((), root, False)]
    for count, part in enumerate(waiting):
        if count:
            yield part
        if len(waiting) > _MOST_PARTS:
            continue
        field = part.field
        is_many = part.is_repeated or field.kind == "map"
        is_many |= field.kind == "list" and field.max_length != 1
        for child in field.children:
            names = part.names if field.kind == "tuple" else (*part.names, child.name)
            waiting.append(Part(names, child, is_many))
        below = (field.item, *field.branches) if field.item else field.branches
        waiting += [Part(part.names, one, is_many) for one in below]


def _taken(takes: list[Part]) -> Iterator[str]:
    """The media that go in; `images` where there may be two or more, in a list or in two fields."""
    places: dict[str, set[tuple[str, ...]]] = {}
    for part in takes:
        medium = _medium(part)
        if not medium or part.field.is_mask or "mask" in part.words or _is_guide(part):
            continue
        names = (
            part.names[:-1] if part.names[-1:] == ("url",) and len(part.names) > 1 else part.names
        )
        places.setdefault(medium, set()).add(names)
        if part.is_repeated and medium in {"image", "video", "audio"}:
            places[medium].add((*names, "*"))
    if any(_is_asking(part) for part in takes):
        yield "in:text"
    for medium in ("image", "video", "audio", "3d", "file"):
        if medium in places:
            yield f"in:{medium}"
            if len(places[medium]) > 1 and medium not in {"3d", "file"}:
                yield f"in:{medium}s"


def _is_guide(part: Part) -> bool:
    """Whether it belongs to something that steers the model, such as a ControlNet's own picture."""
    return any(_GUIDES & set(words_in(name)) for name in part.names[:-1])


def _medium(part: Part) -> str:
    """What kind of file a field takes; empty where it takes none, or weights."""
    field = part.field
    if field.kind != "string" or not field.media:
        return ""
    if field.media != "file":
        return field.media
    words = part.words | (set(words_in(part.names[-2])) if len(part.names) > 1 else set())
    if words & _LORA or "path" in words:
        return ""
    says = f"{field.help} {field.label}".lower()
    is_mesh = words & _MESH or (
        "model" in words and re.search(r"\b(?:3d|mesh|glb|obj|fbx)\b", says)
    )
    return "3d" if is_mesh else "file"


def _is_asking(part: Part) -> bool:
    """Whether a field takes words that say what is to be made."""
    name = words_in(part.names[-1]) if part.names else []
    if part.field.kind != "string" or part.field.media or not name or _BESIDE & set(name):
        return False
    if _is_guide(part) or "validation" in name:
        return False
    is_main = part.field.is_long or part.field.is_required or name[0] == "prompt"
    return name[-1] in _ASKING and is_main


def _made(found: Contract) -> dict[str, None]:
    """The media that come out, the main ones only: a video's preview is no picture that one asked for."""
    if found.output is None:
        return {}
    main: dict[str, None] = {}
    aside: dict[str, None] = {}
    parts = list(_parts(build(Contract(found.document, found.output, None))))
    shown = {part.names: kind for part in parts if (kind := _shown(part.field))}
    for part in parts:
        if medium := _medium_made(part, shown):
            names = {word for name in part.names for word in words_in(name)}
            (aside if names & _ASIDE else main)[medium] = None
    found_media = main or aside
    if "lora" in main:
        return {"lora": None}  # what else a training gives shows only how it went
    real = {medium: None for medium in found_media if medium != "file"}
    if real or found_media:
        return real or found_media
    return _said(parts)


def _shown(field: Field) -> str:
    """What a field's example or description is of: the surest word about a file that is only called a file."""
    found = artifacts({"file": field.examples[0]}) if field.examples else []
    kind = found[0].kind if found and found[0].url else ""
    if kind in {"image", "video", "audio", "mesh"}:
        return kind.replace("mesh", "3d")
    said = {one.removesuffix("s") for one in words_in(field.help)} & {"image", "video", "audio"}
    return said.pop() if len(said) == 1 else ""


def _medium_made(part: Part, shown: Mapping[tuple[str, ...], str]) -> str:
    field = part.field
    if field.kind != "string" or not field.media or not part.names:
        return ""
    words = {word for name in part.names for word in words_in(name)}
    if words & _LORA:
        return "lora"
    if words & _MESH or (field.media == "file" and "model" in words):
        return "3d"
    if field.media != "file":
        return field.media
    if words & _HEARD:
        return "audio"
    return next(
        (kind for names in (part.names, part.names[:-1]) if (kind := shown.get(names))), "file"
    )


def _said(parts: list[Part]) -> dict[str, None]:
    """An output without files: texts where one is named as such, else data."""
    for part in parts:
        is_text = part.field.kind == "string" and len(part.names) == 1
        if is_text and words_in(part.names[0])[-1:] and words_in(part.names[0])[-1] in _TOLD:
            return {"text": None}
    named = {part.names[0] for part in parts if part.names}
    if len(named) == 1 and parts[0].field.kind == "string":
        return {"text": None}
    return {"data": None} if named - _ABOUT else {}


def _abilities(takes: list[Part], makes: dict[str, None], found: Contract) -> Iterator[str]:
    """What the settings allow beyond the media themselves."""
    is_training = "lora" in makes
    takes = [part for part in takes if "validation" not in part.words]
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
            p.field.kind == "boolean" and p.words & {"loop", "looping", "seamless"} for p in singles
        ),
        "sound": "video" in makes and _has_sound(takes, makes, found),
    }
    yield from (f"can:{name}" for name, holds in tests.items() if holds)


def _is_lora(part: Part) -> bool:
    if not part.words & {"lora", "loras"} or part.words & {
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
    is_file = part.field.kind == "string" and bool(part.field.media)
    return is_file and bool(part.words & {"mask", "masks"}) and not _is_guide(part)


def _is_negative(part: Part) -> bool:
    name = part.names[-1] if part.names else ""
    is_text = part.field.kind in {"string", "list"} and not part.field.media
    return is_text and bool(_NEGATIVE.search("_".join(words_in(name))))


def _is_end(part: Part) -> bool:
    return part.field.media == "image" and bool(part.words & _END)


def _is_control(part: Part) -> bool:
    if part.words & {"controlnet", "controlnets"}:
        return part.field.kind in {"list", "object", "union", "string", "choice"}
    return bool(part.field.media) and "control" in part.words


def _is_upscale(part: Part) -> bool:
    is_figure = part.field.kind in {"integer", "number", "choice", "boolean", "union"}
    return is_figure and any(word.startswith("upscal") for word in part.words)


def _is_transparent(part: Part) -> bool:
    if part.field.kind == "boolean":
        return bool(part.words & {"transparent", "transparency"})
    return "background" in part.words and "transparent" in measures.values(part.field)


def _has_sound(takes: list[Part], makes: dict[str, None], found: Contract) -> bool:
    """Whether a video comes with sound: by a switch, a prompt for it, a sound given, or the document's words."""
    for part in takes:
        if not part.words & _SOUND or part.words & _KEPT_SOUND:
            continue
        is_switch = part.field.kind == "boolean"
        is_prompt = part.field.kind == "string" and "prompt" in part.words and not part.field.media
        if is_switch or is_prompt:
            return True
    if any(_medium(part) == "audio" and len(part.names) == 1 for part in takes):
        return True
    outer = as_dict(as_dict(found.output).get("properties"))
    said = [as_dict(one).get("description") for one in outer.values()]
    return any(isinstance(text, str) and _WITH_SOUND.search(text[:500]) for text in said)


def _has_path(document: Any, ending: str) -> bool:
    paths = as_dict(as_dict(document).get("paths"))
    name = {"streaming": "/stream", "realtime": "/realtime"}[ending]
    return any(path.endswith(name) for path in list(paths)[:100] if isinstance(path, str))
