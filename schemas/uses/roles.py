"""What a model does with a result in a given field: `start-frame`, `upscale`, `lip-sync` …."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from schemas.meanings import operations_of
from schemas.uses.inputs import ROW, Input
from schemas.vocabulary import OPERATIONS


def use_of(taker: Input, siblings: Sequence[Input], outputs: Collection[str], name: str) -> str:
    """The use of a field, a key of USES for its kind.

    `siblings` are all inputs of the model, `outputs` its output media, `name` its id and category.
    """
    does = operations_of(name)
    if taker.kind in {"weights", "archive", "file", "mesh"}:
        return _use_of_file(taker, outputs)
    if taker.kind == "text":
        return _use_of_text(taker, outputs, does)
    if taker.role == "mask" and taker.kind in {"image", "video"}:
        return "mask"
    if "lora" in outputs:
        return "training"
    use_of_medium = {"image": _use_of_image, "video": _use_of_video, "audio": _use_of_audio}[
        taker.kind
    ]
    return use_of_medium(taker, siblings, outputs, does)


def is_faithful(name: str) -> bool:
    """Whether a model's id and category say that its results do not vary: upscalers, trainers."""
    return any(OPERATIONS[operation].is_faithful for operation in operations_of(name))


def _use_of_file(taker: Input, outputs: Collection[str]) -> str:
    if taker.kind == "weights":
        return "lora"
    if taker.kind == "mesh":
        return "edit"
    return "training" if taker.kind == "archive" and "lora" in outputs else "other"


def _use_of_text(taker: Input, outputs: Collection[str], does: AbstractSet[str]) -> str:
    if taker.role == "lyrics":
        return "lyrics"
    if "video" in outputs and "talk" in does:
        return "speak"
    for medium in ("video", "image", "3d", "text"):
        if medium in outputs:
            return f"prompt-{medium}"
    if "audio" in outputs:
        return "speak" if "speak" in does else "prompt-audio"
    return "prompt-text" if "data" in outputs else "other"


def _use_of_image(
    taker: Input, siblings: Sequence[Input], outputs: Collection[str], does: AbstractSet[str]
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
        talks = _needs_sound(siblings) or "talk" in does
        return "end-frame" if taker.role == "end" else "talk" if talks else "start-frame"
    if "3d" in outputs:
        return "make-3d"
    if "image" in outputs:
        # A list beside one required image holds references to it, such as faces to swap.
        is_beside = taker.path.endswith(ROW) and _main_alone(siblings)
        return "reference" if is_beside else _use_in_image(siblings, does)
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


def _use_in_image(siblings: Sequence[Input], does: AbstractSet[str]) -> str:
    if "upscale" in does:
        return "upscale"
    if "cut-out" in does:
        return "cut-out"
    needs_mask = any(
        sibling.role == "mask"
        and sibling.kind == "image"
        and (sibling.is_required or "inpaint" in does)
        for sibling in siblings
    )
    return "inpaint" if needs_mask else "edit"


def _use_of_video(
    taker: Input, siblings: Sequence[Input], outputs: Collection[str], does: AbstractSet[str]
) -> str:
    if taker.role == "reference":
        return "reference"
    if "video" in outputs:
        if "upscale" in does:
            return "upscale"
        if "cut-out" in does:
            return "cut-out"
        # latentsync and dubbing say it by name; ffmpeg-api/merge-audio-video needs a sound as well,
        # and moves no lips.
        if "lip-sync" in does or (_needs_sound(siblings) and "merge" not in does):
            return "lip-sync"
        if "extend" in does:
            return "extend"
        return "add-sound" if "add-sound" in does else "edit"
    if "audio" in outputs:
        return "add-sound"
    return "describe" if {"text", "data"} & set(outputs) else "other"


def _use_of_audio(
    taker: Input, siblings: Sequence[Input], outputs: Collection[str], does: AbstractSet[str]
) -> str:
    if taker.role == "voice" or "clone-voice" in does:
        return "voice"
    if "video" in outputs:
        return "lip-sync"
    if "audio" in outputs:
        return "clean" if "clean" in does else "edit"
    return "transcribe" if {"text", "data"} & set(outputs) else "other"


def _needs_sound(siblings: Sequence[Input]) -> bool:
    return any(other.kind == "audio" and other.is_required for other in siblings)
