"""Synthetic endpoints with the statistics of a real catalogue.

Families, versions, variants, tags, prices, facts.

The seed and the number of entries determine everything. Names are invented; their structure, the
frequency of tags, categories and prices, and the length of texts are those of upstream.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

SEED = 5


def split_words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


CATEGORIES = {  # share of the catalogue, input media, output media
    "image-to-image": (24, ("image", "text"), "image"),
    "text-to-image": (17, ("text",), "image"),
    "image-to-video": (15, ("image", "text"), "video"),
    "text-to-video": (9, ("text",), "video"),
    "video-to-video": (10, ("video", "text"), "video"),
    "text-to-audio": (3, ("text",), "audio"),
    "text-to-speech": (4, ("text",), "audio"),
    "training": (4, ("file",), "lora"),
    "vision": (3, ("image",), "text"),
    "image-to-3d": (3, ("image",), "3d"),
    "audio-to-audio": (2, ("audio",), "audio"),
    "llm": (1, ("text",), "text"),
    "speech-to-text": (1, ("audio",), "text"),
    "audio-to-video": (2, ("audio", "image"), "video"),
    "text-to-3d": (1, ("text",), "3d"),
    "json": (1, ("text",), "data"),
}
TAGS = split_words(
    "stylized transform motion lora editing effects animation realism typography high-res utility "
    "upscaling inpainting "
    "controlnet segmentation personalization lipsync speech music turbo training reframe avatar "
    "style-transfer "
    "relighting background camera character vector logo anime product fashion depth pose dubbing"
)
VARIANTS = split_words(
    "pro turbo lite fast max ultra standard master distilled lora base plus preview dev mini flash"
)
SYLLABLES = split_words(
    "au ra vel no ka lu mi ter zen fo li ra dor qui sol ven ta ri mor pha lex on ix ya be ru sa pi "
    "co ne"
)
VERBS = split_words(
    "generate edit animate upscale restyle extend transform create turn bring compose refine "
    "render enhance"
)
NOUNS = split_words(
    "images videos photos portraits clips scenes characters products voices sounds music faces "
    "backgrounds motion "
    "textures lighting colours details text prompts models frames meshes speech styles camera "
    "resolution audio"
)
ADJECTIVES = split_words(
    "cinematic realistic fast high-quality detailed consistent smooth expressive natural precise "
    "stylized vivid "
    "controllable long short lifelike studio professional multilingual open efficient"
)
FIELDS = split_words(
    "prompt negative_prompt seed image_url image_size num_images guidance_scale "
    "num_inference_steps strength mask_url "
    "loras aspect_ratio duration resolution fps voice speed output_format enable_safety_checker "
    "sync_mode scheduler "
    "end_image_url video_url audio_url style acceleration upscale_factor language temperature "
    "max_tokens camera_motion"
)
ABOUT = (
    "The {0} to use for the {1}. Higher values follow the {2} more closely.",
    "URL of the {1} that is used as a reference for the {2}.",
    "Whether the {0} is returned with the {1}. When it is left out the model decides.",
    "How many {1} are made in one run; more of them take longer and cost more.",
    "The {2} of the generated {1}, in pixels or as one of the named sizes.",
)


def entries(count: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Yield the columns of `count` endpoints, in upstream's order."""
    dice = random.Random(seed)
    names = list(CATEGORIES)
    shares = list(accumulate(share for share, *_ in CATEGORIES.values()))
    families = [_family(dice) for _ in range(max(count // 4, 1))]
    often = list(accumulate(1 / (place + 3) ** 0.7 for place in range(len(families))))
    tags = list(accumulate(1 / (place + 1) for place in range(len(TAGS))))
    start = datetime(2026, 2, 1, tzinfo=UTC)
    seen: set[str] = set()
    for place in range(count):
        owner, family = dice.choices(families, cum_weights=often)[0]
        category = dice.choices(names, cum_weights=shares)[0]
        version = dice.choice(
            ["", "", f"v{dice.randint(1, 5)}", f"v{dice.randint(1, 4)}.{dice.randint(0, 9)}"]
        )
        variant = dice.choice(["", *VARIANTS])
        parts = [
            part
            for part in (family, version, variant, category if dice.random() < 0.5 else "")
            if part
        ]
        endpoint_id = "/".join([owner, *parts])
        if endpoint_id in seen:
            endpoint_id = f"{endpoint_id}-{place}"
        seen.add(endpoint_id)
        title = " ".join([family.replace("-", " ").title(), version, variant.title()]).split()
        labels = dice.choices(TAGS, cum_weights=tags, k=dice.choice([0, 1, 1, 2, 2, 3, 4]))
        yield {
            "endpoint_id": endpoint_id,
            "display_name": " ".join(title),
            "owner": owner,
            "category": category,
            "description": _description(dice, " ".join(title), category),
            "status": "deprecated" if dice.random() < 0.03 else "active",
            "tags": [*dict.fromkeys([*labels, *([category] if dice.random() < 0.3 else [])])],
            "license_type": dice.choices(["commercial", "research", ""], [80, 12, 8])[0],
            "kind": "training" if category == "training" else "inference",
            "group_key": family if dice.random() < 0.6 else "",
            "group_label": " ".join(parts[1:]),
            "thumbnail_url": f"https://upstream.example/files/{place:06}.jpg",
            "published_at": start - timedelta(hours=place * 2 + dice.randint(0, 2000)),
            "duration_estimate_min": round(dice.lognormvariate(-1, 1), 2),
            "unit_price_usd": Decimal(f"{dice.lognormvariate(-3.2, 1.2):.4f}"),
            "price_unit": _unit(category),
            "currency": "USD",
            "position": place,
            "facts": _facts(dice, category),
            "field_words": _field_words(dice),
        }


def _family(dice: random.Random) -> tuple[str, str]:
    name = "".join(dice.choices(SYLLABLES, k=dice.randint(2, 3)))
    second = f"-{dice.choice(NOUNS)}" if dice.random() < 0.3 else ""
    owner = "fal-ai" if dice.random() < 0.85 else "".join(dice.choices(SYLLABLES, k=3))
    return owner, name + second


def _description(dice: random.Random, title: str, category: str) -> str:
    sentences = [
        f"{dice.choice(VERBS).title()} {dice.choice(ADJECTIVES)} {dice.choice(NOUNS)} from your "
        f"{dice.choice(NOUNS)} "
        f"with {dice.choice(ADJECTIVES)} {dice.choice(NOUNS)}."
        for _ in range(dice.choice([0, 1, 1, 2]))
    ]
    return " ".join(
        [
            f"{title}: {category.replace('-', ' ')} for {dice.choice(ADJECTIVES)} "
            f"{dice.choice(NOUNS)}.",
            *sentences,
        ]
    )


def _unit(category: str) -> str:
    if category.endswith("video"):
        return "seconds"
    if category.endswith("image"):
        return "images"
    return "1000 characters" if category.endswith("speech") else "compute seconds"


def _facts(dice: random.Random, category: str) -> list[str]:
    _, takes, makes = CATEGORIES[category]
    facts = [f"in:{medium}" for medium in takes] + [f"out:{makes}"]
    for ability, share in (
        ("seed", 0.7),
        ("lora", 0.15),
        ("mask", 0.08),
        ("negative-prompt", 0.4),
        ("batch", 0.3),
        ("end-frame", 0.05),
        ("sound", 0.1),
    ):
        if dice.random() < share:
            facts.append(f"can:{ability}")
    if makes == "video":
        longest = dice.choice([5, 8, 10, 15, 30])
        facts += [f"duration:5-{longest}", f"default-duration:{dice.choice([5, 8])}"]
        facts += [f"resolution:{r}" for r in ("480p", "720p", "1080p")[: dice.randint(1, 3)]]
    if makes in {"image", "video"}:
        facts += [
            f"ratio:{r}"
            for r in ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9")[: dice.randint(0, 6)]
        ]
    return facts


def _field_words(dice: random.Random) -> str:
    texts = []
    for name in dice.sample(FIELDS, dice.randint(4, 14)):
        texts.append(name)
        texts.append(
            dice.choice(ABOUT).format(
                name.replace("_", " "), dice.choice(NOUNS), dice.choice(NOUNS)
            )
        )
    return " ".join(texts)
