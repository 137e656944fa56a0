"""Pictures with recipes, as other programs write them."""

from __future__ import annotations

import json
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.runs.files.telling_media import encode_picture, gradient

PARAMETERS = (
    "a mill at dusk,\nby the river\n"
    "Negative prompt: people, text\n"
    "Steps: 21, Sampler: Euler a, CFG scale: 7.5, Seed: 1234567890123, Size: 512x768, "
    'Model hash: abc, Lora hashes: "x: 1, y: 2", Denoising strength: 0.4, Version: v1.10'
)
GRAPH: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 42, "steps": 25, "cfg": 6.5, "sampler_name": "euler", "denoise": 1.0,
            "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
        },
        "is_changed": [float("nan")],
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 480}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a mill", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0], "clip": ["4", 1]}},
    "8": {"class_type": "PrimitiveString", "inputs": {"value": "people"}},
}  # fmt: skip
FLUX_GRAPH: dict[str, Any] = {
    "10": {
        "class_type": "SamplerCustomAdvanced",
        "inputs": {
            "noise": ["25", 0], "guider": ["22", 0], "sigmas": ["17", 0], "latent_image": ["27", 0],
        },
    },
    "17": {"class_type": "BasicScheduler", "inputs": {"steps": 20, "denoise": 0.7}},
    "22": {"class_type": "BasicGuider", "inputs": {"conditioning": ["26", 0]}},
    "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 99}},
    "26": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
    "27": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 768}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a mill"}},
}  # fmt: skip
INVOKE = {
    "positive_prompt": "a mill", "negative_prompt": "people", "seed": 7, "steps": 30,
    "cfg_scale": 5, "width": 512, "height": 512, "scheduler": "dpmpp_2m", "app_version": "5",
}  # fmt: skip


def png(**texts: str) -> bytes:
    """Return a PNG with these texts by their keywords."""
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    return encode_picture(gradient(), "PNG", pnginfo=info)


def jpeg(text: str, order: str = "be", format_: str = "JPEG") -> bytes:
    """Return a JPEG or WebP with a comment in its EXIF part."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode(f"utf-16-{order}")
    return encode_picture(gradient(), format_, exif=exif)


AUTOMATIC = png(parameters=PARAMETERS)
COMFY = png(prompt=json.dumps(GRAPH), workflow="{}")
INVOKEAI = png(invokeai_metadata=json.dumps(INVOKE))
