"""Recipes of other programs, in every place and encoding in which these programs write them."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from playground.form import foreign
from playground.form.foreign import values
from runs.files.metadata.texts import texts
from tests.documents import with_case
from tests.tables import each_row

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


MAKE, MODEL = 0x010F, 0x0110


def exif_of(kind: str, tags: dict[int, bytes | str]) -> bytes:
    """Return a picture with these tags."""
    exif = Image.Exif()
    for tag, content in tags.items():
        (exif.get_ifd(0x8769) if tag == COMMENT else exif)[tag] = content
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind, exif=exif.tobytes())
    return file.getvalue()


def png_of(**texts: str) -> bytes:
    """Return a PNG with these texts."""
    info = PngInfo()
    for name, text in texts.items():
        info.add_text(name, text)
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def graph(cfg: float, **more: Any) -> str:
    """Return ComfyUI's JSON of a picture of a mill; node 7 uses its positive prompt."""
    latent = {"width": 832, "height": 1216, "batch_size": 1}
    sampler = {
        "seed": 1234,
        "steps": 20,
        "cfg": cfg,
        "negative": ["6", 0],
        "latent_image": ["5", 0],
    }
    nodes = {
        "3": {"class_type": "KSampler", "inputs": sampler | {"positive": ["7", 0]}},
        "5": {"class_type": "EmptyLatentImage", "inputs": latent},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "people"}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "a mill at dusk"}},
    }
    return json.dumps(nodes | more)


FORGE = "Steps: 20, CFG scale: 1, Distilled CFG Scale: 3.5, Seed: 1234, Size: 896x1152"
PEOPLE = "a mill at dusk\nNegative prompt: people\nSteps: 20, CFG scale: 7, Seed: 1234"
FLUX = {
    "7": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["8", 0]}},
    "8": {"class_type": "CLIPTextEncode", "inputs": {"text": "a mill at dusk"}},
}
HUT = "山中小屋, 黄昏\nNegative prompt: 人\nSteps: 20, CFG scale: 7, Seed: 1234"
UNICODE = b"UNICODE\0"
MILL = {"prompt": "a mill at dusk", "negative_prompt": "people", "seed": 1234}
SIZE = {"width": 832, "height": 1216}
# Pictures as other programs write them, and the arguments that the reader finds in them.
PICTURES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "51a-usercomment-utf16be-cjk.jpg": (
        exif_of("JPEG", {COMMENT: UNICODE + HUT.encode("utf-16-be")}),
        {
            "prompt": "山中小屋, 黄昏",
            "negative_prompt": "人",
            "seed": 1234,
            "num_inference_steps": 20,
        },
    ),
    "51b-usercomment-bom.jpg": (
        exif_of("JPEG", {COMMENT: UNICODE + f"\ufeff{PEOPLE}".encode("utf-16-be")}),
        MILL,
    ),
    "51c-usercomment-le-bom.jpg": (
        exif_of("JPEG", {COMMENT: UNICODE + f"\ufeff{PEOPLE}".encode("utf-16-le")}),
        MILL,
    ),
    "53a-comfyui-make-model.webp": (
        exif_of("WEBP", {MODEL: f"prompt:{graph(7.0)}", MAKE: 'workflow:{"nodes": []}'}),
        MILL | {"guidance_scale": 7.0, "image_size": SIZE},
    ),
    "54a-comfyui-flux-guidance.png": (
        png_of(prompt=graph(1.0, **FLUX)),
        MILL | {"guidance_scale": 3.5},
    ),
    "54b-forge-distilled-cfg.png": (
        png_of(parameters=f"a mill at dusk\n{FORGE}"),
        {"prompt": "a mill at dusk", "guidance_scale": 3.5},
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_recipe_is_read_as_it_was_written(name: str) -> None:
    own, expected = PICTURES[name]
    for case in with_case(name, own):
        recipe = foreign.read(texts(BytesIO(case)))
        assert recipe
        assert recipe.arguments | expected == recipe.arguments


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
@each_row("tag, content", EXIF.values(), ids=[*EXIF])
def test_a_recipe_in_exif_is_read_whatever_its_encoding(
    tag: int, content: bytes, kind: str
) -> None:
    recipe = foreign.read(texts(BytesIO(exif_of(kind, {tag: content}))))
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
