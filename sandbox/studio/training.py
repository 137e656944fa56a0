"""Training: turns an archive of images into a small file that an image model can load."""

import io
import json
import zipfile
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from sandbox.contract.registry import Arguments
from sandbox.errors import ModelError
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas

EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp")
FEWEST = 2
LOC = ("images_data_url",)
SIZE = (64, 64)  # to which pictures are scaled


def train(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Learn the average hue of the images in a ZIP."""
    data, _ = context.load(arguments["images_data_url"], *LOC)
    pictures = _unpacked(data)
    steps = int(arguments["steps"])
    context.log(f"{len(pictures)} pictures, {steps} steps")
    for part in range(1, 6):
        context.step(steps * part // 5, steps, f"loss {0.5 / part:.5f}, step", 0.15)
    hues = np.concatenate([np.asarray(picture.convert("HSV"))[..., 0] for picture in pictures])
    angles = hues / 128 * np.pi
    hue = float(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean()))
    lora = {"hue": hue, "trigger_word": arguments["trigger_word"]}
    config = {name: value for name, value in arguments.items() if name not in LOC}
    lora_file = context.save(
        json.dumps(lora).encode(), "application/octet-stream", "palette.safetensors"
    )
    config_file = context.save(
        json.dumps(config, indent=2).encode(), "application/json", "config.json"
    )
    context.billed = steps
    return {"diffusers_lora_file": lora_file, "config_file": config_file}


def _unpacked(data: bytes) -> list[Image.Image]:
    """Return the pictures of a ZIP, scaled to SIZE."""
    ctx: dict[str, Any] = {"supported_extensions": [*EXTENSIONS]}
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise ModelError("invalid_archive", "The archive is no ZIP file", LOC, ctx) from error
    names = [name for name in archive.namelist() if name.lower().endswith(EXTENSIONS)]
    if len(names) < FEWEST:
        ctx |= {"provided_count": len(names), "min_count": FEWEST}
        text = f"At least {FEWEST} pictures are needed"
        raise ModelError("archive_file_count_below_minimum", text, LOC, ctx)
    try:
        files = [io.BytesIO(archive.read(name)) for name in names]
        return [canvas.cover(Image.open(file).convert("RGB"), SIZE) for file in files]
    except (UnidentifiedImageError, OSError, zipfile.BadZipFile) as error:
        raise ModelError("image_load_error", "A picture could not be read", LOC) from error
