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
from sandbox.studio.pictures.colour import to_lch
from sandbox.studio.recordings import media_description

EXTENSIONS = [".png", ".jpg", ".jpeg", ".webp"]
FEWEST, MOST = 2, 60


def train(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Learn the colours of the images in a ZIP."""
    pictures = _unpacked(context, arguments["images_data_url"])
    steps = int(arguments["steps"])
    context.log(f"{len(pictures)} pictures, {steps} steps")
    hues = np.concatenate([_hues(picture) for picture in pictures])
    learned, rate = np.zeros(2), float(arguments["learning_rate"]) * 50
    dice = canvas.rng("train", arguments["trigger_word"])
    marks = {round(steps * part / 5) for part in range(1, 6)}
    for step in range(1, steps + 1):
        batch = hues[dice.integers(0, len(hues), 64)]
        gradient = np.array([np.cos(batch).mean(), np.sin(batch).mean()]) - learned
        learned += min(1.0, rate) * gradient
        if step in marks:
            loss = float(np.square(gradient).sum())
            context.step(step, steps, f"loss {loss:.5f}, step", 0.15)
    hue = float(np.arctan2(learned[1], learned[0]))
    sheet = Image.new("RGB", (256 * len(pictures[:3]), 256))
    for index, picture in enumerate(pictures[:3]):
        sheet.paste(canvas.cover(picture, (256, 256)), (256 * index, 0))
    lora = {
        "format": "sandbox-palette",
        "hue": hue,
        "strength": float(np.hypot(*learned)),
        "trigger_word": arguments["trigger_word"],
        "palette": media_description.swatches(sheet, 6),
    }
    config = {
        name: arguments[name] for name in ("steps", "learning_rate", "trigger_word", "is_style")
    }
    lora_file = context.save(
        json.dumps(lora).encode(), "application/octet-stream", "palette.safetensors"
    )
    config_file = context.save(
        json.dumps(config, indent=2).encode(), "application/json", "config.json"
    )
    context.billed = steps
    return {
        "diffusers_lora_file": lora_file,
        "config_file": config_file,
        "preview": canvas.save(context, sheet, "png", "preview"),
    }


def _unpacked(context: Context, url: str) -> list[Image.Image]:
    loc = ("images_data_url",)
    data, _ = context.load(url, *loc)
    ctx: dict[str, Any] = {"supported_extensions": EXTENSIONS}
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise ModelError("invalid_archive", "The archive is no ZIP file", loc, ctx) from error
    names = [
        n
        for n in archive.namelist()
        if n.lower().endswith(tuple(EXTENSIONS)) and not n.startswith("__")
    ]
    ctx |= {"provided_count": len(names)}
    if len(names) < FEWEST:
        text = f"At least {FEWEST} pictures are needed"
        raise ModelError("archive_file_count_below_minimum", text, loc, ctx | {"min_count": FEWEST})
    if len(names) > MOST:
        text = f"At most {MOST} pictures are taken"
        raise ModelError("archive_file_count_exceeds_maximum", text, loc, ctx | {"max_count": MOST})
    pictures = []
    for name in names:
        if archive.getinfo(name).file_size > 30_000_000:
            raise ModelError(
                "file_too_large", f"{name} is too large", loc, {"max_size": 30_000_000}
            )
        try:
            picture = Image.open(io.BytesIO(archive.read(name)))
            picture.thumbnail((512, 512))
            pictures.append(picture.convert("RGB"))
        except (UnidentifiedImageError, OSError, zipfile.BadZipFile) as error:
            raise ModelError("image_load_error", f"{name} could not be read", loc) from error
    return pictures


def _hues(picture: Image.Image) -> np.ndarray[Any, np.dtype[np.float32]]:
    small = picture.copy()
    small.thumbnail((64, 64))
    lch = to_lch(canvas.array(small)).reshape(-1, 3)
    coloured = lch[lch[:, 1] > 0.03]
    hues: np.ndarray[Any, np.dtype[np.float32]] = (coloured if len(coloured) else lch)[:, 2]
    return hues
