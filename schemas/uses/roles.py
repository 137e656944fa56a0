"""What a model does with a result in a given field: `start-frame`, `upscale`, `lip-sync` …."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

from schemas.fields.media import words_in
from schemas.uses.inputs import ROW, Input

# For each kind of result its uses and their titles, in the order of the menu.
USES: dict[str, dict[str, str]] = {
    "image": {
        "start-frame": "Start frame of a film",
        "end-frame": "Last frame of a film",
        "edit": "Edit it",
        "reference": "Reference",
        "inpaint": "Repaint a part",
        "mask": "Mask",
        "upscale": "Upscale",
        "cut-out": "Cut out",
        "talk": "Let it speak",
        "try-on": "Try on",
        "control": "Guide the composition",
        "make-3d": "Make it 3D",
        "describe": "Describe or ask about it",
        "training": "Train with it",
        "other": "Other inputs",
    },
    "video": {
        "extend": "Extend",
        "upscale": "Upscale",
        "add-sound": "Add sound",
        "lip-sync": "Lip-sync",
        "edit": "Edit it",
        "reference": "Motion or reference",
        "cut-out": "Cut out",
        "mask": "Mask",
        "describe": "Describe or ask about it",
        "training": "Train with it",
        "other": "Other inputs",
    },
    "audio": {
        "lip-sync": "Lip-sync or film",
        "transcribe": "Transcribe",
        "voice": "Voice to speak or sing with",
        "clean": "Clean or separate",
        "edit": "Rework the sound",
        "training": "Train with it",
        "other": "Other inputs",
    },
    "mesh": {"edit": "Rework the mesh", "other": "Other inputs"},
    "weights": {"lora": "LoRA", "other": "Other inputs"},
    "archive": {"training": "Train with it", "other": "Other inputs"},
    "file": {"other": "File"},
    "text": {
        "prompt-image": "Prompt of a picture",
        "prompt-video": "Prompt of a film",
        "speak": "Speak it",
        "lyrics": "Sing it",
        "prompt-audio": "Prompt of a sound",
        "prompt-text": "Ask a language model",
        "prompt-3d": "Prompt of a mesh",
        "other": "Other inputs",
    },
}
_UPSCALE = {"upscale", "upscaler", "upscaling", "upscaled", "esrgan", "topaz", "supir", "aura-sr"}
_UPSCALE |= {"restoration", "restore", "superresolution", "seedvr", "clarity", "enhancer"}
_CUT_OUT = {
    "rembg",
    "birefnet",
    "matting",
    "cutout",
    "sam",
    "sam2",
    "sam3",
    "segment",
    "segmentation",
}
_EXTEND = {"extend", "extension", "continue", "continuation", "outpaint"}
_SOUND = {"audio", "sound", "foley", "sfx", "mmaudio", "soundtrack", "music", "thinksound"}
_TALK = {"avatar", "talking", "lipsync", "lip", "speech", "speak", "omnihuman", "sadtalker"}
_SYNC = {"lipsync", "lip", "dub", "dubbing", "latentsync", "sync"}
_MERGE = {"merge", "combine", "mux", "compose"}
_CLEAN = {"separate", "separation", "isolate", "isolation", "isolator", "demucs", "denoise"}
_CLEAN |= {"stem", "stems", "clean", "enhance", "enhancer", "vocals", "remover"}
# Such a model makes the same result from the same input in every run.
_FAITHFUL = _UPSCALE | _CUT_OUT | _MERGE | {"training", "trainer"}
_SPEAK = {"tts", "speech", "voice", "speaker", "dialogue", "narration", "kokoro", "elevenlabs"}


def use_of(taker: Input, siblings: Sequence[Input], outputs: Collection[str], name: str) -> str:
    """The use of a field, a key of USES for its kind.

    `siblings` are all inputs of the model, `outputs` its output media, `name` its id and category.
    """
    words = _name_words(name)
    if taker.kind in {"weights", "archive", "file", "mesh"}:
        return _use_of_file(taker, outputs)
    if taker.kind == "text":
        return _use_of_text(taker, outputs, words)
    if taker.role == "mask" and taker.kind in {"image", "video"}:
        return "mask"
    if "lora" in outputs:
        return "training"
    use_of_medium = {"image": _use_of_image, "video": _use_of_video, "audio": _use_of_audio}[
        taker.kind
    ]
    return use_of_medium(taker, siblings, outputs, words)


def is_faithful(name: str) -> bool:
    """Whether a model's id and category say that its results do not vary: upscalers, trainers."""
    return not _FAITHFUL.isdisjoint(_name_words(name))


@lru_cache(maxsize=64)
def _name_words(name: str) -> frozenset[str]:
    """The words of a model's name; cached, since its inputs are examined one after the other."""
    return frozenset(words_in(name))


def _use_of_file(taker: Input, outputs: Collection[str]) -> str:
    if taker.kind == "weights":
        return "lora"
    if taker.kind == "mesh":
        return "edit"
    return "training" if taker.kind == "archive" and "lora" in outputs else "other"


def _use_of_text(taker: Input, outputs: Collection[str], words: AbstractSet[str]) -> str:
    if taker.role == "lyrics":
        return "lyrics"
    if "video" in outputs and words & _TALK:
        return "speak"
    for medium in ("video", "image", "3d", "text"):
        if medium in outputs:
            return f"prompt-{medium}"
    if "audio" in outputs:
        return "speak" if words & _SPEAK else "prompt-audio"
    return "prompt-text" if "data" in outputs else "other"


def _use_of_image(
    taker: Input, siblings: Sequence[Input], outputs: Collection[str], words: AbstractSet[str]
) -> str:
    by_role = {"reference": "reference", "garment": "try-on", "control": "control"}
    if taker.role in by_role:
        return by_role[taker.role]
    # Try-on: beside a garment the main image is the person.
    if any(other.role == "garment" for other in siblings):
        return "try-on"
    if "video" in outputs:
        if _goes_beside(taker, siblings):
            return "reference"
        # creatify/aurora and infinitalk need a sound beside the picture: it speaks. The ids of
        # others say so (kling-video/v1/standard/ai-avatar).
        hears = any(other.kind == "audio" and other.is_required for other in siblings)
        talks = hears or bool(words & _TALK)
        return "end-frame" if taker.role == "end" else "talk" if talks else "start-frame"
    if "3d" in outputs:
        return "make-3d"
    if "image" in outputs:
        # A list beside one required image holds references to it, such as faces to swap.
        is_beside = taker.path.endswith(ROW) and _main_alone(siblings)
        return "reference" if is_beside else _use_in_image(siblings, words)
    return "describe" if {"text", "data"} & set(outputs) else "other"


def _goes_beside(taker: Input, siblings: Sequence[Input]) -> bool:
    """Whether a video model's images are not frames: a list, or beside a required video."""
    if taker.role != "main":
        return False
    # veo3.1/reference-to-video takes a list, wan-vace pictures beside a film: none is a first
    # frame.
    needs_film = any(o.kind == "video" and o.is_required for o in siblings)
    return needs_film or taker.path.endswith(ROW)


def _main_alone(siblings: Sequence[Input]) -> bool:
    """Whether one image is the main one, so that a list beside it has another use."""
    return any(
        sibling.kind == "image"
        and sibling.role == "main"
        and sibling.is_required
        and ROW not in sibling.path
        for sibling in siblings
    )


def _use_in_image(siblings: Sequence[Input], words: AbstractSet[str]) -> str:
    if _is_upscaler(words):
        return "upscale"
    if _cuts_out(words):
        return "cut-out"
    needs_mask = any(
        sibling.role == "mask"
        and sibling.kind == "image"
        and (sibling.is_required or words & {"inpaint"})
        for sibling in siblings
    )
    return "inpaint" if needs_mask else "edit"


def _use_of_video(
    taker: Input, siblings: Sequence[Input], outputs: Collection[str], words: AbstractSet[str]
) -> str:
    if taker.role == "reference":
        return "reference"
    if "video" in outputs:
        if _is_upscaler(words):
            return "upscale"
        if _cuts_out(words):
            return "cut-out"
        hears = any(o.kind == "audio" and o.is_required for o in siblings)
        # latentsync and dubbing say it by name; ffmpeg-api/merge-audio-video needs a sound as well,
        # and moves no lips.
        if words & _SYNC or (hears and not words & _MERGE):
            return "lip-sync"
        if words & _EXTEND:
            return "extend"
        return "add-sound" if words & _SOUND else "edit"
    if "audio" in outputs:
        return "add-sound"
    return "describe" if {"text", "data"} & set(outputs) else "other"


def _use_of_audio(
    taker: Input, siblings: Sequence[Input], outputs: Collection[str], words: AbstractSet[str]
) -> str:
    if taker.role == "voice" or words & {"clone", "cloning"}:
        return "voice"
    if "video" in outputs:
        return "lip-sync"
    if "audio" in outputs:
        return "clean" if words & _CLEAN else "edit"
    return "transcribe" if {"text", "data"} & set(outputs) else "other"


def _is_upscaler(words: AbstractSet[str]) -> bool:
    # drct-super-resolution: two words of the id that mean nothing apart.
    return bool(words & _UPSCALE or {"super", "resolution"} <= words)


def _cuts_out(words: AbstractSet[str]) -> bool:
    # bria and others: `background/remove`; "background" alone is a scene.
    is_removal = bool(words & {"remove", "removal", "remover"})
    return bool(words & _CUT_OUT) or ("background" in words and is_removal)
