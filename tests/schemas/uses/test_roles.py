"""The use of a result in a model, also for unknown models."""

from __future__ import annotations

from schemas.uses.inputs import Input
from schemas.uses.roles import USES, use_of
from tests.tables import each_row

IMAGE = Input("image_url", "image", "main", "Image", True)
VIDEO = Input("video_url", "video", "main", "Video", True)
AUDIO = Input("audio_url", "audio", "main", "Audio", True)
MASK = Input("mask_url", "image", "mask", "Mask", True)
TEXT = Input("prompt", "text", "prompt", "Prompt", True)


@each_row(
    ("input_field", "others", "outputs", "name", "use"),
    [
        (IMAGE, [], "video", "kling/image-to-video", "start-frame"),
        (IMAGE._replace(role="end"), [], "video", "kling/pro", "end-frame"),
        (IMAGE, [AUDIO], "video", "x/avatar", "talk"),
        (IMAGE, [], "image", "x/edit", "edit"),
        (IMAGE, [MASK], "image", "x/fill", "inpaint"),
        (IMAGE, [MASK._replace(is_required=False)], "image", "x/edit", "edit"),
        (IMAGE, [], "image", "fal-ai/clarity-upscaler", "upscale"),
        (IMAGE, [], "image", "bria/background/remove", "cut-out"),
        (IMAGE._replace(role="reference"), [], "image", "x/redux", "reference"),
        (IMAGE._replace(role="garment"), [], "image", "x/vton", "try-on"),
        (IMAGE._replace(role="control"), [], "image", "x/canny", "control"),
        (IMAGE, [], "3d", "x/mesh", "make-3d"),
        (IMAGE, [], "text", "x/caption", "describe"),
        (IMAGE, [], "lora", "x/trainer", "training"),
        (MASK, [IMAGE], "image", "x/fill", "mask"),
        (IMAGE._replace(path="image_urls.*"), [], "video", "x/reference", "reference"),
        (IMAGE, [VIDEO], "video", "wan/animate", "reference"),
        (IMAGE, [IMAGE._replace(role="garment")], "image", "x/vton", "try-on"),
        (IMAGE._replace(path="image_urls.*"), [IMAGE, MASK], "image", "x/edit", "reference"),
        (IMAGE._replace(path="image_urls.*"), [], "image", "x/edit", "edit"),
        (IMAGE, [], "image", "fal-ai/sam2/image", "cut-out"),
        (VIDEO, [AUDIO], "video", "x/merge-audio-video", "add-sound"),
        (AUDIO, [TEXT], "audio", "x/voice-clone", "voice"),
        (TEXT, [AUDIO], "video", "x/avatar", "speak"),
        (VIDEO, [], "video", "x/extend-video", "extend"),
        (VIDEO, [], "video", "x/video-upscaler", "upscale"),
        (VIDEO, [], "video", "fal-ai/mmaudio-v2", "add-sound"),
        (VIDEO, [], "audio", "x/foley", "add-sound"),
        (VIDEO, [AUDIO], "video", "fal-ai/sync-lipsync", "lip-sync"),
        (VIDEO, [], "video", "x/video-to-video", "edit"),
        (VIDEO._replace(role="reference"), [], "video", "x/move", "reference"),
        (VIDEO, [], "text", "x/eye", "describe"),
        (AUDIO, [VIDEO], "video", "fal-ai/latentsync", "lip-sync"),
        (AUDIO, [], "text", "fal-ai/whisper", "transcribe"),
        (AUDIO._replace(role="voice"), [], "audio", "x/clone", "voice"),
        (AUDIO, [], "audio", "fal-ai/demucs", "clean"),
        (AUDIO, [], "audio", "x/morph", "edit"),
        (Input("loras.*.path", "weights", "main", "LoRAs", False), [], "image", "x", "lora"),
        (Input("images_data_url", "archive", "main", "D", True), [], "lora", "x", "training"),
        (Input("model_url", "mesh", "main", "Model", True), [], "3d", "x/remesh", "edit"),
        (TEXT, [], "image", "x", "prompt-image"),
        (TEXT, [], "video", "x", "prompt-video"),
        (TEXT, [], "audio", "x/text-to-speech", "speak"),
        (TEXT, [], "audio", "x/text-to-audio", "prompt-audio"),
        (TEXT, [], "text", "x/llm", "prompt-text"),
        (TEXT._replace(role="lyrics"), [], "audio", "x/song", "lyrics"),
    ],
)
def test_the_use_of_a_field_follows_its_input_and_model(
    input_field: Input, others: list[Input], outputs: str, name: str, use: str
) -> None:
    assert use_of(input_field, [input_field, *others], {outputs}, name) == use
    assert use in USES[input_field.kind]


@each_row("kind", USES)
@each_row("output", ["image", "video", "audio", "3d", "text", "data", "lora", "?"])
@each_row("role", ["main", "mask", "start", "end", "reference", "voice", "prompt"])
def test_every_use_has_a_title(kind: str, output: str, role: str) -> None:
    input_field = Input("x", kind, role, "X", True)
    assert use_of(input_field, [input_field], {output}, "some/model") in USES[kind]
