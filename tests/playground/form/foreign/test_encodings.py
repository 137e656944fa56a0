"""Recipes of other programs wherever they keep them, and however they write their letters."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from playground.form import foreign
from playground.form.foreign import values
from runs.files.metadata.texts import texts
from tests.conftest import CASES
from tests.tables import each_row

MILL = {"prompt": "a mill at dusk", "negative_prompt": "people", "seed": 1234}
READ: dict[str, dict[str, Any]] = {
    "51a-usercomment-utf16be-cjk.jpg": {
        "prompt": "山中小屋, 黄昏",
        "negative_prompt": "人",
        "seed": 1234,
        "num_inference_steps": 20,
    },
    "51b-usercomment-bom.jpg": MILL,
    "51c-usercomment-le-bom.jpg": MILL,
    "53a-comfyui-make-model.webp": MILL
    | {"guidance_scale": 7.0, "image_size": {"width": 832, "height": 1216}},
    "54a-comfyui-flux-guidance.png": MILL | {"guidance_scale": 3.5},
    "54b-forge-distilled-cfg.png": {"prompt": "a mill at dusk", "guidance_scale": 3.5},
}


@pytest.mark.parametrize("name", READ)
def test_a_recipe_is_read_as_it_was_written(name: str) -> None:
    with (CASES / name).open("rb") as file:
        recipe = foreign.read(texts(file))
    assert recipe
    assert recipe.arguments | READ[name] == recipe.arguments


A1111 = "a mill at dusk, \u5c71\nNegative prompt: people\nSteps: 20, Seed: 1234, Size: 8x8"
GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 1234, "positive": ["6", 0]}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a mill at dusk, \u5c71"}},
}
COMFY = json.dumps(GRAPH, ensure_ascii=False)
COMMENT, DESCRIPTION = 0x9286, 0x010E
EXIF = {
    "UTF-8 after UNICODE": (COMMENT, b"UNICODE\0" + A1111.encode()),
    "with a mark": (COMMENT, b"UNICODE\0" + A1111.encode("utf-8-sig") + b"\0"),
    "UTF-8 alone": (COMMENT, A1111.encode()),
    "UTF-8 after ASCII": (COMMENT, b"ASCII\0\0\0" + A1111.encode()),
    "UTF-16 after ASCII": (COMMENT, b"ASCII\0\0\0" + A1111.encode("utf-16-le")),
    "UTF-16": (COMMENT, b"UNICODE\0" + A1111.encode("utf-16-be")),
    "a graph as a comment": (COMMENT, b"UNICODE\0" + COMFY.encode()),
    "prompt:": (DESCRIPTION, f"prompt:{COMFY}".encode()),
    "Prompt: with a space": (DESCRIPTION, f"Prompt: {COMFY}".encode()),
    "a graph alone": (DESCRIPTION, COMFY.encode()),
}


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
@each_row("tag, content", EXIF.values(), ids=[*EXIF])
def test_a_recipe_in_exif_is_read_whatever_its_encoding(
    tag: int, content: bytes, kind: str
) -> None:
    exif = Image.Exif()
    if tag == COMMENT:
        exif.get_ifd(0x8769)[COMMENT] = content
    else:
        exif[tag] = content
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind, exif=exif.tobytes())
    recipe = foreign.read(texts(file))
    assert recipe
    assert recipe.arguments["prompt"] == "a mill at dusk, \u5c71"
    assert recipe.arguments["seed"] == 1234


@pytest.mark.parametrize(
    ("cfg", "distilled", "scale"),
    [(7.0, None, 7.0), (1.0, 3.5, 3.5), (None, 3.5, 3.5), (4.0, 3.5, 4.0), (None, None, None)],
)
def test_a_distilled_models_guidance_stands_beside_its_cfg(
    cfg: float | None, distilled: float | None, scale: float | None
) -> None:
    assert values.guidance(cfg, distilled) == scale
