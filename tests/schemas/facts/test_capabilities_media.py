"""What models take and make, by their fields."""

from __future__ import annotations

from tests.schemas.facts.documents import (
    IMAGES,
    VIDEO,
    Case,
    Node,
    check,
    enum,
    file,
    for_each,
    number,
    text,
    url,
    urls,
)

CASES: list[Case] = [
    # media in
    (
        "two single pictures are several",
        {"first_frame_url": url, "last_frame_url": url},
        VIDEO,
        "in:image in:images out:video can:end-frame",
    ),
    (
        "a start and a tail",
        {"image_url": url, "tail_image_url": url},
        VIDEO,
        "in:image in:images out:video can:end-frame",
    ),
    ("a list is several", {"reference_image_urls": urls}, VIDEO, "in:image in:images out:video"),
    ("a list of one is one", {"image_urls": urls | {"maxItems": 1}}, VIDEO, "in:image out:video"),
    (
        "pictures in a list of objects",
        {
            "elements": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"frontal_image_url": url, "reference_image_urls": urls},
                },
            }
        },
        VIDEO,
        "in:image in:images out:video",
    ),
    (
        "a picture or several",
        {"image": {"anyOf": [url | {"ui": {"field": "image"}}, urls]}},
        IMAGES,
        "in:image in:images out:image",
    ),
    (
        "a mask is no second picture",
        {"image_url": url, "mask_url": url},
        IMAGES,
        "in:image out:image can:mask",
    ),
    (
        "an adapter's picture is no input",
        {"ip_adapter": {"type": "object", "properties": {"image_url": url, "path": url}}},
        IMAGES,
        "out:image",
    ),
    ("a picture as an object", {"image": file}, IMAGES, "in:image out:image"),
    (
        "mediums side by side",
        {"video_url": url, "audio_url": url},
        VIDEO,
        "in:video in:audio out:video can:sound",
    ),
    ("a mesh", {"input_mesh_url": url}, {"model_glb": file}, "in:3d out:3d"),
    (
        "a model address said to be 3D",
        {"model_url": url | {"description": "The 3D model to texture."}},
        {"model_mesh": file},
        "in:3d out:3d",
    ),
    ("a webhook is no file", {"webhook_url": url, "prompt": text}, IMAGES, "in:text out:image"),
    (
        "an archive",
        {"images_data_url": url, "steps": number(1, 9)},
        {"diffusers_lora_file": file, "config_file": file},
        "in:file out:lora",
    ),
    # texts in
    (
        "a negative prompt alone is no prompt",
        {"negative_prompt": text, "image_url": url},
        IMAGES,
        "in:image out:image can:negative-prompt",
    ),
    ("an id is no prompt", {"text_id": url, "output_text_format": url}, IMAGES, "out:image"),
    (
        "messages",
        {
            "messages": {
                "type": "array",
                "items": {"type": "object", "properties": {"content": text}},
            }
        },
        {"output": url},
        "in:text out:text",
    ),
    # media out
    (
        "a preview is not the result",
        {"image_url": url},
        {"model_mesh": file, "thumbnail": file, "textures": urls},
        "in:image out:3d",
    ),
    (
        "a last frame is not the result",
        {"prompt": text},
        {"video": file, "last_frame_image": file},
        "in:text out:video",
    ),
    (
        "sound and picture apart",
        {"prompt": text},
        {"video": file, "audio": file},
        "in:text out:video out:audio",
    ),
    ("words about a picture", {"image_url": url}, {"results": url}, "in:image out:text"),
    (
        "words beside pictures are not the result",
        {"prompt": text},
        IMAGES | {"description": url},
        "in:text out:image",
    ),
    (
        "figures",
        {"image_url": url},
        {"nsfw_probability": number(0, 1), "seed": number()},
        "in:image out:data",
    ),
    ("only a seed", {"prompt": text}, {"seed": number()}, "in:text"),
    (
        "a file that only its example explains",
        {"prompt": text},
        {"result": file | {"examples": [{"url": "https://a.b/c.mp3"}]}},
        "in:text out:audio",
    ),
    ("a file and no more", {"prompt": text}, {"result": file}, "in:text out:file"),
    (
        "subtitles beside a video",
        {"video_url": url},
        {"video": file, "srt_file": file},
        "in:video out:video",
    ),
    (
        "what a training shows is not what it makes",
        {
            "training_data_url": url,
            "validation_negative_prompt": text,
            "validation": {
                "type": "array",
                "items": {"type": "object", "properties": {"prompt": text, "image_url": url}},
            },
            "validation_aspect_ratio": enum("16:9", "1:1"),
        },
        {"lora_file": file, "video": file, "debug_dataset": file},
        "in:file out:lora",
    ),
    ("stems of a song", {"audio_url": url}, {"vocals": file, "drums": file}, "in:audio out:audio"),
    (
        "a file that its description explains",
        {"prompt": text},
        {"result": file | {"description": "The generated videos."}},
        "in:text out:video",
    ),
    (
        "a prompt that comes out",
        {"input_concept": text, "style": enum("a", "b")},
        {"prompt": text},
        "out:text",
    ),
]


@for_each(CASES)
def test_fields_become_facts(takes: Node, gives: Node, expected: str) -> None:
    check(takes, gives, expected)
