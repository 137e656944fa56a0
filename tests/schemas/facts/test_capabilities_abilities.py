"""What models can do, by their fields."""

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
)

CASES: list[Case] = [
    # abilities
    (
        "loras in a list",
        {"loras": {"type": "array", "items": {"type": "object", "properties": {"path": url}}}},
        IMAGES,
        "out:image can:lora",
    ),
    ("a lora's address", {"lora_url": url}, IMAGES, "out:image can:lora"),
    (
        "figures of loras are none",
        {"lora_scale": number(0, 1), "enable_lora": {"type": "boolean"}},
        IMAGES,
        "out:image",
    ),
    (
        "training from a lora",
        {"resume_lora_url": url, "lora_rank": number(4, 64)},
        {"lora_file": file},
        "out:lora",
    ),
    (
        "a switch for sound",
        {"generate_audio": {"type": "boolean", "default": True}},
        VIDEO,
        "out:video can:sound",
    ),
    (
        "keeping the sound makes none",
        {"video_url": url, "keep_original_audio": {"type": "boolean"}},
        VIDEO,
        "in:video out:video",
    ),
    ("a prompt for the sound", {"sound_effect_prompt": text}, VIDEO, "in:text out:video can:sound"),
    (
        "sound as the result says",
        {"prompt": text},
        {"video": file | {"description": "The video with synchronized audio"}},
        "in:text out:video can:sound",
    ),
    (
        "see-through",
        {"background": enum("auto", "transparent", "opaque")},
        IMAGES,
        "out:image can:transparent",
    ),
    (
        "larger",
        {"image_url": url, "upscale_factor": number(1, 4, 2)},
        {"image": file},
        "in:image out:image can:upscale",
    ),
    ("one at a time is no batch", {"num_images": number(1, 1)}, IMAGES, "out:image"),
    (
        "several to choose",
        {"num_images": {"enum": [1, 2, 4], "type": "integer"}},
        IMAGES,
        "out:image outputs:1-4 can:batch",
    ),
    ("a training batch is none", {"batch_size": number(1, 8)}, {"lora_file": file}, "out:lora"),
    ("a seed by its name", {"seed": number(0, 2**31)}, IMAGES, "out:image can:seed"),
    ("a seed as text", {"seed": text}, IMAGES, "out:image"),
    ("voices", {"voice": enum("Aria", "Bram", "Cleo")}, {"audio": file}, "out:audio voices:3"),
    (
        "languages by code",
        {"language": enum("auto", "en", "de-DE", "Chinese,Yue", "xx")},
        {"audio": file},
        "out:audio language:english language:german language:chinese languages:3",
    ),
]


@for_each(CASES)
def test_fields_become_facts(takes: Node, gives: Node, expected: str) -> None:
    check(takes, gives, expected)
